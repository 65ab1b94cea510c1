// What the contract itself says of the seat, the queue and a freeze: when each thing becomes possible, why a call was refused.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/session.hpp"
#include "l1-bridge/client/rollup_client.hpp"

namespace gavel::cli {

// Read one after the other at the L1's head. Times in seconds; docs/contract.md has the rules.
struct RollupFacts {
    l1::RollupParameters parameters;
    uint64_t now = 0;  // the newest block's
    l1::Head head;
    uint64_t head_final_at = 0;  // 0: genesis
    uint64_t term = 0;           // 0: the seat is free
    l1::TermRecord seat;         // of that term
    uint64_t queue_length = 0;
    l1::WaitingOperation waiting;
    uint64_t last_strike = 0;
    bool frozen = false;
    l1::Notice notice;  // the home operator's

    bool somebody_sits() const { return term != 0; }
    bool something_waits() const { return waiting.time != 0; }
    bool head_is_final() const { return now >= head_final_at; }
    uint64_t waiting_count() const { return something_waits() ? queue_length - waiting.index : 0; }
    // When an L1 operation queued at `time` is overdue, should it wait until then and nothing be struck; nullopt: nobody sits,
    // the inclusion window begins with the next term.
    std::optional<uint64_t> overdue_at(uint64_t time) const;
    // Since the waiting operation is overdue, so that the sequencer can be evicted; nullopt if none is.
    std::optional<uint64_t> overdue_since() const;
    // When the waiting operation's age allows a freeze; nullopt: none waits.
    std::optional<uint64_t> freeze_at() const;
};
node::Result<RollupFacts> read_facts(const l1::RollupClient& contract);

// The refusal of a call of the contract, by the same reason, with a message that says what to do and when; what isn't such a
// refusal stays.
node::Status explained(const node::Status& refusal, const RollupFacts& facts);

// As `gavel status` shows them.
std::vector<std::pair<std::string, std::string>> facts_lines(const RollupFacts& facts);
nlohmann::json facts_json(const RollupFacts& facts);

// The rollup contract, called by the signer. Lives as long as the session at most.
class ContractCaller {
public:
    // So many may be sent and not waited for.
    static constexpr size_t kMostOnTheWay = 256;

    static node::Result<ContractCaller> open(Session& session);
    const l1::RollupClient& contract() const { return contract_; }
    const Address& address() const { return wallet_->address(); }
    // Sends it, and says its hash unless told not to; waits for the block of what was sent; both. A refusal is explained.
    node::Result<Hash> send(Bytes calldata, u128 value = 0, bool is_told = true) const;
    node::Result<l1::Receipt> wait(const Hash& sent, std::chrono::milliseconds timeout = std::chrono::minutes(2)) const;
    node::Result<l1::Receipt> run(Bytes calldata, u128 value = 0) const;

private:
    node::Status explained_now(const node::Status& refusal) const;
    ContractCaller(const l1::RollupClient& contract, std::unique_ptr<l1::L1Wallet> wallet)
        : contract_(contract), wallet_(std::move(wallet)) {}
    l1::RollupClient contract_;
    std::unique_ptr<l1::L1Wallet> wallet_;
};

// The first event of this kind that the contract made in a transaction.
template <class Event>
std::optional<Event> event_of(const l1::Receipt& receipt, const Address& rollup) {
    for (const l1::Log& log : receipt.logs) {
        if (log.address != rollup) continue;
        auto event = l1::decode_event(log.topics, log.data);
        if (const Event* found = event ? std::get_if<Event>(&*event) : nullptr) return *found;
    }
    return std::nullopt;
}

}  // namespace gavel::cli
