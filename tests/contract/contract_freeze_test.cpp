// A freeze of the rollup contract, and what follows it: exits and refunds, every refusal in docs/contract.md's order, until the
// vault is empty.
#include "protocol/encoding.hpp"
#include "tests/contract/contract_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

const Address kAlice = PrivateKey::derived("alice").address();
const Address kBob = PrivateKey::derived("bob").address();
const Address kCarol = PrivateKey::derived("carol").address();
// What the contracts that Carol deploys after the rollup will be: their accounts are in genesis, before there are any.
Address deployed(uint64_t nth) { return created_address(PrivateKey::derived("carol").address(), nth); }

struct Owned {
    Address owner;
    Address token;
    u128 amount;
};

State state_of(const std::vector<Owned>& accounts) {
    State out;
    StateRunner view(out);
    for (const Owned& a : accounts) {
        L1Operation deposit{L1OperationKind::kDeposit, a.owner, a.owner, a.token, Amount{a.amount}, 1};
        REQUIRE(apply_l1_operation(view, deposit).ok());
    }
    return out;
}

// A rollup whose genesis holds these accounts, from index 1 on. What the vault lacks for them is deposited later, and never
// consumed.
struct Frozen : ContractFixture {
    explicit Frozen(const std::vector<Owned>& accounts, u128 in_vault = 0)
        : ContractFixture(state_of(accounts).fields()), state(state_of(accounts)) {
        if (in_vault != 0) REQUIRE(send(alice, rollup_call::deposit_eth(kAlice), in_vault) == "");
    }
    L1Operation deposit(u128 amount) {
        REQUIRE(send(carol, rollup_call::deposit_eth(kBob), amount) == "");
        return only_event<L1OperationQueued>().operation;
    }
    // As anybody can once the first L1 operation has waited for the freeze age.
    void freeze() {
        auto waiting = *rollup_view::read_waiting(view(rollup_view::waiting()));
        REQUIRE(waiting.time != 0);
        at(std::max(now(), waiting.time + parameters.freeze_age));
        REQUIRE(send(bob, rollup_call::freeze(0)) == "");
    }
    bool is_frozen() { return *rollup_view::read_bool(view(rollup_view::frozen())); }
    ExitProof proof(uint32_t index) const { return {index, *state.accounts.at(index), state.accounts.path(index)}; }
    Bytes exit(uint32_t index, const Address& receiver = {}) const { return rollup_call::exit(genesis, proof(index), receiver); }
    bool is_exited(uint32_t index) { return *rollup_view::read_bool(view(rollup_view::is_exited(index))); }
    bool is_refunded(uint64_t index) { return *rollup_view::read_bool(view(rollup_view::is_refunded(index))); }
    u128 token_balance(const Address& token, const Address& owner) {
        return *rollup_view::read_amount(view(AbiWriter("balanceOf(address)").word(owner).take(), token));
    }

    State state;
};

constexpr const char* kExit = "exit(bytes,uint32,bytes,bytes32[],address,uint256)";

}  // namespace

TEST_CASE("freeze: when the waiting operation is of age, from its queueing on, and no second earlier") {
    Frozen f({});
    CHECK(f.send(f.bob, rollup_call::freeze(0)) == "FreezeTooEarly");
    bool somebody_sits = GENERATE(false, true);
    uint64_t queued = f.now();
    f.deposit(5);
    // Neither a term that starts nor one that ends moves the age.
    f.at(queued + f.parameters.freeze_age - 3);
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.parameters.stake) == "");
    if (!somebody_sits) {
        f.at(queued + f.parameters.freeze_age - 2);
        CHECK(f.send(f.alice, rollup_call::resign()) == "OperationWaiting");
        f.at(f.now() + kInclusion);
        REQUIRE(f.send(f.bob, rollup_call::evict()) == "");
    } else {
        f.at(queued + f.parameters.freeze_age - 1);
        CHECK(f.send(f.bob, rollup_call::freeze(0)) == "FreezeTooEarly");
    }
    uint64_t time = f.now();
    CHECK(f.send(f.bob, rollup_call::freeze(~uint64_t{0})) == "");
    std::vector<RollupEvent> told{RollupFrozen{}};
    if (somebody_sits) told.push_back(TermEnded{1, TermEnd::kFrozen});
    CHECK(f.events() == told);
    CHECK(f.is_frozen());
    CHECK(f.current_term() == 0);
    CHECK((f.term(1).ended_at == time) == somebody_sits);
    // Who has just sat down isn't overdue.
    CHECK(f.term(1).evicted == !somebody_sits);
    CHECK(f.send(f.bob, rollup_call::freeze(0)) == "Frozen");
}

