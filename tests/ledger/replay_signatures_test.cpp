// Signatures that are checked after their chunks were applied: the verdict is the one of checking each in its place.
#include <catch2/catch.hpp>

#include "protocol/encoding.hpp"
#include "tests/ledger/replay_chain.hpp"

using namespace gavel;
using namespace gavel::follow;
using namespace gavel::ledger;
using namespace gavel::ledger_test;

namespace {

constexpr size_t kChunks = 9, kPayments = 12;  // of a chunk; a thread of the pool takes 8 at once

// Which chunk of a batch is false, and why, by a ledger that applies one after the other; nullopt: none is.
struct Fault {
    size_t chunk = 0;
    Refusal refusal = Refusal::kNone;
};
std::optional<Fault> fault_of(const Batch& batch, const node::MemoryStore& store, const World& world, const L1View& view) {
    auto copy = store.clone();
    OpenLedger ledger(*copy, world.domain);
    auto env = make_env(ledger.domain_separator(), view, batch.last.l1_ops_consumed);
    for (size_t i = 0; i < batch.chunks.size(); ++i) {
        const auto applied = ledger.apply_chunk(batch.chunks[i], *env, batch.after(i));
        if (!applied.kept) return Fault{i, applied.outcome.refusal};
    }
    return std::nullopt;
}

// A store that says, at each write, what is in it then.
class WatchedStore final : public node::Store {
public:
    explicit WatchedStore(node::MemoryStore& store) : store_(store) {}
    std::function<void(const node::MemoryStore&)> at_write = [](const node::MemoryStore&) {};

    std::optional<std::string> get(std::string_view key) const override { return store_.get(key); }
    void scan(std::string_view first, std::string_view end, const Visitor& visit) const override {
        store_.scan(first, end, visit);
    }
    void scan_reverse(std::string_view first, std::string_view end, const Visitor& visit) const override {
        store_.scan_reverse(first, end, visit);
    }
    std::unique_ptr<const node::StoreView> snapshot() const override { return store_.snapshot(); }
    void write(const node::WriteBatch& batch, node::Durability durability) override {
        store_.write(batch, durability);
        at_write(store_);
    }

private:
    node::MemoryStore& store_;
};

// A verifier behind batch 1, and batch 2 of many payments, not posted yet.
struct SignedChain : ReplayChain {
    explicit SignedChain(uint64_t seed, unsigned with_threads) : ReplayChain(seed), threads(with_threads) {
        REQUIRE(replay() == Replayer::Progress::kCaughtUp);
        for (size_t chunk = 0; chunk < kChunks; ++chunk) {
            for (size_t i = 0; i < kPayments; ++i) pay_one(1 + i % 4, 5 + i);
            world.seal(*sequencer);
        }
        good = batch();
        REQUIRE(good.chunks.size() == kChunks);
        start = store.clone();
    }
    void open_verifier() {
        replayer.reset();
        verifier.reset();
        watched.at_write = [](const node::MemoryStore&) {};
        verifier = std::make_unique<OpenLedger>(watched, world.domain);
        replayer = std::make_unique<Replayer>(*verifier, *view, l1.source(), clock,
                                              Replayer::Options{.threads = threads, .trust_final = trusts});
    }
    // Posts the batch and replays it: what was found must be what `fault_of` says, and nothing of it or behind it was ever
    // written.
    Verdict judge(const Batch& posted, size_t chunks_a_step = 32) {
        const std::optional<Fault> fault = fault_of(posted, *start, world, *view);
        open_verifier();
        const uint64_t first = verifier->chunk_count(), generation = verifier->generation();
        const size_t right = fault ? fault->chunk : posted.chunks.size();
        watched.at_write = [&](const node::MemoryStore& now) {
            std::string key = string_of(ByteWriter().u8('C').u64(first + right).bytes());
            CHECK_FALSE(now.get(key).has_value());
        };
        l1.append(posted);
        l1.mine(*view);
        CHECK(replay(*replayer, chunks_a_step) == (fault ? Replayer::Progress::kFalseBatch : Replayer::Progress::kCaughtUp));
        const auto verdicts = replayer->take_verdicts();
        REQUIRE(verdicts.size() == 1);
        const Verdict& verdict = verdicts[0];
        CHECK(verdict.valid == !fault.has_value());
        if (fault) {
            CHECK(verdict.chunk == fault->chunk);
            CHECK(verdict.refusal == fault->refusal);
            CHECK(verdict.claimed == posted.after(fault->chunk));
        }
        CHECK(verifier->held_count() == 0);
        CHECK(verifier->chunk_count() == first + right);
        CHECK(verifier->summary().chunks == first + right);
        CHECK(verifier->generation() == generation);
        CHECK(verifier->sealed_fields().hash() == (right == posted.chunks.size() ? posted.last.hash() : posted.before(right)));
        check_consistent(*verifier);
        return verdict;
    }
    // Changes the posted form of a chunk's operation.
    static void change(BatchChunk& chunk, const std::function<void(Chunk&)>& how) {
        auto decoded = decode_ops(chunk.ops);
        how(std::get<Chunk>(decoded));
        chunk.ops = encode_ops(std::get<Chunk>(decoded));
    }

