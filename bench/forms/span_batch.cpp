#include "bench/forms/span_batch.hpp"

#include <algorithm>

namespace gavel::bench {
namespace {

using l1::RlpReader;
using l1::RlpWriter;

constexpr uint64_t kMaxElements = 10'000'000;  // the specification's bound

// Bit i of the list is bit i of one big-endian integer, padded to whole bytes.
void put_bits(Bytes& out, const std::vector<bool>& bits) {
    Bytes packed((bits.size() + 7) / 8);
    for (size_t i = 0; i < bits.size(); ++i) {
        if (bits[i]) packed[packed.size() - 1 - i / 8] |= static_cast<uint8_t>(1 << (i % 8));
    }
    append(out, packed);
}

class Reader {
public:
    explicit Reader(ByteView data) : data_(data) {}

    ByteView take(size_t count) {
        if (count > data_.size()) {
            ok = false;
            return {};
        }
        ByteView out = data_.first(count);
        data_ = data_.subspan(count);
        return out;
    }
    template <class Fixed>
    Fixed fixed() {
        ByteView view = take(Fixed::kSize);
        return ok ? Fixed::from(view) : Fixed{};
    }
    uint64_t uvarint() {
        uint64_t out = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            ByteView byte = take(1);
            if (!ok) return 0;
            out |= uint64_t{byte[0] & 0x7fu} << shift;
            if ((byte[0] & 0x80) == 0) return out;
        }
        ok = false;
        return 0;
    }
    std::vector<bool> bits(size_t count) {
        ByteView packed = take((count + 7) / 8);
        std::vector<bool> out(ok ? count : 0);
        for (size_t i = 0; i < out.size(); ++i) out[i] = (packed[packed.size() - 1 - i / 8] >> (i % 8) & 1) != 0;
        return out;
    }
    // The next RLP list, its head included.
    ByteView rlp_list() {
        if (data_.empty() || data_[0] < 0xc0) ok = false;
        if (!ok) return {};
        size_t head = 1, length = data_[0] - size_t{0xc0};
        if (data_[0] > 0xf7) {
            head = 1 + (data_[0] - size_t{0xf7});
            if (head > 5 || head > data_.size()) ok = false;
            length = 0;
            for (size_t i = 1; ok && i < head; ++i) length = length << 8 | data_[i];
        }
        return take(ok ? head + length : data_.size() + 1);
    }
    uint8_t peek() const { return data_.empty() ? 0 : data_[0]; }
    bool finished() const { return ok && data_.empty(); }
    bool ok = true;

private:
    ByteView data_;
};

Bytes tx_data(const EthereumTx& tx) {
    RlpWriter fields;
    fields.integer(tx.value);
    if (tx.type == 2) fields.integer(tx.max_priority_fee);
    fields.integer(tx.max_fee).string(tx.data);
    if (tx.type != 0) fields.list(encode_access_list(tx.access_list));
    Bytes out;
    if (tx.type != 0) out.push_back(tx.type);
    append(out, fields.as_list());
    return out;
}

void read_tx_data(Reader& in, EthereumTx& tx) {
    tx.type = in.peek() <= 2 ? in.peek() : 0;
    if (tx.type != 0) in.take(1);
    RlpReader outer(in.rlp_list());
    RlpReader fields = outer.list();
    tx.value = fields.integer();
    if (tx.type == 2) tx.max_priority_fee = fields.integer();
    tx.max_fee = fields.integer();
    tx.data = to_bytes(fields.string());
    if (tx.type != 0) {
        RlpReader list = fields.list();
        tx.access_list = read_access_list(list);
        in.ok &= list.finished();
    }
    in.ok &= fields.finished() && outer.finished();
}

template <class Property>
std::vector<bool> column(const std::vector<EthereumTx>& txs, Property property) {
    std::vector<bool> out;
    for (const EthereumTx& tx : txs) out.push_back(property(tx));
    return out;
}

void read_txs(Reader& in, std::vector<EthereumTx>& txs, uint64_t chain_id) {
    std::vector<bool> creations = in.bits(txs.size()), parities = in.bits(txs.size());
    if (!in.ok) return;
    for (size_t i = 0; i < txs.size(); ++i) {
        txs[i].y_parity = parities[i];
        txs[i].r = in.fixed<Hash>();
        txs[i].s = in.fixed<Hash>();
    }
    for (size_t i = 0; i < txs.size(); ++i) {
        if (!creations[i]) txs[i].to = in.fixed<Address>();
    }
    for (EthereumTx& tx : txs) read_tx_data(in, tx);
    for (EthereumTx& tx : txs) tx.nonce = in.uvarint();
    for (EthereumTx& tx : txs) tx.gas_limit = in.uvarint();
    std::vector<bool> is_protected =
        in.bits(static_cast<size_t>(std::count_if(txs.begin(), txs.end(), [](const EthereumTx& tx) { return tx.type == 0; })));
    if (!in.ok) return;
    size_t legacy = 0;
    for (EthereumTx& tx : txs) {
        tx.is_protected = tx.type != 0 || is_protected[legacy++];
        tx.chain_id = tx.is_protected ? chain_id : 0;
    }
}

}  // namespace

void put_uvarint(Bytes& out, uint64_t value) {
    for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
    out.push_back(static_cast<uint8_t>(value));
}

Bytes SpanBatch::encode() const {
    Bytes out = {1};
    put_uvarint(out, rel_timestamp);
    put_uvarint(out, l1_origin_number);
    append(out, parent_check);
    append(out, l1_origin_check);
    put_uvarint(out, block_tx_counts.size());
    put_bits(out, origin_bits);
    for (uint64_t count : block_tx_counts) put_uvarint(out, count);
    put_bits(out, column(txs, [](const EthereumTx& tx) { return !tx.to; }));
    put_bits(out, column(txs, [](const EthereumTx& tx) { return tx.y_parity; }));
    for (const EthereumTx& tx : txs) {
        append(out, tx.r);
        append(out, tx.s);
    }
    for (const EthereumTx& tx : txs) {
        if (tx.to) append(out, *tx.to);
    }
    for (const EthereumTx& tx : txs) append(out, tx_data(tx));
    for (const EthereumTx& tx : txs) put_uvarint(out, tx.nonce);
    for (const EthereumTx& tx : txs) put_uvarint(out, tx.gas_limit);
    std::vector<bool> is_protected;
    for (const EthereumTx& tx : txs) {
        if (tx.type == 0) is_protected.push_back(tx.is_protected);
    }
    put_bits(out, is_protected);
    return out;
}

std::optional<SpanBatch> decode_span_batch(ByteView batch, uint64_t chain_id) {
    if (batch.empty() || batch[0] != 1) return std::nullopt;
    Reader in(batch.subspan(1));
    SpanBatch out;
    out.rel_timestamp = in.uvarint();
    out.l1_origin_number = in.uvarint();
    out.parent_check = in.fixed<Address>();
    out.l1_origin_check = in.fixed<Address>();
    uint64_t blocks = in.uvarint(), total = 0;
    if (!in.ok || blocks > kMaxElements) return std::nullopt;
    out.origin_bits = in.bits(blocks);
    for (uint64_t i = 0; i < blocks && in.ok; ++i) {
        out.block_tx_counts.push_back(in.uvarint());
        total += std::min(out.block_tx_counts.back(), kMaxElements);
        if (total > kMaxElements) return std::nullopt;
    }
    out.txs.resize(total);
    read_txs(in, out.txs, chain_id);
    if (!in.finished()) return std::nullopt;
    return out;
}

}  // namespace gavel::bench
