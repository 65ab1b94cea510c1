// The rollup contract's bank: deposits, forced operations, claims, and tokens and receivers of every kind.
#include "protocol/encoding.hpp"
#include "tests/contract/contract_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

// Withdrawals that stand in genesis, which is final from the start.
struct Bank : ContractFixture {
    explicit Bank(const std::vector<Withdrawal>& list) : ContractFixture(fields_of(list)), withdrawals(list) {
        for (const Withdrawal& withdrawal : list) tree.append(withdrawal.hash());
    }
    static StateFields fields_of(const std::vector<Withdrawal>& list) {
        WithdrawalTree tree;
        for (const Withdrawal& withdrawal : list) tree.append(withdrawal.hash());
        StateFields out = genesis_fields();
        out.withdrawals_root = tree.root();
        out.withdrawal_count = tree.count();
        return out;
    }
    WithdrawalProof proof(uint32_t position) const {
        return {position, withdrawals[position], tree.path(position, tree.count())};
    }
    Bytes claim(uint32_t position, const Address& receiver = {}) const {
        return rollup_call::claim(genesis, proof(position), receiver);
    }
    void fund(u128 amount) { REQUIRE(send(carol, rollup_call::deposit_eth(carol.address()), amount) == ""); }
    Address token(TokenMode mode) { return deploy("token" + std::to_string(static_cast<int>(mode))); }
    // Gives `to` that much of the token.
    void mint(const Address& token, const Address& to, u128 amount) { REQUIRE(send(carol, token, token_mint(to, amount)) == ""); }
    u128 balance_of(const Address& token, const Address& owner) {
        return *rollup_view::read_amount(view(AbiWriter("balanceOf(address)").word(owner).take(), token));
    }
    std::vector<Withdrawal> withdrawals;
    WithdrawalTree tree;
};

const Address kAlice = PrivateKey::derived("alice").address();
const Address kBob = PrivateKey::derived("bob").address();
// What the first contracts deployed by carol, after the rollup, will be: claims of tokens are in genesis, before there are any.
Address deployed(uint64_t nth) { return created_address(PrivateKey::derived("carol").address(), nth); }

}  // namespace

TEST_CASE("depositEth: what is queued, counted and told") {
    Bank f({});
    CHECK(f.send(f.alice, rollup_call::deposit_eth({}), 5) == "ZeroAddress");
    CHECK(f.send(f.alice, rollup_call::deposit_eth({}), 0) == "ZeroAddress");
    CHECK(f.send(f.alice, rollup_call::deposit_eth(kBob)) == "ZeroAmount");
    CHECK(f.queue_length() == 0);
    uint64_t time = f.now();
    CHECK(f.send(f.alice, rollup_call::deposit_eth(kBob), 5) == "");
    L1Operation operation{L1OperationKind::kDeposit, kAlice, kBob, {}, Amount{5}, time};
    CHECK(f.only_event<L1OperationQueued>() == L1OperationQueued{0, operation});
    CHECK(f.queue_length() == 1);
    CHECK(f.queue_hash(0) == Hash{});
    CHECK(f.queue_hash(1) == operation.chain({}));
    CHECK(f.queue_hash(2) == Hash{});
    Hash hash = f.queue_hash(1);
    for (uint64_t i = 1; i < 10; ++i) {
        uint64_t then = f.now();
        CHECK(f.send(f.bob, rollup_call::deposit_eth(kAlice), i) == "");
        hash = L1Operation{L1OperationKind::kDeposit, kBob, kAlice, {}, Amount{i}, then}.chain(hash);
        CHECK(f.queue_hash(i + 1) == hash);
    }
    CHECK(f.held({}) == 50);
    CHECK(f.balance(f.rollup) == 50);
    CHECK(rollup_view::read_waiting(f.view(rollup_view::waiting())) == WaitingOperation{0, time});
    // ETH that arrives by force is nobody's deposit.
    f.chain->set_balance(f.rollup, 1050);
    CHECK(f.held({}) == 50);
}

