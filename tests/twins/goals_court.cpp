// Commits, proofs and rewards (docs/contract.md, "The court").
#include "tests/twins/goals.hpp"

namespace gavel::twins {
namespace {

using Next = std::optional<Step>;

// A chunk of a batch that isn't final, and the proof about it, whether it proves anything or not.
struct Subject {
    Kept* kept = nullptr;
    size_t chunk = 0;
    FraudProof proof;
};

std::optional<Subject> find_subject(World& w, const std::function<bool(const Subject&)>& holds) {
    for (size_t number = w.batches.size(); number-- > 1;) {
        Kept& kept = w.batches[number];
        if (w.is_final(kept)) break;
        for (size_t chunk = 0; chunk < kept.is_lie.size(); ++chunk) {
            Subject subject{&kept, chunk, w.proof_of(kept, chunk)};
            if (holds(subject)) return subject;
        }
    }
    return std::nullopt;
}

Step prove(World& w, Bytes proof) { return step(w.as(w.any_actor(), rollup_call::prove(proof))); }

// A proof with one thing wrong; a batch that allows for it is posted if none stands.
Next corrupted(World& w, const std::function<bool(const Subject&)>& holds, const std::function<void(Subject&)>& corrupt,
               std::optional<DataSource> source = {}) {
    auto of_source = [&](const Subject& subject) { return !source || subject.kept->batch.source == *source; };
    if (auto subject = find_subject(w, [&](const Subject& one) { return of_source(one) && holds(one); })) {
        corrupt(*subject);
        return prove(w, subject->proof.encode());
    }
    if (Prep waiting = need_waiting(w); !waiting.met && w.random.chance(70)) return waiting.step;
    if (Prep poster = need_poster(w); !poster.met) return poster.step;
    BatchPlan plan = any_plan(w);
    if (source) plan.in_blobs = *source == DataSource::kBlobs;
    plan.estate = [&w](Kept& kept) {
        w.make_estate(kept);
        kept.add_withdrawal({w.any_address(), w.any_token(), Amount{w.random.below(10)}});
    };
    return append_step(w, plan);
}

bool any(const Subject&) { return true; }
bool has_accesses(const Subject& s) { return !s.proof.witness.empty(); }
bool begins_with_find(const Subject& s) { return has_accesses(s) && !s.proof.l1_operations.empty(); }

void flip(World& w, std::vector<Hash>& hashes) { hashes[w.random.below(hashes.size())].bytes[w.random.below(32)] ^= 1; }

Next truncated(World& w) {
    auto subject = find_subject(w, any);
    if (!subject || w.random.chance(20)) return prove(w, Bytes(w.random.below(BatchHeader::kSize)));
    Bytes proof = subject->proof.encode();
    const size_t most = w.random.chance(50) ? proof.size() : std::min<size_t>(proof.size(), 700);
    proof.resize(w.random.chance(20) ? proof.size() - 1 : w.random.below(most));
    return prove(w, proof);
}

Next unknown_batch(World& w) {
    if (!w.gone.empty() && w.random.chance(60)) {
        Kept& kept = w.gone[w.random.below(w.gone.size())];
        Bytes proof = w.proof_of(kept, kept.first_lie().value_or(0)).encode();
        if (w.random.chance(20)) proof.resize(BatchHeader::kSize + w.random.below(200));
        return prove(w, proof);
    }
    return corrupted(w, any, [&](Subject& s) {
        if (w.random.chance(50)) s.proof.header.number += w.random.chance(50) ? 1 : ~uint64_t{0};
        else s.proof.header.last.op_count ^= 1;
    });
}

Next batch_final(World& w) {
    if (w.random.chance(20)) {
        Bytes proof = genesis_header().encode();
        proof.resize(BatchHeader::kSize + w.random.below(100));
        return prove(w, proof);
    }
    std::vector<size_t> final_ones;
    for (size_t i = 1; i < w.batches.size(); ++i) {
        if (w.is_final(w.batches[i])) final_ones.push_back(i);
    }
    if (!final_ones.empty() && w.random.chance(70)) {
        Kept& kept = w.batches[w.random.pick(final_ones)];
        return prove(w, w.proof_of(kept, kept.first_lie().value_or(0)).encode());
    }
    if (Prep lie = need_lie(w); !lie.met) return lie.step;
    Kept& kept = *find_lie(w);
    Step out = prove(w, w.proof_of(kept, *kept.first_lie()).encode());
    out.not_before = kept.posted_at + w.parameters.challenge_window;
    return out;
}

Next wrong_index(World& w) {
    return corrupted(w, any, [&](Subject& s) {
        s.proof.chunk_index = static_cast<uint16_t>(w.random.chance(50) ? s.proof.header.chunk_count : 256 + w.random.below(2));
    });
}

Next ops_path(World& w) {
    auto corrupt = [&](Subject& s) {
        switch (w.random.below(4)) {
            case 0:
                if (!s.proof.calldata().ops_path.empty()) return flip(w, s.proof.calldata().ops_path);
                [[fallthrough]];
            case 1: s.proof.calldata().after.bytes[w.random.below(32)] ^= 1; break;
            case 2: s.proof.before.op_count ^= 1; break;
            default:
                if (s.proof.calldata().ops.empty()) s.proof.calldata().ops.push_back(0);
                else s.proof.calldata().ops[w.random.below(s.proof.calldata().ops.size())] ^= 1;
        }
    };
    return corrupted(w, any, corrupt, DataSource::kCalldata);
}

Next sigs_path(World& w) {
    auto corrupt = [&](Subject& s) {
        if (!s.proof.calldata().sigs_path.empty() && w.random.chance(50)) flip(w, s.proof.calldata().sigs_path);
        else if (!s.proof.calldata().sigs.empty() && w.random.chance(70))
            s.proof.calldata().sigs[w.random.below(s.proof.calldata().sigs.size())] ^= 1;
        else s.proof.calldata().sigs.push_back(0);
    };
    return corrupted(w, any, corrupt, DataSource::kCalldata);
}

Next in_blobs(World& w, const std::function<void(BlobEvidence&)>& corrupt) {
    return corrupted(
        w, any, [&](Subject& s) { corrupt(s.proof.blobs()); }, DataSource::kBlobs);
}

Next data_root(World& w) {
    return in_blobs(w, [&](BlobEvidence& shown) { flip(w, shown.hashes); });
}

Next element(World& w) {
    return in_blobs(w, [&](BlobEvidence& shown) {
        Bytes& run = shown.opening.after_before.empty() || w.random.chance(50) ? shown.opening.slot : shown.opening.after_before;
        run[kElementBytes * w.random.below(run.size() / kElementBytes)] = 0xff;  // above the field's order
    });
}

Next opening(World& w) {
    return in_blobs(w, [&](BlobEvidence& shown) {
        BlobOpening& opening = shown.opening;
        switch (w.random.below(4)) {
            case 0: opening.slot[kElementBytes * w.random.below(kSlotElements) + 1 + w.random.below(31)] ^= 1; break;
            case 1: opening.quotient_value.value.bytes[31] ^= 1; break;
            case 2: opening.values[0].proof.bytes[w.random.below(48)] ^= 1; break;
            default: opening.commitments[0].bytes[w.random.below(48)] ^= 1;
        }
    });
}

Next before_state(World& w) {
    return corrupted(
        w, any, [](Subject& s) { s.proof.before.op_count ^= 1; }, DataSource::kBlobs);
}

Next l1_operations(World& w) {
    return corrupted(
        w, [](const Subject& s) { return !s.proof.l1_operations.empty(); },
        [&](Subject& s) {
            L1Operation& entry = s.proof.l1_operations[w.random.below(s.proof.l1_operations.size())];
            switch (w.random.below(4)) {
                case 0: entry.kind = static_cast<L1OperationKind>(3 + w.random.below(253)); break;
                case 1: entry.time ^= 1; break;
                case 2: entry.amount = Amount{entry.amount.value() ^ 1}; break;
                default: entry.to.bytes[w.random.below(20)] ^= 1;
            }
        });
}

Next hint_range(World& w) {
    return corrupted(w, begins_with_find, [&](Subject& s) {
        const uint32_t count = s.proof.before.account_count;
        const uint32_t hint = w.random.chance(70) ? count : ~uint32_t{0};
        for (size_t i = 0; i < 4; ++i) s.proof.witness[i] = static_cast<uint8_t>(hint >> 8 * (3 - i));
    });
}

// The first find shows another leaf that there is.
Next lookup(World& w) {
    auto holds = [](const Subject& s) { return begins_with_find(s) && s.proof.before.account_count >= 2; };
    return corrupted(w, holds, [&](Subject& s) {
        const AccountTree& accounts = s.kept->states[s.chunk].accounts;
        Bytes& witness = s.proof.witness;
        const uint32_t shown = static_cast<uint32_t>(witness[0]) << 24 | static_cast<uint32_t>(witness[1]) << 16 |
                               static_cast<uint32_t>(witness[2]) << 8 | witness[3];
        const uint32_t other = (shown + 1 + static_cast<uint32_t>(w.random.below(accounts.count() - 1))) % accounts.count();
        Bytes access;
        for (size_t i = 0; i < 4; ++i) access.push_back(static_cast<uint8_t>(other >> 8 * (3 - i)));
        append(access, accounts.at(other)->encode());
        for (const Hash& sibling : accounts.path(other)) append(access, sibling);
        const size_t length = 4 + Account::kSize + 32 * carried_siblings(shown, accounts.count());
        witness.erase(witness.begin(), witness.begin() + static_cast<ptrdiff_t>(length));
        witness.insert(witness.begin(), access.begin(), access.end());
    });
}

Next leaf_path(World& w) {
    return corrupted(w, has_accesses, [&](Subject& s) {
        // Behind a hint, if there is one; in the leaf, mostly.
        const size_t most = w.random.chance(70) ? std::min<size_t>(s.proof.witness.size(), 104) : s.proof.witness.size();
        s.proof.witness[4 + w.random.below(most - 4)] ^= 1;
    });
}

Next claim_is_true(World& w) {
    return corrupted(
        w, [](const Subject& s) { return !s.kept->is_lie[s.chunk]; }, [](Subject&) {});
}

Next trailing(World& w) {
    auto subject = find_subject(w, any);
    if (!subject) return need_lie(w).step;
    Bytes proof = subject->proof.encode();
    proof.insert(proof.end(), 1 + w.random.below(40), static_cast<uint8_t>(w.random.below(2)));
    return prove(w, proof);
}

Next prove_lie(World& w) {
    if (Prep lie = need_lie(w); !lie.met) return lie.step;
    Step out = prove_step(w, *find_lie(w));
    // Who sits afterwards may post at once.
    if (out.transactions.size() == 1 && w.random.chance(30)) {
        const Kept& parent = w.batches[find_lie(w)->header.number - 1];
        const Address next = w.party(w.random.below(3));
        out.transactions.push_back(w.as(next, rollup_call::become_sequencer(), w.parameters.stake));
        out.transactions.push_back(w.appending(next, w.make_batch(any_plan(w), &parent)));
    }
    return out;
}

Next commit(World& w) {
    if (Kept* lie = find_lie(w); lie != nullptr && w.random.chance(70)) {
        const Address prover = w.any_actor();
        const Bytes proof = w.proof_of(*lie, *lie->first_lie()).encode();
        return step(w.as(prover, rollup_call::commit_proof(proof_commitment(prover, proof, w.term_of(*lie)))));
    }
    const Hash word = w.random.chance(10) ? Hash{} : Hash::from(word_of(u128{w.random.next()}));
    return step(w.as(w.any_actor(), rollup_call::commit_proof(word)));
}

Tx take_reward(World& w, uint64_t term, const Address& prover) {
    return w.as(w.any_actor(), rollup_call::take_reward(term, prover));
}

// Who may be paid: the last prover, or if it is zero perhaps one of those who committed.
Address payee(World& w, const TermRecord& term) {
    if (!term.last_prover.is_zero()) return term.last_prover;
    return w.commits.empty() ? w.any_actor() : w.random.pick(w.commits).first;
}

std::optional<uint64_t> rewarding(World& w, const std::function<bool(const TermRecord&)>& holds) {
    return find_term(w, [&](const TermRecord& t) { return t.slashed && !t.reward_taken && holds(t); });
}

Next reward(World& w) {
    auto number = rewarding(w, [](const TermRecord&) { return true; });
    if (!number) return prove_lie(w);
    const TermRecord term = w.term(*number);
    return step(take_reward(w, *number, payee(w, term)), term.first_proof_at + w.parameters.challenge_window);
}

Next reward_unknown(World& w) {
    const std::vector<uint64_t> none{0, w.term_count() + 1, ~uint64_t{0}};
    return step(take_reward(w, w.random.pick(none), w.any_actor()));
}

Next reward_not_slashed(World& w) {
    auto number = find_term(w, [](const TermRecord& t) { return !t.slashed; });
    if (!number) return need_sitter(w).step;
    return step(take_reward(w, *number, w.any_actor()));
}

Next reward_taken(World& w) {
    auto number = find_term(w, [](const TermRecord& t) { return t.reward_taken; });
    if (!number) return reward(w);
    return step(take_reward(w, *number, payee(w, w.term(*number))));
}

Next reward_too_early(World& w) {
    auto number = rewarding(w, [&](const TermRecord& t) { return w.now + 3 < t.first_proof_at + w.parameters.challenge_window; });
    if (!number) return prove_lie(w);
    return step(take_reward(w, *number, payee(w, w.term(*number))));
}

Next not_prover(World& w) {
    auto number = rewarding(w, [](const TermRecord&) { return true; });
    if (!number) return prove_lie(w);
    const uint64_t from = w.term(*number).first_proof_at + w.parameters.challenge_window;
    return step(take_reward(w, *number, w.random.chance(30) ? Address{} : w.any_actor()), from);
}

// The last prover refuses ETH.
Next reward_refused(World& w) {
    if (auto number = rewarding(w, [&](const TermRecord& t) { return t.last_prover == w.refuser; })) {
        const uint64_t from = w.term(*number).first_proof_at + w.parameters.challenge_window;
        return step(take_reward(w, *number, w.refuser), from);
    }
    if (Prep lie = need_lie(w); !lie.met) return lie.step;
    Kept& lie = *find_lie(w);
    const Bytes proof = w.proof_of(lie, *lie.first_lie()).encode();
    const Hash word = proof_commitment(w.refuser, proof, w.term_of(lie));
    for (const auto& [who, what] : w.commits) {
        if (who == w.refuser && what == word) return step(w.as(w.refuser, rollup_call::prove(proof)));
    }
    return step(w.as(w.refuser, rollup_call::commit_proof(word)));
}

}  // namespace

std::vector<Goal> court_goals() {
    auto frontier = [](World& w) {
        return corrupted(
            w, [](const Subject& s) { return !s.proof.frontier.empty(); }, [&](Subject& s) { flip(w, s.proof.frontier); });
    };
    return {
        {{"commitProof", "success"}, commit},
        {{"prove", "success"}, prove_lie},
        {{"prove", "Truncated"}, truncated},
        {{"prove", "UnknownBatch"}, unknown_batch},
        {{"prove", "BatchFinal"}, batch_final},
        {{"prove", "ChunkIndex"}, wrong_index},
        {{"prove", "OpsPath"}, ops_path},
        {{"prove", "SigsPath"}, sigs_path},
        {{"prove", "DataRoot"}, data_root},
        {{"prove", "Element"}, element},
        {{"prove", "Opening"}, opening},
        {{"prove", "BeforeState"}, before_state},
        {{"prove", "Frontier"}, frontier},
        {{"prove", "L1Operations"}, l1_operations},
        {{"prove", "HintRange"}, hint_range},
        {{"prove", "LeafPath"}, leaf_path},
        {{"prove", "Lookup"}, lookup},
        {{"prove", "TrailingBytes"}, trailing},
        {{"prove", "ClaimIsTrue"}, claim_is_true},
        {{"takeReward", "success"}, reward},
        {{"takeReward", "UnknownTerm"}, reward_unknown},
        {{"takeReward", "TermNotSlashed"}, reward_not_slashed},
        {{"takeReward", "AlreadyTaken"}, reward_taken},
        {{"takeReward", "RewardTooEarly"}, reward_too_early},
        {{"takeReward", "NotProver"}, not_prover},
        {{"takeReward", "PaymentFailed"}, reward_refused},
    };
}

}  // namespace gavel::twins
