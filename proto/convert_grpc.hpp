// Between the messages of gavel.v1 and the protocol's types: small pure functions, for servers' adapters and for clients.
//
// from_pb: any message may be passed. What isn't in the form that types.proto asks for is INVALID_ARGUMENT with a reason and the
// path of the field at fault, `field` being the path of the value itself. Only form is checked here (lengths, digits, counts,
// which oneof); what an operation may do is the state's to judge. Reasons: FIELD_MISSING, LENGTH_INVALID, AMOUNT_INVALID,
// PAYMENT_COUNT_INVALID, ENUM_INVALID.
#pragma once

#include "gavel/v1/types.pb.h"

#include "node/status.hpp"
#include "protocol/commitment.hpp"
#include "protocol/operation.hpp"

namespace gavel::proto {

// Exactly 20, 32, 64 bytes.
node::Result<Address> address_from_pb(const std::string& bytes, const std::string& field);
node::Result<Hash> hash_from_pb(const std::string& bytes, const std::string& field);
node::Result<Signature> signature_from_pb(const std::string& bytes, const std::string& field);
// 20 bytes or none: ETH.
node::Result<Address> token_from_pb(const std::string& bytes, const std::string& field);
// 32 bytes or none: zeros.
node::Result<Hash> memo_from_pb(const std::string& bytes, const std::string& field);
// One to 39 digits, no needless leading zero, at most 2^128-1.
node::Result<Amount> amount_from_pb(const std::string& digits, const std::string& field);

node::Result<Operation> from_pb(const v1::Operation& message, const std::string& field);
// The payer's signature that a redeem carries; none where it carries none, as any other kind.
node::Result<std::optional<Signature>> voucher_from_pb(const v1::Operation& message, const std::string& field);
node::Result<ChannelTerms> from_pb(const v1::ChannelTerms& message, const std::string& field);
node::Result<StateFields> from_pb(const v1::StateFields& message, const std::string& field);
// The entry alone: neither its index nor whether it took effect.
node::Result<L1Operation> from_pb(const v1::L1Operation& message, const std::string& field);

template <class Fixed>
std::string to_pb_bytes(const Fixed& value) {
    return string_of(ByteView(value));
}
// A memo of zeros becomes no bytes.
std::string memo_to_pb(const Hash& memo);

// `operation` has the number of payments that its kind asks for; a redeem may have none. Of a voucher, which a redeem alone has,
// voucher_to_pb puts the signature beside.
void to_pb(const Operation& operation, v1::Operation& message);
void voucher_to_pb(const std::optional<Signature>& voucher, v1::Operation& message);
void to_pb(const ChannelTerms& terms, v1::ChannelTerms& message);
void to_pb(const StateFields& fields, v1::StateFields& message);
void to_pb(const L1Operation& operation, uint64_t index, bool took_effect, v1::L1Operation& message);

}  // namespace gavel::proto
