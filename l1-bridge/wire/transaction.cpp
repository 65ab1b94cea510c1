#include "l1-bridge/wire/transaction.hpp"

#include "l1-bridge/wire/rlp.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::l1 {
namespace {

constexpr uint8_t kBlobHashVersion = 1;  // VERSIONED_HASH_VERSION_KZG

RlpWriter write_body(const Transaction& transaction) {
    RlpWriter access_list;
    for (const AccessEntry& entry : transaction.access_list) {
        RlpWriter slots;
        for (const Hash& slot : entry.slots) slots.string(slot);
        access_list.list(RlpWriter().string(entry.address).list(slots));
    }
    RlpWriter out;
    out.integer(transaction.chain_id)
        .integer(transaction.nonce)
        .integer(transaction.max_priority_fee)
        .integer(transaction.max_fee)
        .integer(transaction.gas_limit)
        .string(transaction.to ? ByteView{*transaction.to} : ByteView{})
        .integer(transaction.value)
        .string(transaction.data)
        .list(access_list);
    if (!transaction.has_blobs()) return out;
    RlpWriter hashes;
    for (const Hash& hash : transaction.blob_hashes) hashes.string(hash);
    out.integer(transaction.max_blob_fee).list(hashes);
    return out;
}

Bytes typed(const Transaction& transaction, const RlpWriter& fields) {
    Bytes out{transaction.has_blobs() ? kBlobTransactionType : kTransactionType};
    append(out, fields.as_list());
    return out;
}

Hash high_s_bit_cleared(const Signature& signature) {
    Hash s = Hash::from(ByteView{signature}.subspan(32));
    s.bytes[0] &= 0x7f;
    return s;
}

ByteView without_leading_zeros(ByteView number) {
    while (!number.empty() && number[0] == 0) number = number.subspan(1);
    return number;
}

// A 256-bit integer of the signature; nullopt if it isn't one.
std::optional<Hash> scalar(ByteView digits) {
    if (digits.size() > Hash::kSize || (!digits.empty() && digits[0] == 0)) return std::nullopt;
    Hash out;
    std::copy(digits.begin(), digits.end(), out.bytes.end() - static_cast<ptrdiff_t>(digits.size()));
    return out;
}

node::Status refusal(std::string reason, std::string field, std::string message) {
    return {node::Code::kInvalidArgument, std::move(reason), std::move(field), std::move(message)};
}

std::vector<AccessEntry> read_access_list(RlpReader list, RlpError& error) {
    std::vector<AccessEntry> out;
    while (list.more()) {
        RlpReader fields = list.list();
        AccessEntry entry{fields.fixed<Address>(), {}};
        RlpReader slots = fields.list();
        while (slots.more()) entry.slots.push_back(slots.fixed<Hash>());
        if (!slots.finished()) error = slots.error();
        if (!fields.finished()) error = fields.error();
        out.push_back(std::move(entry));
    }
    if (!list.finished()) error = list.error();
    return out;
}

// Reads no more of them than could be right.
std::vector<Hash> read_blob_hashes(RlpReader list, RlpError& error) {
    std::vector<Hash> out;
    while (list.more() && out.size() <= kMaxTransactionBlobs) out.push_back(list.fixed<Hash>());
    const bool whole = out.size() > kMaxTransactionBlobs || list.finished();
    if (!whole) error = list.error();
    return out;
}

node::Result<SignedTransaction> parse(ByteView raw) {
    if (raw.empty() || (raw[0] != kTransactionType && raw[0] != kBlobTransactionType)) {
        return refusal("TX_TYPE_UNSUPPORTED", "type", "only EIP-1559 and EIP-4844 transactions (types 2 and 3) are taken");
    }
    const bool is_blob_type = raw[0] == kBlobTransactionType;
    const char* field = "transaction";
    RlpError nested = RlpError::kNone;
    RlpReader outer(raw.subspan(1));
    RlpReader fields = outer.list();
    // The name of the field that is about to be read stays at the first one that fails.
    auto at = [&](const char* name) {
        if (fields.error() == RlpError::kNone && nested == RlpError::kNone) field = name;
    };
    SignedTransaction out;
    Transaction& body = out.body;
    at("chainId"), body.chain_id = fields.integer64();
    at("nonce"), body.nonce = fields.integer64();
    at("maxPriorityFeePerGas"), body.max_priority_fee = fields.integer();
    at("maxFeePerGas"), body.max_fee = fields.integer();
    at("gas"), body.gas_limit = fields.integer64();
    at("to");
    ByteView to = fields.string();
    if (to.size() == Address::kSize) body.to = Address::from(to);
    if (!body.to && !to.empty()) nested = RlpError::kWrongLength;
    at("value"), body.value = fields.integer();
    at("data"), body.data = to_bytes(fields.string());
    at("accessList"), body.access_list = read_access_list(fields.list(), nested);
    if (is_blob_type) {
        at("maxFeePerBlobGas"), body.max_blob_fee = fields.integer();
        at("blobVersionedHashes"), body.blob_hashes = read_blob_hashes(fields.list(), nested);
    }
    at("yParity");
    uint64_t parity = fields.integer64();
    at("r");
    auto r = scalar(fields.string());
    at("s");
    auto s = scalar(fields.string());
    at("transaction");
    bool whole = fields.finished() && outer.finished() && nested == RlpError::kNone;
    if (!whole) {
        RlpError error = nested != RlpError::kNone ? nested : fields.error() != RlpError::kNone ? fields.error() : outer.error();
        bool too_large = error == RlpError::kIntegerTooLarge;
        return refusal(too_large ? "TX_INTEGER_TOO_LARGE" : "TX_MALFORMED", field, std::string("RLP: ") + to_string(error));
    }
    if (is_blob_type) {
        if (auto status = check_blob_fields(body); !status.ok()) return status;
    }
    if (parity > 1 || !r || !s || s->bytes[0] >> 7) {
        return refusal("TX_SIGNATURE_INVALID", "signature", "r, s or the parity is out of range");
    }
    out.signature = Signature::from(ByteWriter().raw(*r).raw(*s).bytes());
    out.signature.bytes[32] = static_cast<uint8_t>(out.signature.bytes[32] | parity << 7);
    out.raw = to_bytes(raw);
    out.hash = keccak256(raw);
    return out;
}

}  // namespace