    // Posts it, with its window over if it is to be final, and replays it.
    Replayer::Progress replay_posted(const Batch& posted, bool is_final) {
        open_verifier();
        l1.append(posted);
        l1.mine(*view);
        if (is_final) l1.mine(*view, HandL1::parameters().challenge_window);
        CHECK(view->is_final(2) == is_final);
        return replay(*replayer);
    }

    unsigned threads;
    bool trusts = false;  // final batches
    Batch good;
    std::unique_ptr<node::MemoryStore> start;
    WatchedStore watched{store};
};

void flip(Batch& batch, size_t chunk, size_t payment) { batch.chunks[chunk].sigs[payment * Signature::kSize + 40] ^= 1; }
// Another's signature, right in itself.
void swap(Batch& batch, size_t chunk, size_t payment) {
    Bytes& sigs = batch.chunks[chunk].sigs;
    const auto at = sigs.begin() + static_cast<ptrdiff_t>(payment * Signature::kSize);
    const auto other = sigs.begin() + static_cast<ptrdiff_t>((payment + 1) % kPayments * Signature::kSize);
    std::swap_ranges(at, at + Signature::kSize, other);
}

}  // namespace

TEST_CASE("a false signature is found wherever it is in what is replayed at once") {
    SignedChain chain(31, GENERATE(0u, 1u, 2u));
    const size_t chunk = GENERATE(size_t{0}, kChunks / 2, kChunks - 1);
    const size_t payment = GENERATE(size_t{0}, kPayments / 2, kPayments - 1);
    Batch lie = chain.good;
    SECTION("changed") { flip(lie, chunk, payment); }
    SECTION("zero") {
        std::fill_n(lie.chunks[chunk].sigs.begin() + static_cast<ptrdiff_t>(payment * Signature::kSize), Signature::kSize, 0);
    }
    SECTION("swapped") { swap(lie, chunk, payment); }
    const Verdict verdict = chain.judge(lie);
    CHECK_FALSE(verdict.valid);
    CHECK(verdict.chunk == chunk);
    CHECK((verdict.refusal == Refusal::kSignatureInvalid || verdict.refusal == Refusal::kSignerNotOwner));
}

TEST_CASE("true batches are kept, in steps of any size") {
    SignedChain chain(32, GENERATE(0u, 1u, 2u));
    const Verdict verdict = chain.judge(chain.good, GENERATE(size_t{1}, size_t{4}, size_t{32}));
    CHECK(verdict.valid);
    CHECK(verdict.op_count == kChunks * kPayments);
}

