#include "tests/generator/corruptions.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "protocol/check.hpp"
#include "protocol/encoding.hpp"
#include "protocol/kinds/kinds.hpp"
#include "protocol/merkle.hpp"

namespace gavel::test {
namespace {

class Corruptions {
public:
    Corruptions(const FraudProof& proof, const std::vector<Access>& steps, const AccountTree& before)
        : proof_(proof), shown_(std::get<CalldataEvidence>(proof.data)), steps_(steps), tree_(before) {
        header();
        chunk();
        before_and_after();
        l1_operations();
        accesses();
        ends();
    }
    std::vector<Corruption> take() { return std::move(all_); }

private:
    void add(const std::string& what, const std::string& error, const std::function<void(FraudProof&)>& corrupt) {
        FraudProof proof = proof_;
        corrupt(proof);
        all_.push_back({what, proof.encode(), error});
    }
    template <class Fixed>
    static void turn(Fixed& value) {
        value.bytes[Fixed::kSize - 1] ^= 1;
    }
    static void turn(Amount& value) { value = Amount{value.value() ^ 1}; }

    void header() {
        auto of_header = [&](const std::string& what, const std::function<void(BatchHeader&)>& corrupt) {
            add("header: " + what, "UnknownBatch", [&](FraudProof& proof) { corrupt(proof.header); });
        };
        of_header("number above the head", [](BatchHeader& header) { ++header.number; });
        of_header("number of genesis", [](BatchHeader& header) { --header.number; });
        of_header("parentHash", [](BatchHeader& header) { turn(header.parent_hash); });
        of_header("chunkCount", [](BatchHeader& header) { ++header.chunk_count; });
        of_header("chunkCount zero", [](BatchHeader& header) { header.chunk_count = 0; });
        of_header("dataRoot", [](BatchHeader& header) { turn(header.data_root); });
        of_header("source", [](BatchHeader& header) { header.source = DataSource::kBlobs; });
        of_header("source unknown", [](BatchHeader& header) { header.source = static_cast<DataSource>(2); });
        of_header("sigsRoot", [](BatchHeader& header) { turn(header.sigs_root); });
        for (const auto& field : corrupt_fields())
            of_header("last " + field.first, [&](BatchHeader& header) { field.second(header.last); });
    }

    using FieldsCorruption = std::pair<std::string, std::function<void(StateFields&)>>;
    static std::vector<FieldsCorruption> corrupt_fields() {
        return {{"accountsRoot", [](StateFields& fields) { turn(fields.accounts_root); }},
                {"withdrawalsRoot", [](StateFields& fields) { turn(fields.withdrawals_root); }},
                {"accountCount", [](StateFields& fields) { ++fields.account_count; }},
                {"withdrawalCount", [](StateFields& fields) { ++fields.withdrawal_count; }},
                {"l1OpsConsumed", [](StateFields& fields) { ++fields.l1_ops_consumed; }},
                {"opCount", [](StateFields& fields) { ++fields.op_count; }}};
    }

    void chunk() {
        add("chunkIndex of another chunk", "OpsPath", [](FraudProof& proof) { proof.chunk_index = 2; });
        add("chunkIndex past the last", "ChunkIndex", [](FraudProof& proof) { proof.chunk_index = 3; });
        add("chunkIndex the largest", "ChunkIndex", [](FraudProof& proof) { proof.chunk_index = 0xffff; });
        length_field("opsLength", BatchHeader::kSize + 2);
        length_field("sigsLength", BatchHeader::kSize + 4 + shown_.ops.size());
        add("ops", "OpsPath", [](FraudProof& proof) { proof.calldata().ops[proof.calldata().ops.size() / 2] ^= 1; });
        add("a byte more of ops", "OpsPath", [](FraudProof& proof) { proof.calldata().ops.push_back(0); });
        add("a byte less of ops", "OpsPath", [](FraudProof& proof) { proof.calldata().ops.pop_back(); });
        add("no ops", "OpsPath", [](FraudProof& proof) { proof.calldata().ops.clear(); });
        add("sigs", "SigsPath", [](FraudProof& proof) { proof.calldata().sigs[70] ^= 1; });
        add("a byte more of sigs", "SigsPath", [](FraudProof& proof) { proof.calldata().sigs.push_back(0); });
        add("a signature less", "SigsPath", [](FraudProof& proof) {
            proof.calldata().sigs.erase(proof.calldata().sigs.end() - 64, proof.calldata().sigs.end());
        });
        add("no sigs", "SigsPath", [](FraudProof& proof) { proof.calldata().sigs.clear(); });
        GAVEL_CHECK(shown_.ops_path.size() == 2);
        for (size_t i : {0, 1}) {
            add("opsPath " + std::to_string(i), "OpsPath", [&](FraudProof& proof) { turn(proof.calldata().ops_path[i]); });
            add("sigsPath " + std::to_string(i), "SigsPath", [&](FraudProof& proof) { turn(proof.calldata().sigs_path[i]); });
        }
    }
    // A length that leads out of the proof.
    void length_field(const std::string& what, size_t at) {
        Bytes proof = proof_.encode();
        proof[at] = proof[at + 1] = 0xff;
        all_.push_back({what, proof, "Truncated"});
    }