TEST_CASE("forceTransfer and forceWithdrawal queue what was asked, with nothing judged but zeros") {
    Bank f({});
    Address token = f.deploy("token0");
    CHECK(f.send(f.alice, rollup_call::force_transfer(token, {}, Amount{1})) == "ZeroAddress");
    CHECK(f.send(f.alice, rollup_call::force_withdrawal(token, {}, Amount{0})) == "ZeroAddress");
    CHECK(f.send(f.alice, rollup_call::force_withdrawal(token, kBob, Amount{0})) == "ZeroAmount");
    CHECK(f.send(f.alice, rollup_call::force_transfer(token, kBob, Amount{0})) == "");
    CHECK(f.send(f.alice, rollup_call::force_transfer(token, kBob, Amount{0}), 1) == "(no data)");
    uint64_t time = f.now();
    CHECK(f.send(f.alice, rollup_call::force_withdrawal({}, kBob, Amount::max())) == "");
    CHECK(f.only_event<L1OperationQueued>() ==
          L1OperationQueued{1, {L1OperationKind::kForcedWithdrawal, kAlice, kBob, {}, Amount::max(), time}});
}

TEST_CASE("depositToken: what each kind of token gets") {
    Bank f({});
    auto deposit = [&](const Address& token, u128 amount) {
        return f.send(f.alice, rollup_call::deposit_token(token, kBob, Amount{amount}));
    };
    auto token = [&](TokenMode mode) {
        Address out = f.token(mode);
        f.mint(out, kAlice, 1000);
        return out;
    };
    Address plain = token(TokenMode::kPlain);
    CHECK(f.send(f.alice, rollup_call::deposit_token(kAlice, {}, Amount{0})) == "ZeroAddress");
    CHECK(deposit(kAlice, 0) == "ZeroAmount");
    CHECK(deposit(kAlice, 5) == "TokenWithoutCode");
    CHECK(deposit({}, 5) == "TokenWithoutCode");
    CHECK(deposit(f.rollup, 5) == "TokenCallFailed");
    CHECK(f.send(f.alice, rollup_call::deposit_token(plain, kBob, Amount{5}), 1) == "(no data)");
    CHECK(deposit(plain, 5) == "");
    CHECK(f.only_event<L1OperationQueued>().operation.amount == Amount{5});
    CHECK(f.only_event<L1OperationQueued>().operation.token == plain);
    CHECK(deposit(plain, 996) == "TokenCallFailed");
    CHECK(deposit(plain, 995) == "");
    CHECK(f.held(plain) == 1000);

    Address fee = token(TokenMode::kFee);
    CHECK(deposit(fee, 100) == "");
    CHECK(f.only_event<L1OperationQueued>().operation.amount == Amount{90});
    CHECK(f.held(fee) == 90);
    CHECK(deposit(token(TokenMode::kSilent), 5) == "");
    CHECK(deposit(token(TokenMode::kFalse), 5) == "TokenCallFailed");
    CHECK(deposit(token(TokenMode::kTwo), 5) == "TokenCallFailed");
    CHECK(deposit(token(TokenMode::kShortAnswer), 5) == "TokenCallFailed");
    CHECK(deposit(token(TokenMode::kReverts), 5) == "TokenCallFailed");
    CHECK(deposit(token(TokenMode::kTakesNothing), 5) == "NothingReceived");
    CHECK(deposit(token(TokenMode::kShrinks), 5) == "NothingReceived");
    CHECK(deposit(token(TokenMode::kShortBalance), 5) == "TokenCallFailed");
    CHECK(deposit(token(TokenMode::kHugeGrowth), 5) == "DepositCapExceeded");
    // An amount of more than 128 bits goes to the token as it is.
    Bytes huge = rollup_call::deposit_token(token(TokenMode::kFalse), kBob, Amount{5});
    huge[4 + 64] = 1;
    CHECK(f.send(f.alice, huge) == "TokenCallFailed");
    CHECK(f.queue_length() == 4);
}

