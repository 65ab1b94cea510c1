#include "tests/generator/starting_state.hpp"

#include <algorithm>
#include <map>

#include "protocol/check.hpp"
#include "protocol/keccak.hpp"
#include "protocol/kinds/kinds.hpp"
#include "tests/generator/test_channels.hpp"

namespace gavel::test {
namespace {

struct People {
    std::vector<PrivateKey> keys;
    std::vector<Address> addresses;
    std::map<Address, size_t> numbers;

    People() {
        for (size_t i = 0; i < kPeople; ++i) {
            keys.push_back(PrivateKey::derived("person " + std::to_string(i)));
            addresses.push_back(keys.back().address());
            numbers[addresses.back()] = i;
        }
    }
};

const People& people() {
    static const People all;
    return all;
}

Address named(const std::string& name) { return Address::from(keccak256(view_of(name))); }

// The owners of leaves that a payout's earlier lines make.
struct NewLeaves {
    uint32_t first = 0;
    std::vector<Address> owners;
};

Address owner_at(StateView& view, uint32_t index, const NewLeaves& made) {
    if (index >= made.first && index - made.first < made.owners.size()) return made.owners[index - made.first];
    Account leaf;
    if (index == 0 || index >= view.account_count() || !view.read(index, leaf)) return {};
    return leaf.key.owner;
}

void fill_channel(const PostedOperation& posted, const Account& sender, Operation& form) {
    const PostedChannel& words = posted.channel;
    if (!is_of_channel(posted)) return;
    form.channel.terms = {sender.key.owner, words.payee, words.unit, words.expiry, words.salt};
    if (posted.kind == OperationKind::kFund) return;
    form.channel.channel = sender.key.owner;
    form.channel.count = static_cast<uint64_t>(words.count.value());
    form.channel.take = words.take;
    form.channel.close = words.close;
    form.nonce = sender.nonce - kChannelMark;
}

}  // namespace

uint32_t StartingState::add(const Address& owner, const Address& token, Amount balance, uint64_t nonce) {
    leaves.push_back({account_count, {owner, token}, nonce, balance});
    return account_count++;
}

State StartingState::build() const {
    std::map<AccountKey, AccountKey> next_of;
    for (const Leaf& leaf : leaves) next_of[leaf.key];
    next_of[AccountKey{}];
    AccountKey above;
    for (auto it = next_of.rbegin(); it != next_of.rend(); ++it) {
        it->second = above;
        above = it->first;
    }

    State state;
    Account sentinel;
    sentinel.next = next_of[AccountKey{}];
    state.accounts.write(0, sentinel);
    for (const Leaf& leaf : leaves) {
        state.accounts.set_count_for_test(leaf.index);
        state.accounts.append({leaf.key, leaf.nonce, leaf.balance, next_of[leaf.key]});
    }
    state.accounts.set_count_for_test(account_count);

    std::vector<Hash> frontier;
    for (unsigned height = 0; height < kTreeDepth; ++height) {
        if (withdrawal_count >> height & 1) frontier.push_back(zero_subtree(height));
    }
    state.withdrawals = WithdrawalTree::from_frontier({withdrawal_count, frontier});
    state.counters = counters;
    return state;
}

const PrivateKey& person(size_t number) { return people().keys.at(number); }
const Address& person_address(size_t number) { return people().addresses.at(number); }

const PrivateKey* key_of(const Address& address) {
    auto found = people().numbers.find(address);
    return found == people().numbers.end() ? nullptr : &people().keys[found->second];
}

Address stranger(size_t number) { return named("stranger " + std::to_string(number)); }
Address token(size_t number) { return number == 0 ? Address{} : named("token " + std::to_string(number)); }

Domain test_domain() { return {31337, named("rollup")}; }

Operation signed_form(StateView& view, const PostedOperation& posted) {
    Operation out;
    Account sender;
    if (posted.sender != 0 && posted.sender < view.account_count() && !view.read(posted.sender, sender)) sender = {};
    out.kind = posted.kind;
    out.token = sender.key.token;
    out.fee = posted.fee;
    out.nonce = sender.nonce;
    out.memo = posted.memo;
    fill_channel(posted, sender, out);
    NewLeaves made{view.account_count(), {}};
    for (const PostedPayment& payment : posted.payments) {
        if (payment.to.address) {
            out.payments.push_back({*payment.to.address, payment.amount});
            if (pays_leaves(traits_of(posted.kind).payees)) made.owners.push_back(*payment.to.address);
        } else {
            out.payments.push_back({owner_at(view, payment.to.index, made), payment.amount});
        }
    }
    if (posted.kind == OperationKind::kRedeem) {
        out.channel.terms.payee = out.payments.front().to;
        out.channel.terms.payer = out.payments.back().to;
    }
    return out;
}

Bytes sign_chunk(State& state, const Chunk& chunk, std::span<const L1Operation> l1, const Domain& domain) {
    StateRunner runner(state);
    StateView::Mark start = runner.mark();
    for (size_t i = 0; i < chunk.l1_operations && i < l1.size(); ++i) {
        StateView::Mark mark = runner.mark();
        if (!apply_l1_operation(runner, l1[i]).ok()) runner.roll_back(mark);
    }
    Hash separator = domain.separator();
    FeeTally fees;
    Bytes sigs;
    for (const PostedOperation& posted : chunk.operations) {
        Account sender;
        Operation form = signed_form(runner, posted), executed_form;
        if (posted.sender != 0 && posted.sender < runner.account_count()) GAVEL_CHECK(runner.read(posted.sender, sender));
        append(sigs, sign_operation(form, sender, separator));
        StateView::Mark mark = runner.mark();
        if (!execute_operation(runner, separator, posted, fees, sender, executed_form).ok()) runner.roll_back(mark);
    }
    runner.roll_back(start);
    return sigs;
}

Signature with_s_too_high(Signature signature) {
    std::fill(signature.bytes.begin() + 32, signature.bytes.end(), 0xff);
    signature.bytes[32] = 0x7f;
    return signature;
}

}  // namespace gavel::test