    void before_and_after() {
        for (const auto& field : corrupt_fields())
            add("before " + field.first, "OpsPath", [&](FraudProof& proof) { field.second(proof.before); });
        add("after", "OpsPath", [](FraudProof& proof) { turn(proof.calldata().after); });
        add("after as before", "OpsPath", [](FraudProof& proof) { proof.calldata().after = proof.before.hash(); });
        GAVEL_CHECK(proof_.frontier.size() == 2);
        for (size_t i : {0, 1}) {
            add("frontier " + std::to_string(i), "Frontier", [&](FraudProof& proof) { turn(proof.frontier[i]); });
        }
    }

    void l1_operations() {
        GAVEL_CHECK(proof_.l1_operations.size() == 3);
        for (size_t i : {0, 1, 2}) {
            auto of_entry = [&](const std::string& what, const std::function<void(L1Operation&)>& corrupt) {
                add("L1 operation " + std::to_string(i) + " " + what, "L1Operations",
                    [&](FraudProof& proof) { corrupt(proof.l1_operations[i]); });
            };
            of_entry("kind", [](L1Operation& entry) { entry.kind = L1OperationKind::kForcedTransfer; });
            of_entry("kind unknown",
                     [](L1Operation& entry) { entry.kind = static_cast<L1OperationKind>(std::size(kL1OperationKinds)); });
            of_entry("caller", [](L1Operation& entry) { turn(entry.caller); });
            of_entry("to", [](L1Operation& entry) { turn(entry.to); });
            of_entry("token", [](L1Operation& entry) { turn(entry.token); });
            of_entry("amount", [](L1Operation& entry) { turn(entry.amount); });
            of_entry("time", [](L1Operation& entry) { entry.time ^= 1; });
            of_entry("count", [](L1Operation& entry) { entry.count ^= 1; });
        }
        add("L1 operations in another order", "L1Operations",
            [](FraudProof& proof) { std::swap(proof.l1_operations[0], proof.l1_operations[1]); });
        // What follows is read as the missing entry; an entry too many is read as a hint.
        add("an L1 operation left out", "L1Operations", [](FraudProof& proof) { proof.l1_operations.pop_back(); });
        add("an L1 operation too many", "HintRange",
            [](FraudProof& proof) { proof.l1_operations.push_back(proof.l1_operations[0]); });
    }

    // One bit of byte `at` of the accesses.
    void turn_access(const std::string& what, const std::string& error, size_t at) {
        add(what, error, [at](FraudProof& proof) { proof.witness[at] ^= 1; });
    }

    void accesses() {
        uint32_t count = proof_.before.account_count;
        size_t at = 0;
        for (const Access& step : steps_) {
            Access::Kind kind = step.kind;
            uint32_t index = step.index;
            starts_.push_back(at);
            ++kinds_[kind];
            std::string number = std::to_string(starts_.size()), at_index = std::to_string(index);
            std::string name = "access " + number + " (" + name_of(kind) + " " + at_index + ") ";
            if (kind == Access::Kind::kFind) at = hint(name, at, index, count);
            if (kind != Access::Kind::kAppend) at = leaf(name, at);
            for (size_t i = 0; i < carried_siblings(index, count); ++i, at += 32)
                turn_access(name + "sibling " + std::to_string(i), "LeafPath", at + 7);
            if (kind == Access::Kind::kAppend) ++count;
        }
        GAVEL_CHECK(at == proof_.witness.size());
        for (Access::Kind kind : {Access::Kind::kRead, Access::Kind::kFind, Access::Kind::kAppend}) {
            GAVEL_CHECK(kinds_[kind] > 1);
        }
        other_leaf();
    }
    size_t hint(const std::string& name, size_t at, uint32_t index, uint32_t count) {
        auto becomes = [&](const std::string& what, const std::string& error, uint32_t value) {
            Bytes encoded = ByteWriter().u32(value).take();
            add(name + what, error,
                [&](FraudProof& proof) { std::copy(encoded.begin(), encoded.end(), proof.witness.begin() + at); });
        };
        becomes("hint at the count", "HintRange", count);
        becomes("hint the largest", "HintRange", ~uint32_t{0});
        // With a path as long as the true one's.
        if ((index ^ 1) < count) becomes("hint of the neighbour", "LeafPath", index ^ 1);
        return at + 4;
    }
    size_t leaf(const std::string& name, size_t at) {
        const std::pair<const char*, size_t> fields[] = {{"owner", 20},   {"token", 20},     {"nonce", 8},
                                                         {"balance", 16}, {"nextOwner", 20}, {"nextToken", 20}};
        for (const auto& [field, size] : fields) {
            turn_access(name + field, "LeafPath", at);
            turn_access(name + field + ", its last bit", "LeafPath", at + size - 1);
            at += size;
        }
        return at;
    }
    // A true leaf with its true path, which is neither the key's nor its low leaf: at the first access the state is `before`.
    void other_leaf() {
        AccountKey key{proof_.l1_operations[0].to, proof_.l1_operations[0].token};
        unsigned others = 0;
        for (uint32_t index = 0; index < tree_.count(); ++index) {
            const auto& other = *tree_.at(index);
            if (other.key == key || other.is_low_leaf_of(key)) continue;
            ByteWriter access;
            access.u32(index).raw(other.encode());
            for (const Hash& sibling : tree_.path(index)) access.raw(sibling);
            Bytes encoded = access.take();
            add("leaf " + std::to_string(index) + " instead of the first", "Lookup", [&](FraudProof& proof) {
                proof.witness.erase(proof.witness.begin(), proof.witness.begin() + static_cast<ptrdiff_t>(starts_[1]));
                proof.witness.insert(proof.witness.begin(), encoded.begin(), encoded.end());
            });
            ++others;
        }
        GAVEL_CHECK(others >= 5);
    }

