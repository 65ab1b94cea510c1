#include "tests/twins/runner.hpp"

#include <algorithm>

#include "l1-bridge/chain/rollup_contract.hpp"
#include "tests/twins/views.hpp"

namespace gavel::twins {
namespace {

constexpr unsigned kEarlyBlocks = 70, kLateBlocks = 42;  // of a sequence
constexpr unsigned kEarlyGoals = 14, kLateGoals = 13;    // about so many are reached in them
constexpr unsigned kMostSteps = 14;                      // towards one goal
constexpr size_t kDeployer = 8;                          // of test::person

bool is_late(const Outcome& aim) {
    if (aim.outcome == "Frozen" || aim == Outcome{"freeze", "success"}) return true;
    const bool after = aim.call == "exit" || aim.call == "refund" || aim.call == "exitChannel" || aim.call == "exitChannelRest";
    return after && aim.outcome != "NotFrozen" && aim.outcome != "no data" && aim.outcome != "ReentrancyGuardReentrantCall";
}

std::string told(const RunningCall& call) {
    const Outcome outcome = outcome_of(call);
    return outcome.call + " by " + to_hex(call.sender).substr(0, 8) + " value " + to_string(Amount{call.value}) + ": " +
           outcome.outcome;
}

std::string told(const LogEntry& log) {
    auto event = decode_event(log.topics, log.data);
    std::string out = (event ? std::string(name_of(*event)) : "log") + " of " + to_hex(log.address);
    for (const Hash& topic : log.topics) out += " " + to_hex(topic);
    return out + " data " + to_hex(log.data);
}

// What the two saw differently of one block; empty: nothing.
std::string difference(const BlockResult& simulated, const BlockResult& anvil) {
    for (size_t i = 0; i < std::max(simulated.calls.size(), anvil.calls.size()); ++i) {
        if (i >= simulated.calls.size()) return "only Anvil: call " + told(anvil.calls[i]);
        if (i >= anvil.calls.size()) return "only the simulated chain: call " + told(simulated.calls[i]);
        const RunningCall &one = simulated.calls[i], &other = anvil.calls[i];
        if (one == other) continue;
        return "call " + std::to_string(i) + " of the block\n  simulated: " + told(one) + " " + to_hex(one.output) +
               "\n  Anvil:     " + told(other) + " " + to_hex(other.output) + "\n  calldata " + to_hex(one.input) +
               (one.input == other.input ? "" : "\n  Anvil's calldata " + to_hex(other.input));
    }
    for (size_t i = 0; i < simulated.transactions.size(); ++i) {
        const auto &one = simulated.transactions[i], &other = anvil.transactions[i];
        if (one == other) continue;
        std::string out = "transaction " + std::to_string(i) + " of the block: " + (one.success ? "done" : "failed") + " and " +
                          (other.success ? "done" : "failed");
        for (const LogEntry& log : one.logs) out += "\n  simulated: " + told(log);
        for (const LogEntry& log : other.logs) out += "\n  Anvil:     " + told(log);
        return out;
    }
    return "";
}

}  // namespace

struct Runner::Sequence {
    uint64_t seed;
    World world;
    std::map<Address, uint64_t> nonces;
    std::vector<std::string> story;  // a line for each block
};

Runner::Runner(Chain& simulated, Chain& anvil) : simulated_(simulated), anvil_(anvil) {
    for (auto make : {seat_goals, batch_goals, court_goals, bank_goals, claim_goals, channel_goals, freeze_goals, exit_goals,
                      channel_exit_goals, malformed_goals}) {
        for (Goal& goal : make()) (is_late(goal.aim) ? late_ : early_).push_back(std::move(goal));
    }
}

void Runner::run_sequence(uint64_t seed) {
    Sequence sequence{seed, World(simulated_, Random(seed)), {}, {}};
    World& world = sequence.world;
    set_up(sequence);
    pursue(sequence, early_, seed * kEarlyGoals, kEarlyBlocks);
    if (world.random.chance(85)) {
        world.may_freeze = true;
        pursue(sequence, late_, seed * kLateGoals, kLateBlocks);
        pursue(sequence, late_, seed * kLateGoals + late_.size() / 2, kLateBlocks);
    }
    compare(sequence, true);
}

void Runner::set_up(Sequence& sequence) {
    World& world = sequence.world;
    Random& random = world.random;
    std::vector<std::pair<Address, u128>> funds;
    const u128 rich = kEther * 1'000'000'000'000;
    for (size_t i = 0; i < kParties; ++i) funds.push_back({world.party(i), i == kWhale ? kHalf + rich : rich});
    funds.push_back({test::person_address(kDeployer), rich});
    simulated_.begin(funds);
    anvil_.begin(funds);

    RollupParameters& parameters = world.parameters;
    parameters.challenge_window = 1000 + random.below(50);
    parameters.inclusion_window = 400 + random.below(4);
    parameters.freeze_age = parameters.challenge_window + parameters.inclusion_window + kFreezeMargin + random.below(100);
    parameters.stake = random.chance(15) ? 1 + random.below(7) : kEther + random.below(4);
    if (random.chance(90)) parameters.home_operator = world.party(kHome);

    const Address deployer = test::person_address(kDeployer);
    auto next_address = [&] { return created_address(deployer, sequence.nonces[deployer]); };
    auto deploy = [&](const std::string& name) {
        const Address at = next_address();
        auto create = [&](Chain& chain) {
            const Transaction body{kChainId, sequence.nonces[deployer], 0, 0, kGasLimit, std::nullopt,
                                   0,        chain.creation(name, {}),  {}};
            const BlockResult made = chain.mine({sign(body, test::person(kDeployer))}, world.now + 1);
            if (made.transactions[0].created != at) throw std::runtime_error("no " + name + " on " + chain.name());
        };
        create(simulated_);
        create(anvil_);
        ++world.now;
        ++sequence.nonces[deployer];
        return at;
    };
    world.forwarder = deploy("forwarder");
    world.refuser = deploy("refuser");
    world.reenterer = deploy("reenterer");
    for (size_t i = 0; i < kTokens; ++i) world.tokens.push_back(deploy("token" + std::to_string(i)));
    world.rollup = next_address();
    world.make_channels();
    simulated_.watch(world.rollup);
    anvil_.watch(world.rollup);
    Kept genesis;
    genesis.header = genesis_header();
    genesis.states.emplace_back();
    world.batches.push_back(std::move(genesis));
    Step creation;
    creation.creates = parameters.encode();
    run_step(sequence, creation);
}

void Runner::pursue(Sequence& sequence, const std::vector<Goal>& goals, size_t place, unsigned blocks) {
    World& world = sequence.world;
    const size_t end = sequence.story.size() + blocks;
    for (unsigned idle = 0; sequence.story.size() < end && idle < 200; ++idle) {
        // In turn, so that few sequences reach all; some drawn, so that they meet in any order.
        const Goal& goal = world.random.chance(25) ? world.random.pick(goals) : goals[place++ % goals.size()];
        const unsigned before = simulated_coverage_.count(goal.aim);
        for (unsigned i = 0; i < kMostSteps && sequence.story.size() < end; ++i) {
            if (simulated_coverage_.count(goal.aim) != before) break;
            auto next = goal.next(world);
            if (!next) break;
            idle = 0;
            if (world.random.chance(12)) next->transactions.push_back(noise(world));
            if (world.random.chance(10)) {
                if (auto other = world.random.pick(goals).next(world); other && !other->delegates && !other->creates) {
                    next->not_before = std::max(next->not_before, other->not_before);
                    auto& all = next->transactions;
                    all.insert(all.end(), other->transactions.begin(), other->transactions.end());
                }
            }
            run_step(sequence, std::move(*next));
        }
    }
}

namespace {

// Mostly soon; often just before, at or behind a moment at which something changes.
uint64_t draw_time(World& world, const Step& step) {
    Random& random = world.random;
    const uint64_t soon = world.now + 1;
    if (step.not_before > soon) {
        const uint64_t drawn = random.below(100);
        return drawn < 25 ? step.not_before - 1 : drawn < 75 ? step.not_before : step.not_before + random.below(3);
    }
    if (random.chance(5)) return soon + random.below(60);
    if (random.chance(6)) {
        std::vector<uint64_t> moments{world.head().posted_at + world.parameters.challenge_window};
        if (world.announced_at != 0) {
            const Notice notice = world.notice();
            if (notice.until != 0) moments.insert(moments.end(), {notice.from, notice.until});
        }
        if (const L1Operation* waiting = world.waiting()) {
            moments.push_back(waiting->time + world.parameters.inclusion_window / 2);
            moments.push_back(waiting->time + world.parameters.inclusion_window);
        }
        const uint64_t moment = random.pick(moments) - 1 + random.below(3);
        if (moment > soon) return moment;
    }
    return random.chance(60) ? soon : soon + random.below(4);
}

}  // namespace

SignedTransaction Runner::sign_next(Sequence& sequence, const Tx& transaction) {
    Transaction body{kChainId,
                     sequence.nonces[test::person_address(transaction.from)]++,
                     0,
                     0,
                     kGasLimit,
                     transaction.to,
                     transaction.value,
                     transaction.data,
                     {}};
    if (transaction.blobs) {
        body.max_blob_fee = kGwei;
        body.blob_hashes = versioned_hashes(*transaction.blobs);
    }
    SignedTransaction out = sign(body, test::person(transaction.from));
    if (transaction.blobs) out.raw = network_form(out, *transaction.blobs);
    return out;
}

void Runner::run_step(Sequence& sequence, Step step) {
    World& world = sequence.world;
    const uint64_t time = draw_time(world, step);
    if (step.delegates) {
        simulated_.delegate(world.party(kDelegated), world.forwarder, time);
        anvil_.delegate(world.party(kDelegated), world.forwarder, time);
        world.now = time;
        world.delegated = true;
        sequence.story.push_back("a delegation");
        return;
    }
    std::vector<SignedTransaction> of_simulated, of_anvil;
    if (step.creates) {
        const Address deployer = test::person_address(kDeployer);
        const uint64_t nonce = sequence.nonces[deployer]++;
        for (Chain* chain : {&simulated_, &anvil_}) {
            Bytes data = chain->creation(kRollupName, *step.creates);
            const Transaction body{kChainId, nonce, 0, 0, kGasLimit, std::nullopt, 0, std::move(data), {}};
            (chain == &simulated_ ? of_simulated : of_anvil).push_back(sign(body, test::person(kDeployer)));
        }
    }
    std::map<size_t, u128> spent;
    std::map<size_t, bool> has_blobs;
    for (const Tx& transaction : step.transactions) {
        // Nor would one take transactions of an account with blobs and without at the same time.
        const bool in_blobs = transaction.blobs != nullptr;
        if (has_blobs.try_emplace(transaction.from, in_blobs).first->second != in_blobs) continue;
        // Two steps in one block may want to spend the same ether, which no node would take.
        u128& all = spent[transaction.from];
        if (transaction.value > world.wei_of(test::person_address(transaction.from)) - all) continue;
        all += transaction.value;
        of_simulated.push_back(sign_next(sequence, transaction));
        of_anvil.push_back(of_simulated.back());
    }
    const BlockResult simulated = simulated_.mine(of_simulated, time), anvil = anvil_.mine(of_anvil, time);
    transactions_ += of_simulated.size();
    ++blocks_;
    for (const RunningCall& call : simulated.calls) simulated_coverage_.add(outcome_of(call));
    for (const RunningCall& call : anvil.calls) anvil_coverage_.add(outcome_of(call));
    std::string line = "time " + std::to_string(time - kGenesisTime) + ":";
    for (const RunningCall& call : simulated.calls) line += " [" + told(call) + "]";
    sequence.story.push_back(line);
    if (std::string what = difference(simulated, anvil); !what.empty()) differ(sequence, what);
    world.take(simulated, time);
    compare(sequence, false);
}

void Runner::compare(Sequence& sequence, bool all) {
    World& world = sequence.world;
    const uint64_t terms = world.term_count();
    auto drawn = [&] { return all || world.random.chance(4); };
    for (const Bytes& view : views_of(world, terms)) {
        if (!drawn()) continue;
        const CallReply one = simulated_.call(world.rollup, view), other = anvil_.call(world.rollup, view);
        if (one.success == other.success && one.data == other.data) continue;
        const Outcome outcome = outcome_of({{}, 0, view, one.success, one.data, false});
        differ(sequence, "view " + outcome.call + " " + to_hex(view) + "\n  simulated: " + to_hex(one.data) +
                             "\n  Anvil:     " + to_hex(other.data));
    }
    for (const auto& [name, slot] : slots_of(world, terms)) {
        if (!drawn()) continue;
        const Hash one = simulated_.storage(world.rollup, slot), other = anvil_.storage(world.rollup, slot);
        if (one == other) continue;
        differ(sequence, "storage, " + name + "\n  simulated: " + to_hex(one) + "\n  Anvil:     " + to_hex(other));
    }
    for (const Address& holder : holders_of(world)) {
        if (!drawn()) continue;
        const u128 one = simulated_.balance(holder), other = anvil_.balance(holder);
        if (one != other) {
            differ(sequence, "wei of " + to_hex(holder) + ": " + to_string(Amount{one}) + " and " + to_string(Amount{other}));
        }
        for (size_t number : {kPlain, kSilent, kFee, kReenters}) {
            const Bytes ask = AbiWriter("balanceOf(address)").word(holder).take();
            const CallReply units = simulated_.call(world.tokens[number], ask), others = anvil_.call(world.tokens[number], ask);
            if (units.data == others.data) continue;
            differ(sequence, "units of token " + std::to_string(number) + " of " + to_hex(holder) + ": " + to_hex(units.data) +
                                 " and " + to_hex(others.data));
        }
    }
}

void Runner::differ(const Sequence& sequence, const std::string& what) const {
    std::string out = "the two contracts differ in sequence " + std::to_string(sequence.seed) + ", block " +
                      std::to_string(sequence.story.size()) + ": " + what + "\nwhat led there:";
    const size_t from = sequence.story.size() - std::min<size_t>(sequence.story.size(), 12);
    for (size_t i = from; i < sequence.story.size(); ++i) out += "\n  " + sequence.story[i];
    throw Difference(out + "\nagain: scripts/twins.sh --seed " + std::to_string(sequence.seed) + " --sequences 1");
}

}  // namespace gavel::twins