TEST_CASE("the vault holds at most 2^128-1 of a token; what has left makes room") {
    Address token = deployed(1);
    Bank f({{kAlice, token, Amount{100}}});
    REQUIRE(f.token(TokenMode::kPlain) == token);
    f.mint(token, kAlice, ~u128{0});
    auto deposit = [&](u128 amount) { return f.send(f.alice, rollup_call::deposit_token(token, kBob, Amount{amount})); };
    CHECK(deposit(~u128{0}) == "");
    // What the vault doesn't know of: tokens that are gone, others that were made.
    const Bytes steal = AbiWriter("transferFrom(address,address,uint256)").word(f.rollup).word(kBob).word(u128{1000}).take();
    REQUIRE(f.send(f.carol, token, steal) == "");
    f.mint(token, kAlice, 500);
    CHECK(deposit(1) == "DepositCapExceeded");
    REQUIRE(f.send(f.alice, f.claim(0)) == "");
    CHECK(deposit(101) == "DepositCapExceeded");
    CHECK(deposit(100) == "");
    CHECK(deposit(1) == "DepositCapExceeded");
    CHECK(f.held(token) == ~u128{0});
    CHECK(f.queue_length() == 2);
}

TEST_CASE("claim: every refusal, in order, then the payment, once") {
    Bank f({{kAlice, {}, Amount{70}}, {kBob, {}, Amount{5}}, {kAlice, {}, Amount{1}}});
    WithdrawalProof proof = f.proof(0);
    Bytes good = rollup_call::claim(f.genesis, proof);
    auto with = [&](auto change, const Address& receiver = {}) {
        BatchHeader header = f.genesis;
        WithdrawalProof changed = proof;
        change(header, changed);
        return f.send(f.bob, rollup_call::claim(header, changed, receiver));
    };
    Bytes short_header = AbiWriter("claim(bytes,uint32,address,address,uint128,bytes32[],address,uint256)")
                             .bytes(Bytes(193))
                             .word(0)
                             .word(kAlice)
                             .word(Address{})
                             .word(70)
                             .hashes(proof.path)
                             .word(Address{})
                             .word(0)
                             .take();
    CHECK(f.send(f.bob, short_header) == "HeaderLength");
    CHECK(with([](BatchHeader& h, WithdrawalProof&) { h.number = 1; }) == "UnknownBatch");
    CHECK(with([](BatchHeader& h, WithdrawalProof&) { h.last.withdrawal_count = 9; }) == "UnknownBatch");
    CHECK(with([](BatchHeader&, WithdrawalProof& p) { p.position = 3; }) == "WithdrawalPosition");
    CHECK(with([](BatchHeader&, WithdrawalProof& p) { p.position = 2; }) == "WithdrawalPath");
    CHECK(with([](BatchHeader&, WithdrawalProof& p) { p.withdrawal.amount = Amount{71}; }) == "WithdrawalPath");
    CHECK(with([](BatchHeader&, WithdrawalProof& p) { p.withdrawal.recipient = kBob; }) == "WithdrawalPath");
    CHECK(with([](BatchHeader&, WithdrawalProof& p) { p.withdrawal.token = kBob; }) == "WithdrawalPath");
    CHECK(with([](BatchHeader&, WithdrawalProof& p) { p.path.pop_back(); }) == "WithdrawalPath");
    CHECK(with([](BatchHeader&, WithdrawalProof& p) { p.path.push_back({}); }) == "WithdrawalPath");
    CHECK(f.send(f.bob, f.claim(0, kBob)) == "ReceiverNotAllowed");
    CHECK(f.send(f.bob, good) == "VaultShort");
    f.fund(69);
    CHECK(f.send(f.bob, good) == "VaultShort");
    f.fund(8);

    u128 before = f.balance(kAlice);
    CHECK(f.send(f.bob, good) == "");
    CHECK(f.only_event<WithdrawalClaimed>() == WithdrawalClaimed{0, proof.withdrawal, kAlice});
    CHECK(f.balance(kAlice) == before + 70);
    CHECK(f.held({}) == 7);
    CHECK(rollup_view::read_bool(f.view(rollup_view::is_paid(0))) == true);
    CHECK(rollup_view::read_bool(f.view(rollup_view::is_paid(1))) == false);
    CHECK(f.send(f.bob, good) == "AlreadyPaid");
    CHECK(f.send(f.alice, f.claim(0, kAlice)) == "AlreadyPaid");
    CHECK(with([](BatchHeader&, WithdrawalProof& p) { p.path.clear(); }) == "AlreadyPaid");

    // The recipient sends it elsewhere; naming itself is as good as naming nobody.
    Address fresh = Address::from(keccak256(view_of("fresh")));
    CHECK(f.send(f.bob, f.claim(1, fresh)) == "");
    CHECK(f.balance(fresh) == 5);
    CHECK(f.send(f.bob, f.claim(2, kAlice)) == "");
    CHECK(f.held({}) == 1);
}

