#include "drill/drill.hpp"

#include <algorithm>

#include "follow/replayer.hpp"
#include "protocol/check.hpp"
#include "protocol/keccak.hpp"
#include "protocol/state.hpp"

namespace gavel::drill {
namespace {

constexpr unsigned kL1OperationsPerChunk = 32;
constexpr int kOwnTransfers = 4;
constexpr size_t kEntriesLookedAt = 10'000;  // for a payment to replay

struct NamedLie {
    LieKind kind;
    const char* name;
};
constexpr NamedLie kLies[] = {
    {LieKind::kMoneyFromNothing, "money-from-nothing"}, {LieKind::kForgedSignature, "forged-signature"},
    {LieKind::kSkippedDeposit, "skipped-deposit"},      {LieKind::kWithdrawalWithoutBurn, "withdrawal-without-burn"},
    {LieKind::kGarbageBytes, "garbage-bytes"},          {LieKind::kReplayedNonce, "replayed-nonce"},
};

node::Status lacking(std::string reason, std::string message) {
    return {node::Code::kFailedPrecondition, std::move(reason), "lie", std::move(message)};
}

// A payment to say again.
struct OldPayment {
    PostedOperation posted;
    Signature signature;
    Hash digest;
};

std::optional<OldPayment> find_old_payment(const ledger::Ledger& ledger) GAVEL_REQUIRES(ledger::writing) {
    uint64_t end = ledger.summary().entries, begin = end - std::min<uint64_t>(end, kEntriesLookedAt);
    for (uint64_t number = end; number-- > begin;) {
        auto entry = ledger.entry(number);
        auto* done = entry ? std::get_if<ledger::OperationEntry>(&entry->what) : nullptr;
        if (!done || done->operation.kind != OperationKind::kTransfer) continue;
        auto sender = ledger.account(done->posted.sender);
        auto total = done->operation.total();  // with the fee, which nearly every payment has
        if (!sender || !total || sender->balance < *total) continue;
        return OldPayment{ledger.posted_form(done->operation, done->posted.sender), done->signature, done->digest};
    }
    return std::nullopt;
}

// Puts a batch together chunk by chunk over a state, which is taken back at the end.
class LieBuilder {
public:
    LieBuilder(const ledger::Ledger& ledger, const follow::L1View& view, const PrivateKey& key, State& state)
        : ledger_(ledger), view_(view), key_(key), me_(key.address()), state_(state), runner_(state), before_(state.counters) {
        batch_.number = ledger.batch_head() + 1;
        batch_.parent = ledger.last_header();
    }
    ~LieBuilder() {
        runner_.roll_back(0);
        state_.counters = before_;
    }

    node::Result<Lie> build(LieKind kind, const std::optional<OldPayment>& old) {
        uint64_t end = view_.queue_length();
        if (kind == LieKind::kSkippedDeposit) {
            auto deposit = waiting_deposit();
            if (!deposit) return lacking("NO_WAITING_DEPOSIT", "no deposit waits that could be skipped");
            end = *deposit;
        }
        consume_l1_operations(end);
        move_own_ether();
        Lie lie;
        lie.chunk = static_cast<uint16_t>(batch_.chunks.size());
        auto what = tell(kind, old);
        if (!what) return what.status();
        lie.what = *what;
        build_on_it();
        batch_.last = state_.fields();
        batch_.commitments.pop_back();
        batch_.l1_queue_hash = *view_.queue_hash(batch_.last.l1_ops_consumed);
        lie.batch = std::move(batch_);
        return lie;
    }

private:
    // ---- What is right ----

    std::optional<uint64_t> waiting_deposit() const {
        uint64_t first = state_.counters.l1_ops_consumed;
        for (uint64_t i = first; i < view_.queue_length(); ++i)
            if (view_.queued(i)->operation.kind == L1OperationKind::kDeposit) return i;
        return std::nullopt;
    }

    void consume_l1_operations(uint64_t end) {
        while (state_.counters.l1_ops_consumed < end && batch_.chunks.size() + 4 < kMaxChunks) {
            Chunk chunk;
            chunk.l1_operations =
                static_cast<unsigned>(std::min<uint64_t>(kL1OperationsPerChunk, end - state_.counters.l1_ops_consumed));
            add_right(chunk, {});
        }
    }