TEST_CASE("a chunk that is wrong in two ways is refused by the first") {
    SignedChain chain(33, 2);
    constexpr size_t kAt = 4;
    auto break_operation = [](BatchChunk& chunk, size_t operation) {
        SignedChain::change(chunk, [&](Chunk& words) { words.operations[operation].sender = (1u << 20) - 1; });
    };
    Batch lie = chain.good;
    SECTION("the signature comes first") {
        swap(lie, kAt, 2);
        break_operation(lie.chunks[kAt], 7);
        CHECK(chain.judge(lie).refusal == Refusal::kSignerNotOwner);
    }
    SECTION("the signature comes last") {
        break_operation(lie.chunks[kAt], 2);
        swap(lie, kAt, 7);
        CHECK(chain.judge(lie).refusal == Refusal::kSenderIndex);
    }
    SECTION("a false signature in a chunk before") {
        break_operation(lie.chunks[kAt], 2);
        swap(lie, kAt - 1, kPayments - 2);
        const Verdict verdict = chain.judge(lie);
        CHECK(verdict.chunk == kAt - 1);
        CHECK(verdict.refusal == Refusal::kSignerNotOwner);
    }
    SECTION("a false signature in a chunk behind") {
        break_operation(lie.chunks[kAt], 2);
        swap(lie, kAt + 1, 0);
        const Verdict verdict = chain.judge(lie);
        CHECK(verdict.chunk == kAt);
        CHECK(verdict.refusal == Refusal::kSenderIndex);
    }
    SECTION("a false signature, and a claim that is false for another reason") {
        swap(lie, kAt, 3);
        lie.commitments[kAt] = hash_of(7);
        CHECK(chain.judge(lie).refusal == Refusal::kSignerNotOwner);
    }
    SECTION("a false claim before a false signature") {
        lie.commitments[kAt - 1] = hash_of(7);
        swap(lie, kAt, 3);
        CHECK(chain.judge(lie).refusal == Refusal::kNone);
    }
}

TEST_CASE("a false signature in a chunk that claims to have changed nothing is no lie") {
    SignedChain chain(34, GENERATE(0u, 2u));
    Batch batch = chain.good;
    const size_t at = GENERATE(size_t{1}, size_t{4});
    // A copy of the chunk whose signature is false stands before it, and claims that it changes nothing.
    batch.chunks.insert(batch.chunks.begin() + static_cast<ptrdiff_t>(at), batch.chunks[at]);
    batch.commitments.insert(batch.commitments.begin() + static_cast<ptrdiff_t>(at), batch.before(at));
    swap(batch, at, 5);
    CHECK(chain.judge(batch).valid);
}

TEST_CASE("whatever is done to a batch, it is judged as one chunk after the other") {
    const uint64_t seed = GENERATE(range(100, 140));
    SignedChain chain(seed, static_cast<unsigned>(seed % 3));
    std::mt19937_64 random(seed);
    auto below = [&](size_t bound) { return static_cast<size_t>(random() % bound); };
    Batch batch = chain.good;
    for (size_t fault = 0, faults = 1 + below(3); fault < faults; ++fault) {
        const size_t chunk = below(kChunks), payment = below(kPayments);
        switch (below(6)) {
            case 0: flip(batch, chunk, payment); break;
            case 1: swap(batch, chunk, payment); break;
            case 2: batch.chunks[chunk].ops[below(batch.chunks[chunk].ops.size())] ^= static_cast<uint8_t>(1u << below(8)); break;
            case 3: batch.chunks[chunk].sigs.resize(below(kPayments + 1) * Signature::kSize); break;
            case 4: batch.commitments[below(kChunks - 1)] = batch.before(chunk); break;
            default: std::swap(batch.chunks[chunk], batch.chunks[below(kChunks)]);
        }
    }
    chain.judge(batch, 1 + below(12));
}

