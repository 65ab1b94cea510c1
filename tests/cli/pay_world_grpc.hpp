// `gavel pay` as a program, with a file of wages, before a sequencer that a script drives.
#pragma once

#include "gavel/v1/query.grpc.pb.h"
#include "gavel/v1/sequencer.grpc.pb.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "node/file.hpp"
#include "node/grpc_server.hpp"
#include "proto/convert_grpc.hpp"
#include "protocol/keys.hpp"
#include "tests/e2e/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace gavel::test {

using nlohmann::json;

inline constexpr int kLines = 200;  // three payouts to known accounts: 94, 94, 12
inline constexpr int kPayouts = 3;
inline const PrivateKey kPayer = PrivateKey::derived("payer");
inline const Domain kDomain{31337, PrivateKey::derived("rollup").address()};

inline Address worker(int number) { return PrivateKey::derived("worker " + std::to_string(number)).address(); }

// What happens at one submission.
enum class At { kRun, kBlockBefore, kBlockAfter, kLoseAnswer, kLoseRequest, kRefuseBalance };

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
        rolled_back_.insert(applied_.back().first);
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
        auto operation = proto::from_pb(request->operation(), "operation");
        auto signature = proto::signature_from_pb(request->signature(), "signature");
        if (!operation || !signature) return refuse(*context, "BAD_FORM");
        const Hash digest = operation->digest(kDomain.separator());
        if (recover(digest, *signature) != kPayer.address()) return refuse(*context, "WRONG_SIGNER");
        const auto step = script_.find(++submissions_);
        const At what = step == script_.end() ? At::kRun : step->second;
        if (what == At::kLoseRequest) return {grpc::StatusCode::UNAVAILABLE, "connection reset"};
        if (what == At::kRefuseBalance) return refuse(*context, "INSUFFICIENT_BALANCE");
        if (what == At::kBlockBefore) {
            block(lock);
            return {grpc::StatusCode::UNAVAILABLE, "stopping"};
        }
        const grpc::Status done = apply(*context, operation_hash(digest, kPayer.address()), *operation, *reply);
        if (what == At::kBlockAfter) block(lock);
        return what == At::kLoseAnswer ? grpc::Status{grpc::StatusCode::UNAVAILABLE, "connection reset"} : done;
    }
    grpc::Status EstimateFee(grpc::ServerContext*, const v1::EstimateFeeRequest*, v1::FeeEstimate* reply) override {
        reply->set_minimum(std::to_string(fee_));
        reply->set_suggested(std::to_string(fee_));
        return {};
    }
    grpc::Status GetChainInfo(grpc::ServerContext*, const v1::GetChainInfoRequest*, v1::ChainInfo* reply) override {
        reply->set_chain_id(kDomain.chain_id);
        reply->set_rollup(proto::to_pb_bytes(kDomain.rollup));
        return {};
    }
    grpc::Status GetAccount(grpc::ServerContext*, const v1::GetAccountRequest* request, v1::Account* reply) override {
        const bool is_payer = request->owner() == proto::to_pb_bytes(kPayer.address());
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
        if (!position && rolled_back_.count(hash) == 0)
            return node::finish(*context, {node::Code::kNotFound, "UNKNOWN_OPERATION", "hash", "never seen"});
        reply->set_hash(request->hash());
        reply->set_position(position.value_or(0));
        reply->set_status(position ? v1::OPERATION_STATUS_POSTED : v1::OPERATION_STATUS_ROLLED_BACK);
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
        reply.set_hash(proto::to_pb_bytes(hash));
        reply.set_position(*position);
        return {};
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool blocked_ = false;
    int submissions_ = 0;
    std::map<int, At> script_;
    std::atomic<uint64_t> nonce_{0}, fee_{5};
    std::vector<std::pair<Hash, Operation>> applied_;
    std::set<Hash> rolled_back_;
    std::unique_ptr<node::GrpcServer> server_;
};

struct Payer {
    Payer() {
        std::string text = "to,amount\n";
        for (int i = 0; i < kLines; ++i) text += to_checksum(worker(i)) + ",0.001\n";
        REQUIRE(node::write_file(file, text).ok());
        std::filesystem::create_symlink(file, link);
    }
    std::vector<std::string> command_for(const std::string& named, std::vector<std::string> more = {}) const {
        std::vector<std::string> out = {std::string(std::getenv("GAVEL_BIN_DIR")) + "/gavel",
                                        "--json",
                                        "--private-key",
                                        to_hex(signer.scalar()),
                                        "--sequencer",
                                        sequencer.target(),
                                        "pay",
                                        named};
        out.insert(out.end(), more.begin(), more.end());
        return out;
    }
    std::vector<std::string> command(std::vector<std::string> more) const { return command_for(file, std::move(more)); }
    e2e::Finished pay(std::vector<std::string> more = {}) const { return e2e::run(command(std::move(more)), dir.path()); }
    json done(std::vector<std::string> more = {}) const {
        const e2e::Finished finished = pay(std::move(more));
        INFO(finished.output << finished.errors);
        REQUIRE(finished.exit_status == 0);
        return json::parse(finished.output);
    }
    std::string refusal(std::vector<std::string> more = {}) const {
        const e2e::Finished finished = pay(std::move(more));
        INFO(finished.output << finished.errors);
        REQUIRE(finished.exit_status == 1);
        return json::parse(finished.output)["error"]["reason"];
    }
    // The states of the payouts in a run that is refused.
    std::vector<std::string> states(std::vector<std::string> more = {}) const {
        const e2e::Finished finished = pay(std::move(more));
        INFO(finished.output << finished.errors);
        REQUIRE(finished.exit_status == 1);
        return states_of(json::parse(finished.output));
    }
    static std::vector<std::string> states_of(const json& document) {
        std::vector<std::string> out;
        for (const json& payout : document["payouts"]) out.push_back(payout["state"]);
        return out;
    }
    // Killed at that submission, before it is applied or after.
    void cut(int submission, At what) {
        sequencer.at(submission, what);
        e2e::Process process(command({}), dir.file("cut.log"));
        sequencer.wait_until_blocked();
        process.kill_now();
        sequencer.release();
    }
    void check_all_paid_once() {
        const std::map<Address, int> paid = sequencer.paid();
        CHECK(paid.size() == kLines);
        for (int i = 0; i < kLines; ++i) CHECK(paid.at(worker(i)) == 1);
    }

    PrivateKey signer = kPayer;
    test::TempDir dir;
    std::string file = dir.file("wages.csv"), link = dir.file("link.csv");
    StandIn sequencer;
};

}  // namespace gavel::test
