#include "tests/twins/world.hpp"

#include <algorithm>

#include "protocol/check.hpp"
#include "protocol/keccak.hpp"

namespace gavel::twins {
namespace {

Domain domain_of(const Address& rollup) { return {kChainId, rollup}; }

// Gives the key that balance, whether it has a leaf or not; and that nonce, unless it is to keep its own.
void set_leaf(State& state, const AccountKey& key, Amount balance, std::optional<uint64_t> nonce = {}) {
    const auto found = state.accounts.find(key);
    Account at = *state.accounts.at(found.index);
    if (found.present) {
        at.balance = balance;
        at.nonce = nonce.value_or(at.nonce);
        state.accounts.write(found.index, at);
        return;
    }
    const Account leaf{key, nonce.value_or(0), balance, at.next};
    at.next = key;
    state.accounts.write(found.index, at);
    state.accounts.append(leaf);
}

// What apply makes of the chunk; `state` becomes it.
void apply_chunk(State& state, const BatchChunk& chunk, const Address& rollup, uint64_t limit,
                 const std::vector<L1Operation>& queue, std::vector<Withdrawal>* withdrawals = nullptr) {
    ListEnv env(domain_of(rollup).separator(), limit, queue);
    StateRunner runner(state);
    const gavel::Outcome outcome = apply(env, runner, state.counters, chunk.ops, chunk.sigs);
    GAVEL_CHECK(outcome.kind != gavel::Outcome::Kind::kViewFailed);
    if (withdrawals == nullptr) return;
    withdrawals->insert(withdrawals->end(), runner.new_withdrawals().begin(), runner.new_withdrawals().end());
}

}  // namespace

State copy_of(const State& state) {
    State out;
    for (uint32_t i = 0; i < state.accounts.count(); ++i) {
        i == 0 ? out.accounts.write(0, *state.accounts.at(0)) : out.accounts.append(*state.accounts.at(i));
    }
    out.withdrawals = state.withdrawals;
    out.counters = state.counters;
    return out;
}

void Kept::add_withdrawal(const Withdrawal& withdrawal) {
    if (after().withdrawals.count() == kMaxWithdrawalCount) return;
    after().withdrawals.append(withdrawal.hash());
    withdrawals.push_back(withdrawal);
}

std::optional<size_t> Kept::first_lie() const {
    auto found = std::find(is_lie.begin(), is_lie.end(), true);
    return found == is_lie.end() ? std::nullopt : std::optional<size_t>(found - is_lie.begin());
}

bool World::is_contract(const Address& address) const {
    return address == forwarder || address == refuser || address == reenterer || address == rollup || is_token(address);
}

Tx World::as(const Address& actor, Bytes calldata, u128 value) {
    for (size_t i = 0; i < kParties; ++i) {
        if (party(i) == actor) return by(i, std::move(calldata), value);
    }
    return {random.below(3), actor, test::forwarded(rollup, calldata), value};
}

Address World::any_actor() {
    const uint64_t drawn = random.below(kParties + 3);
    if (drawn < kParties) return party(drawn);
    return drawn == kParties ? forwarder : drawn == kParties + 1 ? refuser : reenterer;
}

Address World::any_address() {
    switch (random.below(6)) {
        case 0: return random.pick(tokens);
        case 1: return test::stranger(random.below(5));
        case 2: return random.chance(30) ? rollup : test::person_address(random.below(test::kPeople));
        default: return any_actor();
    }
}

Address World::any_token() {
    if (random.chance(40)) return {};
    if (random.chance(10)) return any_address();
    static const std::vector<size_t> kUsual{kPlain, kSilent, kFee, kReenters};
    return tokens[random.chance(80) ? random.pick(kUsual) : random.below(tokens.size())];
}

std::optional<Address> World::sitter() {
    const uint64_t number = current_term();
    return number == 0 ? std::nullopt : std::optional(term(number).sequencer);
}

const L1Operation* World::waiting() const {
    const uint64_t consumed = head().header.last.l1_ops_consumed;
    return consumed < queue.size() ? &queue[consumed] : nullptr;
}

Hash World::queue_hash(uint64_t index) {
    Hash hash;
    for (uint64_t i = 0; i < std::min<uint64_t>(index, queue.size()); ++i) hash = queue[i].chain(hash);
    return hash;
}

Chunk World::random_chunk(State& state, unsigned l1_operations) {
    Chunk chunk;
    chunk.l1_operations = l1_operations;
    std::vector<uint32_t> senders;
    for (uint32_t i = 1; i < state.accounts.count(); ++i) {
        const Account* leaf = state.accounts.at(i);
        if (leaf && test::key_of(leaf->key.owner) && !leaf->balance.is_zero()) senders.push_back(i);
    }
    const size_t count = senders.empty() || random.chance(40) ? 0 : 1 + random.below(3);
    std::vector<Address> fee_tokens;
    for (size_t i = 0; i < count; ++i) {
        PostedOperation posted;
        posted.sender = random.pick(senders);
        const Account& sender = *state.accounts.at(posted.sender);
        posted.kind = static_cast<OperationKind>(random.below(3));
        const size_t lines = posted.kind == OperationKind::kPayout ? 1 + random.below(3) : 1;
        for (size_t line = 0; line < lines; ++line) {
            PostedPayment payment;
            const auto most = static_cast<uint64_t>(std::min<u128>(sender.balance.value() / 8 + 1, 1000));
            payment.amount = Amount{1 + random.below(most)};
            if (posted.kind == OperationKind::kWithdraw) payment.to.address = any_address();
            else if (random.chance(30)) payment.to.address = test::stranger(random.below(1000));
            else payment.to.index = random.chance(3) ? state.accounts.count() : posted.sender;
            posted.payments.push_back(payment);
        }
        if (random.chance(30)) {
            posted.fee = Amount{1 + random.below(3)};
            const Address token = sender.key.token;
            if (std::find(fee_tokens.begin(), fee_tokens.end(), token) == fee_tokens.end()) {
                fee_tokens.push_back(token);
                chunk.fee_leaves.push_back(posted.sender);
            }
        }
        chunk.operations.push_back(posted);
    }
    if (random.chance(3)) chunk.fee_leaves.push_back(0);
    return chunk;
}

// A chunk that comes next in `state`, which is led through it.
BatchChunk World::posted_chunk(State& state, uint64_t limit, bool consumes, std::vector<Withdrawal>& withdrawals) {
    const uint64_t first = state.counters.l1_ops_consumed;
    const unsigned l1 = consumes ? static_cast<unsigned>(std::min<uint64_t>(limit - first, 8)) : 0;
    const Chunk chunk = random_chunk(state, l1);
    const std::span<const L1Operation> taken(queue.data() + first, l1);
    BatchChunk out{encode_ops(chunk), test::sign_chunk(state, chunk, taken, domain_of(rollup))};
    if (random.chance(4)) out.ops.push_back(static_cast<uint8_t>(random.next()));
    if (random.chance(4) && !out.sigs.empty()) out.sigs[random.below(out.sigs.size())] ^= 1;
    apply_chunk(state, out, rollup, limit, queue, &withdrawals);
    return out;
}

void World::tell_lie(State& claim) {
    const uint32_t count = claim.accounts.count();
    switch (random.below(4)) {
        case 0:
            if (claim.counters.l1_ops_consumed < queue.size()) {
                ++claim.counters.l1_ops_consumed;
                return;
            }
            break;
        case 1:
            if (count > 1) {
                const Account leaf = *claim.accounts.at(1 + static_cast<uint32_t>(random.below(count - 1)));
                set_leaf(claim, leaf.key, Amount{leaf.balance.value() / 2 + 1});
            }
            break;
        case 2: set_leaf(claim, {any_address(), any_token()}, Amount{random.below(1000)}); return;
        default: break;
    }
    ++claim.counters.op_count;
}

void World::make_estate(Kept& kept) {
    kept.has_estate = true;
    const std::vector<Address> owners{party(0), party(1), refuser, reenterer, forwarder, token_of(kPlain), rollup};
    const std::vector<Address> of_tokens{Address{}, token_of(kPlain), token_of(kSilent), token_of(kFee), token_of(kReenters)};
    for (const Address& token : of_tokens) {
        for (const Address& owner : owners) {
            const Amount amount = estate_amount(token);
            set_leaf(kept.after(), {owner, token}, amount);
            if (random.chance(20)) kept.add_withdrawal({owner, token, amount});
        }
        make_channel_estate(kept, token);
    }
}

Amount World::estate_amount(const Address& token) {
    const u128 all = held(token);
    const uint64_t drawn = random.below(8);
    const u128 some = 1 + (all == 0 ? 0 : random.next() % std::min<u128>(all, 100));
    return Amount{drawn == 0 ? 0 : drawn == 1 ? all + 1 : drawn == 2 ? all : some};
}

void World::make_channel_estate(Kept& kept, const Address& token) {
    for (const ChannelTerms& terms : channels) {
        const std::vector<uint64_t> claimed{
            0, 1, random.below(1000), kMaxVoucherCount - 1, kMaxVoucherCount, kClosedChannel - kChannelMark};
        set_leaf(kept.after(), {address_of(terms), token}, estate_amount(token), kChannelMark + random.pick(claimed));
    }
}

void World::make_channels() {
    const std::vector<std::pair<Address, Address>> people{
        {party(0), party(2)}, {party(1), forwarder}, {party(0), refuser},       {party(1), reenterer}, {party(4), party(5)},
        {refuser, party(2)},  {refuser, party(5)},   {reenterer, party(kHome)}, {forwarder, party(1)}};
    for (const auto& [payer, payee] : people) {
        constexpr uint64_t kDay = 86400;
        // Over from the start; soon; around the least and the most that a payee has after a freeze; never.
        const std::vector<uint64_t> expiries{0, now + random.below(3000), now + kDay * (7 + random.below(20)),
                                             now + kDay * (360 + random.below(30)), ~uint64_t{0}};
        channels.push_back({payer, payee, Amount{1 + random.below(9)}, random.pick(expiries), random.next()});
    }
}

Address World::address_of(const ChannelTerms& terms) const { return terms.address(domain_of(rollup).separator()); }

const ChannelTerms* World::terms_at(const Address& channel) const {
    auto found =
        std::find_if(channels.begin(), channels.end(), [&](const ChannelTerms& terms) { return address_of(terms) == channel; });
    return found == channels.end() ? nullptr : &*found;
}

Signature World::voucher(const ChannelTerms& terms, const Address& token, uint64_t count) const {
    const PrivateKey* key = test::key_of(terms.payer);
    const Voucher voucher{address_of(terms), token, count};
    return (key ? *key : test::person(0)).sign(voucher.digest(domain_of(rollup).separator()));
}

Batch World::make_batch(const BatchPlan& plan, const Kept* parent) {
    if (parent == nullptr) parent = &head();
    Kept kept;
    Batch& batch = kept.batch;
    batch.number = parent->header.number + 1;
    batch.parent = parent->header;
    kept.states.push_back(copy_of(parent->after()));
    kept.withdrawals = parent->withdrawals;
    kept.has_estate = parent->has_estate;
    const uint64_t consumed = kept.states[0].counters.l1_ops_consumed;
    const uint64_t waits = queue.size() - std::min<uint64_t>(consumed, queue.size());
    const uint64_t limit = consumed + (plan.consumes ? std::min<uint64_t>(waits, 8 * plan.chunks) : 0);
    State running = copy_of(kept.states[0]);
    for (unsigned i = 0; i < plan.chunks; ++i) {
        batch.chunks.push_back(posted_chunk(running, limit, plan.consumes, kept.withdrawals));
        kept.states.push_back(copy_of(running));
    }
    if (plan.estate) plan.estate(kept);
    if (plan.lies) tell_lie(kept.states[1 + random.below(plan.chunks)]);
    // What is a lie depends on the limit, which the last claim sets.
    const uint64_t claimed_limit = kept.after().counters.l1_ops_consumed;
    for (int attempt = 0; attempt < 2; ++attempt) {
        kept.is_lie.clear();
        for (unsigned i = 0; i < plan.chunks; ++i) {
            State truth = copy_of(kept.states[i]);
            apply_chunk(truth, batch.chunks[i], rollup, claimed_limit, queue);
            kept.is_lie.push_back(truth.commitment() != kept.states[i + 1].commitment());
        }
        if (!plan.lies || kept.first_lie()) break;
        ++kept.after().counters.op_count;
    }
    for (unsigned i = 0; i + 1 < plan.chunks; ++i) batch.commitments.push_back(kept.states[i + 1].commitment());
    batch.last = kept.after().fields();
    batch.l1_queue_hash = queue_hash(batch.last.l1_ops_consumed);
    if (plan.in_blobs) {
        const PostedBatch posted = PostedBatch::in_blobs(batch);
        batch = posted.batch();
        kept.blobs = posted.data().blobs;
    }
    kept.header = batch.header();
    Batch out = batch;
    proposed_.insert_or_assign(kept.header.hash(), std::move(kept));
    return out;
}

Tx World::appending(const Address& actor, const Batch& batch) {
    if (batch.source == DataSource::kCalldata) return as(actor, rollup_call::append(batch.encode()));
    Tx out = as(actor, rollup_call::append_blobs(batch.encode()));
    out.blobs = std::make_shared<const BlobSidecar>(make_sidecar(batch.blobs()).value());
    return out;
}

FraudProof World::proof_of(Kept& kept, size_t chunk) {
    ListEnv env(domain_of(rollup).separator(), kept.batch.last.l1_ops_consumed, queue);
    auto evidence = kept.evidence.find(chunk);
    if (evidence == kept.evidence.end()) {
        evidence = kept.evidence.emplace(chunk, evidence_of(kept.batch, chunk, kept.blobs).value()).first;
    }
    auto proof = build_fraud_proof(kept.batch, chunk, evidence->second, kept.states[chunk], env);
    GAVEL_CHECK(proof.has_value());
    return *proof;
}

void World::take(const BlockResult& block, uint64_t time) {
    now = time;
    static const Bytes kCommit = rollup_call::commit_proof({}), kAnnounce = rollup_call::announce_takeover();
    for (const RunningCall& call : block.calls) {
        if (!call.success) continue;
        if (selector_of(call.input) == selector_of(kAnnounce)) announced_at = time;
        if (call.input.size() < kCommit.size() || selector_of(call.input) != selector_of(kCommit)) continue;
        commits.push_back({call.sender, Hash::from(ByteView{call.input}.subspan(4))});
    }
    for (const BlockResult::Sent& sent : block.transactions) {
        for (const LogEntry& log : sent.logs) {
            if (log.address != rollup) continue;
            auto event = decode_event(log.topics, log.data);
            if (!event) continue;  // the comparison will tell
            if (auto* appended = std::get_if<BatchAppended>(&*event)) {
                auto found = proposed_.find(appended->batch_hash);
                GAVEL_CHECK(found != proposed_.end());
                found->second.posted_at = time;
                batches.push_back(std::move(found->second));
                proposed_.erase(found);
            } else if (auto* struck = std::get_if<BatchStruck>(&*event)) {
                while (batches.size() > struck->number) {
                    gone.push_back(std::move(batches.back()));
                    batches.pop_back();
                }
            } else if (auto* queued = std::get_if<L1OperationQueued>(&*event)) {
                queue.push_back(queued->operation);
            }
        }
    }
    proposed_.clear();
}

}  // namespace gavel::twins