node::Status check_blob_fields(const Transaction& body) {
    if (!body.to) return refusal("TX_BLOB_CREATION", "to", "blob transaction of type create");
    if (!body.has_blobs()) return refusal("TX_BLOBS_MISSING", "blobVersionedHashes", "blobless blob transaction");
    if (body.blob_hashes.size() > kMaxTransactionBlobs) {
        return refusal("TX_TOO_MANY_BLOBS", "blobVersionedHashes",
                       "too many blobs in transaction: permitted " + std::to_string(kMaxTransactionBlobs));
    }
    for (const Hash& hash : body.blob_hashes) {
        if (hash.bytes[0] == kBlobHashVersion) continue;
        return refusal("TX_BLOB_HASH_VERSION", "blobVersionedHashes", "a blob's hash has a version other than 1");
    }
    return {};
}

Bytes signing_payload(const Transaction& transaction) { return typed(transaction, write_body(transaction)); }

SignedTransaction sign(const Transaction& transaction, const PrivateKey& key) {
    SignedTransaction out;
    out.body = transaction;
    out.signature = key.sign(keccak256(signing_payload(transaction)));
    out.sender = key.address();
    RlpWriter fields = write_body(transaction);
    fields.integer(out.signature.bytes[32] >> 7)
        .string(without_leading_zeros(ByteView{out.signature}.first(32)))
        .string(without_leading_zeros(high_s_bit_cleared(out.signature)));
    out.raw = typed(transaction, fields);
    out.hash = keccak256(out.raw);
    return out;
}

node::Result<SignedTransaction> decode_transaction(ByteView raw) {
    auto out = parse(raw);
    if (!out) return out;
    auto sender = recover(keccak256(signing_payload(out->body)), out->signature);
    if (!sender) return refusal("TX_SIGNATURE_INVALID", "signature", "no key has made this signature");
    out->sender = *sender;
    return out;
}

node::Result<SignedTransaction> decode_known_transaction(ByteView raw, const Address& sender) {
    auto out = parse(raw);
    if (out) out->sender = sender;
    return out;
}

Address created_address(const Address& sender, uint64_t nonce) {
    return Address::from(ByteView{keccak256(RlpWriter().string(sender).integer(nonce).as_list())}.subspan(12));
}

}  // namespace gavel::l1
