#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "bench/gas_bench.hpp"
#include "l1-bridge/chain/rollup_gas.hpp"
#include "l1-bridge/client/deployment.hpp"
#include "l1-bridge/wire/abi.hpp"
#include "protocol/check.hpp"
#include "protocol/keccak.hpp"

namespace gavel::bench {
namespace {

constexpr uint64_t kHour = 3600, kChallenge = 24 * kHour, kInclusion = 6 * kHour;

// What the formula takes for a proof's gas, and what it comes to.
nlohmann::json sizes(const l1::rollup_gas::ProofWork& work) {
    return {{"proofWords", work.proof_words},     {"classes", work.classes},
            {"listSteps", work.list_steps},       {"accesses", work.accesses},
            {"operations", work.operations},      {"lines", work.lines},
            {"l1Operations", work.l1_operations}, {"openings", work.openings},
            {"evaluations", work.evaluations},    {"charged", l1::rollup_gas::of_proof(work)}};
}

}  // namespace

GasBench::GasBench(TwoChains& chains) : chains_(chains) {
    parameters_ = {kChallenge, kInclusion, kChallenge + kInclusion + l1::kFreezeMargin, 32 * kEther, {}};
}

void GasBench::deploy(bool told) {
    Row row = chains_.deploy(l1::rollup_creation(parameters_), rollup_);
    row.name = row.call = "deployment";
    if (told) rows_.push_back(row);
    (void)chains_.deploy(l1::test_token_creation("Token", "TOK", 18), token_);
    headers_ = {genesis_header()};
    sits_ = false;
    terms_ = 0;
    const u128 plenty = u128{1} << 126;
    for (const PrivateKey* key : {&alice_, &l1_caller()}) {
        (void)chains_.send(*key, token_, l1::AbiWriter("mint(address,uint256)").word(key->address()).word(plenty).take());
        (void)chains_.send(*key, token_, l1::AbiWriter("approve(address,uint256)").word(rollup_).word(plenty).take());
    }
}

Row& GasBench::call(const std::string& name, const std::string& function, const PrivateKey& from, const Bytes& data, u128 value) {
    Row row = chains_.send(from, rollup_, data, value);
    row.name = name;
    row.call = function;
    rows_.push_back(row);
    return rows_.back();
}

void GasBench::sit() {
    if (sits_) return;
    (void)chains_.send(operator_, rollup_, l1::rollup_call::become_sequencer(), parameters_.stake);
    sits_ = true;
    ++terms_;
}

void GasBench::run_seat() {
    for (const char* which : {"first", "second"}) {
        call(fmt::format("becomeSequencer, {}", which), "becomeSequencer", operator_, l1::rollup_call::become_sequencer(),
             parameters_.stake);
        ++terms_;
        call(fmt::format("resign, {}", which), "resign", operator_, l1::rollup_call::resign());
        call(fmt::format("takeStake, {}", which), "takeStake", bob_, l1::rollup_call::take_stake(terms_));
    }
}

Row GasBench::run_transfer() {
    Row row = chains_.send(alice_, bob_.address(), {}, kEther);
    row.name = row.call = "a transfer of ETH";
    rows_.push_back(row);
    return row;
}

void GasBench::run_queue() {
    const Address to = bob_.address();
    for (const char* which : {"first", "second", "third"}) {
        call(fmt::format("depositEth, {}", which), "depositEth", alice_, l1::rollup_call::deposit_eth(to), 5 * kEther);
    }
    for (const char* which : {"first", "second"}) {
        call(fmt::format("depositToken, {}", which), "depositToken", alice_,
             l1::rollup_call::deposit_token(token_, to, Amount{7 * kEther}));
    }
    call("forceTransfer", "forceTransfer", alice_, l1::rollup_call::force_transfer(token_, to, Amount{kEther}));
    call("forceWithdrawal", "forceWithdrawal", alice_, l1::rollup_call::force_withdrawal({}, to, Amount{kEther}));
}

uint64_t GasBench::queue_length() {
    return *l1::rollup_view::read_number(chains_.view(rollup_, l1::rollup_view::queue_length()));
}

Batch GasBench::batch_of(size_t chunks, size_t ops, size_t sigs, const StateFields& last) {
    Batch out;
    out.number = headers_.back().number + 1;
    out.parent = headers_.back();
    out.last = last;
    out.last.l1_ops_consumed = headers_.back().last.l1_ops_consumed;
    out.l1_queue_hash = *l1::rollup_view::read_hash(chains_.view(rollup_, l1::rollup_view::queue_hash(out.last.l1_ops_consumed)));
    out.chunks.assign(chunks, {Bytes(ops), Bytes(sigs)});
    out.commitments.resize(chunks - 1);
    return out;
}

void GasBench::expect_head(const std::string& name) {
    l1::Head head = *l1::rollup_view::read_head(chains_.view(rollup_, l1::rollup_view::head()));
    if (head.number == headers_.back().number && head.hash == headers_.back().hash()) return;
    throw std::runtime_error(name + ": another head");
}

Row& GasBench::append(const std::string& name, const Batch& batch) {
    sit();
    Row& row = call(name, "append", operator_, l1::rollup_call::append(batch.encode()));
    headers_.push_back(batch.header());
    size_t bytes = 0, words = 0;
    for (const BatchChunk& chunk : batch.chunks) {
        bytes += chunk.ops.size() + chunk.sigs.size();
        words += (chunk.ops.size() + 31) / 32 + (chunk.sigs.size() + 31) / 32;
    }
    uint64_t nodes = 2 * ((uint64_t{1} << small_tree_depth(batch.chunks.size())) - 1);
    row.work = {{"chunks", batch.chunks.size()},
                {"bytes", bytes},
                {"words", words},
                {"nodes", nodes},
                {"charged", l1::rollup_gas::of_append(batch)}};
    expect_head(name);
    return row;
}

void GasBench::run_appends(bool all) {
    struct Size {
        size_t chunks, ops, sigs;
    };
    std::vector<Size> sizes = {{1, 0, 0}, {1, 0, 0}, {16, 0, 0}, {256, 0, 0}, {256, 64, 0}, {100, 32, 64}};
    if (all) {
        sizes.insert(sizes.end(), {{2, 0, 0}, {64, 0, 0}, {200, 0, 0}, {256, 0, 128}, {256, 96, 32}, {129, 70, 0}});
    }
    for (const Size& size : sizes) {
        std::string zeros = size.ops + size.sigs == 0 ? "" : fmt::format(" of {} and {} bytes, all zero", size.ops, size.sigs);
        const char* empty = zeros.empty() ? " empty" : "";
        append(fmt::format("append, {}{} chunk{}{}", size.chunks, empty, size.chunks == 1 ? "" : "s", zeros),
               batch_of(size.chunks, size.ops, size.sigs, headers_.back().last));
    }
}

Mix ordinary_mix() {
    Mix out;
    out.transfers = 47;
    out.fees = 1;
    return out;
}

Row GasBench::run_full_batch() {
    Mix mix = ordinary_mix();
    Batch batch = batch_of(1, 0, 0, headers_.back().last);
    batch.chunks.clear();
    Setting where = setting(1 << 20, true, 2);
    size_t payments = 0, envelope = 200;
    auto add = [&]() {
        ++where.seed;
        Built built = build(mix, where);
        Batch larger = batch;
        larger.chunks.push_back(built.posted);
        if (larger.chunks.size() > 1) larger.commitments.push_back(keccak256(built.posted.ops));
        Bytes data = l1::rollup_call::append(larger.encode());
        if (data.size() + envelope > kMempoolBytes || floor_of_7976(data.size()) >= kMaxGas) return false;
        batch = larger;
        payments += mix.transfers;
        return true;
    };
    while (batch.chunks.size() < kMaxChunks && add()) continue;
    while (mix.transfers > 1 && !add()) --mix.transfers;
    Row& row = append(fmt::format("append, a full batch: {} payments in {} chunks", payments, batch.chunks.size()), batch);
    row.work["payments"] = payments;
    return row;
}

void GasBench::run_claims() {
    std::vector<std::pair<std::string, std::pair<BatchHeader, WithdrawalProof>>> claims;
    uint32_t seed = 0;
    for (uint32_t count : {1u, 1'000u, 1u << 20, kMaxWithdrawalCount}) {
        for (const Address& token : {Address{}, token_}) {
            ++seed;
            WithdrawalProof proof;
            proof.position = count == 1 ? 0 : static_cast<uint32_t>(uint64_t{count} * (2 * seed + 1) / 20);
            proof.withdrawal = {bob_.address(), token, Amount{kEther / 16 + seed}};
            proof.path = drawn_path(proof.position, count);
            StateFields last = headers_.back().last;
            last.withdrawal_count = count;
            last.withdrawals_root = fold_path(proof.withdrawal.hash(), proof.position, count, proof.path);
            if (count == 1 && !token.is_zero()) continue;  // the same position
            append(fmt::format("append, for a claim {}", seed), batch_of(1, 0, 0, last));
            rows_.pop_back();
            claims.push_back({fmt::format("claim of {} among {} withdrawals", token.is_zero() ? "ETH" : "a token", count),
                              {headers_.back(), proof}});
        }
    }
    chains_.pass(kChallenge);
    for (const auto& [name, claim] : claims) {
        Row& row = call(name, "claim", alice_, l1::rollup_call::claim(claim.first, claim.second));
        size_t siblings = claim.second.path.size();
        row.work = {{"siblings", siblings}, {"charged", l1::rollup_gas::of_claim(siblings)}};
    }
}

Setting GasBench::setting(uint32_t accounts, bool plain, size_t chunks) {
    Setting out;
    out.domain = domain();
    out.accounts = accounts;
    out.plain = plain;
    out.full_frontier = !plain;
    out.token = plain ? Address{} : token_;
    out.l1_first = queue_length();
    out.l1_hash = *l1::rollup_view::read_hash(chains_.view(rollup_, l1::rollup_view::queue_hash(out.l1_first)));
    out.l1_time = chains_.now();
    out.l1_step = TwoChains::kBlockTime;
    out.chunks = chunks;
    return out;
}

void GasBench::enqueue(const L1Operation& entry) {
    Bytes data;
    switch (entry.kind) {
        case L1OperationKind::kDeposit: data = l1::rollup_call::deposit_token(entry.token, entry.to, entry.amount); break;
        case L1OperationKind::kForcedTransfer: data = l1::rollup_call::force_transfer(entry.token, entry.to, entry.amount); break;
        case L1OperationKind::kForcedWithdrawal:
            data = l1::rollup_call::force_withdrawal(entry.token, entry.to, entry.amount);
            break;
        case L1OperationKind::kRedeem:
        case L1OperationKind::kReclaim: throw std::runtime_error("an entry doesn't tell its channel's terms");
    }
    if (chains_.now() != entry.time) throw std::runtime_error("an L1 operation is queued at another time");
    (void)chains_.send(l1_caller(), rollup_, data);
}

Row GasBench::prove(const std::string& name, const Mix& mix, const Setting& where) {
    sit();
    Setting now = where;
    Setting latest = setting(where.accounts, where.plain, where.chunks);
    now.l1_first = latest.l1_first;
    now.l1_hash = latest.l1_hash;
    now.l1_time = latest.l1_time;
    Built built = build(mix, now);
    for (const L1Operation& entry : built.entries) enqueue(entry);
    const Lie lie = built.lie(headers_.back(), now);
    Bytes proof = built.proof_of(lie).encode();
    ProofVerdict verdict = check(built, now, proof);
    if (verdict.error != ProofError::kNone) throw std::runtime_error(name + ": " + name_of(verdict.error));

    if (lie.blobs.empty()) {
        append(name, lie.batch);
    } else {
        append_blobs(name, lie.batch, sidecar_of(lie.blobs));
    }
    uint64_t posted = rows_.back().block;
    rows_.pop_back();
    call("commitProof", "commitProof", bob_, l1::rollup_call::commit_proof(l1::proof_commitment(bob_.address(), proof, terms_)));
    if (std::exchange(has_commit_, true)) rows_.pop_back();
    Row& row = call(name, "prove", bob_, l1::rollup_call::prove(proof));
    row.work = sizes(l1::rollup_gas::work_of(proof, verdict));
    row.work["blocks"] = row.block - posted;
    headers_.pop_back();
    sits_ = false;
    expect_head(name);
    l1::TermRecord term = *l1::rollup_view::read_term(chains_.view(rollup_, l1::rollup_view::term(terms_)));
    if (!term.slashed || term.last_prover != bob_.address()) throw std::runtime_error(name + ": nothing is struck");
    return row;
}

void GasBench::run_reward() {
    chains_.pass(kChallenge);
    call("takeReward", "takeReward", alice_, l1::rollup_call::take_reward(terms_, bob_.address()));
}

void GasBench::run_eviction() {
    sit();
    if (queue_length() == headers_.back().last.l1_ops_consumed) throw std::runtime_error("nothing waits");
    chains_.pass(kInclusion);
    call("evict", "evict", bob_, l1::rollup_call::evict());
    sits_ = false;
    call("takeStake, of an evicted term", "takeStake", bob_, l1::rollup_call::take_stake(terms_));
}

void GasBench::run_end(uint32_t accounts) {
    sit();
    // A state with a few known accounts, and one deposit that nobody consumes.
    DeepState state(accounts, 1'000, {});
    std::vector<uint32_t> indexes;
    for (uint32_t i = 0; i < 4; ++i) {
        Account leaf;
        leaf.key = {key_number(10'010 + i).address(), i % 2 == 0 ? Address{} : token_};
        leaf.nonce = 3;
        leaf.balance = Amount{kEther + i};
        indexes.push_back(static_cast<uint32_t>(uint64_t{accounts} * (2 * i + 1) / 8) | 1);
        state.put(indexes.back(), leaf);
    }
    std::vector<uint32_t> channels;
    for (const Address& token : {Address{}, token_}) {
        channels.push_back(static_cast<uint32_t>(accounts / 2 + 10 * channels.size()));
        state.put(channels.back(), channel_leaf(token));
    }
    StateFields last = headers_.back().last;
    last.accounts_root = state.fields().accounts_root;
    last.account_count = accounts;
    append("", batch_of(1, 0, 0, last));
    rows_.pop_back();
    // What the accounts hold.
    (void)chains_.send(alice_, rollup_, l1::rollup_call::deposit_eth(bob_.address()), 9 * kEther);
    (void)chains_.send(alice_, rollup_, l1::rollup_call::deposit_token(token_, bob_.address(), Amount{9 * kEther}));
    uint64_t index = queue_length();
    L1Operation deposit{L1OperationKind::kDeposit, alice_.address(), bob_.address(), {}, Amount{3 * kEther}, chains_.now()};
    (void)chains_.send(alice_, rollup_, l1::rollup_call::deposit_eth(bob_.address()), 3 * kEther);
    L1Operation second{L1OperationKind::kDeposit, alice_.address(), bob_.address(), token_, Amount{3 * kEther}, chains_.now()};
    (void)chains_.send(alice_, rollup_, l1::rollup_call::deposit_token(token_, bob_.address(), Amount{3 * kEther}));
    chains_.pass(parameters_.freeze_age);
    call("freeze", "freeze", bob_, l1::rollup_call::freeze(0));
    sits_ = false;
    for (uint32_t at : indexes) {
        ExitProof proof{at, state.leaves().at(at), state.path(at)};
        bool is_eth = proof.account.key.token.is_zero();
        Row& row = call(fmt::format("exit with {} among {} accounts", is_eth ? "ETH" : "a token", accounts), "exit", alice_,
                        l1::rollup_call::exit(headers_.back(), proof));
        row.work = {{"siblings", proof.path.size()}, {"charged", l1::rollup_gas::of_exit(proof.path.size())}};
    }
    for (uint32_t at : channels) exit_channel({at, state.leaves().at(at), state.path(at)}, accounts);
    call("refund of ETH", "refund", bob_, l1::rollup_call::refund(index, deposit));
    call("refund of a token", "refund", bob_, l1::rollup_call::refund(index + 1, second));
}

}  // namespace gavel::bench