TEST_CASE("claim: from any final batch, from no other; paid once across batches") {
    Bank f({{kAlice, {}, Amount{70}}});
    f.fund(500);
    REQUIRE(f.send(f.bob, rollup_call::become_sequencer(), f.parameters.stake) == "");
    Withdrawal more{kBob, {}, Amount{11}};
    f.tree.append(more.hash());
    StateFields last = f.genesis.last;
    last.withdrawals_root = f.tree.root();
    last.withdrawal_count = 2;
    uint64_t posted = f.now();
    BatchHeader header = f.append(f.bob, f.batch_on(f.genesis, last));
    WithdrawalProof old{0, f.withdrawals[0], f.tree.path(0, 2)}, fresh{1, more, f.tree.path(1, 2)};
    CHECK(f.send(f.carol, rollup_call::claim(header, fresh)) == "BatchNotFinal");
    CHECK(f.send(f.carol, rollup_call::claim(f.genesis, fresh)) == "WithdrawalPosition");
    f.at(posted + kChallenge - 1);
    CHECK(f.send(f.carol, rollup_call::claim(header, fresh)) == "BatchNotFinal");
    CHECK(f.send(f.carol, rollup_call::claim(header, fresh)) == "");
    CHECK(f.send(f.carol, rollup_call::claim(header, {0, f.withdrawals[0], {}})) == "WithdrawalPath");
    CHECK(f.send(f.carol, rollup_call::claim(header, old)) == "");
    CHECK(f.send(f.carol, rollup_call::claim(f.genesis, {0, f.withdrawals[0], f.tree.path(0, 1)})) == "AlreadyPaid");
}

TEST_CASE("claim: a batch that was struck is no batch") {
    Bank f({});
    f.fund(500);
    REQUIRE(f.send(f.bob, rollup_call::become_sequencer(), f.parameters.stake) == "");
    Withdrawal stolen{kBob, {}, Amount{500}};
    f.tree.append(stolen.hash());
    StateFields last = f.genesis.last;
    last.withdrawals_root = f.tree.root();
    last.withdrawal_count = 1;
    Batch batch = f.batch_on(f.genesis, last);
    BatchHeader header = f.append(f.bob, batch);
    REQUIRE(f.send(f.carol, rollup_call::prove(f.proof_against(batch))) == "");
    f.pass(kChallenge);
    CHECK(f.send(f.bob, rollup_call::claim(header, {0, stolen, f.tree.path(0, 1)})) == "UnknownBatch");
}

