// The protocol's ledger against the naive model: the same refusal, the same accesses, the same fields after each chunk.
//
// GAVEL_HISTORIES sets how many random histories are run (of 30 chunks each), GAVEL_SEED where their seeds start; a failure names
// the seed that repeats it.
#include <cstdlib>

#include <catch2/catch.hpp>

#include "protocol/batch.hpp"
#include "protocol/kinds/kinds.hpp"
#include "tests/generator/lies.hpp"
#include "tests/generator/random_chunks.hpp"
#include "tests/support/model_of.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

constexpr unsigned kChunksOfHistory = 30;
constexpr unsigned kHistories = 280;  // unless GAVEL_HISTORIES says otherwise

uint64_t setting(const char* variable, uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// Writes down each access as the model does.
class TracingView : public StateView {
public:
    explicit TracingView(State& state) : runner_(state) {}
    uint32_t account_count() const override { return runner_.account_count(); }
    uint32_t withdrawal_count() const override { return runner_.withdrawal_count(); }
    bool read(uint32_t index, Account& leaf) override {
        accesses.push_back("read " + std::to_string(index));
        return runner_.read(index, leaf);
    }
    bool find(const AccountKey& key, Found& found) override {
        bool ok = runner_.find(key, found);
        accesses.push_back("find " + std::to_string(found.index));
        return ok;
    }
    bool write(uint32_t index, const Account& leaf) override { return runner_.write(index, leaf); }
    bool append(const Account& leaf) override {
        accesses.push_back("append " + std::to_string(account_count()));
        return runner_.append(leaf);
    }
    bool append_withdrawal(const Withdrawal& withdrawal) override { return runner_.append_withdrawal(withdrawal); }
    Mark mark() override { return runner_.mark(); }
    void roll_back(Mark mark) override { runner_.roll_back(mark); }

    std::vector<std::string> accesses;

private:
    StateRunner runner_;
};

// How often each refusal and each outcome of an L1 operation came up.
using Coverage = std::map<std::string, unsigned>;

// Runs the chunk on both, compares, and tells the refusal's name ("" if it is right).
std::string run_both(State& state, m::State& model, const std::vector<L1Operation>& queue, uint64_t first,
                     const PostedChunk& chunk, Coverage& coverage) {
    ListEnv env(test_domain().separator(), chunk.limit, queue, first);
    TracingView view(state);
    Outcome outcome = apply(env, view, state.counters, BatchChunk{chunk.ops, chunk.sigs, chunk.lengths_hold});
    INFO("ops " << to_hex(chunk.ops));
    m::Trace trace;
    m::Env its_env = model_env(test_domain(), queue, first, chunk.limit);
    auto apply_to_model = [&] {
        return m::apply(its_env, model, m::Posted{bytes(chunk.ops), bytes(chunk.sigs), chunk.lengths_hold}, &trace);
    };
    if (outcome.kind == Outcome::Kind::kViewFailed) {
        REQUIRE_THROWS_AS(apply_to_model(), m::HoleRead);
        REQUIRE(bytes(state.fields().encode()) == model.fields().encode());
        return "a hole";
    }
    std::string refusal = apply_to_model();
    REQUIRE(outcome.ok() == refusal.empty());
    if (!outcome.ok()) REQUIRE(name_of(outcome.refusal) == refusal);
    REQUIRE(view.accesses == trace.accesses);
    REQUIRE(bytes(state.fields().encode()) == model.fields().encode());
    REQUIRE(bytes(state.commitment()) == model.fields().commitment());
    REQUIRE(state.withdrawals.frontier().root() == state.withdrawals.root());

    m::Chunk decoded;
    if (m::decode(bytes(chunk.ops), decoded).empty()) REQUIRE(trace.accesses.size() <= decoded.weight);
    ++coverage[refusal.empty() ? "right" : refusal];
    for (const std::string& l1 : trace.l1_outcomes) ++coverage[l1];
    return refusal;
}

// Applies the chunk and takes it back: nothing of it may be left.
void apply_and_undo(State& state, const std::vector<L1Operation>& queue, uint64_t first, const PostedChunk& chunk) {
    StateFields before = state.fields();
    ListEnv env(test_domain().separator(), chunk.limit, queue, first);
    StateRunner runner(state);
    apply(env, runner, state.counters, chunk.ops, chunk.sigs);
    state.fields();  // hashes what is taken back below
    undo(state, runner.diff());
    REQUIRE(state.fields() == before);
}

std::string words_of(const PostedOperation& op) {
    if (!is_of_channel(op)) return "";
    const PostedChannel& channel = op.channel;
    const Amount amount = op.kind == OperationKind::kFund ? op.payments[0].amount : Amount{};
    return " channel " + to_hex(channel.payee).substr(2) + " " + to_string(channel.unit) + " " + std::to_string(channel.expiry) +
           " " + std::to_string(channel.salt) + " " + to_string(amount) + " " + to_string(channel.count) +
           (channel.take ? " take" : "") + (channel.close ? " close" : "");
}

// The decoded chunk in words, the same from either decoder.
std::string words_of(const Chunk& chunk) {
    std::string out = std::to_string(chunk.l1_operations);
    for (const PostedOperation& op : chunk.operations) {
        out += "; " + std::to_string(static_cast<int>(op.kind)) + " " + std::to_string(op.sender) + " " + to_string(op.fee);
        for (const PostedPayment& payment : op.payments) {
            if (op.kind == OperationKind::kFund) break;  // to nobody that is posted
            out += ", " + (payment.to.address ? to_hex(*payment.to.address).substr(2) : std::to_string(payment.to.index)) + " " +
                   to_string(payment.amount);
        }
        out += " " + to_hex(op.memo).substr(2) + words_of(op);
    }
    for (uint32_t leaf : chunk.fee_leaves) out += " -> " + std::to_string(leaf);
    return out;
}

std::string digits(const m::Number& value) {
    return to_string(Amount{[&] {
        u128 out = 0;
        for (unsigned char byte : m::be(16, value)) out = out << 8 | byte;
        return out;
    }()});
}

std::string words_of(const m::Operation& op) {
    if (op.kind != m::Operation::kFund && op.kind != m::Operation::kRedeem) return "";
    const m::Bytes payee = op.terms.payee.empty() ? m::zeros(20) : op.terms.payee;
    return " channel " + m::hex(payee) + " " + digits(op.terms.unit) + " " + digits(op.terms.expiry) + " " +
           digits(op.terms.salt) + " " + digits(op.amount) + " " + digits(op.count) + (op.take ? " take" : "") +
           (op.close ? " close" : "");
}

std::string words_of(const m::Chunk& chunk) {
    std::string out = std::to_string(chunk.l1);
    for (const m::Operation& op : chunk.operations) {
        out += "; " + std::to_string(static_cast<int>(op.kind)) + " " + std::to_string(op.sender) + " " + digits(op.fee);
        for (const m::Line& line : op.lines) {
            out += ", " + (line.by_address ? m::hex(line.address) : std::to_string(line.index)) + " " + digits(line.amount);
        }
        out += " " + m::hex(op.memo) + words_of(op);
    }
    for (uint32_t leaf : chunk.fee_leaves) out += " -> " + std::to_string(leaf);
    return out;
}

void decode_both(const Bytes& ops, Coverage& coverage) {
    auto decoded = decode_ops(ops);
    m::Chunk model;
    std::string refusal = m::decode(bytes(ops), model);
    INFO("ops " << to_hex(ops));
    if (const Refusal* refused = std::get_if<Refusal>(&decoded)) {
        REQUIRE(name_of(*refused) == refusal);
    } else {
        REQUIRE(refusal.empty());
        const Chunk& chunk = std::get<Chunk>(decoded);
        REQUIRE(words_of(chunk) == words_of(model));
        REQUIRE(chunk.weight() == model.weight);
        REQUIRE(to_hex(encode_ops(chunk)) == to_hex(ops));  // one encoding only
    }
    ++coverage[refusal.empty() ? "right" : refusal];
}

void show(const Coverage& coverage) {
    if (!std::getenv("GAVEL_SHOW_COVERAGE")) return;
    for (const auto& [name, count] : coverage) std::printf("%8u %s\n", count, name.c_str());
}

std::string repeat_command(uint64_t seed) { return "repeat with GAVEL_HISTORIES=1 GAVEL_SEED=" + std::to_string(seed); }

}  // namespace

