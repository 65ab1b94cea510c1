#include "bench/gas_search.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "l1-bridge/chain/gas_schedule.hpp"
#include "l1-bridge/wire/abi.hpp"
#include "protocol/check.hpp"

namespace gavel::bench {
namespace {

unsigned Mix::*const kCounts[] = {
    &Mix::transfers,          &Mix::newcomers, &Mix::withdrawals,  &Mix::payouts,          &Mix::lines,
    &Mix::new_lines,          &Mix::deposits,  &Mix::new_deposits, &Mix::forced_transfers, &Mix::forced_newcomers,
    &Mix::forced_withdrawals, &Mix::funds,     &Mix::redeems,      &Mix::new_redeems};

// To the bound: takes from what there is until it fits, then adds lines of a payout.
void fit(Mix& mix, Draw& draw) {
    while (mix.weight() > kMaxChunkWeight || mix.operations() > 63 || 64 * mix.signatures() > kMaxSigsSize) {
        unsigned& some = mix.*kCounts[draw.below(std::size(kCounts))];
        if (some > 0) --some;
    }
    mix.fees = std::min(mix.fees, mix.operations());
    if (mix.fees == 0) mix.tokens = 1, mix.ending = Ending::kRight;
    unsigned Mix::*const fillers[] = {&Mix::payouts, &Mix::transfers, &Mix::lines};
    for (unsigned tries = 0; tries < 200 && mix.weight() < kMaxChunkWeight; ++tries) {
        Mix more = mix;
        ++(more.*fillers[draw.below(3)]);
        if (more.weight() <= kMaxChunkWeight && more.operations() <= 63) mix = more;
    }
}

Mix changed(Mix mix, Draw& draw) {
    for (uint64_t i = 1 + draw.below(2); i > 0; --i) {
        uint64_t what = draw.below(std::size(kCounts) + 7);
        if (what < std::size(kCounts)) {
            unsigned& some = mix.*kCounts[what];
            unsigned by = 1 + static_cast<unsigned>(draw.below(draw.below(3) == 0 ? 20 : 3));
            some = draw.below(2) == 0 ? some + by : some - std::min(some, by);
        } else if (what == std::size(kCounts)) {
            mix.fees = static_cast<unsigned>(draw.below(4) == 0 ? draw.below(3) : draw.below(mix.operations() + 1));
        } else if (what == std::size(kCounts) + 1) {
            mix.tokens = 1 + static_cast<unsigned>(draw.below(4));
        } else if (what == std::size(kCounts) + 2) {
            mix.accounts = static_cast<unsigned>(draw.below(2) == 0 ? 0 : draw.below(48));
        } else if (what == std::size(kCounts) + 3) {
            mix.amounts = static_cast<unsigned>(draw.below(2) == 0 ? 0 : draw.below(95));
        } else if (what == std::size(kCounts) + 4) {
            mix.memos = !mix.memos;
        } else if (what == std::size(kCounts) + 5) {
            mix.long_numbers = !mix.long_numbers;
        } else {
            mix.ending = static_cast<Ending>(draw.below(3));
        }
    }
    fit(mix, draw);
    return mix;
}

class Rater {
public:
    Rater(TwoChains& chains, const Address& caller, const Setting& setting)
        : chains_(chains), caller_(caller), setting_(setting) {}

    // Of one that a batch in blobs has no place for: zeros.
    const Found& rate(const Mix& mix) {
        auto known = known_.find(mix);
        if (known != known_.end()) return known->second;
        Built built = build(mix, setting_);
        if (setting_.source == DataSource::kBlobs && !built.fits_slot()) return known_.emplace(mix, Found{mix}).first->second;
        FraudProof parts = built.proof_of(built.lie(genesis_header(), setting_));
        Bytes proof = parts.encode();
        ProofVerdict verdict = check(built, setting_, proof);
        if (verdict.error != ProofError::kNone) throw std::runtime_error(mix.describe() + ": " + name_of(verdict.error));
        l1::Transaction body;
        body.to = caller_;
        body.data = l1::rollup_call::prove(proof);
        Found found{mix, proof.size(), l1::gas::intrinsic(body) + check_gas(built, parts, proof)};
        return known_.emplace(mix, found).first->second;
    }

    // Takes of what there is most of until there is a place for it.
    Mix cut_to_fit(Mix mix) {
        while (rate(mix).gas == 0) {
            unsigned Mix::*most = kCounts[0];
            for (unsigned Mix::*count : kCounts) most = mix.*count > mix.*most ? count : most;
            --(mix.*most);
            mix.fees = std::min(mix.fees, mix.operations());
        }
        return mix;
    }

