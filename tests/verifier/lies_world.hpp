// The simulated L1 on which the lies of tests/generator/lies.cpp are told: a seat, a queue, a batch with one chunk in question.
//
// Beside verifier_world.hpp, whose liar is the drill's operator and lies about a ledger that he has lived through: these lies
// begin in states that no history leads to, so there is no ledger here, but the protocol's state and the naive model's, side by
// side.
#pragma once

#include "tests/contract/contract_fixture.hpp"
#include "tests/generator/lies.hpp"
#include "tests/support/model_of.hpp"

namespace gavel::test {

// The claim that a liar makes of a wrong chunk: that it did what the control does, or, if that is nothing, something.
StateFields false_claim(const StateFields& before, const StateFields& after_control);

// Alice operates, Bob proves, Carol deposits. Each transaction has a block of its own.
class LieWorld : public ContractFixture {
public:
    // Of every LieWorld: the rollup and the token stand at the same addresses in each.
    static const LieSetting& setting();
    static const std::vector<LieCase>& cases();

    // On a contract that begins with this state, as if there had been a history that led to it.
    explicit LieWorld(const StartingState& start, const RollupParameters& parameters = usual_parameters());
    // On one that begins with genesis.
    LieWorld() : LieWorld(StartingState{}) {}

    void sit() { REQUIRE(send(alice, l1::rollup_call::become_sequencer(), parameters.stake) == ""); }
    // A deposit to the same account of the same amount; caller and time are the chain's.
    void deposit(const L1Operation& entry);
    // From genesis, as honest batches, until the accounts are small_world's.
    void live_up_to_small_world();

    // The batch that stands next: nothing, `chunk` with this claim about it, and nothing. It claims that `limit` L1 operations
    // have been consumed.
    Batch batch_of(const BatchChunk& chunk, const StateFields& claim, uint64_t limit) const;
    // Appends it and takes it for true: `state` is led through it.
    void append_honest(const std::vector<BatchChunk>& chunks);
    // What apply makes of a chunk that comes next; `state` stays as it is.
    StateFields after(const BatchChunk& chunk, uint64_t limit);
    ListEnv env(uint64_t limit) const { return ListEnv(setting().domain.separator(), limit, queue); }
    // Against chunk 1, from the state as it is.
    FraudProof proof_of(const Batch& batch);
    // What the naive model says of it.
    m::Judgement judge(const Batch& batch) const;
    // What the contract keeps, as its views tell it.
    std::vector<Bytes> contract_state();
    // Bytes of the latest transaction, and the gas it took.
    size_t transaction_size() const;

    State state;                     // before the next batch
    m::State model;                  // likewise
    BatchHeader parent;              // of the next batch
    std::vector<L1Operation> queue;  // as the contract has told it
    Address token;
};

}  // namespace gavel::test
