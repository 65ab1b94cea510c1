// Exits and refunds after a freeze: every refusal in docs/contract.md's order, every kind of receiver and token.
#include "protocol/encoding.hpp"
#include "tests/contract/frozen_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

constexpr const char* kExit = "exit(bytes,uint32,bytes,bytes32[],address,uint256)";

}  // namespace

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
    CHECK(raw(194, 0, 0) == "NotFrozen");
    CHECK(f.send(f.alice, f.exit(1)) == "NotFrozen");
    f.freeze();
    CHECK(raw(194, 0, 0) == "HeaderLength");
    CHECK(raw(196, 0, 0) == "HeaderLength");
    CHECK(with([](BatchHeader& h, ExitProof&) { h.number = 1; }) == "NotOnHead");
    CHECK(with([](BatchHeader& h, ExitProof& p) { h.last.account_count = 9, p.index = 0; }) == "NotOnHead");
    CHECK(raw(195, 103, 0) == "LeafLength");
    CHECK(raw(195, 105, 0) == "LeafLength");
    CHECK(raw(195, 104, 0) == "ExitIndex");
    CHECK(raw(195, 104, 5) == "ExitIndex");
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
    CHECK(raw(0, 92) == "NotFrozen");
    f.freeze();
    CHECK(raw(0, 92) == "EntryLength");
    CHECK(raw(0, 94) == "EntryLength");
    CHECK(raw(0, 85) == "EntryLength");       // an entry without its count
    CHECK(refund(0, first) == "EntryIndex");  // consumed
    CHECK(refund(4, third) == "EntryIndex");
    CHECK(refund(~uint64_t{0}, third) == "EntryIndex");
    CHECK(refund(1, first, kBob) == "EntryHash");
    CHECK(refund(3, second) == "EntryHash");
    L1Operation spoiled = second;
    spoiled.amount = Amount{70};
    CHECK(refund(1, spoiled) == "EntryHash");
    spoiled = second;
    spoiled.count = 1;
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
