#include "protocol/apply.hpp"

#include "protocol/keys.hpp"
#include "protocol/kinds/steps.hpp"

namespace gavel {
namespace {

Outcome apply_l1_operations(Env& env, StateView& view, Counters& counters, unsigned count, ApplyObserver* observer) {
    if (count == 0) return Outcome::applied();
    if (!env.expect_l1_operations(counters.l1_ops_consumed, count)) return Outcome::view_failed();
    for (unsigned i = 0; i < count; ++i) {
        const L1Operation* operation = env.l1_operation(counters.l1_ops_consumed);
        if (!operation) return Outcome::view_failed();
        bool took_effect = false;
        if (Outcome outcome = apply_l1_operation(view, *operation, &took_effect); !outcome.ok()) return outcome;
        if (observer) observer->on_l1_operation(counters.l1_ops_consumed, *operation, took_effect);
        ++counters.l1_ops_consumed;
    }
    return Outcome::applied();
}

Outcome apply_signed_operation(Env& env, StateView& view, uint64_t position, const PostedOperation& posted, ByteView sigs,
                               FeeTally& fees, ApplyObserver* observer) {
    Account sender;
    Operation signed_form;
    if (Outcome outcome = execute_operation(view, env.domain_separator(), posted, fees, sender, signed_form); !outcome.ok())
        return outcome;
    Hash digest = signed_form.digest(env.domain_separator());
    Outcome outcome = check_signatures(env.judge(), env.domain_separator(), digest, sender, signed_form, sigs);
    if (outcome.ok() && observer) {
        observer->on_operation(position, posted, sender, signed_form, digest, sigs);
    }
    return outcome;
}

// apply without the way back.
Outcome run(Env& env, StateView& view, Counters& counters, ByteView ops, ByteView sigs, ApplyObserver* observer) {
    auto decoded = decode_ops(ops);
    if (const Refusal* refusal = std::get_if<Refusal>(&decoded)) return Outcome::wrong(*refusal);
    const Chunk& chunk = std::get<Chunk>(decoded);
    size_t count = chunk.operations.size(), signatures = 0;
    for (const PostedOperation& operation : chunk.operations) signatures += operation.signatures();
    if (sigs.size() != signatures * Signature::kSize) return Outcome::wrong(Refusal::kSignatureCount);
    if (count > ~uint64_t{0} - counters.op_count) return Outcome::wrong(Refusal::kOpCountOverflow);
    if (u128{counters.l1_ops_consumed} + chunk.l1_operations > env.l1_limit()) return Outcome::wrong(Refusal::kL1LimitExceeded);

    Outcome outcome = apply_l1_operations(env, view, counters, chunk.l1_operations, observer);
    FeeTally fees;
    for (size_t i = 0; i < count && outcome.ok(); ++i) {
        const PostedOperation& posted = chunk.operations[i];
        ByteView own = sigs.first(posted.signatures() * Signature::kSize);
        sigs = sigs.subspan(own.size());
        outcome = apply_signed_operation(env, view, counters.op_count + i, posted, own, fees, observer);
    }
    if (outcome.ok()) outcome = apply_fee_leaves(view, chunk.fee_leaves, fees);
    if (outcome.ok()) counters.op_count += count;
    return outcome;
}

}  // namespace

bool FeeTally::add(const Address& token, Amount fee) {
    for (Entry& entry : entries_) {
        if (entry.token != token) continue;
        auto total = entry.total.plus(fee);
        if (total) entry.total = *total;
        return total.has_value();
    }
    entries_.push_back({token, fee});
    return true;
}

Outcome apply_l1_operation(StateView& view, const L1Operation& operation, bool* took_effect) {
    bool effect = false;
    Outcome outcome = traits_of(operation.kind).apply(view, operation, effect);
    if (took_effect) *took_effect = effect;
    return outcome;
}

Outcome execute_operation(StateView& view, const Hash& domain_separator, const PostedOperation& posted, FeeTally& fees,
                          Account& sender, Operation& signed_form) {
    return traits_of(posted.kind).steps->execute(view, domain_separator, posted, fees, sender, signed_form);
}

Outcome check_signatures(const SignatureJudge& judge, const Hash& domain_separator, const Hash& digest, const Account& sender,
                         const Operation& signed_form, ByteView sigs) {
    GAVEL_CHECK(sigs.size() == (signed_form.channel.take ? 2 : 1) * Signature::kSize);
    return traits_of(signed_form.kind).steps->check_signatures(judge, domain_separator, digest, sender, signed_form, sigs);
}

Outcome SignatureJudge::check(const Hash& digest, const Signature& signature, const Address& owner) const {
    auto signer = recover(digest, signature);
    if (!signer) return Outcome::wrong(Refusal::kSignatureInvalid);
    return *signer == owner ? Outcome::applied() : Outcome::wrong(Refusal::kSignerNotOwner);
}

Outcome apply_fee_leaves(StateView& view, std::span<const uint32_t> fee_leaves, const FeeTally& fees) {
    const std::vector<FeeTally::Entry>& entries = fees.entries();
    if (fee_leaves.size() < entries.size()) return Outcome::wrong(Refusal::kFeeLeafMissing);
    if (fee_leaves.size() > entries.size()) return Outcome::wrong(Refusal::kFeeLeafExtra);
    for (size_t i = 0; i < entries.size(); ++i) {
        uint32_t index = fee_leaves[i];
        if (index == 0 || index >= view.account_count()) return Outcome::wrong(Refusal::kFeeLeafIndex);
        Account leaf;
        if (!view.read(index, leaf)) return Outcome::view_failed();
        if (leaf.key.token != entries[i].token) return Outcome::wrong(Refusal::kFeeLeafToken);
        if (Outcome outcome = kinds::credit(view, index, leaf, entries[i].total); !outcome.ok()) return outcome;
    }
    return Outcome::applied();
}

const SignatureJudge& Env::judge() const {
    static const SignatureJudge recovers;
    return recovers;
}

ListEnv::ListEnv(const Hash& domain_separator, uint64_t l1_limit, std::vector<L1Operation> operations, uint64_t first,
                 const SignatureJudge* judge)
    : domain_separator_(domain_separator),
      l1_limit_(l1_limit),
      operations_(std::move(operations)),
      first_(first),
      judge_(judge) {}

const L1Operation* ListEnv::l1_operation(uint64_t index) {
    if (index < first_ || index - first_ >= operations_.size()) return nullptr;
    return &operations_[index - first_];
}

Outcome apply(Env& env, StateView& view, Counters& counters, const BatchChunk& chunk, ApplyObserver* observer) {
    if (!chunk.lengths_hold) return Outcome::wrong(Refusal::kSlotLengths);
    return apply(env, view, counters, chunk.ops, chunk.sigs, observer);
}

Outcome apply(Env& env, StateView& view, Counters& counters, ByteView ops, ByteView sigs, ApplyObserver* observer) {
    StateView::Mark start = view.mark();
    Counters before = counters;
    Outcome outcome = run(env, view, counters, ops, sigs, observer);
    if (!outcome.ok()) {
        view.roll_back(start);
        counters = before;
    }
    return outcome;
}

}  // namespace gavel