    void move_own_ether() {
        auto own = runner_find({me_, {}});
        Chunk chunk;
        Bytes sigs;
        for (int i = 0; own && i < kOwnTransfers; ++i) {
            Account mine = *state_.accounts.at(*own);
            if (mine.balance.value() < kOwnTransfers || mine.nonce > kMaxNonce - kOwnTransfers) break;
            PostedOperation posted = transfer(*own, {*own, {}}, Amount{1});
            Operation form{OperationKind::kTransfer, {}, {{me_, Amount{1}}}, {}, mine.nonce + static_cast<uint64_t>(i), {}};
            chunk.operations.push_back(posted);
            append(sigs, key_.sign(form.digest(ledger_.domain_separator())));
        }
        add_right(chunk, sigs);
    }

    void add_right(const Chunk& chunk, Bytes sigs) {
        auto env = follow::make_env(ledger_.domain_separator(), view_, view_.queue_length());
        BatchChunk made{encode_ops(chunk), std::move(sigs)};
        Outcome outcome = apply(*env, runner_, state_.counters, made);
        GAVEL_CHECK(outcome.ok());
        add(std::move(made));
    }

    // ---- What isn't ----

    node::Result<std::string> tell(LieKind kind, const std::optional<OldPayment>& old) {
        switch (kind) {
            case LieKind::kMoneyFromNothing: return money_from_nothing();
            case LieKind::kForgedSignature: return forged_signature();
            case LieKind::kSkippedDeposit: return skipped_deposit();
            case LieKind::kWithdrawalWithoutBurn: return withdrawal_without_burn();
            case LieKind::kGarbageBytes: return garbage_bytes();
            case LieKind::kReplayedNonce: return replayed_nonce(old);
        }
        return lacking("UNKNOWN_LIE", "no such lie");
    }

    node::Result<std::string> money_from_nothing() {
        give_me(1000 * kEther);
        add({encode_ops({}), {}});
        return std::string("1000 ETH in the operator's account that nobody has deposited");
    }

    node::Result<std::string> forged_signature() {
        std::optional<uint32_t> victim;
        for (uint32_t i = 1; i < state_.accounts.count(); ++i) {
            const Account& leaf = *state_.accounts.at(i);
            bool has_ether = leaf.key.token.is_zero() && !leaf.balance.is_zero();
            bool is_richer = !victim || state_.accounts.at(*victim)->balance < leaf.balance;
            if (has_ether && is_richer && leaf.key.owner != me_) victim = i;
        }
        if (!victim) return lacking("NOTHING_TO_STEAL", "no account but the operator's has ETH");
        Account robbed = *state_.accounts.at(*victim);
        auto own = runner_find({me_, {}});
        Recipient to = own ? Recipient{*own, {}} : Recipient{0, me_};
        bool done = execute_unsigned(transfer(*victim, to, robbed.balance), nullptr);
        if (!done) return lacking("NOTHING_TO_STEAL", "the richest account's ETH can't be moved");
        return to_string(robbed.balance) + " wei of " + to_checksum(robbed.key.owner) +
               "'s moved to the operator, without its signature";
    }

    node::Result<std::string> skipped_deposit() {
        L1Operation deposit = view_.queued(state_.counters.l1_ops_consumed)->operation;
        Chunk chunk;
        chunk.l1_operations = 1;
        ++state_.counters.l1_ops_consumed;
        add({encode_ops(chunk), {}});
        return "the deposit of " + to_string(deposit.amount) + " units to " + to_checksum(deposit.to) +
               " consumed, and credited to nobody";
    }

    node::Result<std::string> withdrawal_without_burn() {
        GAVEL_CHECK(runner_.append_withdrawal({me_, {}, Amount{10 * kEther}}));
        add({encode_ops({}), {}});
        return std::string("a withdrawal of 10 ETH by the operator that no account paid for");
    }

    node::Result<std::string> garbage_bytes() {
        Bytes garbage;
        for (Hash word = keccak256(view_of("garbage")); garbage.empty() || std::holds_alternative<Chunk>(decode_ops(garbage));
             word = keccak256(word)) {
            garbage = to_bytes(word);
            append(garbage, keccak256(word));
        }
        give_me(1000 * kEther);
        ++state_.counters.op_count;
        add({garbage, to_bytes(Signature{})});
        return std::string("64 bytes that are no operations, said to have given the operator 1000 ETH");
    }

