#include "bench/ethereum_tx.hpp"

#include <algorithm>

#include "protocol/keccak.hpp"

namespace gavel::bench {
namespace {

using l1::RlpReader;
using l1::RlpWriter;

// Everything before the signature. A type 0 transaction signs its chain id behind the data, but posts it in v.
RlpWriter body(const EthereumTx& tx) {
    RlpWriter out;
    if (tx.type != 0) out.integer(tx.chain_id);
    out.integer(tx.nonce);
    if (tx.type == 2) out.integer(tx.max_priority_fee);
    out.integer(tx.max_fee).integer(tx.gas_limit);
    if (tx.to) {
        out.string(*tx.to);
    } else {
        out.string({});
    }
    out.integer(tx.value).string(tx.data);
    if (tx.type != 0) out.list(encode_access_list(tx.access_list));
    return out;
}

// Without its leading zeros, as an RLP integer.
ByteView digits(const Hash& value) {
    ByteView view(value);
    while (!view.empty() && view[0] == 0) view = view.subspan(1);
    return view;
}

Bytes typed(uint8_t type, const RlpWriter& fields) {
    Bytes out;
    if (type != 0) out.push_back(type);
    append(out, fields.as_list());
    return out;
}

// The order of secp256k1's group, less `s`.
Hash negated(const Hash& s) {
    static const Hash order = *fixed_from_hex<Hash>("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    Hash out;
    int borrow = 0;
    for (size_t i = s.size(); i-- > 0;) {
        int difference = order.bytes[i] - s.bytes[i] - borrow;
        borrow = difference < 0;
        out.bytes[i] = static_cast<uint8_t>(difference + 256 * borrow);
    }
    return out;
}

bool read_number(RlpReader& reader, Hash& out) {
    ByteView view = reader.string();
    if (view.size() > 32 || (!view.empty() && view[0] == 0)) return false;
    std::copy(view.begin(), view.end(), out.bytes.end() - static_cast<std::ptrdiff_t>(view.size()));
    return true;
}

bool read_v(EthereumTx& tx, uint64_t v) {
    if (tx.type != 0) {
        tx.y_parity = v == 1;
        return v <= 1;
    }
    tx.is_protected = v >= 35;
    tx.chain_id = tx.is_protected ? (v - 35) / 2 : 0;
    tx.y_parity = tx.is_protected ? (v - 35) % 2 == 1 : v == 28;
    return tx.is_protected || v == 27 || v == 28;
}

}  // namespace

Bytes EthereumTx::raw() const {
    RlpWriter out = body(*this);
    uint64_t v = y_parity;
    if (type == 0) v += is_protected ? 35 + 2 * chain_id : 27;
    out.integer(v).string(digits(r)).string(digits(s));
    return typed(type, out);
}

Hash EthereumTx::hash() const { return keccak256(raw()); }

Hash EthereumTx::signing_hash() const {
    RlpWriter out = body(*this);
    if (type == 0 && is_protected) out.integer(chain_id).integer(0).integer(0);
    return keccak256(typed(type, out));
}

void EthereumTx::sign(const PrivateKey& key) {
    Signature signature = key.sign(signing_hash());
    r = Hash::from(signature);
    s = Hash::from(ByteView(signature).subspan(32));
    y_parity = (s.bytes[0] & 0x80) != 0;
    s.bytes[0] &= 0x7f;
}

std::optional<Address> EthereumTx::sender() const {
    static const Hash half = *fixed_from_hex<Hash>("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");
    const bool is_high = s > half;
    const Hash low = is_high ? negated(s) : s;
    Signature signature;
    std::copy(r.bytes.begin(), r.bytes.end(), signature.bytes.begin());
    std::copy(low.bytes.begin(), low.bytes.end(), signature.bytes.begin() + 32);
    if (y_parity != is_high) signature.bytes[32] |= 0x80;
    return recover(signing_hash(), signature);
}

RlpWriter encode_access_list(const std::vector<l1::AccessEntry>& entries) {
    RlpWriter out;
    for (const l1::AccessEntry& entry : entries) {
        RlpWriter slots;
        for (const Hash& slot : entry.slots) slots.string(slot);
        out.list(RlpWriter().string(entry.address).list(slots));
    }
    return out;
}

std::vector<l1::AccessEntry> read_access_list(RlpReader& list) {
    std::vector<l1::AccessEntry> out;
    while (list.more()) {
        RlpReader in = list.list();
        l1::AccessEntry entry;
        entry.address = in.fixed<Address>();
        RlpReader slots = in.list();
        while (slots.more()) entry.slots.push_back(slots.fixed<Hash>());
        if (!slots.finished() || !in.finished()) return {};
        out.push_back(std::move(entry));
    }
    return out;
}

std::optional<EthereumTx> decode_ethereum_tx(ByteView raw) {
    EthereumTx tx;
    if (raw.empty()) return std::nullopt;
    tx.type = raw[0] <= 2 ? raw[0] : 0;
    RlpReader outer(tx.type == 0 ? raw : raw.subspan(1));
    RlpReader in = outer.list();
    if (tx.type != 0) tx.chain_id = in.integer64();
    tx.nonce = in.integer64();
    if (tx.type == 2) tx.max_priority_fee = in.integer();
    tx.max_fee = in.integer();
    tx.gas_limit = in.integer64();
    ByteView to = in.string();
    if (to.size() == Address::kSize) {
        tx.to = Address::from(to);
    } else if (!to.empty()) {
        return std::nullopt;
    }
    tx.value = in.integer();
    tx.data = to_bytes(in.string());
    if (tx.type != 0) {
        RlpReader list = in.list();
        tx.access_list = read_access_list(list);
        if (!list.finished()) return std::nullopt;
    }
    bool is_right = read_v(tx, in.integer64());
    is_right &= read_number(in, tx.r) && read_number(in, tx.s);
    if (!is_right || !in.finished() || !outer.finished()) return std::nullopt;
    return tx;
}

}  // namespace gavel::bench