TEST_CASE("a batch that goes while it is being replayed leaves nothing of itself") {
    SignedChain chain(35, 2);
    chain.open_verifier();
    chain.l1.append(chain.good);
    chain.l1.mine(*chain.view);
    REQUIRE(chain.replayer->step(4) == Replayer::Progress::kWorked);
    REQUIRE(chain.replayer->step(4) == Replayer::Progress::kWorked);
    CHECK(chain.verifier->held_count() == 0);
    const bool struck = GENERATE(false, true);
    if (struck) {
        chain.l1.strike(2);
        chain.l1.mine(*chain.view);
    } else {
        chain.l1.reorganise(*chain.view, 1);
    }
    CHECK(chain.replay() == Replayer::Progress::kCaughtUp);
    CHECK(chain.verifier->chunk_count() == 1);
    CHECK(chain.verifier->batch_head() == 1);
    check_consistent(*chain.verifier);
    if (struck) return;
    chain.l1.append(chain.good);
    chain.l1.mine(*chain.view);
    CHECK(chain.replay() == Replayer::Progress::kCaughtUp);
    CHECK(chain.verifier->summary().fields == chain.good.last);
    check_consistent(*chain.verifier);
}

TEST_CASE("signatures of final batches are trusted by who says so, and of no others") {
    SignedChain chain(36, 2);
    Batch lie = chain.good;
    swap(lie, 3, 4);
    const bool is_final = GENERATE(false, true);
    chain.trusts = GENERATE(false, true);
    const Replayer::Progress progress = chain.replay_posted(lie, is_final);
    const auto verdicts = chain.replayer->take_verdicts();
    REQUIRE(verdicts.size() == 1);
    CHECK(verdicts[0].is_trusted == (chain.trusts && is_final));
    if (chain.trusts && is_final) {
        CHECK(progress == Replayer::Progress::kCaughtUp);
        CHECK(verdicts[0].valid);
        CHECK(chain.verifier->summary().fields == lie.last);
        check_consistent(*chain.verifier);
    } else {
        CHECK(progress == Replayer::Progress::kFalseBatch);
        CHECK(verdicts[0].chunk == 3);
        CHECK(verdicts[0].refusal == Refusal::kSignerNotOwner);
        CHECK(chain.verifier->sealed_fields().hash() == lie.before(3));
    }
}

TEST_CASE("of a final batch that is trusted all but the signatures is checked") {
    SignedChain chain(37, 2);
    chain.trusts = true;
    Batch lie = chain.good;
    Refusal refusal = Refusal::kNone;
    SECTION("a commitment") { lie.commitments[4] = hash_of(7); }
    SECTION("an operation") {
        SignedChain::change(lie.chunks[4], [](Chunk& words) { words.operations[5].sender = (1u << 20) - 1; });
        refusal = Refusal::kSenderIndex;
    }
    SECTION("how many signatures there are") {
        lie.chunks[4].sigs.resize(lie.chunks[4].sigs.size() - Signature::kSize);
        refusal = Refusal::kSignatureCount;
    }
    SECTION("an operation behind a false signature") {
        SignedChain::change(lie.chunks[4], [](Chunk& words) { words.operations[5].sender = (1u << 20) - 1; });
        swap(lie, 4, 2);
        refusal = Refusal::kSignerNotOwner;
    }
    CHECK(chain.replay_posted(lie, true) == Replayer::Progress::kFalseBatch);
    const auto verdicts = chain.replayer->take_verdicts();
    REQUIRE(verdicts.size() == 1);
    CHECK(verdicts[0].chunk == 4);
    CHECK(verdicts[0].refusal == refusal);
}

TEST_CASE("a chunk of a trusted batch that claims to have changed nothing is believed") {
    SignedChain chain(38, 2);
    chain.trusts = true;
    Batch batch = chain.good;
    batch.chunks.insert(batch.chunks.begin() + 4, batch.chunks[4]);
    batch.commitments.insert(batch.commitments.begin() + 4, batch.before(4));
    swap(batch, 4, 5);
    CHECK(chain.replay_posted(batch, true) == Replayer::Progress::kCaughtUp);
    CHECK(chain.verifier->summary().fields == batch.last);
    check_consistent(*chain.verifier);
}
