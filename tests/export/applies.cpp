#include "protocol/check.hpp"
#include "tests/export/export.hpp"
#include "tests/generator/lies.hpp"
#include "tests/generator/random_chunks.hpp"
#include "tests/generator/trace.hpp"
#include "tests/protocol/proof_world.hpp"

namespace gavel::test {
namespace {

struct Given {
    std::string kind, what;
    Domain domain;
    BatchChunk chunk;
    uint64_t limit = 0;
    std::vector<L1Operation> queue;  // from entry `first` on
    uint64_t first = 0;
};

Json access_json(const Access& access) {
    Json out = {{"kind", name_of(access.kind)}, {"index", access.index}, {"path", hex_list(access.path)}};
    if (access.leaf) out["leaf"] = hex(access.leaf->encode());
    if (access.after) out["after"] = hex(access.after->encode());
    return out;
}

// Applies the chunk to `state`. null if it names an index that this state, made for a test, has no leaf at.
Json apply_case(const Given& given, State& state) {
    StateFields before = state.fields();
    Json out = {{"kind", given.kind},
                {"what", given.what},
                {"domain", json_of(given.domain)},
                {"before", hex(before.encode())},
                {"frontier", hex_list(state.withdrawals.frontier().hashes())},
                {"lengthsHold", given.chunk.lengths_hold},
                {"ops", hex(given.chunk.ops)},
                {"sigs", hex(given.chunk.sigs)},
                {"limit", decimal(given.limit)}};
    TracingView view(state);
    ListEnv env(given.domain.separator(), given.limit, given.queue, given.first);
    Outcome outcome = apply(env, view, state.counters, given.chunk);
    if (outcome.kind == Outcome::Kind::kViewFailed) return nullptr;
    Json accesses = Json::array(), entries = Json::array();
    for (const Access& access : view.accesses()) accesses.push_back(access_json(access));
    for (uint64_t i = before.l1_ops_consumed - given.first; i < given.queue.size() && entries.size() < 33; ++i)
        entries.push_back(hex(given.queue[i].encode()));
    out["l1Operations"] = entries;
    out["refusal"] = name_of(outcome.refusal);
    out["after"] = hex(state.fields().encode());
    out["accesses"] = accesses;
    return out;
}

void add_lies(Cases& out) {
    for (const LieCase& lie : all_lie_cases()) {
        State wrong = lie.start.build(), right = lie.start.build();
        out.push_back(apply_case({"lie", lie.what, test_domain(), lie.wrong, lie.limit, lie.queue, 0}, wrong));
        GAVEL_CHECK(out.back()["refusal"] == name_of(lie.rule));
        out.push_back(apply_case({"control", lie.what, test_domain(), lie.control, lie.limit, lie.queue, 0}, right));
        GAVEL_CHECK(out.back()["refusal"] == "None");
    }
}

void add_handmade(Cases& out) {
    for (const Case& one : all_cases()) {
        Worked worked(one);
        World& world = worked.world;
        out.push_back(
            apply_case({"handmade", one.name, kRollup, worked.batch.chunks[1], world.queue.size(), world.queue, 0}, world.state));
        GAVEL_CHECK(out.back()["refusal"] == name_of(one.refusal));
    }
}

// Histories in which about half of the chunks are right.
void add_random(Cases& out) {
    for (StartKind kind : kStartKinds) {
        ChunkGenerator generator(900 + static_cast<uint64_t>(kind), kind);
        State state = generator.start().build();
        for (int i = 0; i < 30; ++i) {
            PostedChunk chunk = generator.next(state);
            std::string what = std::string(name_of(kind)) + " " + std::to_string(i);
            Json one = apply_case({"random",
                                   what,
                                   test_domain(),
                                   {chunk.ops, chunk.sigs},
                                   chunk.limit,
                                   generator.queue(),
                                   generator.start().counters.l1_ops_consumed},
                                  state);
            if (!one.is_null()) out.push_back(one);
        }
    }
}

}  // namespace

Cases apply_cases() {
    Cases out;
    add_lies(out);
    add_handmade(out);
    add_random(out);
    return out;
}

}  // namespace gavel::test
