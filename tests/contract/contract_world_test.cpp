// The last act, with nothing made up: deposits, payments and withdrawals in honest batches, then an operator that is gone, a
// freeze, and everybody leaves with what is theirs.
#include "protocol/encoding.hpp"
#include "tests/contract/contract_fixture.hpp"

using namespace gavel;
using namespace gavel::test;

namespace {

struct World : ContractFixture {
    World() : parent(genesis), token(deploy("token0")) {
        REQUIRE(send(alice, rollup_call::become_sequencer(), parameters.stake) == "");
        for (const PrivateKey* key : {&alice, &bob}) REQUIRE(send(carol, token, token_mint(key->address(), 1000)) == "");
    }

    // Queues it, and remembers what the contract told.
    void queued(const PrivateKey& by, const Bytes& call, u128 value = 0) {
        REQUIRE(send(by, call, value) == "");
        queue.push_back(only_event<L1OperationQueued>().operation);
    }
    uint32_t index_of(const Address& owner, const Address& its_token) {
        auto found = state.accounts.find({owner, its_token});
        REQUIRE(found.present);
        return found.index;
    }
    // A batch of one chunk: L1 operations that wait, then these payments.
    struct Order {
        const PrivateKey* from;
        Address token;
        Address to;
        u128 amount;
        bool withdraw = false;
    };
    void post(unsigned l1_operations, const std::vector<Order>& orders) {
        Chunk chunk;
        chunk.l1_operations = l1_operations;
        BatchChunk bytes;
        std::map<uint32_t, uint64_t> sent;  // by each in this chunk
        const Hash separator = Domain{chain->chain_id(), rollup}.separator();
        for (const Order& order : orders) {
            PostedOperation posted;
            posted.kind = order.withdraw ? OperationKind::kWithdraw : OperationKind::kTransfer;
            posted.sender = index_of(order.from->address(), order.token);
            auto to = state.accounts.find({order.to, order.token});
            Recipient recipient;
            if (to.present && !order.withdraw) recipient.index = to.index;
            else recipient.address = order.to;
            posted.payments = {{recipient, Amount{order.amount}}};
            chunk.operations.push_back(posted);
            Operation operation{posted.kind, order.token, {{order.to, Amount{order.amount}}}, {}, 0, {}, {}};
            operation.nonce = state.accounts.at(posted.sender)->nonce + sent[posted.sender]++;
            gavel::append(bytes.sigs, order.from->sign(operation.digest(separator)));
        }
        bytes.ops = encode_ops(chunk);
        Batch batch = batch_on(parent, parent.last);
        uint64_t consumed = state.counters.l1_ops_consumed + l1_operations;
        ListEnv env(separator, consumed, queue);
        StateRunner runner(state);
        REQUIRE(apply(env, runner, state.counters, bytes.ops, bytes.sigs).ok());
        for (const Withdrawal& withdrawal : runner.new_withdrawals()) withdrawals.push_back(withdrawal);
        batch.last = state.fields();
        batch.l1_queue_hash = queue_hash(consumed);
        batch.chunks = {bytes};
        parent = append(alice, batch);
    }
    u128 token_balance(const Address& owner) {
        return *rollup_view::read_amount(view(AbiWriter("balanceOf(address)").word(owner).take(), token));
    }

    State state;
    BatchHeader parent;
    std::vector<L1Operation> queue;
    std::vector<Withdrawal> withdrawals;
    Address token;
};

}  // namespace

