#include "tests/export/blob_damage.hpp"

#include <algorithm>
#include <functional>

#include "protocol/check.hpp"

namespace gavel::test {
namespace {

// r, the order of the field.
const Element kR = *fixed_from_hex<Element>("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");

template <class Fixed>
void turn(Fixed& value) {
    value.bytes[Fixed::kSize - 1] ^= 1;
}

// Adds r to 32 bytes: what they were modulo r they are still.
void add_r(std::span<uint8_t> element) {
    unsigned carry = 0;
    for (size_t i = Element::kSize; i-- > 0; carry >>= 8) {
        carry += static_cast<unsigned>(element[i]) + kR.bytes[i];
        element[i] = static_cast<uint8_t>(carry);
    }
    GAVEL_CHECK(carry == 0);
}

std::span<uint8_t> element(Bytes& run, size_t index) { return std::span(run).subspan(index * Element::kSize, Element::kSize); }

class Damages {
public:
    explicit Damages(const FraudProof& proof) : proof_(proof), opening_(evidence(proof).opening) {}

    std::vector<BlobDamage> take(bool all) {
        header();
        hashes();
        elements();
        opening();
        other_runs();
        before();
        two_at_once();
        ends(all);
        return std::move(out_);
    }

private:
    static const BlobEvidence& evidence(const FraudProof& proof) { return std::get<BlobEvidence>(proof.data); }
    void add(const std::string& what, const std::string& error, const std::function<void(FraudProof&)>& damage) {
        FraudProof proof = proof_;
        damage(proof);
        out_.push_back({what, proof.encode(), error});
    }
    void add_hashes(const std::string& what, const std::string& error, const std::function<void(std::vector<Hash>&)>& damage) {
        add(what, error, [&](FraudProof& proof) { damage(std::get<BlobEvidence>(proof.data).hashes); });
    }
    void add_opening(const std::string& what, const std::string& error, const std::function<void(BlobOpening&)>& damage) {
        add(what, error, [&](FraudProof& proof) { damage(std::get<BlobEvidence>(proof.data).opening); });
    }

    void header() {
        auto of_header = [&](const std::string& what, const std::function<void(BatchHeader&)>& damage) {
            add("header: " + what, "UnknownBatch", [&](FraudProof& proof) { damage(proof.header); });
        };
        of_header("source 0", [](BatchHeader& header) { header.source = DataSource::kCalldata; });
        of_header("source 2", [](BatchHeader& header) { header.source = static_cast<DataSource>(2); });
        of_header("dataRoot", [](BatchHeader& header) { turn(header.data_root); });
        of_header("before the first chunk", [](BatchHeader& header) { turn(header.sigs_root); });
        if (proof_.chunk_index == 0) return;
        // Of the same remainder modulo 32, so that its opening would be as long.
        const size_t past = proof_.chunk_index + 32 * evidence(proof_).hashes.size();
        add("chunkIndex past the last", "ChunkIndex",
            [past](FraudProof& proof) { proof.chunk_index = static_cast<uint16_t>(past); });
    }

    void hashes() {
        const size_t count = evidence(proof_).hashes.size();
        for (size_t i = 0; i < count; ++i) {
            add_hashes("hash " + std::to_string(i), "DataRoot", [i](std::vector<Hash>& list) { turn(list[i]); });
            add_hashes("hash " + std::to_string(i) + " of another version", "DataRoot",
                       [i](std::vector<Hash>& list) { list[i].bytes[0] = 2; });
        }
        if (count < 2) return;
        add_hashes("two hashes swapped", "DataRoot", [](std::vector<Hash>& list) { std::swap(list.front(), list.back()); });
        add_hashes("a hash twice", "DataRoot", [](std::vector<Hash>& list) { list.back() = list.front(); });
    }