TEST_CASE("freeze: takes the quarter that evict could take, to the second, and from nobody else") {
    Frozen f({});
    const u128 stake = f.parameters.stake, quarter = stake / 4;
    const uint64_t queued = f.now();
    f.deposit(5);
    const bool is_overdue = GENERATE(false, true);
    f.at(queued + f.parameters.freeze_age - kInclusion + (is_overdue ? 0 : 1));
    REQUIRE(f.send(GENERATE(false, true) ? f.home : f.alice, rollup_call::become_sequencer(), stake) == "");
    const Address sat = f.term(1).sequencer;
    f.at(queued + f.parameters.freeze_age);
    const uint64_t frozen = f.now();
    REQUIRE(f.send(f.bob, rollup_call::freeze(0)) == "");
    CHECK(f.events() == std::vector<RollupEvent>{RollupFrozen{}, TermEnded{1, TermEnd::kFrozen}});
    const u128 left = is_overdue ? stake - quarter : stake;
    CHECK(f.term(1) == TermRecord{sat, left, f.term(1).started_at, frozen, false, 0, {}, 0, false, false, is_overdue});
    CHECK(f.burned() == (is_overdue ? quarter : 0));
    const u128 before = f.balance(sat);
    REQUIRE(f.send(f.bob, rollup_call::take_stake(1)) == "");
    CHECK(f.balance(sat) == before + left);
}

TEST_CASE("freeze too early: an operation that was consumed doesn't count, the next one's own age does") {
    Frozen f({});
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.parameters.stake) == "");
    uint64_t first = f.now();
    f.deposit(5);
    f.at(first + 1000);
    uint64_t second = f.now();
    f.deposit(6);
    StateFields last = f.genesis.last;
    last.l1_ops_consumed = 1;
    f.append(f.alice, f.batch_on(f.genesis, last));
    f.at(first + f.parameters.freeze_age);
    CHECK(f.send(f.bob, rollup_call::freeze(0)) == "FreezeTooEarly");
    CHECK(f.send(f.bob, rollup_call::freeze(1)) == "FreezeTooEarly");
    CHECK_FALSE(f.is_frozen());
    f.at(second + f.parameters.freeze_age);
    CHECK(f.send(f.bob, rollup_call::freeze(0)) == "");
}

TEST_CASE("freeze: a final batch whose withdrawals tree is full; a lie of it frees nobody until it is final") {
    StateFields nearly = genesis_fields();
    nearly.withdrawal_count = kMaxWithdrawalCount - 1;
    nearly.withdrawals_root = keccak256(view_of("some"));
    ContractFixture f(nearly);
    CHECK(f.send(f.bob, rollup_call::freeze(0)) == "FreezeTooEarly");
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.parameters.stake) == "");
    StateFields full = nearly;
    full.withdrawal_count = kMaxWithdrawalCount;
    CHECK(f.send(f.bob, rollup_call::freeze(1)) == "FreezeTooEarly");  // above the head
    uint64_t posted = f.now();
    BatchHeader header = f.append(f.alice, f.batch_on(f.genesis, full));
    f.append(f.alice, f.batch_on(header, nearly));
    f.at(posted + kChallenge - 1);
    CHECK(f.send(f.bob, rollup_call::freeze(1)) == "FreezeTooEarly");
    CHECK(f.send(f.bob, rollup_call::freeze(2)) == "FreezeTooEarly");
    CHECK(f.send(f.bob, rollup_call::freeze(1)) == "");
    CHECK(f.events() == std::vector<RollupEvent>{RollupFrozen{}, TermEnded{1, TermEnd::kFrozen}});
    CHECK(f.term(1).last_batch == 2);
}