    void ends() {
        Bytes whole = proof_.encode();
        auto longer = [&](size_t count) {
            Bytes proof = whole;
            proof.resize(whole.size() + count);
            all_.push_back({std::to_string(count) + " trailing bytes", proof, "TrailingBytes"});
        };
        longer(1);
        longer(32);
        auto shorter = [&](size_t size) {
            Bytes proof(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
            all_.push_back({"only " + std::to_string(size) + " bytes", proof, "Truncated"});
        };
        size_t accesses = whole.size() - proof_.witness.size();
        for (size_t size = 0; size < accesses; size += 11) shorter(size);
        for (size_t size : {BatchHeader::kSize - 1, BatchHeader::kSize, accesses, whole.size() - 1}) shorter(size);
        for (size_t start : starts_) {
            shorter(accesses + start);
            shorter(accesses + start + 3);
        }
        two_at_once();
    }

    // Two faults in one proof: which is named.
    void two_at_once() {
        add("header of no batch, and nothing behind it", "UnknownBatch",
            [](FraudProof& proof) { turn(proof.header.parent_hash); });
        all_.back().proof.resize(BatchHeader::kSize);
        GAVEL_CHECK(steps_[0].kind == Access::Kind::kFind);
        add("hint at the count, and nothing behind it", "HintRange",
            [](FraudProof& proof) { proof.witness = ByteWriter().u32(proof.before.account_count).take(); });
        add("a leaf corrupted, and its path cut", "Truncated", [&](FraudProof& proof) {
            proof.witness[4] ^= 1;
            proof.witness.resize(starts_[1] - 1);
        });
    }

    const FraudProof& proof_;
    const CalldataEvidence& shown_;
    const std::vector<Access>& steps_;
    const AccountTree& tree_;  // before the chunk
    std::vector<Corruption> all_;
    std::vector<size_t> starts_;  // of the accesses
    std::map<Access::Kind, unsigned> kinds_;
};

}  // namespace

StartingState full_start(const LieSetting& setting) {
    StartingState out = small_world(setting);
    out.withdrawal_count = 5;
    out.counters.op_count = 0;
    return out;
}

Chunk full_chunk() {
    auto index = [](uint32_t at, u128 amount) { return PostedPayment{{at, std::nullopt}, Amount{amount}}; };
    auto address = [](const Address& to, u128 amount) { return PostedPayment{{0, to}, Amount{amount}}; };
    Hash memo;
    memo.bytes[0] = 1;
    return {3,
            {{OperationKind::kTransfer, 1, {index(2, 5)}, Amount{1}, memo},
             {OperationKind::kPayout, 2, {address(stranger(3), 7), index(1, 8), index(9, 9)}, Amount{1}, {}},
             {OperationKind::kWithdraw, 1, {address(stranger(4), 11)}, Amount{1}, {}},
             {OperationKind::kTransfer, 3, {address(stranger(3), 12)}, Amount{2}, {}}},
            {5, 6}};
}

std::vector<Corruption> corruptions(const FraudProof& proof, const std::vector<Access>& accesses, const AccountTree& before) {
    return Corruptions(proof, accesses, before).take();
}

}  // namespace gavel::test
