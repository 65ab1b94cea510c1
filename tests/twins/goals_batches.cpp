// Appends (docs/contract.md, "Batches").
#include "tests/twins/goals.hpp"

namespace gavel::twins {
namespace {

using Next = std::optional<Step>;

// Where the fields of a posted batch begin (docs/protocol.md, "Batches").
constexpr size_t kParent = 8, kQueueHash = kParent + BatchHeader::kSize, kChunkCount = kQueueHash + 32, kLast = kChunkCount + 2;
constexpr size_t kL1Consumed = kLast + 72, kChunks = kLast + StateFields::kSize;

void put64(Bytes& bytes, size_t at, uint64_t value) {
    for (size_t i = 0; i < 8; ++i) bytes[at + i] = static_cast<uint8_t>(value >> 8 * (7 - i));
}

// Where a goal's batch has its data.
constexpr DataSource kInCalldata = DataSource::kCalldata, kInBlobs = DataSource::kBlobs;

BatchPlan plan_of(World& w, DataSource source) {
    BatchPlan plan = any_plan(w);
    plan.in_blobs = source == kInBlobs;
    return plan;
}

Bytes calldata_of(DataSource source, const Bytes& batch) {
    return source == kInBlobs ? rollup_call::append_blobs(batch) : rollup_call::append(batch);
}

// Of a good batch, without its blobs: for who is refused before anybody looks for them.
Bytes append_of_any(World& w, DataSource source) { return calldata_of(source, w.make_batch(plan_of(w, kInCalldata)).encode()); }

// The sitter appends a good batch after `damage`, which may say that it can't be done.
Next damaged(World& w, DataSource source, const std::function<bool(Bytes&)>& damage) {
    if (Prep poster = need_poster(w); !poster.met) return poster.step;
    const Batch batch = w.make_batch(plan_of(w, source));
    Bytes argument = batch.encode();
    if (!damage(argument)) return std::nullopt;
    Tx out = w.appending(*w.sitter(), batch);
    out.data = w.as(*w.sitter(), calldata_of(source, argument)).data;
    return step(out);
}

Next append_good(World& w, DataSource source) {
    if (Prep poster = need_poster(w); !poster.met) return poster.step;
    return append_step(w, plan_of(w, source));
}

// Calldata that Solidity's decoder takes, but not what this batch's is.
Next not_exact(World& w, DataSource source) {
    if (Prep poster = need_poster(w); !poster.met) return poster.step;
    const Bytes batch = w.make_batch({}).encode();
    Bytes calldata = calldata_of(source, batch);
    const size_t padding = (32 - batch.size() % 32) % 32;
    switch (w.random.below(4)) {
        case 0: calldata.insert(calldata.end(), 1 + w.random.below(40), 0); break;
        case 1:  // the bytes stand one word later
            calldata[4 + 31] = 0x40;
            calldata.insert(calldata.begin() + 36, 32, static_cast<uint8_t>(w.random.below(2)));
            break;
        case 2:
            if (padding == 0) calldata.push_back(0);
            else calldata.back() = 1;
            break;
        default:
            if (padding == 0) calldata.push_back(1);
            else calldata.resize(calldata.size() - 1 - w.random.below(padding));
    }
    return step(w.as(*w.sitter(), calldata));
}

Next frozen(World& w, DataSource source) {
    if (Prep frozen = need_frozen(w); !frozen.met) return frozen.step;
    return step(w.as(w.any_actor(), append_of_any(w, source)));
}

Next not_sequencer(World& w, DataSource source) {
    const auto sitter = w.sitter();
    Address who = w.any_actor();
    if (sitter == who) who = who == w.forwarder ? w.refuser : w.forwarder;
    return step(w.as(who, append_of_any(w, source)));
}

// Through a contract that sits, or by an account that got a delegation while it sat.
Next not_plain(World& w, DataSource source) {
    const auto sitter = w.sitter();
    if (!sitter || w.can_post(*sitter)) {
        const std::vector<Address> contracts{w.forwarder, w.refuser, w.reenterer};
        const Address delegated = w.party(kDelegated);
        if (sitter == delegated) return Step{{}, 0, true, {}};
        const Address who = w.random.chance(50) ? delegated : w.random.pick(contracts);
        return need_sitter(w, who).step;
    }
    return step(w.as(*sitter, append_of_any(w, source)));
}

bool cut(World& w, Bytes& batch) {
    // Within the fixed part, a chunk's head or bytes, or the commitments.
    const size_t least = w.random.chance(30) ? 0 : kChunks;
    if (batch.size() <= least) return false;
    batch.resize(w.random.chance(30) ? batch.size() - 1 : least + w.random.below(batch.size() - least));
    return true;
}

bool wrong_count(World& w, Bytes& batch) {
    const std::vector<unsigned> wrong{0, 257, 65535};
    const unsigned count = w.random.pick(wrong);
    batch[kChunkCount] = static_cast<uint8_t>(count >> 8);
    batch[kChunkCount + 1] = static_cast<uint8_t>(count);
    return true;
}

// The first chunk with so many bytes of ops and sigs.
void resize_chunk(Bytes& batch, size_t ops, size_t sigs) {
    Bytes out(batch.begin(), batch.begin() + kChunks);
    out[kChunkCount] = 0;
    out[kChunkCount + 1] = 1;
    for (size_t size : {ops, sigs}) {
        out.push_back(static_cast<uint8_t>(size >> 8));
        out.push_back(static_cast<uint8_t>(size));
    }
    out.insert(out.end(), ops + sigs, 0);
    batch = std::move(out);
}

Next wrong_parent(World& w, DataSource source) {
    if (source == kInCalldata && w.batches.size() > 1 && w.random.chance(50)) {
        if (Prep poster = need_poster(w); !poster.met) return poster.step;
        Bytes batch = w.make_batch({}, &w.batches[w.random.below(w.batches.size() - 1)]).encode();
        put64(batch, 0, w.head().header.number + 1);
        return step(w.as(*w.sitter(), rollup_call::append(batch)));
    }
    return damaged(w, source, [&](Bytes& batch) {
        batch[kParent + w.random.below(kQueueHash - kParent - 88)] ^= static_cast<uint8_t>(1 + w.random.below(255));
        return true;
    });
}

Next decrease(World& w, DataSource source) {
    const uint64_t consumed = w.head().header.last.l1_ops_consumed;
    if (consumed == 0) {
        if (Prep waiting = need_waiting(w); !waiting.met) return waiting.step;
        return append_good(w, source);
    }
    return damaged(w, source, [&](Bytes& batch) {
        put64(batch, kL1Consumed, w.random.chance(50) ? consumed - 1 : w.random.below(consumed));
        return true;
    });
}

Next beyond_queue(World& w, DataSource source) {
    return damaged(w, source, [&](Bytes& batch) {
        const std::vector<uint64_t> beyond{w.queue.size() + 1, w.queue.size() + 1, w.queue.size() + 2, ~uint64_t{0}};
        put64(batch, kL1Consumed, w.random.pick(beyond));
        return true;
    });
}

Next queue_hash(World& w, DataSource source) {
    return damaged(w, source, [&](Bytes& batch) {
        if (w.random.chance(30) && !w.queue.empty()) {
            // The hash of another length.
            const Hash other = w.queue_hash(w.random.below(w.queue.size() + 1));
            std::copy(other.bytes.begin(), other.bytes.end(), batch.begin() + kQueueHash);
        } else {
            batch[kQueueHash + w.random.below(32)] ^= 1;
        }
        return true;
    });
}

bool cut_fixed(World& w, Bytes& batch) {
    batch.resize(w.random.below(batch.size()));
    return true;
}

bool wrong_blob_count(World& w, Bytes& batch) {
    const std::vector<unsigned> wrong{0, 193, 256, 65535};
    const unsigned count = w.random.pick(wrong);
    batch[kChunkCount] = static_cast<uint8_t>(count >> 8);
    batch[kChunkCount + 1] = static_cast<uint8_t>(count);
    return true;
}

bool longer(World& w, Bytes& batch) {
    batch.insert(batch.end(), 1 + w.random.below(40), 0);
    return true;
}

bool wrong_number(World& w, Bytes& batch) {
    const uint64_t head = w.head().header.number;
    const std::vector<uint64_t> wrong{0, head, head + 2, ~uint64_t{0}};
    put64(batch, 0, w.random.pick(wrong));
    return true;
}

// No blob, or one where its chunks need two.
Next blob_hashes(World& w, DataSource source) {
    if (w.random.chance(50)) {
        if (Prep poster = need_poster(w); !poster.met) return poster.step;
        return step(w.as(*w.sitter(), append_of_any(w, source)));
    }
    return damaged(w, source, [&](Bytes& batch) {
        batch[kChunkCount + 1] = static_cast<uint8_t>(33 + w.random.below(159));
        return true;
    });
}

// What both calls are refused for, behind the bytes' own refusals.
void add_common(std::vector<Goal>& goals, const char* call, DataSource source) {
    auto add = [&](const char* aim, Next (*next)(World&, DataSource)) {
        goals.push_back({{call, aim}, [next, source](World& w) { return next(w, source); }});
    };
    add("success", append_good);
    add("CalldataNotExact", not_exact);
    add("Frozen", frozen);
    add("NotSequencer", not_sequencer);
    add("NotPlainAccount", not_plain);
    add("NotOnHead", wrong_parent);
    add("L1OpsDecrease", decrease);
    add("L1OpsBeyondQueue", beyond_queue);
    add("QueueHash", queue_hash);
}

void add_damaged(std::vector<Goal>& goals, const char* call, DataSource source, const char* aim, bool (*damage)(World&, Bytes&)) {
    auto next = [damage, source](World& w) { return damaged(w, source, [&](Bytes& batch) { return damage(w, batch); }); };
    goals.push_back({{call, aim}, next});
}

}  // namespace

std::vector<Goal> batch_goals() {
    std::vector<Goal> out;
    add_common(out, "append", kInCalldata);
    add_damaged(out, "append", kInCalldata, "Truncated", cut);
    add_damaged(out, "append", kInCalldata, "ChunkCount", wrong_count);
    add_damaged(out, "append", kInCalldata, "OpsTooLong", [](World& w, Bytes& batch) {
        resize_chunk(batch, w.random.chance(50) ? 4097 : 65535, w.random.chance(50) ? 0 : 3073);
        return true;
    });
    add_damaged(out, "append", kInCalldata, "SigsTooLong", [](World& w, Bytes& batch) {
        resize_chunk(batch, w.random.chance(50) ? 4096 : 0, w.random.chance(50) ? 3073 : 65535);
        return true;
    });
    add_damaged(out, "append", kInCalldata, "TrailingBytes", longer);
    add_damaged(out, "append", kInCalldata, "BatchNumber", wrong_number);
    add_common(out, "appendBlobs", kInBlobs);
    add_damaged(out, "appendBlobs", kInBlobs, "Truncated", cut_fixed);
    add_damaged(out, "appendBlobs", kInBlobs, "ChunkCount", wrong_blob_count);
    add_damaged(out, "appendBlobs", kInBlobs, "TrailingBytes", longer);
    add_damaged(out, "appendBlobs", kInBlobs, "BatchNumber", wrong_number);
    out.push_back({{"appendBlobs", "BlobHashes"}, [](World& w) { return blob_hashes(w, kInBlobs); }});
    return out;
}

}  // namespace gavel::twins
