#include "l1-bridge/chain/chain_store.hpp"

#include "l1-bridge/wire/rlp.hpp"
#include "protocol/check.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::l1 {
namespace {

const std::string kMetaKey = "m";

std::string numbered(char kind, uint64_t number) { return kind + string_of(ByteWriter().u64(number).bytes()); }
std::string header_key(uint64_t number) { return numbered('h', number); }
std::string body_key(uint64_t number) { return numbered('b', number); }
std::string receipts_key(uint64_t number) { return numbered('r', number); }
std::string undo_key(uint64_t number) { return numbered('u', number); }
std::string hash_key(const Hash& hash) { return "n" + string_of(hash); }
std::string transaction_key(const Hash& hash) { return "t" + string_of(hash); }

void require(bool readable, const char* what) {
    if (!readable) throw node::StoreError(std::string("chain store: a record of kind '") + what + "' can't be read");
}

RlpWriter write_optional(const std::optional<std::string>& value) {
    RlpWriter out;
    if (value) out.string(view_of(*value));
    return out;
}

std::optional<std::string> read_optional(RlpReader list) {
    if (!list.more()) return std::nullopt;
    return string_of(list.string());
}

std::string encode_undo(const std::vector<StateChange>& changes) {
    RlpWriter all;
    for (const StateChange& change : changes) {
        all.list(RlpWriter().string(view_of(change.key)).list(write_optional(change.before)));
    }
    return string_of(all.as_list());
}

std::string encode_body(const Block& block) {
    RlpWriter transactions, edits;
    for (const SignedTransaction& transaction : block.transactions) transactions.string(transaction.raw);
    for (const StateEdit& edit : block.edits) {
        RlpWriter balance, code;
        if (edit.balance) balance.integer(*edit.balance);
        if (edit.code) code.string(*edit.code);
        edits.list(RlpWriter().string(edit.address).list(balance).list(code));
    }
    return string_of(RlpWriter().list(transactions).list(edits).as_list());
}

std::string encode_meta(const ChainMeta& meta) {
    RlpWriter names;
    for (const std::string& name : meta.native_names) names.string(view_of(name));
    return string_of(RlpWriter()
                         .integer(meta.chain_id)
                         .integer(meta.head)
                         .integer(meta.reorganisations)
                         .integer(meta.time_offset)
                         .list(names)
                         .as_list());
}

void put_or_erase(node::WriteBatch& batch, const std::string& key, const std::optional<std::string>& value) {
    if (value) {
        batch.put(key, *value);
    } else {
        batch.erase(key);
    }
}

}  // namespace

std::optional<ChainMeta> ChainStore::meta() const {
    auto record = store_.get(kMetaKey);
    if (!record) return std::nullopt;
    RlpReader outer(view_of(*record));
    RlpReader fields = outer.list();
    ChainMeta out;
    out.chain_id = fields.integer64();
    out.head = fields.integer64();
    out.reorganisations = fields.integer64();
    out.time_offset = fields.integer64();
    RlpReader names = fields.list();
    while (names.more()) out.native_names.push_back(string_of(names.string()));
    require(names.finished() && fields.finished() && outer.finished(), "meta");
    return out;
}

std::optional<BlockHeader> ChainStore::header(uint64_t number) const {
    auto record = store_.get(header_key(number));
    if (!record) return std::nullopt;
    auto out = BlockHeader::decode(view_of(*record));
    require(out.has_value(), "header");
    return out;
}

std::optional<uint64_t> ChainStore::number_of(const Hash& block_hash) const {
    auto record = store_.get(hash_key(block_hash));
    if (!record) return std::nullopt;
    return ByteReader(view_of(*record)).u64();
}

std::optional<std::vector<ReceiptRecord>> ChainStore::receipts(uint64_t number) const {
    auto record = store_.get(receipts_key(number));
    if (!record) return std::nullopt;
    auto out = decode_receipts(view_of(*record));
    require(out.has_value(), "receipts");
    return out;
}

std::vector<Hash> ChainStore::transaction_hashes(uint64_t number) const {
    std::vector<Hash> out;
    auto record = store_.get(body_key(number));
    if (!record) return out;
    RlpReader outer(view_of(*record));
    RlpReader transactions = outer.list().list();
    while (transactions.more()) out.push_back(keccak256(transactions.string()));
    return out;
}