TEST_CASE("after a freeze the vault ends empty: every withdrawal claimed, every account exited, every deposit refunded") {
    World w;
    const Address a = w.alice.address(), b = w.bob.address(), c = w.carol.address();
    Address refuser = w.deploy("refuser");
    w.queued(w.alice, rollup_call::deposit_eth(a), 1000);
    w.queued(w.bob, rollup_call::deposit_eth(b), 500);
    w.queued(w.alice, rollup_call::deposit_token(w.token, a, Amount{300}));
    w.post(3, {});
    w.post(0, {{&w.alice, {}, b, 100}, {&w.bob, {}, c, 50}, {&w.alice, w.token, b, 40}, {&w.bob, {}, refuser, 7}});
    w.post(0, {{&w.alice, {}, c, 60, true}, {&w.bob, w.token, b, 15, true}});
    REQUIRE(w.withdrawals.size() == 2);
    w.pass(kChallenge);
    auto claim = [&](uint32_t position) {
        uint32_t count = w.parent.last.withdrawal_count;
        WithdrawalProof proof{position, w.withdrawals[position], w.state.withdrawals.path(position, count)};
        return w.send(w.carol, rollup_call::claim(w.parent, proof));
    };
    REQUIRE(claim(0) == "");

    // The operator is gone. What comes now is never consumed: a forced withdrawal, and deposits of both kinds.
    uint64_t waits = w.now();
    w.queued(w.bob, rollup_call::force_withdrawal({}, b, Amount::max()));
    w.queued(w.carol, rollup_call::deposit_eth(b), 77);
    w.queued(w.bob, rollup_call::deposit_token(w.token, c, Amount{9}));
    w.at(waits + kInclusion);
    REQUIRE(w.send(w.carol, rollup_call::evict()) == "");
    w.at(waits + w.parameters.freeze_age);
    REQUIRE(w.send(w.carol, rollup_call::freeze(0)) == "");
    CHECK(w.only_event<RollupFrozen>() == RollupFrozen{});
    CHECK(w.held({}) == 1500 + 77 - 60);
    CHECK(w.held(w.token) == 309);

    // By anybody, from what the state holds, in whatever order.
    std::map<AccountKey, u128> paid;
    uint32_t count = w.parent.last.account_count;
    REQUIRE(count == w.state.accounts.count());
    for (uint32_t index = count - 1; index > 0; --index) {
        ExitProof proof{index, *w.state.accounts.at(index), w.state.accounts.path(index)};
        REQUIRE(proof.holds_in(w.parent.last));
        bool refuses = proof.account.key.owner == refuser;
        if (refuses) {
            CHECK(w.send(w.carol, rollup_call::exit(w.parent, proof)) == "PaymentFailed");
            CHECK(w.send(w.carol, refuser, forwarded(w.rollup, rollup_call::exit(w.parent, proof, c))) == "");
        } else {
            CHECK(w.send(w.carol, rollup_call::exit(w.parent, proof)) == "");
        }
        auto told = w.only_event<AccountExited>();
        CHECK(told.receiver == (refuses ? c : told.owner));
        paid[{told.owner, told.token}] += told.amount.value();
    }
    CHECK(paid == std::map<AccountKey, u128>{{{a, {}}, 1000 - 100 - 60},
                                             {{a, w.token}, 300 - 40},
                                             {{b, {}}, 500 + 100 - 50 - 7},
                                             {{b, w.token}, 40 - 15},
                                             {{c, {}}, 50},
                                             {{refuser, {}}, 7}});
    for (uint64_t index = w.parent.last.l1_ops_consumed; index < w.queue.size(); ++index) {
        bool is_deposit = w.queue[index].kind == L1OperationKind::kDeposit;
        CHECK(w.send(w.carol, rollup_call::refund(index, w.queue[index])) == (is_deposit ? "" : "NotADeposit"));
    }
    CHECK(w.held(w.token) == 15);
    CHECK(claim(1) == "");  // long after the freeze

    CHECK(w.held({}) == 0);
    CHECK(w.held(w.token) == 0);
    CHECK(w.token_balance(w.rollup) == 0);
    u128 quarter = w.parameters.stake / 4;
    CHECK(w.term(1).stake == w.parameters.stake - quarter);
    CHECK(w.balance(w.rollup) == w.term(1).stake + w.burned());
    REQUIRE(w.send(w.carol, rollup_call::take_stake(1)) == "");
    CHECK(w.balance(w.rollup) == quarter);
}