TEST_CASE("claim of ETH: receivers that refuse, or call back") {
    Address refuser = deployed(1), reenterer = deployed(2);
    Bank f({{refuser, {}, Amount{70}}, {reenterer, {}, Amount{5}}, {kAlice, {}, Amount{30}}});
    REQUIRE(f.deploy("refuser") == refuser);
    REQUIRE(f.deploy("reenterer") == reenterer);
    f.fund(500);
    CHECK(f.send(f.bob, f.claim(0)) == "PaymentFailed");
    CHECK(rollup_view::read_bool(f.view(rollup_view::is_paid(0))) == false);
    // It names another receiver, by a call of its own.
    u128 before = f.balance(kBob);
    CHECK(f.send(f.alice, refuser, forwarded(f.rollup, f.claim(0, kBob))) == "");
    CHECK(f.balance(kBob) == before + 70);

    REQUIRE(f.send(f.carol, reenterer, reenterer_keep(f.rollup, f.claim(2))) == "");
    CHECK(f.send(f.bob, f.claim(1)) == "");
    CHECK(f.told(reenterer, 0) == "ReentrancyGuardReentrantCall");
    CHECK(rollup_view::read_bool(f.view(rollup_view::is_paid(2))) == false);
    CHECK(f.send(f.bob, f.claim(2)) == "");  // the guard is off again
    CHECK(f.held({}) == 500 - 105);
}

TEST_CASE("claim and deposit of a token that calls back: refused by the guard, each call of the contract") {
    Address token = deployed(1);
    Bank f({{kAlice, token, Amount{30}}, {kBob, token, Amount{10}}});
    REQUIRE(f.token(TokenMode::kReenters) == token);
    f.mint(token, kAlice, 2000);
    for (const Bytes& calldata : {f.claim(1),
                                  rollup_call::resign(),
                                  rollup_call::append({}),
                                  rollup_call::prove({}),
                                  rollup_call::commit_proof({}),
                                  rollup_call::take_stake(1),
                                  rollup_call::take_reward(1, kBob),
                                  rollup_call::become_sequencer(),
                                  rollup_call::deposit_eth(kBob),
                                  rollup_call::deposit_token(token, kBob, Amount{1}),
                                  rollup_call::force_transfer({}, kBob, Amount{1}),
                                  rollup_call::force_withdrawal({}, kBob, Amount{1}),
                                  rollup_call::announce_takeover(),
                                  rollup_call::evict(),
                                  rollup_call::freeze(0),
                                  rollup_call::exit(f.genesis, {}),
                                  rollup_call::refund(0, {}),
                                  rollup_call::force_redeem({}, {}, 1, {}),
                                  rollup_call::reclaim({}, {}),
                                  rollup_call::exit_channel(f.genesis, {}, {}, 1, {}),
                                  rollup_call::exit_channel_rest(f.genesis, {}, {})}) {
        REQUIRE(f.send(f.carol, token, token_keep(calldata)) == "");
        CHECK(f.send(f.alice, rollup_call::deposit_token(token, kBob, Amount{50})) == "");
        CHECK(f.told(token, 3) == "ReentrancyGuardReentrantCall");
    }
    REQUIRE(f.send(f.carol, token, token_keep(f.claim(1))) == "");
    CHECK(f.send(f.alice, f.claim(0)) == "");
    CHECK(f.told(token, 3) == "ReentrancyGuardReentrantCall");
    CHECK(rollup_view::read_bool(f.view(rollup_view::is_paid(1))) == false);
    CHECK(f.held(token) == 21 * 50 - 30);
}

TEST_CASE("claim of a token: judged by its answer; all or nothing") {
    TokenMode mode = GENERATE(TokenMode::kPlain, TokenMode::kSilent, TokenMode::kFee);
    Address token = deployed(1);
    Bank f({{kBob, token, Amount{40}}, {kBob, deployed(9), Amount{1}}});
    REQUIRE(f.token(mode) == token);
    f.mint(token, kAlice, 1000);
    CHECK(f.send(f.carol, f.claim(0)) == "VaultShort");
    REQUIRE(f.send(f.alice, rollup_call::deposit_token(token, kBob, Amount{100})) == "");
    u128 held = mode == TokenMode::kFee ? 90 : 100;
    CHECK(f.send(f.carol, f.claim(0)) == "");
    CHECK(f.balance_of(token, kBob) == (mode == TokenMode::kFee ? 36 : 40));
    CHECK(f.held(token) == held - 40);
    CHECK(f.balance_of(token, f.rollup) == held - 40);
    CHECK(f.send(f.carol, f.claim(0)) == "AlreadyPaid");
    CHECK(f.send(f.carol, f.claim(1)) == "VaultShort");
}
