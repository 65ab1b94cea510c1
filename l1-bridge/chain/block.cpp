#include "l1-bridge/chain/block.hpp"

#include "l1-bridge/wire/rlp.hpp"
#include "protocol/keccak.hpp"

namespace gavel::l1 {

const Hash kEmptyListHash = keccak256(RlpWriter().as_list());
const Hash kEmptyTrieRoot = keccak256(RlpWriter().string({}).bytes());
const Hash kEmptyRequestsHash = *fixed_from_hex<Hash>("0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

Bytes BlockHeader::encode() const {
    return RlpWriter()
        .string(parent_hash)
        .string(kEmptyListHash)
        .string(coinbase)
        .string(state_root)
        .string(transactions_root)
        .string(receipts_root)
        .string(bloom)
        .integer(0)  // difficulty
        .integer(number)
        .integer(gas_limit)
        .integer(gas_used)
        .integer(time)
        .string(extra_data)
        .string(Hash{})                    // previous randao
        .string(std::array<uint8_t, 8>{})  // nonce
        .integer(base_fee)
        .string(kEmptyTrieRoot)
        .integer(blob_gas.used)
        .integer(blob_gas.excess)
        .string(Hash{})  // parent's root on the beacon chain
        .string(kEmptyRequestsHash)
        .as_list();
}

std::optional<BlockHeader> BlockHeader::decode(ByteView raw) {
    RlpReader outer(raw);
    RlpReader fields = outer.list();
    BlockHeader out;
    out.parent_hash = fields.fixed<Hash>();
    fields.string();
    out.coinbase = fields.fixed<Address>();
    out.state_root = fields.fixed<Hash>();
    out.transactions_root = fields.fixed<Hash>();
    out.receipts_root = fields.fixed<Hash>();
    ByteView bloom = fields.string();
    if (bloom.size() == out.bloom.size()) std::copy(bloom.begin(), bloom.end(), out.bloom.begin());
    fields.integer();
    out.number = fields.integer64();
    out.gas_limit = fields.integer64();
    out.gas_used = fields.integer64();
    out.time = fields.integer64();
    out.extra_data = to_bytes(fields.string());
    fields.string();
    fields.string();
    out.base_fee = fields.integer();
    fields.string();
    out.blob_gas.used = fields.integer64();
    out.blob_gas.excess = fields.integer64();
    fields.string();
    fields.string();
    if (!fields.finished() || !outer.finished()) return std::nullopt;
    return out;
}

static RlpWriter write_log(const LogEntry& log) {
    RlpWriter topics;
    for (const Hash& topic : log.topics) topics.string(topic);
    return RlpWriter().string(log.address).list(topics).string(log.data);
}

Bytes encode_receipts(const std::vector<ReceiptRecord>& receipts) {
    RlpWriter all;
    for (const ReceiptRecord& receipt : receipts) {
        RlpWriter logs;
        for (const LogEntry& log : receipt.logs) logs.list(write_log(log));
        all.list(RlpWriter()
                     .integer(receipt.success)
                     .integer(receipt.gas_used)
                     .integer(receipt.effective_gas_price)
                     .string(receipt.sender)
                     .string(receipt.contract_address ? ByteView{*receipt.contract_address} : ByteView{})
                     .list(logs));
    }
    return all.as_list();
}

static LogEntry read_log(RlpReader fields, bool& ok) {
    LogEntry out;
    out.address = fields.fixed<Address>();
    RlpReader topics = fields.list();
    while (topics.more()) out.topics.push_back(topics.fixed<Hash>());
    out.data = to_bytes(fields.string());
    ok = ok && topics.finished() && fields.finished();
    return out;
}

std::optional<std::vector<ReceiptRecord>> decode_receipts(ByteView raw) {
    RlpReader outer(raw);
    RlpReader all = outer.list();
    std::vector<ReceiptRecord> out;
    bool ok = true;
    while (all.more()) {
        RlpReader fields = all.list();
        ReceiptRecord receipt;
        receipt.success = fields.integer64() != 0;
        receipt.gas_used = fields.integer64();
        receipt.effective_gas_price = fields.integer();
        receipt.sender = fields.fixed<Address>();
        ByteView created = fields.string();
        if (created.size() == Address::kSize) receipt.contract_address = Address::from(created);
        RlpReader logs = fields.list();
        while (logs.more()) receipt.logs.push_back(read_log(logs.list(), ok));
        ok = ok && logs.finished() && fields.finished();
        out.push_back(std::move(receipt));
    }
    if (!ok || !all.finished() || !outer.finished()) return std::nullopt;
    return out;
}

Bloom bloom_of(const std::vector<LogEntry>& logs) {
    Bloom out{};
    for (const LogEntry& log : logs) {
        add_to(out, log.address);
        for (const Hash& topic : log.topics) add_to(out, topic);
    }
    return out;
}

void merge(Bloom& into, const Bloom& other) {
    for (size_t i = 0; i < into.size(); ++i) into[i] = static_cast<uint8_t>(into[i] | other[i]);
}

}  // namespace gavel::l1