TEST_CASE("protocol and model agree on random histories") {
    Coverage coverage;
    uint64_t first_seed = setting("GAVEL_SEED", 1), histories = setting("GAVEL_HISTORIES", kHistories);
    for (uint64_t seed = first_seed; seed < first_seed + histories; ++seed) {
        StartKind kind = kStartKinds[seed % std::size(kStartKinds)];
        INFO(repeat_command(seed) << " (" << name_of(kind) << ")");
        ChunkGenerator generator(seed, kind);
        State state = generator.start().build();
        m::State model = model_of(generator.start());
        REQUIRE(bytes(state.fields().encode()) == model.fields().encode());
        for (unsigned i = 0; i < kChunksOfHistory; ++i) {
            INFO("chunk " << i);
            PostedChunk chunk = generator.next(state);
            REQUIRE(bytes(state.fields().encode()) == model.fields().encode());
            uint64_t first_l1 = generator.start().counters.l1_ops_consumed;
            if (i % 4 == 0) apply_and_undo(state, generator.queue(), first_l1, chunk);
            run_both(state, model, generator.queue(), first_l1, chunk, coverage);
        }
    }
    show(coverage);
    if (histories < kHistories) return;
    CHECK(coverage["right"] > histories * kChunksOfHistory / 3);
    for (const std::string& outcome : m::kL1Outcomes) {
        INFO(outcome);
        CHECK(coverage[outcome] > 0);
    }
}

