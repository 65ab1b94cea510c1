#include "l1-bridge/chain/rollup_gas.hpp"

#include <map>
#include <set>

#include "protocol/chunk.hpp"
#include "protocol/encoding.hpp"
#include "protocol/merkle.hpp"

namespace gavel::l1::rollup_gas {

static uint64_t words(uint64_t bytes) { return (bytes + 31) / 32; }

uint64_t of_append(const Batch& batch) {
    uint64_t gas = kAppend + kTreeNode * 2 * ((uint64_t{1} << small_tree_depth(batch.chunks.size())) - 1);
    for (const BatchChunk& chunk : batch.chunks) {
        gas += kChunk + kHashedWord * (words(chunk.ops.size()) + words(chunk.sigs.size()));
    }
    return gas;
}

uint64_t of_append_blobs(size_t blobs) { return kAppendBlobs + kBlob * blobs; }

// Of the lists of accounts and of amounts that each class of fees has.
static void count_lists(const Chunk& chunk, ProofWork& work) {
    struct Lists {
        std::set<uint32_t> accounts;
        std::set<Amount> amounts;
    };
    std::map<Amount, Lists> classes;
    for (const PostedOperation& operation : chunk.operations) {
        Lists& lists = classes[operation.fee];
        lists.accounts.insert(operation.sender);
        for (const PostedPayment& payment : operation.payments) {
            lists.amounts.insert(payment.amount);
            if (!payment.to.address) lists.accounts.insert(payment.to.index);
        }
    }
    work.classes = classes.size();
    for (const auto& [fee, lists] : classes) {
        uint64_t accounts = lists.accounts.size(), amounts = lists.amounts.size();
        work.list_steps += (accounts * accounts + amounts * amounts) / 2;
    }
}

ProofWork work_of(ByteView proof, const ProofVerdict& verdict) {
    ProofWork out;
    out.proof_words = words(proof.size());
    out.accesses = verdict.accesses;
    out.operations = verdict.operations;
    const auto header = header_of_proof(proof);
    const auto shown = chunk_of_proof(proof);
    if (!header || !shown) return out;
    if (header->source == DataSource::kBlobs) {
        const uint16_t chunk = ByteReader(proof.subspan(BatchHeader::kSize)).u16();
        out.openings = 1;
        out.evaluations = chunk > 0 && chunk % kSlotsPerBlob == 0 ? 3 : 2;
    }
    std::variant<Chunk, Refusal> decoded = decode_ops(shown->ops);
    const Chunk* chunk = std::get_if<Chunk>(&decoded);
    if (chunk == nullptr) return out;
    count_lists(*chunk, out);
    if (verdict.accesses > 0) out.l1_operations = chunk->l1_operations;
    for (size_t i = 0; i < verdict.operations; ++i) out.lines += chunk->operations[i].payments.size();
    return out;
}

uint64_t of_proof(const ProofWork& work) {
    uint64_t copied = 6 * work.proof_words + work.proof_words * work.proof_words / 512;
    const uint64_t opened = kOpening * work.openings + kEvaluation * work.evaluations;
    return kProve + copied + opened + kClass * work.classes + kListStep * work.list_steps + kAccess * work.accesses +
           kOperation * work.operations + kLine * work.lines + kL1Operation * work.l1_operations;
}

}  // namespace gavel::l1::rollup_gas
