// A sequencer that a script drives, for the command.
#pragma once

#include "gavel/v1/query.grpc.pb.h"
#include "gavel/v1/sequencer.grpc.pb.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <map>
#include <mutex>

#include "node/grpc_server.hpp"
#include "proto/convert_grpc.hpp"
#include "proto/query_convert_grpc.hpp"
#include "proto/sequencer_convert_grpc.hpp"
#include "protocol/keys.hpp"

namespace gavel::test {

inline const PrivateKey kPayer = PrivateKey::derived("payer");
inline const Domain kDomain{31337, PrivateKey::derived("rollup").address()};

// What happens at one submission.
enum class At { kRun, kBlockBefore, kBlockAfter, kLoseAnswer, kLoseRequest, kSpoilAnswer, kRefuseBalance };

// A sequencer with one rule: an operation of the payer's next nonce is applied, once. Blocks where it is told to until released.
class StandIn final : public v1::Sequencer::Service, public v1::Query::Service {
public:
    StandIn() {
        auto started = node::GrpcServer::start(
            {.listen = "127.0.0.1:0"}, {static_cast<v1::Sequencer::Service*>(this), static_cast<v1::Query::Service*>(this)});
        REQUIRE(started.ok());
        server_ = *std::move(started);
    }
    ~StandIn() override {
        release();
        server_.reset();
    }

    std::string target() const { return "127.0.0.1:" + std::to_string(server_->port()); }
    // At the n-th submission from now on, from 1.
    void at(int submission, At what) {
        std::lock_guard lock(mutex_);
        script_ = {{submissions_ + submission, what}};
    }
    void wait_until_blocked() {
        std::unique_lock lock(mutex_);
        REQUIRE(changed_.wait_for(lock, std::chrono::seconds(60), [&] { return blocked_; }));
    }
    void release() {
        std::lock_guard lock(mutex_);
        blocked_ = false;
        changed_.notify_all();
    }
    void use_nonce() { ++nonce_; }
    void set_fee(uint64_t fee) { fee_ = fee; }
    void roll_back_last() {
        std::lock_guard lock(mutex_);
        rolled_back_.insert(applied_.back());
        applied_.pop_back();
        --nonce_;
    }
    // Applied operations, and how often each recipient was paid, if each the amount of the file.
    size_t applied() {
        std::lock_guard lock(mutex_);
        return applied_.size();
    }
    std::map<Address, int> paid() {
        std::lock_guard lock(mutex_);
        std::map<Address, int> out;
        for (const auto& [hash, operation] : applied_) {
            for (const Payment& one : operation.payments) out[one.to] += one.amount == Amount{1'000'000'000'000'000} ? 1 : 100;
        }
        return out;
    }

    grpc::Status Submit(grpc::ServerContext* context, const v1::SubmitRequest* request, v1::Receipt* reply) override {
        std::unique_lock lock(mutex_);
        auto submission = proto::from_pb(*request, "");
        if (!submission) return refuse(*context, "BAD_FORM");
        const Hash digest = submission->operation.digest(kDomain.separator());
        if (recover(digest, submission->signature) != kPayer.address()) return refuse(*context, "WRONG_SIGNER");
        const Hash hash = operation_hash(digest, kPayer.address());
        signatures_[hash] = submission->signature;
        const auto step = script_.find(++submissions_);
        const At what = step == script_.end() ? At::kRun : step->second;
        if (what == At::kLoseRequest) return {grpc::StatusCode::UNAVAILABLE, "connection reset"};
        if (what == At::kRefuseBalance) return refuse(*context, "INSUFFICIENT_BALANCE");
        if (what == At::kBlockBefore) {
            block(lock);
            return {grpc::StatusCode::UNAVAILABLE, "stopping"};
        }
        const grpc::Status done = apply(*context, hash, submission->operation, *reply);
        if (what == At::kBlockAfter) block(lock);
        if (what == At::kSpoilAnswer) reply->set_hash("no hash");
        return what == At::kLoseAnswer ? grpc::Status{grpc::StatusCode::UNAVAILABLE, "connection reset"} : done;
    }
    grpc::Status EstimateFee(grpc::ServerContext*, const v1::EstimateFeeRequest*, v1::FeeEstimate* reply) override {
        proto::to_pb(api::FeeQuote{Amount{fee_}, Amount{fee_}}, *reply);
        return {};
    }
    grpc::Status GetChainInfo(grpc::ServerContext*, const v1::GetChainInfoRequest*, v1::ChainInfo* reply) override {
        api::ChainInfo info;
        info.domain = kDomain;
        info.domain_separator = kDomain.separator();
        proto::to_pb(info, *reply);
        return {};
    }
    grpc::Status GetAccount(grpc::ServerContext*, const v1::GetAccountRequest* request, v1::Account* reply) override {
        const bool is_payer = request->owner() == proto::to_pb_bytes(kPayer.address());
        reply->set_owner(request->owner());
        reply->set_index(1);
        reply->set_nonce(is_payer ? nonce_.load() : 0);
        reply->set_balance(is_payer ? "1000000000000000000000" : "0");
        return {};
    }
    grpc::Status GetOperation(grpc::ServerContext* context, const v1::GetOperationRequest* request,
                              v1::OperationInfo* reply) override {
        std::lock_guard lock(mutex_);
        const auto hash = *proto::hash_from_pb(request->hash(), "hash");
        const auto position = position_of(hash);
        const auto gone = rolled_back_.find(hash);
        if (!position && gone == rolled_back_.end())
            return node::finish(*context, {node::Code::kNotFound, "UNKNOWN_OPERATION", "hash", "never seen"});
        api::OperationInfo info;
        info.operation = position ? applied_[*position].second : gone->second;
        info.sender = kPayer.address();
        info.signature = signatures_.at(hash);
        info.hash = hash;
        info.position = position.value_or(0);
        info.status = position ? api::OperationStatus::kPosted : api::OperationStatus::kRolledBack;
        proto::to_pb(info, *reply);
        return {};
    }

private:
    static grpc::Status refuse(grpc::ServerContext& context, const std::string& reason) {
        return node::finish(context, {node::Code::kFailedPrecondition, reason, "operation", "refused"});
    }
    void block(std::unique_lock<std::mutex>& lock) {
        blocked_ = true;
        changed_.notify_all();
        changed_.wait(lock, [&] { return !blocked_; });
    }
    std::optional<uint64_t> position_of(const Hash& hash) const {
        for (size_t i = 0; i < applied_.size(); ++i)
            if (applied_[i].first == hash) return i;
        return std::nullopt;
    }
    grpc::Status apply(grpc::ServerContext& context, const Hash& hash, const Operation& operation, v1::Receipt& reply) {
        auto position = position_of(hash);
        if (!position && operation.nonce != nonce_) return refuse(context, "WRONG_NONCE");
        if (!position && operation.fee < Amount{fee_}) return refuse(context, "FEE_TOO_LOW");
        if (!position) {
            position = applied_.size();
            applied_.emplace_back(hash, operation);
            ++nonce_;
        }
        proto::to_pb(api::Receipt{hash, *position, 0}, reply);
        return {};
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool blocked_ = false;
    int submissions_ = 0;
    std::map<int, At> script_;
    std::atomic<uint64_t> nonce_{0}, fee_{5};
    std::vector<std::pair<Hash, Operation>> applied_;
    std::map<Hash, Operation> rolled_back_;
    std::map<Hash, Signature> signatures_;
    std::unique_ptr<node::GrpcServer> server_;
};

}  // namespace gavel::test
