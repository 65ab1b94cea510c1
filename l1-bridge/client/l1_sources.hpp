// Several nodes of one L1 as one: another is asked when one fails, lags, or contradicts itself.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "l1-bridge/client/l1_client.hpp"
#include "node/clock.hpp"
#include "node/config.hpp"

namespace gavel::l1 {

// One node after the other is the one that is asked, until it can't be reached, answers what no node may, falls behind another's
// head, or is suspected. What it refuses or doesn't know (a transaction) is asked of the others too. A node of another chain than
// the first one that answered is never asked. Transactions go to all; it is enough if one takes them.
class L1Sources final : public L1Client {
public:
    struct Source {
        std::unique_ptr<L1Client> client;
        std::string name;  // for the log: shown_url
    };
    // At least one. A head that hasn't moved for `lag_ms` is compared with the others'. `clock` must outlive it.
    L1Sources(std::vector<Source> sources, const node::Clock& clock, uint64_t lag_ms = 5'000);

    node::Result<uint64_t> chain_id() override;
    node::Result<BlockRef> head() override;
    node::Result<std::optional<BlockRef>> block_at(uint64_t number) override;
    node::Result<std::optional<BlockSummary>> summary_at(uint64_t number) override;
    node::Result<std::vector<Log>> logs(const LogFilter& filter) override;
    node::Result<std::vector<Log>> logs_by_receipts(const BlockSummary& block, const LogFilter& filter) override;
    node::Result<std::optional<TransactionInput>> transaction_input(const Hash& tx_hash) override;
    node::Result<std::optional<TransactionInput>> transaction_in_block(const Hash& tx_hash, uint64_t block) override;
    node::Result<bool> is_syncing() override;
    node::Result<std::optional<Receipt>> receipt(const Hash& tx_hash) override;
    node::Result<u128> balance(const Address& address) override;
    node::Result<uint64_t> nonce(const Address& address, bool pending) override;
    node::Result<Bytes> code(const Address& address) override;
    node::Result<CallReply> try_call(const CallRequest& request) override;
    node::Result<uint64_t> estimate_gas(const CallRequest& request) override;
    node::Result<Fees> fees() override;
    node::Result<Hash> send_raw(ByteView raw) override;
    const ErrorNames& error_names() const override;
    L1Client& second_opinion() override;
    void suspect() override;
    void close() override;

private:
    template <class Question>
    auto ask(Question question) -> decltype(question(std::declval<L1Client&>()));
    template <class Question>
    auto find(Question question) -> decltype(question(std::declval<L1Client&>()));
    node::Status admit(size_t source);
    void turn_to(size_t source, const std::string& why);
    node::Result<BlockRef> highest(const BlockRef& told);

    std::vector<Source> sources_;
    const node::Clock& clock_;
    const uint64_t lag_ms_;
    std::atomic<size_t> current_{0};
    std::mutex mutex_;
    std::optional<uint64_t> chain_id_;  // of all of them
    std::vector<bool> is_admitted_;
    uint64_t best_head_ = 0;  // number
    uint64_t moved_ms_ = 0;   // when it was last higher than before, or the others were asked
};

// --l1, the same for every program.
struct L1Flags {
    std::vector<std::string> urls{"http://127.0.0.1:8545"};
};
void add_l1_flags(node::Options& options, L1Flags& flags);
// A client with the rollup's error names. Reason: OPTION_INVALID, for what is no URL.
node::Result<std::unique_ptr<L1Client>> open_l1(const L1Flags& flags, const node::Clock& clock);

}  // namespace gavel::l1