TEST_CASE("each lie is refused by its rule's name, each control applied, by protocol and model") {
    Coverage coverage;
    std::set<std::string> names;
    for (const LieCase& lie : all_lie_cases()) {
        std::string name = std::string(name_of(lie.rule)) + ": " + lie.what;
        INFO(name);
        CHECK(names.insert(name).second);
        for (bool control : {false, true}) {
            const BatchChunk& chunk = control ? lie.control : lie.wrong;
            State state = lie.start.build();
            m::State model = model_of(lie.start);
            std::string refusal =
                run_both(state, model, lie.queue, 0, {chunk.ops, chunk.sigs, lie.limit, chunk.lengths_hold}, coverage);
            CHECK(refusal == (control ? "" : name_of(lie.rule)));
        }
    }
    for (Refusal rule : all_refusals()) {
        INFO(name_of(rule));
        CHECK(coverage[name_of(rule)] > 0);
    }
}

TEST_CASE("both decoders agree on random bytes") {
    Coverage coverage;
    Random random(setting("GAVEL_SEED", 1));
    std::vector<Bytes> corpus;
    for (const LieCase& lie : all_lie_cases()) corpus.push_back(lie.control.ops);
    for (StartKind kind : kStartKinds) {
        ChunkGenerator generator(random.next(), kind);
        State state = generator.start().build();
        for (int i = 0; i < 10; ++i) corpus.push_back(generator.next(state).ops);
    }
    uint64_t rounds = 150 * setting("GAVEL_HISTORIES", kHistories);
    for (uint64_t i = 0; i < rounds; ++i) {
        Bytes ops = random.pick(corpus);
        for (uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
            size_t at = random.below(ops.size() + 1);
            switch (random.below(8)) {
                case 0: ops.resize(at); break;
                case 1: ops.insert(ops.begin() + at, static_cast<uint8_t>(random.next())); break;
                case 2:
                    if (at < ops.size()) ops.erase(ops.begin() + at);
                    break;
                case 3: ops.push_back(static_cast<uint8_t>(random.next())); break;
                case 4:
                    ops.resize(at);
                    ops.resize(at + random.below(40), static_cast<uint8_t>(random.next()));
                    break;
                default:
                    if (at < ops.size()) ops[at] ^= 1 << random.below(8);
                    break;
            }
        }
        decode_both(ops, coverage);
    }
    show(coverage);
}