    node::Result<std::string> replayed_nonce(const std::optional<OldPayment>& old) {
        if (!old) return lacking("NOTHING_TO_REPLAY", "no payment was made whose sender could pay it again");
        bool done = execute_unsigned(old->posted, &old->signature);
        if (!done) return lacking("NOTHING_TO_REPLAY", "the latest payment can't be repeated");
        return "payment " + to_hex(old->digest) + " made once more, with its old signature";
    }

    // A chunk that builds on the lie: whoever looks at it alone finds it right.
    void build_on_it() {
        auto own = runner_find({me_, {}});
        const Account* mine = own ? state_.accounts.at(*own) : nullptr;
        if (!mine || mine->balance.is_zero()) return add({encode_ops({}), {}});
        PostedOperation withdraw;
        withdraw.kind = OperationKind::kWithdraw;
        withdraw.sender = *own;
        withdraw.payments = {{Recipient{0, me_}, mine->balance}};
        if (!execute_unsigned(withdraw, nullptr)) add({encode_ops({}), {}});
    }

    // ---- Parts ----

    static PostedOperation transfer(uint32_t sender, const Recipient& to, Amount amount) {
        PostedOperation posted;
        posted.sender = sender;
        posted.payments = {{to, amount}};
        return posted;
    }

    // A chunk of one operation that is executed whoever has signed it: the operator, if no signature is given. False: it is wrong
    // for another reason, and nothing was done.
    bool execute_unsigned(const PostedOperation& posted, const Signature* signature) {
        FeeTally fees;
        Account sender;
        Operation form;
        StateView::Mark start = runner_.mark();
        Chunk chunk;
        chunk.operations.push_back(posted);
        if (!posted.fee.is_zero()) chunk.fee_leaves = {posted.sender};  // any leaf of the token may have it
        if (!execute_operation(runner_, ledger_.domain_separator(), posted, fees, sender, form).ok() ||
            !apply_fee_leaves(runner_, chunk.fee_leaves, fees).ok()) {
            runner_.roll_back(start);
            return false;
        }
        ++state_.counters.op_count;
        Signature own = key_.sign(form.digest(ledger_.domain_separator()));
        add({encode_ops(chunk), to_bytes(signature ? *signature : own)});
        return true;
    }

    void give_me(u128 wei) {
        L1Operation deposit{L1OperationKind::kDeposit, me_, me_, {}, Amount{wei}, 0};
        GAVEL_CHECK(apply_l1_operation(runner_, deposit).ok());
    }

    std::optional<uint32_t> runner_find(const AccountKey& key) const {
        auto found = state_.accounts.find(key);
        return found.present ? std::optional(found.index) : std::nullopt;
    }

    void add(BatchChunk chunk) {
        batch_.chunks.push_back(std::move(chunk));
        batch_.commitments.push_back(state_.commitment());
    }

    const ledger::Ledger& ledger_;
    const follow::L1View& view_;
    const PrivateKey& key_;
    Address me_;
    State& state_;
    StateRunner runner_;
    Counters before_;
    Batch batch_;
};

}  // namespace

const char* name_of(LieKind kind) {
    for (const NamedLie& lie : kLies)
        if (lie.kind == kind) return lie.name;
    return "";
}

std::optional<LieKind> lie_from_name(std::string_view name) {
    for (const NamedLie& lie : kLies)
        if (lie.name == name) return lie.kind;
    return std::nullopt;
}

std::vector<std::string> lie_names() {
    std::vector<std::string> out;
    for (const NamedLie& lie : kLies) out.push_back(lie.name);
    return out;
}

node::Result<Lie> make_lie(ledger::Ledger& ledger, const follow::L1View& view, LieKind kind, const PrivateKey& operator_key) {
    auto old = kind == LieKind::kReplayedNonce ? find_old_payment(ledger) : std::nullopt;
    std::optional<node::Result<Lie>> out;
    ledger.with_state([&](State& state) { out = LieBuilder(ledger, view, operator_key, state).build(kind, old); });
    return std::move(*out);
}

}  // namespace gavel::drill