TEST_CASE("after a freeze: no append, deposit, forced operation, eviction or sequencer; proofs, claims and stakes go on") {
    Frozen f({});
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.parameters.stake) == "");
    uint64_t queued = f.now();
    f.deposit(5);
    f.at(queued + f.parameters.freeze_age - 2);
    Batch lying = f.batch_on(f.genesis, lie(f.genesis, 5));
    BatchHeader header = f.append(f.alice, lying);
    Bytes next = rollup_call::append(f.batch_on(header, header.last).encode());
    Bytes proof = f.proof_against(lying);
    f.commit(f.bob, proof);
    f.freeze();
    const Address token = f.deploy("token0");
    CHECK(f.send(f.alice, next) == "Frozen");
    CHECK(f.send(f.alice, rollup_call::append({})) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::become_sequencer(), f.parameters.stake) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::become_sequencer()) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::evict()) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::deposit_eth({}), 5) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::deposit_token(token, {}, Amount{0})) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::force_transfer({}, {}, Amount{1})) == "Frozen");
    CHECK(f.send(f.bob, rollup_call::force_withdrawal({}, {}, Amount{0})) == "Frozen");
    CHECK(f.send(f.alice, rollup_call::resign()) == "NotSequencer");
    CHECK(f.queue_length() == 1);

    // The lie that stood at the freeze is struck like any other; nobody exits on it.
    CHECK(f.send(f.carol, rollup_call::exit(header, {})) == "BatchNotFinal");
    CHECK(f.send(f.carol, rollup_call::refund(0, {})) == "BatchNotFinal");
    CHECK(f.send(f.alice, rollup_call::take_stake(1)) == "LastBatchPending");
    CHECK(f.prove(f.bob, proof) == "");
    CHECK(f.events() == std::vector<RollupEvent>{BatchStruck{1, header.hash(), 1, kBob}});
    CHECK(f.term(1).slashed);
    CHECK(f.send(f.alice, rollup_call::take_stake(1)) == "TermSlashed");
    CHECK(f.send(f.carol, rollup_call::exit(header, {})) == "NotOnHead");
    f.pass(kChallenge);
    CHECK(f.send(f.carol, rollup_call::take_reward(1, kBob)) == "");
}

TEST_CASE("exit: every refusal, in order, then the whole balance, once") {
    Frozen f({{kAlice, {}, 70}, {kBob, {}, 5}, {kBob, deployed(1), 8}, {kCarol, {}, 0}}, 69);
    auto with = [&](auto change, const Address& receiver = {}) {
        BatchHeader header = f.genesis;
        ExitProof changed = f.proof(1);
        change(header, changed);
        return f.send(f.bob, rollup_call::exit(header, changed, receiver));
    };
    auto raw = [&](size_t header_size, size_t leaf_size, uint32_t index) {
        Bytes header = f.genesis.encode(), leaf = f.proof(1).account.encode();
        header.resize(header_size);
        leaf.resize(leaf_size);
        AbiWriter out(kExit);
        return f.send(f.bob, out.bytes(header).word(index).bytes(leaf).hashes({}).word(Address{}).take());
    };
    CHECK(raw(193, 0, 0) == "NotFrozen");
    CHECK(f.send(f.alice, f.exit(1)) == "NotFrozen");
    f.freeze();
    CHECK(raw(193, 0, 0) == "HeaderLength");
    CHECK(raw(195, 0, 0) == "HeaderLength");
    CHECK(with([](BatchHeader& h, ExitProof&) { h.number = 1; }) == "NotOnHead");
    CHECK(with([](BatchHeader& h, ExitProof& p) { h.last.account_count = 9, p.index = 0; }) == "NotOnHead");
    CHECK(raw(194, 103, 0) == "LeafLength");
    CHECK(raw(194, 105, 0) == "LeafLength");
    CHECK(raw(194, 104, 0) == "ExitIndex");
    CHECK(raw(194, 104, 5) == "ExitIndex");
    CHECK(with([](BatchHeader&, ExitProof& p) { p.index = ~uint32_t{0}; }) == "ExitIndex");
    CHECK(with([](BatchHeader&, ExitProof& p) { p.index = 2; }) == "ExitPath");
    CHECK(with([](BatchHeader&, ExitProof& p) { p.account.balance = Amount{71}; }) == "ExitPath");
    CHECK(with([](BatchHeader&, ExitProof& p) { p.account.key.owner = kBob; }) == "ExitPath");
    CHECK(with([](BatchHeader&, ExitProof& p) { p.account.nonce = 1; }) == "ExitPath");
    CHECK(with([](BatchHeader&, ExitProof& p) { p.path.pop_back(); }) == "ExitPath");
    CHECK(with([](BatchHeader&, ExitProof& p) { p.path.push_back({}); }) == "ExitPath");
    CHECK(f.send(f.bob, f.exit(4, kBob)) == "ZeroAmount");
    CHECK(f.send(f.bob, f.exit(1, kBob)) == "ReceiverNotAllowed");
    CHECK(f.send(f.bob, f.exit(1)) == "VaultShort");
    CHECK(f.send(f.bob, f.exit(3)) == "VaultShort");
    CHECK_FALSE(f.is_exited(1));

    // Less than Alice's is in the vault: Bob's own comes out, to where he names.
    Address fresh = Address::from(keccak256(view_of("fresh")));
    CHECK(f.send(f.bob, f.exit(2, fresh)) == "");
    CHECK(f.only_event<AccountExited>() == AccountExited{2, kBob, {}, Amount{5}, fresh});
    CHECK(f.balance(fresh) == 5);
    CHECK(f.held({}) == 64);
    CHECK(f.is_exited(2));
    CHECK_FALSE(f.is_exited(1));
    CHECK(f.send(f.bob, f.exit(2)) == "AlreadyExited");
    CHECK(f.send(f.bob, rollup_call::exit(f.genesis, {2, f.proof(2).account, {}}, kAlice)) == "AlreadyExited");
}

