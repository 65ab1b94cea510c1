// Checking a proof: the chunk is run from the proof's bytes alone, each access against the root of that moment.
#include "protocol/check.hpp"
#include "protocol/encoding.hpp"
#include "protocol/fraud_proof.hpp"
#include "protocol/merkle.hpp"

namespace gavel {
namespace {

// The next `count` hashes; none, and the reader not ok, if there are fewer.
std::vector<Hash> read_hashes(ByteReader& in, size_t count) {
    std::vector<Hash> out;
    ByteView raw = in.take(count * Hash::kSize);
    for (size_t at = 0; at < raw.size(); at += Hash::kSize) out.push_back(Hash::from(raw.subspan(at)));
    return out;
}

int bits_set(uint32_t value) { return __builtin_popcount(value); }

// A proof's bytes with the first thing that was wrong about them.
struct ProofInput {
    ByteReader in;
    ProofError error = ProofError::kNone;

    bool fail(ProofError reason) {
        error = reason;
        return false;
    }
};

// Replays a proof's accesses against the running root.
class ReplayView : public StateView {
public:
    ReplayView(ProofInput& input, const StateFields& before, const WithdrawalFrontier& frontier)
        : input_(input), now_{before.accounts_root, before.account_count, frontier} {}

    uint32_t account_count() const override { return now_.count; }
    uint32_t withdrawal_count() const override { return now_.withdrawals.count(); }

    bool read(uint32_t index, Account& leaf) override {
        ByteView raw = input_.in.take(Account::kSize);
        if (!take_path(index)) return false;
        leaf = Account::decode(raw);
        return leads_to_root(leaf.hash());
    }

    bool find(const AccountKey& key, Found& found) override {
        found.index = input_.in.u32();
        if (!input_.in.ok()) return input_.fail(ProofError::kTruncated);
        if (found.index >= now_.count) return input_.fail(ProofError::kHintRange);
        if (!read(found.index, found.leaf)) return false;
        found.present = found.leaf.key == key;
        return found.present || found.leaf.is_low_leaf_of(key) || input_.fail(ProofError::kLookup);
    }

    bool write(uint32_t index, const Account& leaf) override {
        GAVEL_CHECK(index == index_);
        now_.root = fold_path(leaf.hash(), index_, now_.count, path_);
        return true;
    }

    bool append(const Account& leaf) override {
        if (!take_path(now_.count) || !leads_to_root(Hash{})) return false;
        now_.root = fold_path(leaf.hash(), index_, now_.count, path_);
        ++now_.count;
        return true;
    }

    bool append_withdrawal(const Withdrawal& withdrawal) override {
        now_.withdrawals.append(withdrawal.hash());
        return true;
    }

    Mark mark() override {
        saved_.push_back(now_);
        return saved_.size() - 1;
    }
    void roll_back(Mark mark) override {
        GAVEL_CHECK(mark < saved_.size());
        now_ = saved_[mark];
        saved_.resize(mark + 1);
    }

    unsigned accesses() const { return accesses_; }
    StateFields fields(const Counters& counters) const {
        return {now_.root,        now_.withdrawals.root(), now_.count, now_.withdrawals.count(), counters.l1_ops_consumed,
                counters.op_count};
    }

private:
    struct Position {
        Hash root;
        uint32_t count = 0;
        WithdrawalFrontier withdrawals;
    };

    // The path of `index` as the tree is now; ends one access.
    bool take_path(uint32_t index) {
        ++accesses_;
        index_ = index;
        path_ = read_hashes(input_.in, carried_siblings(index, now_.count));
        return input_.in.ok() || input_.fail(ProofError::kTruncated);
    }
    bool leads_to_root(const Hash& leaf_hash) {
        return fold_path(leaf_hash, index_, now_.count, path_) == now_.root || input_.fail(ProofError::kLeafPath);
    }

