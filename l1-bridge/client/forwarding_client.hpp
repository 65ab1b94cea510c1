// An L1Client before others: every question goes through one function, put(). L1Sources is one; those of tests and benchmarks
// watch what is asked, cut the line or slow it down, and each changes what it is about.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "l1-bridge/client/l1_client.hpp"

namespace gavel::l1 {

class ForwardingClient : public L1Client {
public:
    // `inner` must outlive it.
    explicit ForwardingClient(L1Client& inner) : inner_(inner) {}

    node::Result<uint64_t> chain_id() override {
        return ask([](L1Client& to) { return to.chain_id(); });
    }
    node::Result<BlockRef> head() override {
        return ask([](L1Client& to) { return to.head(); });
    }
    node::Result<std::optional<BlockRef>> block_at(uint64_t number) override {
        return ask([&](L1Client& to) { return to.block_at(number); });
    }
    node::Result<std::optional<BlockSummary>> summary_at(uint64_t number) override {
        return ask([&](L1Client& to) { return to.summary_at(number); });
    }
    node::Result<std::vector<Log>> logs(const LogFilter& filter) override {
        return ask([&](L1Client& to) { return to.logs(filter); });
    }
    node::Result<std::vector<Log>> logs_by_receipts(const BlockSummary& block, const LogFilter& filter) override {
        return ask([&](L1Client& to) { return to.logs_by_receipts(block, filter); });
    }
    node::Result<std::optional<TransactionInput>> transaction_input(const Hash& tx_hash) override {
        return ask([&](L1Client& to) { return to.transaction_input(tx_hash); });
    }
    node::Result<std::optional<TransactionInput>> transaction_in_block(const Hash& tx_hash, uint64_t block) override {
        return ask([&](L1Client& to) { return to.transaction_in_block(tx_hash, block); });
    }
    node::Result<bool> is_syncing() override {
        return ask([](L1Client& to) { return to.is_syncing(); });
    }
    node::Result<std::optional<Receipt>> receipt(const Hash& tx_hash) override {
        return ask([&](L1Client& to) { return to.receipt(tx_hash); });
    }
    node::Result<u128> balance(const Address& address) override {
        return ask([&](L1Client& to) { return to.balance(address); });
    }
    node::Result<uint64_t> nonce(const Address& address, bool pending) override {
        return ask([&](L1Client& to) { return to.nonce(address, pending); });
    }
    node::Result<Bytes> code(const Address& address) override {
        return ask([&](L1Client& to) { return to.code(address); });
    }
    node::Result<CallReply> try_call(const CallRequest& request) override {
        return ask([&](L1Client& to) { return to.try_call(request); });
    }
    node::Result<uint64_t> estimate_gas(const CallRequest& request) override {
        return ask([&](L1Client& to) { return to.estimate_gas(request); });
    }
    node::Result<Fees> fees() override {
        return ask([](L1Client& to) { return to.fees(); });
    }
    node::Result<Hash> send_raw(ByteView raw) override {
        return ask([&](L1Client& to) { return to.send_raw(raw); });
    }
    const ErrorNames& error_names() const override { return inner_.error_names(); }

protected:
    // Asks a client; what it answered. The answer itself stays with who asks.
    using Question = std::function<node::Status(L1Client& to)>;
    // Puts a question to whom it is for, to several if need be. The value: what the last of them answered, or the failure that is
    // the answer instead.
    virtual node::Status put(const Question& question) {
        node::Status status = admit();
        return status.ok() ? question(inner_) : status;
    }
    // Before each question; if not OK, it is the answer.
    virtual node::Status admit() { return {}; }

    template <class Ask>
    auto ask(Ask question) -> decltype(question(std::declval<L1Client&>())) {
        using Answer = decltype(question(std::declval<L1Client&>()));
        Answer answer = node::Status{node::Code::kInternal, "L1_ERROR", "", "nobody was asked"};
        node::Status status = put([&](L1Client& to) {
            answer = question(to);
            return answer.status();
        });
        return status.ok() ? std::move(answer) : Answer(status);
    }

private:
    L1Client& inner_;
};

}  // namespace gavel::l1