TEST_CASE("exit: anybody sends it for the owner; naming the owner is as good as naming nobody") {
    Frozen f({{kAlice, {}, 70}, {kAlice, deployed(9), 1}, {kBob, {}, 5}}, 75);
    f.freeze();
    u128 before = f.balance(kAlice);
    CHECK(f.send(f.carol, f.exit(1, GENERATE(Address{}, kAlice))) == "");
    CHECK(f.only_event<AccountExited>() == AccountExited{1, kAlice, {}, Amount{70}, kAlice});
    CHECK(f.balance(kAlice) == before + 70);
    CHECK(f.send(f.carol, f.exit(3)) == "");
    CHECK(f.held({}) == 0);
}

TEST_CASE("exit: not before the head is final, and only from the head") {
    Frozen f({{kAlice, {}, 70}}, 70);
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.parameters.stake) == "");
    auto waiting = *rollup_view::read_waiting(f.view(rollup_view::waiting()));
    f.at(waiting.time + f.parameters.freeze_age - 1);
    uint64_t posted = f.now();
    BatchHeader header = f.append(f.alice, f.batch_on(f.genesis, f.genesis.last));
    f.freeze();
    CHECK(f.send(f.bob, f.exit(1)) == "NotOnHead");
    CHECK(f.send(f.bob, rollup_call::exit(header, f.proof(1))) == "BatchNotFinal");
    f.at(posted + kChallenge - 1);
    CHECK(f.send(f.bob, rollup_call::exit(header, f.proof(1))) == "BatchNotFinal");
    CHECK(f.send(f.bob, rollup_call::exit(header, f.proof(1))) == "");
}

TEST_CASE("exit of ETH: receivers that refuse, or call back") {
    Address refuser = deployed(1), reenterer = deployed(2);
    Frozen f({{refuser, {}, 70}, {reenterer, {}, 5}, {kAlice, {}, 30}}, 500);
    REQUIRE(f.deploy("refuser") == refuser);
    REQUIRE(f.deploy("reenterer") == reenterer);
    f.freeze();
    CHECK(f.send(f.bob, f.exit(1)) == "PaymentFailed");
    CHECK_FALSE(f.is_exited(1));
    u128 before = f.balance(kBob);
    CHECK(f.send(f.alice, refuser, forwarded(f.rollup, f.exit(1, kBob))) == "");
    CHECK(f.balance(kBob) == before + 70);
    for (const Bytes& calldata : {f.exit(2), f.exit(3), rollup_call::refund(0, {})}) {
        REQUIRE(f.send(f.carol, reenterer, reenterer_keep(f.rollup, calldata)) == "");
        if (!f.is_exited(2)) CHECK(f.send(f.bob, f.exit(2)) == "");
        CHECK(f.told(reenterer, 0) == "ReentrancyGuardReentrantCall");
    }
    CHECK(f.send(f.bob, f.exit(3)) == "");  // the guard is off again
    CHECK(f.held({}) == 500 - 105);
}

