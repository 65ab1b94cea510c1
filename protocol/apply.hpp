// The state transition (docs/protocol.md, "Applying a chunk"): one implementation, over any view of the state.
#pragma once

#include <span>
#include <variant>
#include <vector>

#include "protocol/chunk.hpp"
#include "protocol/operation.hpp"
#include "protocol/refusal.hpp"
#include "protocol/view.hpp"

namespace gavel {

// The counters that apply moves beside the two trees.
struct Counters {
    uint64_t l1_ops_consumed = 0;
    uint64_t op_count = 0;
    friend bool operator==(const Counters&, const Counters&) = default;
};

// What a step of the transition came to.
struct Outcome {
    enum class Kind : uint8_t {
        kApplied,
        kWrong,       // the input breaks the rule named by `refusal`
        kViewFailed,  // the view couldn't answer; says nothing about the input
    };
    Kind kind = Kind::kApplied;
    Refusal refusal = Refusal::kNone;

    static Outcome applied() { return {}; }
    static Outcome wrong(Refusal refusal) { return {Kind::kWrong, refusal}; }
    static Outcome view_failed() { return {Kind::kViewFailed, Refusal::kNone}; }
    bool ok() const { return kind == Kind::kApplied; }
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

// Judges signatures. The default recovers who signed; whoever has checked signatures ahead, or checks them afterwards, judges in
// its own way.
class SignatureJudge {
public:
    virtual ~SignatureJudge() = default;
    // Whether `signature` over `digest` is by `owner`: applied, or wrong with kSignatureInvalid or kSignerNotOwner.
    virtual Outcome check(const Hash& digest, const Signature& signature, const Address& owner) const;
};

// Fees taken so far in a chunk: a total for each token, in the order of the token's first operation with a fee above zero.
class FeeTally {
public:
    struct Entry {
        Address token;
        Amount total;
    };
    // False, and nothing is added, if a total would pass 2^128-1.
    [[nodiscard]] bool add(const Address& token, Amount fee);
    const std::vector<Entry>& entries() const { return entries_; }

private:
    std::vector<Entry> entries_;
};

// The steps of apply, for whoever executes operations as they come (the sequencer) and for apply itself. After any outcome but
// kApplied the view may hold a part of the step: the caller rolls back to its own mark.

// `took_effect`, if given, tells whether another than a deposit was carried out; a deposit always is.
Outcome apply_l1_operation(StateView& view, const L1Operation& operation, bool* took_effect = nullptr);
// Everything but the signatures. On success `sender` is the leaf that is debited as read before, and `signed_form` is what must
// have been signed (by signed_form.signer(sender)).
Outcome execute_operation(StateView& view, const Hash& domain_separator, const PostedOperation& posted, FeeTally& fees,
                          Account& sender, Operation& signed_form);
// That the signatures of an executed operation, whose digest is `digest`, are by whom its kind asks for. `sigs` are all of its
// own: posted.signatures() of 64 bytes, the one over the digest first.
Outcome check_signatures(const SignatureJudge& judge, const Hash& domain_separator, const Hash& digest, const Account& sender,
                         const Operation& signed_form, ByteView sigs);
// Credits each token's fees to the leaf named for it.
Outcome apply_fee_leaves(StateView& view, std::span<const uint32_t> fee_leaves, const FeeTally& fees);

// What apply reads beside the state.
class Env {
public:
    virtual ~Env() = default;
    // The EIP-712 domain separator.
    virtual const Hash& domain_separator() const = 0;
    // The batch's own claimed l1OpsConsumed: a chunk that would consume past it is wrong.
    virtual uint64_t l1_limit() const = 0;
    // Apply has come to the L1 operations: it is about to ask for `count` of them, at least one, from number `first` on. False if
    // the environment can't tell them.
    virtual bool expect_l1_operations(uint64_t /*first*/, unsigned /*count*/) { return true; }
    // L1 operation number `index` (from 0), or nullptr if the environment can't tell; index < l1_limit().
    virtual const L1Operation* l1_operation(uint64_t index) = 0;
    virtual const SignatureJudge& judge() const;
};

// An Env over known L1 operations, from number `first` on.
class ListEnv : public Env {
public:
    ListEnv(const Hash& domain_separator, uint64_t l1_limit, std::vector<L1Operation> operations, uint64_t first = 0,
            const SignatureJudge* judge = nullptr);
    const Hash& domain_separator() const override { return domain_separator_; }
    uint64_t l1_limit() const override { return l1_limit_; }
    const L1Operation* l1_operation(uint64_t index) override;
    const SignatureJudge& judge() const override { return judge_ ? *judge_ : Env::judge(); }

private:
    Hash domain_separator_;
    uint64_t l1_limit_;
    std::vector<L1Operation> operations_;
    uint64_t first_;
    const SignatureJudge* judge_;
};

// What a chunk did to whom, for histories: told as apply goes. The outcome decides whether it stands.
class ApplyObserver {
public:
    virtual ~ApplyObserver() = default;
    virtual void on_l1_operation(uint64_t /*index*/, const L1Operation&, bool /*took_effect*/) {}
    virtual void on_operation(uint64_t /*position*/, const PostedOperation&, const Account& /*sender*/, const Operation&,
                              const Hash& /*digest*/, ByteView /*sigs, its own*/) {}
};

// apply(env, state, chunk): total over any bytes. Unless the outcome is kApplied, view and counters are as before.
Outcome apply(Env& env, StateView& view, Counters& counters, const BatchChunk& chunk, ApplyObserver* observer = nullptr);
// The same, of one whose lengths hold.
Outcome apply(Env& env, StateView& view, Counters& counters, ByteView ops, ByteView sigs, ApplyObserver* observer = nullptr);

}  // namespace gavel