    void elements() {
        for (size_t i : {0, 1, 127}) {
            const std::string name = "element " + std::to_string(i);
            add_opening(name + " plus r", "Element", [i](BlobOpening& opening) { add_r(element(opening.slot, i)); });
            add_opening(name, "Opening", [i](BlobOpening& opening) { element(opening.slot, i)[31] ^= 1; });
            add_opening(name + ", its first byte", "Opening", [i](BlobOpening& opening) { element(opening.slot, i)[0] ^= 1; });
        }
        add_opening("an element is r", "Element", [](BlobOpening& opening) { std::copy_n(kR.data(), 32, &opening.slot[4064]); });
        add_opening("an element is r - 1", "Opening", [](BlobOpening& opening) {
            std::copy_n(kR.data(), 32, &opening.slot[4064]);
            opening.slot[4095] = 0;
        });
        add_opening("an element is the largest", "Element",
                    [](BlobOpening& opening) { std::fill_n(&opening.slot[4064], 32, uint8_t{0xff}); });
        add_opening("two elements swapped", "Opening", [](BlobOpening& opening) {
            std::swap_ranges(opening.slot.begin(), opening.slot.begin() + 32, opening.slot.begin() + 32);
        });
    }

    void opening() {
        for (size_t i = 0; i < opening_.commitments.size(); ++i) {
            const std::string number = std::to_string(i);
            add_opening("commitment " + number, "Opening", [i](BlobOpening& opening) { turn(opening.commitments[i]); });
            add_opening("commitment " + number + " to another polynomial", "Opening",
                        [i](BlobOpening& opening) { opening.commitments[i] = opening.quotient; });
            add_value("value " + number, [i](BlobOpening& opening) -> KzgEvaluation& { return opening.values[i]; });
        }
        add_value("q's value", [](BlobOpening& opening) -> KzgEvaluation& { return opening.quotient_value; });
        add_opening("q's commitment", "Opening", [](BlobOpening& opening) { turn(opening.quotient); });
        add_opening("q's commitment zero bytes", "Opening", [](BlobOpening& opening) { opening.quotient = {}; });
        add_opening("q is zero", "Opening", [](BlobOpening& opening) {
            opening.quotient = {};
            opening.quotient.bytes[0] = 0xc0;
            opening.quotient_value = {};
            opening.quotient_value.proof.bytes[0] = 0xc0;
        });
    }
    void add_value(const std::string& name, const std::function<KzgEvaluation&(BlobOpening&)>& of) {
        add_opening(name, "Opening", [&](BlobOpening& opening) { turn(of(opening).value); });
        add_opening(name + " plus r", "Opening", [&](BlobOpening& opening) { add_r(std::span(of(opening).value.bytes)); });
        add_opening(name + ", its proof", "Opening", [&](BlobOpening& opening) { turn(of(opening).proof); });
        add_opening(name + ", its proof at infinity", "Opening", [&](BlobOpening& opening) {
            of(opening).proof = {};
            of(opening).proof.bytes[0] = 0xc0;
        });
    }

    void other_runs() {
        if (!opening_.after_before.empty()) {
            for (size_t i : {0, 1}) {
                const std::string name = "afterBefore, element " + std::to_string(i);
                add_opening(name, "Opening", [i](BlobOpening& opening) { element(opening.after_before, i)[1] ^= 1; });
                add_opening(name + ", its last byte", "Opening",
                            [i](BlobOpening& opening) { element(opening.after_before, i)[31] ^= 1; });
                add_opening(name + " plus r", "Element", [i](BlobOpening& opening) { add_r(element(opening.after_before, i)); });
            }
        }
        if (opening_.commitments.size() < 2) return;
        add_opening("the commitments swapped", "Opening",
                    [](BlobOpening& opening) { std::swap(opening.commitments[0], opening.commitments[1]); });
        add_opening("the values swapped", "Opening",
                    [](BlobOpening& opening) { std::swap(opening.values[0], opening.values[1]); });
        add_opening("blob, commitment and value, of the other", "Opening", [](BlobOpening& opening) {
            opening.commitments[1] = opening.commitments[0];
            opening.values[1] = opening.values[0];
        });
    }