TEST_CASE("exit and refund of tokens of each kind: judged by the answer, all or nothing") {
    struct Case {
        TokenMode mode;
        u128 deposited, received;  // of 100; what its owner gets of an exit of 40
        const char* refusal;
    };
    Case c =
        GENERATE(Case{TokenMode::kPlain, 100, 40, ""}, Case{TokenMode::kSilent, 100, 40, ""}, Case{TokenMode::kFee, 90, 36, ""});
    Address token = deployed(1);
    Frozen f({{kBob, token, 40}});
    REQUIRE(f.deploy("token" + std::to_string(static_cast<int>(c.mode))) == token);
    REQUIRE(f.send(f.carol, token, token_mint(kAlice, 1000)) == "");
    REQUIRE(f.send(f.alice, rollup_call::deposit_token(token, kBob, Amount{100})) == "");
    REQUIRE(f.send(f.alice, rollup_call::deposit_token(token, kBob, Amount{100})) == "");
    L1Operation entry = f.only_event<L1OperationQueued>().operation;
    f.freeze();
    CHECK(f.send(f.carol, f.exit(1)) == c.refusal);
    CHECK(f.token_balance(token, kBob) == c.received);
    CHECK(f.held(token) == 2 * c.deposited - 40);
    CHECK(f.send(f.carol, rollup_call::refund(1, entry)) == "");
    CHECK(f.only_event<DepositRefunded>() == DepositRefunded{1, kBob, token, Amount{c.deposited}, kBob});
    CHECK(f.held(token) == c.deposited - 40);
    CHECK(f.token_balance(token, f.rollup) == c.deposited - 40);
}

TEST_CASE("exit and refund of tokens that turn bad: refused by name, nothing spent, and another token's exit isn't held up") {
    // The token behaved when it was deposited; then other code stands behind the same address.
    struct Case {
        TokenMode mode;
        const char* refusal;
    };
    Case c = GENERATE(Case{TokenMode::kFalse, "TokenCallFailed"}, Case{TokenMode::kTwo, "TokenCallFailed"},
                      Case{TokenMode::kShortAnswer, "TokenCallFailed"}, Case{TokenMode::kReverts, "TokenCallFailed"},
                      Case{TokenMode::kTakesNothing, ""}, Case{TokenMode::kShrinks, ""}, Case{TokenMode::kShortBalance, ""},
                      Case{TokenMode::kHugeGrowth, ""});
    Address token = deployed(1);
    Frozen f({{kBob, token, 40}, {kAlice, {}, 9}}, 9);
    REQUIRE(f.deploy("token0") == token);
    REQUIRE(f.send(f.carol, token, token_mint(kAlice, 1000)) == "");
    REQUIRE(f.send(f.alice, rollup_call::deposit_token(token, kBob, Amount{100})) == "");
    L1Operation entry = f.only_event<L1OperationQueued>().operation;
    f.freeze();
    f.registry.add("token0", odd_token(c.mode));
    CHECK(f.send(f.carol, f.exit(1)) == c.refusal);
    CHECK(f.send(f.carol, rollup_call::refund(1, entry)) == (f.held(token) >= 100 ? c.refusal : "VaultShort"));
    bool paid = std::string(c.refusal).empty();
    CHECK(f.is_exited(1) == paid);
    CHECK_FALSE(f.is_refunded(1));
    CHECK(f.held(token) == (paid ? 60 : 100));
    CHECK(f.send(f.carol, f.exit(2)) == "");
    f.registry.add("token0", odd_token(TokenMode::kPlain));
    if (!paid) CHECK(f.send(f.carol, f.exit(1)) == "");
}

TEST_CASE("exit of a token that calls back, and of one that is no contract") {
    Address token = deployed(1);
    Frozen f({{kBob, token, 40}, {kAlice, token, 1}});
    REQUIRE(f.deploy("token" + std::to_string(static_cast<int>(TokenMode::kReenters))) == token);
    REQUIRE(f.send(f.carol, token, token_mint(kAlice, 1000)) == "");
    REQUIRE(f.send(f.alice, rollup_call::deposit_token(token, kBob, Amount{100})) == "");
    L1Operation entry = f.only_event<L1OperationQueued>().operation;
    f.freeze();
    REQUIRE(f.send(f.carol, token, token_keep(f.exit(2))) == "");
    CHECK(f.send(f.carol, f.exit(1)) == "");
    CHECK(f.told(token, 3) == "ReentrancyGuardReentrantCall");
    REQUIRE(f.send(f.carol, token, token_keep(rollup_call::refund(0, entry))) == "");
    CHECK(f.send(f.carol, f.exit(2)) == "");
    CHECK(f.told(token, 3) == "ReentrancyGuardReentrantCall");
    CHECK_FALSE(f.is_refunded(0));
    CHECK(f.held(token) == 59);
}

