// Calldata that no ABI decoder takes, calls from within calls, and calls without any aim (docs/contract.md, "Rules of every
// call").
#include <algorithm>
#include <map>

#include "tests/twins/goals.hpp"

namespace gavel::twins {
namespace {

using Next = std::optional<Step>;

bool is_view(const AbiFunction& function) { return function.mutability == "view"; }
bool is_dynamic(const AbiParameter& parameter) { return parameter.type == "bytes" || parameter.type == "bytes32[]"; }

u128 random_number(World& w, const std::string& type) {
    const u128 most = type == "uint32" ? ~uint32_t{0} : type == "uint64" ? u128{~uint64_t{0}} : ~u128{0};
    return w.random.chance(15) ? most - w.random.below(2) : w.random.below(w.random.chance(70) ? 5 : 10'000);
}

Bytes random_bytes(World& w, size_t size) {
    Bytes out(size);
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(w.random.next());
    return out;
}

void put_word(Bytes& calldata, size_t word, const Hash& value) {
    std::copy(value.bytes.begin(), value.bytes.end(), calldata.begin() + static_cast<ptrdiff_t>(4 + 32 * word));
}

// A word that an offset or a length can't be, for calldata of `size` bytes behind the selector.
Hash too_large(World& w, size_t size) {
    switch (w.random.below(4)) {
        case 0: {
            Hash out;
            out.bytes[w.random.below(24)] = static_cast<uint8_t>(1 + w.random.below(255));
            return out;
        }
        case 1: return word_of(u128{~uint64_t{0}} - w.random.below(64));
        case 2: return word_of(u128{size} - std::min<size_t>(size, w.random.below(32)));
        default: return word_of(u128{size} + w.random.below(64));
    }
}

// One thing is wrong with it; false if nothing could be made wrong.
bool malform(World& w, const AbiFunction& function, Bytes& calldata, u128& value) {
    const size_t words = function.inputs.size();
    if (words == 0 || w.random.chance(15)) {
        value = function.mutability == "payable" ? 0 : 1 + w.random.below(100);
        return value != 0;
    }
    if (w.random.chance(25)) {
        calldata.resize(4 + w.random.below(32 * words));
        return true;
    }
    const size_t at = w.random.below(words);
    const AbiParameter& parameter = function.inputs[at];
    if (is_dynamic(parameter)) {
        const size_t tail = calldata.size() - 4;
        Hash offset = Hash::from(ByteView{calldata}.subspan(4 + 32 * at));
        const auto begin = static_cast<size_t>(low_u128(offset)) / 32;
        const bool breaks_offset = w.random.chance(50);
        put_word(calldata, breaks_offset ? at : begin, too_large(w, tail));
        return true;
    }
    if (parameter.type == "bytes32" || parameter.type == "uint256") return false;
    static const std::map<std::string, size_t> kUnused{{"address", 12}, {"uint128", 16}, {"uint64", 24}, {"uint32", 28}};
    const size_t unused = kUnused.at(parameter.type);
    calldata[4 + 32 * at + w.random.below(unused)] = static_cast<uint8_t>(1 + w.random.below(255));
    return true;
}

Next malformed(World& w, const AbiFunction& function) {
    for (int attempt = 0; attempt < 20; ++attempt) {
        Bytes calldata = random_calldata(w, function);
        u128 value = 0;
        if (malform(w, function, calldata, value)) return step(w.as(w.any_actor(), calldata, value));
    }
    return std::nullopt;
}

Tx unknown_call(World& w) {
    if (w.random.chance(30)) return {w.any_party(), w.rollup, {}, w.random.below(2)};
    Bytes data = random_bytes(w, w.random.chance(40) ? w.random.below(4) : 4 + w.random.below(80));
    return {w.any_party(), w.rollup, std::move(data), w.random.chance(30) ? 1u : 0u};
}

// Plain ETH for the contract, or a selector that it doesn't know.
Next unknown(World& w) { return step(unknown_call(w)); }

// Makes the odd token, or the odd receiver, call back with this while the rollup calls it.
Next reenter(World& w, const AbiFunction& function) {
    const Bytes inner = random_calldata(w, function);
    const Tx keep_in_token{w.any_party(), w.token_of(kReenters), test::token_keep(inner), 0};
    if (!w.frozen() && w.random.chance(75)) {
        Step out = token_deposit(w, w.token_of(kReenters), w.any_actor(), w.any_address(), 1 + w.random.below(50));
        out.transactions.insert(out.transactions.begin(), keep_in_token);
        return out;
    }
    const Tx keep{w.any_party(), w.reenterer, test::reenterer_keep(w.rollup, inner), 0};
    if (w.frozen()) {
        if (!w.is_final(w.head())) return std::nullopt;
        const State& last = w.head().after();
        for (uint32_t i = 1; i < last.accounts.count(); ++i) {
            const Account& leaf = *last.accounts.at(i);
            if (is_marked(leaf)) continue;
            const bool pays_reenterer = leaf.key.token.is_zero() && leaf.key.owner == w.reenterer;
            if (!pays_reenterer && leaf.key.token != w.token_of(kReenters)) continue;
            if (w.is_exited(i) || leaf.balance.is_zero() || leaf.balance.value() > w.held(leaf.key.token)) continue;
            const ExitProof proof{i, leaf, last.accounts.path(i)};
            const Tx exit = w.as(w.any_actor(), rollup_call::exit(w.head().header, proof));
            return Step{{leaf.key.token.is_zero() ? keep : keep_in_token, exit}, 0, false, {}};
        }
        return std::nullopt;
    }
    auto over = find_term(w, [&](const TermRecord& term) {
        return term.sequencer == w.reenterer && term.ended_at != 0 && !term.slashed && !term.stake_taken;
    });
    if (over) return Step{{keep, w.as(w.any_actor(), rollup_call::take_stake(*over))}, 0, false, {}};
    if (Prep sitter = need_sitter(w, w.reenterer); !sitter.met) return sitter.step;
    return need_free_seat(w).step;
}

}  // namespace

Bytes random_calldata(World& w, const AbiFunction& function) {
    AbiWriter writer(function.signature());
    for (const AbiParameter& parameter : function.inputs) {
        if (parameter.type == "address") {
            writer.word(w.random.chance(10) ? Address{} : w.random.chance(30) ? w.any_token() : w.any_address());
        } else if (parameter.type == "bytes") {
            writer.bytes(random_bytes(w, w.random.below(w.random.chance(80) ? 120 : 400)));
        } else if (parameter.type == "bytes32[]") {
            writer.hashes(std::vector<Hash>(w.random.below(4)));
        } else if (parameter.type == "bytes32") {
            writer.word(Hash::from(random_bytes(w, 32)));
        } else {
            writer.word(random_number(w, parameter.type));
        }
    }
    return writer.take();
}

Tx noise(World& w) {
    if (w.random.chance(5)) return unknown_call(w);
    const AbiFunction* function = nullptr;
    do function = &w.random.pick(rollup_functions());
    while (function->name == "prover");  // the one view that tells the two apart
    Bytes calldata = random_calldata(w, *function);
    u128 value = function->mutability == "payable" ? w.random.below(1000) : 0;
    if (w.random.chance(20)) malform(w, *function, calldata, value);
    return w.as(w.any_actor(), std::move(calldata), value);
}

std::vector<Goal> malformed_goals() {
    std::vector<Goal> out{{{"unknown", "no data"}, unknown}};
    for (const AbiFunction& function : rollup_functions()) {
        if (is_view(function)) continue;
        if (function.name != "becomeSequencer") {
            out.push_back({{function.name, "no data"}, [&function](World& w) { return malformed(w, function); }});
        }
        out.push_back({{function.name, "ReentrancyGuardReentrantCall"}, [&function](World& w) { return reenter(w, function); }});
    }
    return out;
}

}  // namespace gavel::twins
