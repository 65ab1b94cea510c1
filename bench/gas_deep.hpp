// States of any depth of which only a few leaves are known: paths, not accounts. Whatever subtree holds no known leaf has a hash
// that is drawn, so that each sibling is carried and no byte of it is zero.
#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "protocol/encoding.hpp"
#include "protocol/state.hpp"
#include "workload/split_mix.hpp"

namespace gavel::bench {

// `N` bytes drawn from `seed`, none of them zero.
template <class Fixed>
Fixed drawn(uint64_t seed);
using Draw = cli::SplitMix64;

// The siblings that a path of `index` among `count` leaves carries, drawn.
std::vector<Hash> drawn_path(uint32_t index, uint32_t count);

class DeepState {
public:
    // `withdrawal_count` withdrawals, whose frontier is drawn too.
    DeepState(uint32_t account_count, uint32_t withdrawal_count, Counters counters);

    // A known leaf below the count. Its next key is given with link().
    void put(uint32_t index, const Account& leaf);
    // Each known leaf's next key is that of the next known one, as if none were between; the last one's is above all.
    void link();

    uint32_t account_count() const { return count_; }
    const std::map<uint32_t, Account>& leaves() const { return leaves_; }
    StateFields fields() const;
    std::vector<Hash> path(uint32_t index) const;
    StateView::Found find(const AccountKey& key) const;
    void append(const Account& leaf);

    WithdrawalFrontier withdrawals;
    Counters counters;

private:
    static uint64_t key_of(unsigned height, uint32_t position) { return uint64_t(height) << 32 | position; }
    Hash node(unsigned height, uint32_t position) const;
    void set_leaf_hash(uint32_t index, const Hash& hash);

    uint32_t count_;
    Hash root_;
    std::map<uint32_t, Account> leaves_;
    std::map<AccountKey, uint32_t> by_key_;
    std::unordered_map<uint64_t, Hash> nodes_;  // on the paths of known leaves
};

// What a chunk's run has asked of the state.
struct Work {
    unsigned accesses = 0;
    unsigned writes = 0;  // appends among them
    unsigned siblings = 0;
    unsigned withdrawals = 0;
};

// Runs over such a state, and writes down each access as a fraud proof holds it.
class DeepView : public StateView {
public:
    explicit DeepView(DeepState& state) : state_(state) {}

    uint32_t account_count() const override { return state_.account_count(); }
    uint32_t withdrawal_count() const override { return state_.withdrawals.count(); }
    bool read(uint32_t index, Account& leaf) override;
    bool find(const AccountKey& key, Found& found) override;
    bool write(uint32_t index, const Account& leaf) override;
    bool append(const Account& leaf) override;
    bool append_withdrawal(const Withdrawal& withdrawal) override;
    Mark mark() override;
    void roll_back(Mark mark) override;

    Bytes take_witness() { return witness_.take(); }
    const Work& work() const { return work_; }

private:
    void write_path(uint32_t index);

    DeepState& state_;
    std::vector<DeepState> saved_;
    ByteWriter witness_;
    Work work_;
};

}  // namespace gavel::bench