TEST_CASE("refund: every refusal, in order, then the deposit to whom it was made for, once") {
    Frozen f({});
    REQUIRE(f.send(f.alice, rollup_call::become_sequencer(), f.parameters.stake) == "");
    L1Operation first = f.deposit(70), second = f.deposit(11);
    REQUIRE(f.send(f.bob, rollup_call::force_withdrawal({}, kBob, Amount{1})) == "");
    L1Operation forced = f.only_event<L1OperationQueued>().operation;
    L1Operation third = f.deposit(13);
    StateFields last = f.genesis.last;
    last.l1_ops_consumed = 1;
    f.append(f.alice, f.batch_on(f.genesis, last));
    auto refund = [&](uint64_t index, const L1Operation& entry, const Address& receiver = {}) {
        return f.send(f.carol, rollup_call::refund(index, entry, receiver));
    };
    auto raw = [&](uint64_t index, size_t size) {
        Bytes entry = second.encode();
        entry.resize(size);
        return f.send(f.bob,
                      AbiWriter("refund(uint64,bytes,address,uint256)").word(index).bytes(entry).word(Address{}).word(0).take());
    };
    CHECK(raw(0, 84) == "NotFrozen");
    f.freeze();
    CHECK(raw(0, 84) == "EntryLength");
    CHECK(raw(0, 86) == "EntryLength");
    CHECK(refund(0, first) == "EntryIndex");  // consumed
    CHECK(refund(4, third) == "EntryIndex");
    CHECK(refund(~uint64_t{0}, third) == "EntryIndex");
    CHECK(refund(1, first, kBob) == "EntryHash");
    CHECK(refund(3, second) == "EntryHash");
    L1Operation spoiled = second;
    spoiled.amount = Amount{70};
    CHECK(refund(1, spoiled) == "EntryHash");
    spoiled = forced;
    spoiled.kind = L1OperationKind::kDeposit;
    CHECK(refund(2, spoiled) == "EntryHash");
    CHECK(refund(2, forced, kAlice) == "NotADeposit");
    CHECK(refund(1, second, kCarol) == "ReceiverNotAllowed");  // made by Carol, for Bob
    CHECK(f.held({}) == 94);

    u128 before = f.balance(kBob);
    CHECK(refund(1, second) == "");
    CHECK(f.only_event<DepositRefunded>() == DepositRefunded{1, kBob, {}, Amount{11}, kBob});
    CHECK(f.balance(kBob) == before + 11);
    CHECK(f.is_refunded(1));
    CHECK_FALSE(f.is_refunded(3));
    CHECK(refund(1, second) == "AlreadyRefunded");
    CHECK(refund(1, first) == "AlreadyRefunded");
    Address fresh = Address::from(keccak256(view_of("fresh")));
    CHECK(f.send(f.bob, rollup_call::refund(3, third, fresh)) == "");
    CHECK(f.balance(fresh) == 13);
    CHECK(f.held({}) == 70);
}

TEST_CASE("refund: after an exit has emptied the vault it is short; an owner that refuses ETH names another receiver") {
    Address refuser = deployed(1);
    Frozen f({{kAlice, {}, 60}});
    REQUIRE(f.deploy("refuser") == refuser);
    REQUIRE(f.send(f.carol, rollup_call::deposit_eth(refuser), 100) == "");
    L1Operation entry = f.only_event<L1OperationQueued>().operation;
    f.freeze();
    CHECK(f.send(f.bob, rollup_call::refund(0, entry)) == "PaymentFailed");
    CHECK_FALSE(f.is_refunded(0));
    bool exit_first = GENERATE(false, true);
    if (exit_first) REQUIRE(f.send(f.alice, f.exit(1)) == "");
    CHECK(f.send(f.carol, refuser, forwarded(f.rollup, rollup_call::refund(0, entry, kBob))) == (exit_first ? "VaultShort" : ""));
    CHECK(f.is_refunded(0) == !exit_first);
}