TEST_CASE("protocol and model find the same signer of a signature, or none") {
    Random random(setting("GAVEL_SEED", 1));
    Hash digest;
    const Hash order = *fixed_from_hex<Hash>("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    const Hash half = *fixed_from_hex<Hash>("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");
    const Hash field = *fixed_from_hex<Hash>("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
    std::vector<Hash> words = {Hash{}, order, half, field};
    for (size_t i = 0; i < 4; ++i) {
        for (int delta : {-1, 1}) {
            Hash near = words[i];
            int digit = near.bytes[31] + delta;
            if (digit >= 0 && digit < 256) near.bytes[31] = static_cast<uint8_t>(digit);
            words.push_back(near);
        }
    }
    unsigned valid = 0;
    for (int i = 0; i < 3000; ++i) {
        for (uint8_t& byte : digest.bytes) byte = static_cast<uint8_t>(random.next());
        Signature signature = person(random.below(kPeople)).sign(digest);
        if (random.chance(60)) std::copy_n(random.pick(words).bytes.begin(), 32, signature.bytes.begin() + 32 * random.below(2));
        if (random.chance(20)) signature.bytes[32] ^= 0x80;
        if (random.chance(20)) signature.bytes[random.below(64)] ^= 1 << random.below(8);
        auto signer = recover(digest, signature);
        auto model = m::recover(bytes(digest), bytes(signature));
        INFO("digest " << to_hex(digest) << " signature " << to_hex(signature));
        REQUIRE(signer.has_value() == model.has_value());
        if (signer) REQUIRE(bytes(*signer) == *model);
        valid += signer.has_value();
    }
    CHECK(valid > 1000);
}

TEST_CASE("a payout may fill the weight limit") {
    // 95 lines and no fee leaf weigh 96; 94 are left when there is a fee.
    StartingState start;
    start.add(person_address(0), token(0), Amount{1000});
    start.add(person_address(1), token(0), Amount{});
    PostedOperation payout{OperationKind::kPayout, 1, {}, {}, {}};
    payout.payments.assign(95, {{2, std::nullopt}, Amount{3}});
    Chunk chunk{0, {payout}, {}};
    State state = start.build();
    m::State model = model_of(start);
    Coverage coverage;
    CHECK(run_both(state, model, {}, 0, {encode_ops(chunk), sign_chunk(state, chunk), 0}, coverage) == "");
}

namespace {

// A batch of a random history, whose claims are all true.
Batch true_batch(ChunkGenerator& generator, Random& random) {
    State state = generator.start().build();
    m::State model = model_of(generator.start());
    Batch batch;
    batch.number = random.next();
    batch.parent.number = batch.number - 1;
    batch.parent.last = state.fields();
    Coverage coverage;
    // The batch's last state tells the limit; this one keeps its chunks from coming to it.
    constexpr uint64_t kNoLimit = ~uint64_t{0} >> 1;
    for (uint64_t chunks = 1 + random.below(9); batch.chunks.size() < chunks;) {
        PostedChunk chunk = generator.next(state);
        auto decoded = decode_ops(chunk.ops);
        const Chunk* readable = std::get_if<Chunk>(&decoded);
        if (readable && state.counters.l1_ops_consumed + readable->l1_operations > generator.queue().size()) continue;
        run_both(state, model, generator.queue(), 0, {chunk.ops, chunk.sigs, kNoLimit}, coverage);
        batch.chunks.push_back({chunk.ops, chunk.sigs});
        batch.commitments.push_back(state.commitment());
    }
    batch.commitments.pop_back();
    batch.last = state.fields();
    return batch;
}

void decode_both_garbled(const Bytes& encoded, Random& random) {
    Bytes garbled = encoded;
    if (random.chance(50)) garbled.resize(random.below(garbled.size() + 1));
    if (random.chance(50)) garbled.insert(garbled.end(), 1 + random.below(40), 0);
    constexpr size_t kCount = 8 + BatchHeader::kSize + 32, kChunks = Batch::kFixedBytes;  // the first chunk's two lengths
    if (garbled.size() > kCount + 2 && random.chance(50)) garbled[kCount + random.below(2)] ^= 1 << random.below(8);
    if (garbled.size() > kChunks + 4 && random.chance(50)) garbled[kChunks + random.below(4)] ^= 1 << random.below(8);
    BatchError error = BatchError::kNone;
    auto batch = decode_batch(garbled, &error);
    m::Batch model;
    std::string refusal = m::decode_batch(bytes(garbled), model);
    REQUIRE(batch.has_value() == refusal.empty());
    if (!batch) REQUIRE(name_of(error) == refusal);
    if (batch) REQUIRE(bytes(batch->header().hash()) == model.header().hash());
}

}  // namespace

TEST_CASE("protocol and model agree on batches, headers and the first false claim") {
    uint64_t first_seed = setting("GAVEL_SEED", 1), count = setting("GAVEL_HISTORIES", kHistories) / 2 + 1;
    uint64_t lies_found = 0;
    for (uint64_t seed = first_seed; seed < first_seed + count; ++seed) {
        INFO(repeat_command(seed));
        Random random(seed);
        ChunkGenerator generator(seed, StartKind::kPopulated);
        Batch batch = true_batch(generator, random);
        std::optional<size_t> liar;
        if (random.chance(50)) liar = random.below(batch.chunks.size());
        if (liar && *liar < batch.commitments.size()) batch.commitments[*liar].bytes[5] ^= 1;
        if (liar && *liar == batch.commitments.size()) batch.last.op_count ^= 1;

        Bytes encoded = batch.encode();
        m::Batch model;
        REQUIRE(m::decode_batch(bytes(encoded), model) == "");
        REQUIRE(bytes(batch.header().encode()) == model.header().encode());
        REQUIRE(bytes(batch.header().hash()) == model.header().hash());
        m::State before = model_of(generator.start());
        m::Judgement judgement = m::judge(model, before, model_env(test_domain(), generator.queue(), 0, 0));
        REQUIRE(judgement.false_claim == liar);
        lies_found += liar.has_value();
        for (int i = 0; i < 20; ++i) decode_both_garbled(encoded, random);
    }
    if (count > 50) CHECK(lies_found > count / 4);
}