std::optional<Block> ChainStore::block(uint64_t number) const {
    auto head = header(number);
    if (!head) return std::nullopt;
    auto record = store_.get(body_key(number));
    auto kept_receipts = receipts(number);
    require(record && kept_receipts, "block");
    Block out{*head, keccak256(head->encode()), {}, {}, std::move(*kept_receipts)};
    RlpReader outer(view_of(*record));
    RlpReader body = outer.list(), transactions = body.list(), edits = body.list();
    for (size_t i = 0; transactions.more(); ++i) {
        require(i < out.receipts.size(), "body");
        auto transaction = decode_known_transaction(transactions.string(), out.receipts[i].sender);
        require(transaction.ok(), "body");
        out.transactions.push_back(*transaction);
    }
    while (edits.more()) {
        RlpReader fields = edits.list();
        StateEdit edit{fields.fixed<Address>(), std::nullopt, std::nullopt};
        RlpReader balance = fields.list(), code = fields.list();
        if (balance.more()) edit.balance = balance.integer();
        if (code.more()) edit.code = to_bytes(code.string());
        out.edits.push_back(std::move(edit));
    }
    require(body.finished() && out.transactions.size() == out.receipts.size(), "body");
    return out;
}

std::optional<TransactionLocation> ChainStore::locate(const Hash& transaction_hash) const {
    auto record = store_.get(transaction_key(transaction_hash));
    if (!record) return std::nullopt;
    ByteReader reader(view_of(*record));
    uint64_t number = reader.u64(), index = reader.u64();
    require(reader.finished(), "transaction");
    return TransactionLocation{number, index};
}

std::optional<std::vector<StateChange>> ChainStore::undo(uint64_t number) const {
    auto record = store_.get(undo_key(number));
    if (!record) return std::nullopt;
    RlpReader outer(view_of(*record));
    RlpReader all = outer.list();
    std::vector<StateChange> out;
    while (all.more()) {
        RlpReader fields = all.list();
        std::string key = string_of(fields.string());
        out.push_back({std::move(key), read_optional(fields.list()), std::nullopt});
        require(fields.finished(), "undo");
    }
    require(all.finished() && outer.finished(), "undo");
    return out;
}

void ChainStore::append(const Block& block, const std::vector<StateChange>& changes, const ChainMeta& meta,
                        const BlockSidecars& sidecars, uint64_t blobs_expired) {
    const uint64_t number = block.header.number;
    node::WriteBatch batch;
    for (const StateChange& change : changes) put_or_erase(batch, change.key, change.after);
    batch.put(header_key(number), string_of(block.header.encode()));
    batch.put(body_key(number), encode_body(block));
    batch.put(receipts_key(number), string_of(encode_receipts(block.receipts)));
    batch.put(undo_key(number), encode_undo(changes));
    if (number >= kUndoDepth) batch.erase(undo_key(number - kUndoDepth));
    batch.put(hash_key(block.hash), string_of(ByteWriter().u64(number).bytes()));
    for (size_t i = 0; i < block.transactions.size(); ++i) {
        batch.put(transaction_key(block.transactions[i].hash), string_of(ByteWriter().u64(number).u64(i).bytes()));
    }
    put_sidecars(batch, number, block.header.time, sidecars);
    expire_sidecars(store_, batch, blobs_expired);
    batch.put(kMetaKey, encode_meta(meta));
    store_.write(batch, node::Durability::kSynced);
}

void ChainStore::remove(const std::vector<Block>& blocks_from_head_down, const ChainMeta& meta) {
    node::WriteBatch batch;
    for (const Block& block : blocks_from_head_down) {
        const uint64_t number = block.header.number;
        auto changes = undo(number);
        GAVEL_CHECK(changes.has_value());
        for (const StateChange& change : *changes) put_or_erase(batch, change.key, change.before);
        for (auto key : {header_key, body_key, receipts_key, undo_key}) batch.erase(key(number));
        batch.erase(hash_key(block.hash));
        erase_sidecars(store_, batch, number);
        for (const SignedTransaction& transaction : block.transactions) batch.erase(transaction_key(transaction.hash));
    }
    batch.put(kMetaKey, encode_meta(meta));
    store_.write(batch, node::Durability::kSynced);
}

void ChainStore::write_meta(const ChainMeta& meta) {
    node::WriteBatch batch;
    batch.put(kMetaKey, encode_meta(meta));
    store_.write(batch, node::Durability::kSynced);
}

}  // namespace gavel::l1