    void before() {
        auto of_before = [&](const std::string& what, const std::function<void(StateFields&)>& damage) {
            add("before " + what, "BeforeState", [&](FraudProof& proof) { damage(proof.before); });
        };
        of_before("accountsRoot", [](StateFields& fields) { turn(fields.accounts_root); });
        of_before("withdrawalsRoot", [](StateFields& fields) { turn(fields.withdrawals_root); });
        of_before("accountCount", [](StateFields& fields) { ++fields.account_count; });
        of_before("withdrawalCount", [](StateFields& fields) { --fields.withdrawal_count; });  // a shorter frontier
        of_before("l1OpsConsumed", [](StateFields& fields) { ++fields.l1_ops_consumed; });
        of_before("opCount", [](StateFields& fields) { ++fields.op_count; });
        of_before("as the last claim", [&](StateFields& fields) { fields = proof_.header.last; });
        add("frontier", "Frontier", [](FraudProof& proof) { turn(proof.frontier.at(0)); });
        add("L1 operation", "L1Operations", [](FraudProof& proof) { turn(proof.l1_operations.at(0).to); });
    }

    // Two faults in one proof: which is named.
    void two_at_once() {
        auto blobs = [](FraudProof& proof) -> BlobEvidence& { return std::get<BlobEvidence>(proof.data); };
        add("a hash, and an element plus r", "DataRoot", [&](FraudProof& proof) {
            turn(blobs(proof).hashes[0]);
            add_r(element(blobs(proof).opening.slot, 0));
        });
        add("an element plus r, and a value", "Element", [&](FraudProof& proof) {
            add_r(element(blobs(proof).opening.slot, 0));
            turn(blobs(proof).opening.quotient_value.value);
        });
        add("a value, and another state before", "Opening", [&](FraudProof& proof) {
            turn(blobs(proof).opening.quotient_value.value);
            ++proof.before.op_count;
        });
        add("another state before, and its frontier", "BeforeState", [&](FraudProof& proof) {
            ++proof.before.op_count;
            turn(proof.frontier.at(0));
        });
        add("a hash, and nothing behind the opening", "Truncated", [&](FraudProof& proof) { turn(blobs(proof).hashes[0]); });
        out_.back().proof.resize(BatchHeader::kSize + 2 + 32 * evidence(proof_).hashes.size() + opening_.encode().size());
    }

    void ends(bool all) {
        const Bytes whole = proof_.encode();
        for (size_t more : {1, 32}) {
            out_.push_back({std::to_string(more) + " trailing bytes", whole, "TrailingBytes"});
            out_.back().proof.resize(whole.size() + more);
        }
        std::vector<size_t> fields = {BatchHeader::kSize, 2};  // in their order
        fields.insert(fields.end(), evidence(proof_).hashes.size(), Hash::kSize);
        fields.insert(fields.end(), opening_.commitments.size() + 1, KzgCommitment::kSize);
        fields.insert(fields.end(), {opening_.slot.size(), opening_.after_before.size()});
        for (size_t i = 0; i <= opening_.values.size(); ++i) fields.insert(fields.end(), {Element::kSize, KzgProof::kSize});
        fields.push_back(StateFields::kSize);
        fields.insert(fields.end(), proof_.frontier.size(), Hash::kSize);
        fields.insert(fields.end(), proof_.l1_operations.size(), L1Operation::kSize);
        size_t end = 0, number = 0;
        for (size_t size : fields) {
            end += size;
            if (size == 0 || (!all && ++number % 5 != 0)) continue;
            shorter(whole, end);
            if (all) shorter(whole, end - 1);
        }
        GAVEL_CHECK(end + proof_.witness.size() == whole.size());
        if (!all) return;
        shorter(whole, 0);
        shorter(whole, whole.size() - 1);
    }
    void shorter(const Bytes& whole, size_t size) {
        GAVEL_CHECK(size < whole.size());
        out_.push_back({"only " + std::to_string(size) + " bytes",
                        Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)), "Truncated"});
    }

    const FraudProof& proof_;
    const BlobOpening& opening_;
    std::vector<BlobDamage> out_;
};

}  // namespace

std::vector<BlobDamage> damages(const FraudProof& proof, bool all) { return Damages(proof).take(all); }

}  // namespace gavel::test
