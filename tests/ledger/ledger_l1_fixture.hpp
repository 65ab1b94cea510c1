// An L1 that a test writes by hand: blocks of events, the calldata behind them, reorganisations.
#pragma once

#include "follow/replayer.hpp"
#include "tests/ledger/ledger_fixture.hpp"

namespace gavel::ledger_test {

// Of that byte alone.
inline Hash hash_of(uint8_t byte) {
    Hash out;
    out.bytes.fill(byte);
    return out;
}

inline Address address_of(uint8_t byte) {
    Address out;
    out.bytes.fill(byte);
    return out;
}

// Everything that a view answers.
inline std::string describe(const follow::L1View& view) {
    std::string out = std::to_string(view.head().number) + " head " + to_hex(view.head().hash);
    for (uint64_t b = 1; b <= view.batch_head() + 1; ++b) {
        auto batch = view.batch(b);
        if (batch) out += " batch " + to_hex(batch->hash) + to_hex(batch->tx_hash) + std::to_string(batch->posted_at);
        out += view.is_final(b) ? " final" : " pending";
    }
    for (uint64_t i = 0; i <= view.queue_length(); ++i) out += " h " + to_hex(*view.queue_hash(i));
    for (const follow::Strike& strike : view.strikes()) out += " strike " + std::to_string(strike.number) + to_hex(strike.hash);
    for (const follow::TermView& term : view.terms()) out += " term " + std::to_string(term.ended_at);
    for (uint32_t position = 0; position < 20; ++position) out += view.is_claimed(position) ? "1" : "0";
    out += " final head " + std::to_string(view.final_head()) + (view.frozen() ? " frozen" : "");
    return out;
}

class HandL1 {
public:
    static constexpr uint64_t kStartTime = 1'000'000, kBlockTime = 12;

    HandL1();

    // Events of the block that mine() will make.
    void queue(const L1Operation& operation);
    void append(const Batch& batch);
    void strike(uint64_t number);
    void claim(uint32_t position, const Withdrawal& withdrawal);
    void add(const l1::RollupEvent& event);
    // Makes a block, `later` seconds after its turn, and tells the view.
    void mine(follow::L1View& view, uint64_t later = 0);
    // Takes the newest `count` blocks back, and tells the view.
    void reorganise(follow::L1View& view, size_t count);
    // A view that is told everything at once.
    void tell_all(follow::L1View& view) const;

    follow::BatchSource source();
    static l1::RollupParameters parameters();

    std::vector<follow::L1Block> blocks;
    std::map<Hash, Bytes> batches;  // by hash of the transaction
    bool reachable = true;
    uint64_t fork = 0;  // makes the hashes of another branch's blocks others

private:
    struct Standing {
        uint64_t queue = 0;
        std::vector<Hash> batches;
    };
    Standing standing() const;  // with the events not mined yet
    Hash new_hash();

    std::vector<follow::L1Event> waiting_;
    uint64_t hashes_ = 0;
};

}  // namespace gavel::ledger_test
