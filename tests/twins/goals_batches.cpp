// Appends (docs/contract.md, "Batches").
#include "tests/twins/goals.hpp"

namespace gavel::twins {
namespace {

using Next = std::optional<Step>;

// Where the fields of a posted batch begin (docs/protocol.md, "Batches").
constexpr size_t kParent = 8, kQueueHash = 202, kChunkCount = 234, kLast = 236, kL1Consumed = kLast + 72, kChunks = 324;

void put64(Bytes& bytes, size_t at, uint64_t value) {
    for (size_t i = 0; i < 8; ++i) bytes[at + i] = static_cast<uint8_t>(value >> 8 * (7 - i));
}

// The sitter appends a good batch after `damage`, which may say that it can't be done.
Next damaged(World& w, const std::function<bool(Bytes&)>& damage) {
    if (Prep poster = need_poster(w); !poster.met) return poster.step;
    Bytes batch = w.make_batch(any_plan(w)).encode();
    if (!damage(batch)) return std::nullopt;
    return step(w.as(*w.sitter(), rollup_call::append(batch)));
}

Next append_good(World& w) {
    if (Prep poster = need_poster(w); !poster.met) return poster.step;
    return append_step(w, any_plan(w));
}

// Calldata that Solidity's decoder takes, but not what this batch's is.
Next not_exact(World& w) {
    if (Prep poster = need_poster(w); !poster.met) return poster.step;
    const Bytes batch = w.make_batch({}).encode();
    Bytes calldata = rollup_call::append(batch);
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

Next frozen(World& w) {
    if (Prep frozen = need_frozen(w); !frozen.met) return frozen.step;
    return step(w.as(w.any_actor(), rollup_call::append(w.make_batch(any_plan(w)).encode())));
}

Next not_sequencer(World& w) {
    const auto sitter = w.sitter();
    Address who = w.any_actor();
    if (sitter == who) who = who == w.forwarder ? w.refuser : w.forwarder;
    return step(w.as(who, rollup_call::append(w.make_batch(any_plan(w)).encode())));
}

// Through a contract that sits, or by an account that got a delegation while it sat.
Next not_plain(World& w) {
    const auto sitter = w.sitter();
    if (!sitter || w.can_post(*sitter)) {
        const std::vector<Address> contracts{w.forwarder, w.refuser, w.reenterer};
        const Address delegated = w.party(kDelegated);
        if (sitter == delegated) return Step{{}, 0, true, {}};
        const Address who = w.random.chance(50) ? delegated : w.random.pick(contracts);
        return need_sitter(w, who).step;
    }
    return step(w.as(*sitter, rollup_call::append(w.make_batch(any_plan(w)).encode())));
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

Next wrong_parent(World& w) {
    if (w.batches.size() > 1 && w.random.chance(50)) {
        if (Prep poster = need_poster(w); !poster.met) return poster.step;
        Bytes batch = w.make_batch({}, &w.batches[w.random.below(w.batches.size() - 1)]).encode();
        put64(batch, 0, w.head().header.number + 1);
        return step(w.as(*w.sitter(), rollup_call::append(batch)));
    }
    return damaged(w, [&](Bytes& batch) {
        batch[kParent + w.random.below(kQueueHash - kParent - 88)] ^= static_cast<uint8_t>(1 + w.random.below(255));
        return true;
    });
}

Next decrease(World& w) {
    const uint64_t consumed = w.head().header.last.l1_ops_consumed;
    if (consumed == 0) {
        if (Prep waiting = need_waiting(w); !waiting.met) return waiting.step;
        return append_good(w);
    }
    return damaged(w, [&](Bytes& batch) {
        put64(batch, kL1Consumed, w.random.chance(50) ? consumed - 1 : w.random.below(consumed));
        return true;
    });
}

Next beyond_queue(World& w) {
    return damaged(w, [&](Bytes& batch) {
        const std::vector<uint64_t> beyond{w.queue.size() + 1, w.queue.size() + 1, w.queue.size() + 2, ~uint64_t{0}};
        put64(batch, kL1Consumed, w.random.pick(beyond));
        return true;
    });
}

Next queue_hash(World& w) {
    return damaged(w, [&](Bytes& batch) {
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

}  // namespace

std::vector<Goal> batch_goals() {
    auto with = [](bool (*damage)(World&, Bytes&)) {
        return [damage](World& w) { return damaged(w, [&](Bytes& batch) { return damage(w, batch); }); };
    };
    return {
        {{"append", "success"}, append_good},
        {{"append", "CalldataNotExact"}, not_exact},
        {{"append", "Frozen"}, frozen},
        {{"append", "NotSequencer"}, not_sequencer},
        {{"append", "NotPlainAccount"}, not_plain},
        {{"append", "Truncated"}, with(cut)},
        {{"append", "ChunkCount"}, with(wrong_count)},
        {{"append", "OpsTooLong"}, with([](World& w, Bytes& batch) {
             resize_chunk(batch, w.random.chance(50) ? 4097 : 65535, w.random.chance(50) ? 0 : 3073);
             return true;
         })},
        {{"append", "SigsTooLong"}, with([](World& w, Bytes& batch) {
             resize_chunk(batch, w.random.chance(50) ? 4096 : 0, w.random.chance(50) ? 3073 : 65535);
             return true;
         })},
        {{"append", "TrailingBytes"}, with([](World& w, Bytes& batch) {
             batch.insert(batch.end(), 1 + w.random.below(40), 0);
             return true;
         })},
        {{"append", "BatchNumber"}, with([](World& w, Bytes& batch) {
             const uint64_t head = w.head().header.number;
             const std::vector<uint64_t> wrong{0, head, head + 2, ~uint64_t{0}};
             put64(batch, 0, w.random.pick(wrong));
             return true;
         })},
        {{"append", "NotOnHead"}, wrong_parent},
        {{"append", "L1OpsDecrease"}, decrease},
        {{"append", "L1OpsBeyondQueue"}, beyond_queue},
        {{"append", "QueueHash"}, queue_hash},
    };
}

}  // namespace gavel::twins
