// Operations signed, handed to the sequencer, and what has become of them: said only when it is known.
#pragma once

#include "cli/session.hpp"

namespace gavel::cli {

// What is needed before something can be signed.
struct Signing {
    PrivateKey key;
    Domain domain;
    TokenInfo token;
    api::Sequencer* sequencer;
    api::AccountInfo account;
};
node::Result<Signing> prepare_signing(Session& session, const std::string& token);

// `given` in the token's units; empty: what the sequencer suggests for this shape.
node::Result<Amount> fee_for(const Signing& signing, const std::string& given, const Operation& operation,
                             unsigned new_recipients);
// Whether the owner has had this token here.
node::Result<bool> has_leaf(const Signing& signing, const Address& owner);

struct SignedOperation {
    Operation operation;
    Hash hash;
    Signature signature;
    std::optional<Signature> voucher{};  // of a redeem that takes: the payer's
    friend bool operator==(const SignedOperation&, const SignedOperation&) = default;
};
SignedOperation sign(const Signing& signing, const Operation& operation);

enum class Fate {
    kTaken,     // applied, and its receipt is known
    kNotTaken,  // not applied, as far as this server goes; `why` has its refusal. It may still be handed over (again)
    kUnknown,   // it may have been taken: no answer came; `why` tells
};
struct Outcome {
    Fate fate = Fate::kUnknown;
    uint64_t position = 0;  // of one taken
    uint64_t confirmed_at_ms = 0;
    node::Status why{};
};
// What the sequencer says of a hash; one that was rolled back isn't taken.
Outcome ask_fate(api::Query& server, const Hash& hash);
// Hands it over. When no answer comes, or a strange one, the sequencer is asked by its hash.
Outcome hand_over(const Signing& signing, const SignedOperation& signed_operation);
// The same as a Status, for one who sent one operation: it says the hash when nothing else is known.
node::Status status_of(const Outcome& outcome, const Hash& hash);

}  // namespace gavel::cli
