// An L1Client before another, for tests and benchmarks that watch what is asked, cut the line or slow it down: each derived one
// changes what it is about.
#pragma once

#include "l1-bridge/client/l1_client.hpp"

namespace gavel::l1 {

class ForwardingClient : public L1Client {
public:
    explicit ForwardingClient(L1Client& inner) : inner_(inner) {}

    node::Result<uint64_t> chain_id() override {
        return ask([&] { return inner_.chain_id(); });
    }
    node::Result<BlockRef> head() override {
        return ask([&] { return inner_.head(); });
    }
    node::Result<std::optional<BlockRef>> block_at(uint64_t number) override {
        return ask([&] { return inner_.block_at(number); });
    }
    node::Result<std::optional<BlockSummary>> summary_at(uint64_t number) override {
        return ask([&] { return inner_.summary_at(number); });
    }
    node::Result<std::vector<Log>> logs(const LogFilter& filter) override {
        return ask([&] { return inner_.logs(filter); });
    }
    node::Result<std::vector<Log>> logs_by_receipts(const BlockSummary& block, const LogFilter& filter) override {
        return ask([&] { return inner_.logs_by_receipts(block, filter); });
    }
    node::Result<std::optional<TransactionInput>> transaction_input(const Hash& tx) override {
        return ask([&] { return inner_.transaction_input(tx); });
    }
    node::Result<std::optional<TransactionInput>> transaction_in_block(const Hash& tx, uint64_t block) override {
        return ask([&] { return inner_.transaction_in_block(tx, block); });
    }
    node::Result<bool> is_syncing() override {
        return ask([&] { return inner_.is_syncing(); });
    }
    node::Result<std::optional<Receipt>> receipt(const Hash& tx) override {
        return ask([&] { return inner_.receipt(tx); });
    }
    node::Result<u128> balance(const Address& address) override {
        return ask([&] { return inner_.balance(address); });
    }
    node::Result<uint64_t> nonce(const Address& address, bool pending) override {
        return ask([&] { return inner_.nonce(address, pending); });
    }
    node::Result<Bytes> code(const Address& address) override {
        return ask([&] { return inner_.code(address); });
    }
    node::Result<CallReply> try_call(const CallRequest& request) override {
        return ask([&] { return inner_.try_call(request); });
    }
    node::Result<uint64_t> estimate_gas(const CallRequest& request) override {
        return ask([&] { return inner_.estimate_gas(request); });
    }
    node::Result<Fees> fees() override {
        return ask([&] { return inner_.fees(); });
    }
    node::Result<Hash> send_raw(ByteView raw) override {
        return ask([&] { return inner_.send_raw(raw); });
    }
    const ErrorNames& error_names() const override { return inner_.error_names(); }

protected:
    // Before each question; if not OK, it is the answer.
    virtual node::Status admit() { return {}; }

private:
    template <class Question>
    auto ask(Question question) -> decltype(question()) {
        if (node::Status status = admit(); !status.ok()) return status;
        return question();
    }
    L1Client& inner_;
};

}  // namespace gavel::l1