    Search best() const {
        Search out;
        for (const auto& [mix, found] : known_) {
            if (found.gas > 0) out.by_gas.push_back(found);
        }
        out.tried = out.by_gas.size();
        out.by_bytes = out.by_gas;
        std::sort(out.by_gas.begin(), out.by_gas.end(), [](const Found& a, const Found& b) { return a.gas > b.gas; });
        std::sort(out.by_bytes.begin(), out.by_bytes.end(), [](const Found& a, const Found& b) { return a.bytes > b.bytes; });
        return out;
    }

private:
    uint64_t check_gas(const Built& built, const FraudProof& parts, const Bytes& proof) {
        std::vector<Hash> hashes{setting_.l1_hash};
        for (const L1Operation& entry : built.entries) hashes.push_back(entry.chain(hashes.back()));
        Bytes data = l1::AbiWriter("prove(bytes,bytes32,bytes32,uint64,bytes32[])")
                         .bytes(proof)
                         .word(setting_.domain)
                         .word(parts.header.hash())
                         .word(u128{setting_.l1_first})
                         .hashes(hashes)
                         .take();
        return static_cast<uint64_t>(l1::low_u128(Hash::from(chains_.call_there(caller_, data))));
    }

    TwoChains& chains_;
    Address caller_;
    Setting setting_;
    std::map<Mix, Found> known_;
};

// Goes on from `from` until `tries` changes in a row were no better.
void climb(Rater& rater, Mix from, bool by_gas, unsigned tries, Draw& draw, std::chrono::steady_clock::time_point end) {
    auto value = [&](const Mix& mix) {
        const Found& found = rater.rate(mix);
        return by_gas ? found.gas : found.bytes;
    };
    uint64_t best = value(from);
    for (unsigned i = 0; i < tries && std::chrono::steady_clock::now() < end; ++i) {
        Mix next = changed(from, draw);
        if (!next.is_possible()) continue;
        uint64_t reached = value(next);
        if (reached <= best) continue;
        best = reached;
        from = next;
        i = 0;
    }
}

}  // namespace

std::vector<Mix> known_mixes() {
    std::vector<Mix> out;
    auto add = [&](auto set, unsigned fees, Ending ending) {
        Mix mix;
        set(mix);
        mix.fees = fees;
        mix.memos = mix.long_numbers = true;
        mix.ending = ending;
        GAVEL_CHECK(mix.is_possible());
        out.push_back(mix);
    };
    add([](Mix& m) { m.payouts = 48; }, 48, Ending::kFeeLeafMissing);
    add([](Mix& m) { m.transfers = 48; }, 48, Ending::kFeeLeafMissing);
    add([](Mix& m) { m.transfers = 47; }, 1, Ending::kRight);
    add([](Mix& m) { m.newcomers = 32; }, 32, Ending::kFeeLeafMissing);
    add([](Mix& m) { m.withdrawals = 48; }, 48, Ending::kFeeLeafMissing);
    add([](Mix& m) { m.lines = 94; }, 1, Ending::kRight);
    add([](Mix& m) { m.new_lines = 47; }, 1, Ending::kRight);
    add([](Mix& m) { m.funds = 32; }, 32, Ending::kFeeLeafMissing);
    add([](Mix& m) { m.redeems = 24; }, 24, Ending::kFeeLeafMissing);
    add([](Mix& m) { m.new_redeems = 19; }, 19, Ending::kFeeLeafMissing);
    add([](Mix& m) { m.deposits = 32; }, 0, Ending::kRight);
    add([](Mix& m) { m.new_deposits = 32; }, 0, Ending::kRight);
    add([](Mix& m) { m.forced_transfers = 32; }, 0, Ending::kRight);
    add([](Mix& m) { m.forced_newcomers = 32; }, 0, Ending::kRight);
    add([](Mix& m) { m.forced_withdrawals = 32; }, 0, Ending::kRight);
    return out;
}

Search rate_known(TwoChains& chains, const Address& caller, const Setting& setting) {
    Rater rater(chains, caller, setting);
    for (const Mix& mix : known_mixes()) (void)rater.cut_to_fit(mix);
    return rater.best();
}

Search search_worst(TwoChains& chains, const Address& caller, const Setting& setting, std::chrono::seconds budget,
                    uint64_t seed) {
    Rater rater(chains, caller, setting);
    Draw draw(seed);
    std::vector<Mix> known;
    for (const Mix& mix : known_mixes()) known.push_back(rater.cut_to_fit(mix));
    auto end = std::chrono::steady_clock::now() + budget;
    for (unsigned round = 0; std::chrono::steady_clock::now() < end; ++round) {
        // From each of the known in turn, then from the best so far, for gas and for bytes.
        if (round < known.size()) {
            climb(rater, known[round], true, 15, draw, end);
            continue;
        }
        Search so_far = rater.best();
        climb(rater, so_far.by_gas[draw.below(5)].mix, true, 20, draw, end);
        climb(rater, so_far.by_bytes[draw.below(5)].mix, false, 20, draw, end);
    }
    return rater.best();
}

}  // namespace gavel::bench