    ProofInput& input_;
    Position now_;
    std::vector<Position> saved_;
    uint32_t index_ = 0;  // of the latest access
    std::vector<Hash> path_;
    unsigned accesses_ = 0;
};

// Gives a proof's L1 operations, once they have been checked against the queue's stored hashes.
class ProofEnv : public Env {
public:
    ProofEnv(ProofInput& input, const Hash& domain_separator, uint64_t limit, const QueueHashes& queue)
        : input_(input), domain_separator_(domain_separator), limit_(limit), queue_(queue) {}

    const Hash& domain_separator() const override { return domain_separator_; }
    uint64_t l1_limit() const override { return limit_; }
    bool expect_l1_operations(uint64_t first, unsigned count) override {
        ByteView raw = input_.in.take(count * L1Operation::kSize);
        if (!input_.in.ok()) return input_.fail(ProofError::kTruncated);
        first_ = first;
        auto hash = queue_.queue_hash(first), end = queue_.queue_hash(first + count);
        if (!hash || !end) return input_.fail(ProofError::kL1Operations);
        for (; !raw.empty(); raw = raw.subspan(L1Operation::kSize)) {
            auto operation = L1Operation::decode(raw.first(L1Operation::kSize));
            if (!operation) return input_.fail(ProofError::kL1Operations);
            hash = operation->chain(*hash);
            operations_.push_back(*operation);
        }
        return *hash == *end || input_.fail(ProofError::kL1Operations);
    }
    const L1Operation* l1_operation(uint64_t index) override { return &operations_.at(index - first_); }

private:
    ProofInput& input_;
    Hash domain_separator_;
    uint64_t limit_;
    const QueueHashes& queue_;
    uint64_t first_ = 0;
    std::vector<L1Operation> operations_;
};

class OperationCount : public ApplyObserver {
public:
    void on_operation(uint64_t, const PostedOperation&, const Account&, const Operation&, const Hash&, ByteView) override {
        ++count;
    }
    unsigned count = 0;
};

// What a proof shows of the chunk, as its bytes are.
struct CalldataShown {
    std::vector<Hash> ops_path;
    std::vector<Hash> sigs_path;
};
struct BlobsShown {
    std::vector<Hash> hashes;
    ByteView opening;
};

// What stands before the L1 operations and accesses.
struct ProofHead {
    BatchHeader header;
    uint16_t chunk_index = 0;
    BatchChunk chunk;
    std::variant<CalldataShown, BlobsShown> data;
    Hash claim_before;  // of BlobsShown alone
    Hash after;
    StateFields before;
    std::vector<Hash> frontier;
};

void read_calldata(ByteReader& in, ProofHead& head) {
    head.chunk.ops = to_bytes(in.take(in.u16()));
    head.chunk.sigs = to_bytes(in.take(in.u16()));
    const auto depth = static_cast<size_t>(small_tree_depth(head.header.chunk_count));
    CalldataShown shown;
    shown.ops_path = read_hashes(in, depth);
    shown.sigs_path = read_hashes(in, depth);
    head.data = std::move(shown);
    head.after = in.fixed<Hash>();
}

// Takes the opening's bytes as they are, checked or not: what they show counts once check_blobs has found them right.
void read_blobs(ByteReader& in, ProofHead& head) {
    BlobsShown shown;
    shown.hashes = read_hashes(in, blobs_for(head.header.chunk_count));
    shown.opening = in.take(blob_opening_length(head.chunk_index));
    if (!in.ok()) return;
    const ShownRuns runs = runs_shown(shown.opening, head.chunk_index);
    SlotReading slot = read_slot(runs.slot);
    head.chunk = {std::move(slot.slot.ops), std::move(slot.slot.sigs), slot.lengths_hold};
    head.after = head.chunk_index + 1 == head.header.chunk_count ? head.header.last.hash() : slot.slot.after;
    head.claim_before = head.chunk_index == 0 ? head.header.sigs_root : read_after(AfterView{runs.after_before});
    head.data = std::move(shown);
}

bool read_data(ProofInput& input, ProofHead& head) {
    ByteReader& in = input.in;
    ByteView header = in.take(BatchHeader::kSize);
    if (!in.ok()) return input.fail(ProofError::kTruncated);
    head.header = BatchHeader::decode(header);
    head.chunk_index = in.u16();
    if (head.header.source == DataSource::kBlobs) read_blobs(in, head);
    else read_calldata(in, head);
    return in.ok() || input.fail(ProofError::kTruncated);
}

bool read_head(ProofInput& input, ProofHead& head) {
    if (!read_data(input, head)) return false;
    ByteReader& in = input.in;
    ByteView before = in.take(StateFields::kSize);
    if (!in.ok()) return input.fail(ProofError::kTruncated);
    head.before = StateFields::decode(before);
    head.frontier = read_hashes(in, static_cast<size_t>(bits_set(head.before.withdrawal_count)));
    return in.ok() || input.fail(ProofError::kTruncated);
}

// Each: that the chunk is the batch's, and the state before it the one that is claimed.
ProofError check_data(const ProofHead& head, const CalldataShown& shown) {
    const Hash leaf = chunk_leaf(head.chunk.ops, head.before.hash(), head.after);
    if (fold_small_path(leaf, head.chunk_index, shown.ops_path) != head.header.data_root) return ProofError::kOpsPath;
    if (fold_small_path(sigs_leaf(head.chunk.sigs), head.chunk_index, shown.sigs_path) != head.header.sigs_root) {
        return ProofError::kSigsPath;
    }
    return ProofError::kNone;
}

ProofError check_data(const ProofHead& head, const BlobsShown& shown) {
    if (blobs_root(shown.hashes) != head.header.data_root) return ProofError::kDataRoot;
    const OpeningError error = check_blob_opening(shown.opening, shown.hashes, head.chunk_index);
    if (error == OpeningError::kElement) return ProofError::kElement;
    if (error != OpeningError::kNone) return ProofError::kOpening;
    return head.before.hash() == head.claim_before ? ProofError::kNone : ProofError::kBeforeState;
}

ProofError check_head(const ProofHead& head, const WithdrawalFrontier& frontier) {
    if (head.chunk_index >= head.header.chunk_count) return ProofError::kChunkIndex;
    const ProofError error = std::visit([&head](const auto& shown) { return check_data(head, shown); }, head.data);
    if (error != ProofError::kNone) return error;
    return frontier.root() == head.before.withdrawals_root ? ProofError::kNone : ProofError::kFrontier;
}

}  // namespace

std::optional<BatchChunk> chunk_of_proof(ByteView proof) {
    ProofInput input{ByteReader(proof)};
    ProofHead head;
    if (!read_data(input, head)) return std::nullopt;
    return std::move(head.chunk);
}

ProofVerdict check_fraud_proof(ByteView proof, const Hash& domain_separator, const QueueHashes& queue) {
    ProofVerdict verdict;
    ProofInput input{ByteReader(proof)};
    ProofHead head;
    if (!read_head(input, head)) {
        verdict.error = input.error;
        return verdict;
    }
    WithdrawalFrontier frontier(head.before.withdrawal_count, head.frontier);
    verdict.error = check_head(head, frontier);
    if (verdict.error != ProofError::kNone) return verdict;

    ReplayView view(input, head.before, frontier);
    ProofEnv env(input, domain_separator, head.header.last.l1_ops_consumed, queue);
    Counters counters{head.before.l1_ops_consumed, head.before.op_count};
    OperationCount operations;
    Outcome outcome = apply(env, view, counters, head.chunk, &operations);
    verdict.accesses = view.accesses();
    verdict.operations = operations.count;
    if (outcome.kind == Outcome::Kind::kViewFailed) {
        GAVEL_CHECK(input.error != ProofError::kNone);
        verdict.error = input.error;
        return verdict;
    }
    verdict.refusal = outcome.refusal;
    verdict.result = view.fields(counters);
    if (!input.in.finished()) {
        verdict.error = ProofError::kTrailingBytes;
    } else if (verdict.result.hash() == head.after) {
        verdict.error = ProofError::kClaimIsTrue;
    }
    return verdict;
}

}  // namespace gavel
