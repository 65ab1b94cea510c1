// The rollup contract on a simulated chain in this process, with accounts, time and odd counterparties at hand.
#pragma once

#include <catch2/catch.hpp>

#include "l1-bridge/chain/rollup_contract.hpp"
#include "l1-bridge/chain/simulated_chain.hpp"
#include "l1-bridge/wire/abi.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"
#include "node/clock.hpp"
#include "node/store.hpp"
#include "protocol/amount.hpp"
#include "protocol/state.hpp"
#include "tests/contract/stand_ins.hpp"

namespace gavel::test {

using namespace gavel::l1;

inline constexpr uint64_t kStart = 1'700'000'000;  // time of the chain's genesis
inline constexpr uint64_t kChallenge = 1000;
inline constexpr uint64_t kInclusion = 400;

class ContractFixture {
public:
    explicit ContractFixture(const StateFields& initial = genesis_fields(), RollupParameters parameters = usual_parameters());

    static RollupParameters usual_parameters();

    // ---- Time: of the next block ----
    uint64_t now() const { return next_time_; }
    void at(uint64_t time) { next_time_ = time; }
    void pass(uint64_t seconds) { next_time_ += seconds; }

    // ---- Calls ---- Sends it in a block of its own at now(), and moves now() on by one second. The error's name, "" for
    // success, "(no data)" for a revert without any.
    std::string send(const PrivateKey& from, const Address& to, const Bytes& data, u128 value = 0);
    std::string send(const PrivateKey& from, const Bytes& data, u128 value = 0) { return send(from, rollup, data, value); }
    // Deploys the contract of that name.
    Address deploy(const std::string& name, const Bytes& arguments = {});
    Bytes view(const Bytes& calldata, const Address& to);
    Bytes view(const Bytes& calldata) { return view(calldata, rollup); }
    // What the latest send() told, decoded.
    std::vector<RollupEvent> events() const;
    template <class Event>
    Event only_event() const {
        auto all = events();
        REQUIRE(all.size() == 1);
        REQUIRE(std::holds_alternative<Event>(all[0]));
        return std::get<Event>(all[0]);
    }
    uint64_t gas_used() const { return receipt_.gas_used; }
    u128 balance(const Address& address) const { return (*chain->account(address)).balance; }

    // The first word that a stand-in keeps of an answer: the error's name.
    std::string told(const Address& by, uint64_t slot);

    Head head() { return *rollup_view::read_head(view(rollup_view::head())); }
    TermRecord term(uint64_t number) { return *rollup_view::read_term(view(rollup_view::term(number))); }
    uint64_t current_term() { return *rollup_view::read_number(view(rollup_view::current_term())); }
    u128 burned() { return *rollup_view::read_amount(view(rollup_view::burned())); }
    u128 held(const Address& token) { return *rollup_view::read_amount(view(rollup_view::held_total(token))); }
    uint64_t queue_length() { return *rollup_view::read_number(view(rollup_view::queue_length())); }
    Hash queue_hash(uint64_t index) { return *rollup_view::read_hash(view(rollup_view::queue_hash(index))); }

    // That the contract's balance is, to the wei, what docs/contract.md's "Money" says.
    void check_money();

    // ---- Batches ----
    // One chunk of nothing on `parent`, claiming `last`.
    Batch batch_on(const BatchHeader& parent, const StateFields& last);
    // Appends and returns its header; must succeed.
    BatchHeader append(const PrivateKey& by, const Batch& batch);
    // The proof against chunk 0 of `batch`, from a state without accounts that has the parent's counters.
    Bytes proof_against(const Batch& batch);
    // Commits to a proof against that term's batch.
    void commit(const PrivateKey& prover, ByteView proof, uint64_t term = 1);
    // The home operator takes the taken seat, with notice; must succeed.
    void take_over();
    std::string prove(const PrivateKey& by, const Bytes& proof) { return send(by, rollup_call::prove(proof)); }

    const PrivateKey alice = PrivateKey::derived("alice"), bob = PrivateKey::derived("bob"), carol = PrivateKey::derived("carol"),
                     home = PrivateKey::derived("home");
    node::MemoryStore store;
    node::ManualClock clock{kStart * 1000};
    NativeRegistry registry;
    std::unique_ptr<SimulatedChain> chain;
    RollupParameters parameters;
    BatchHeader genesis;
    Address rollup;

private:
    Hash mine(const PrivateKey& from, const std::optional<Address>& to, const Bytes& data, u128 value);

    uint64_t next_time_ = kStart + 10;
    Receipt receipt_;
};

// A state that a batch of nothing doesn't lead to.
StateFields lie(const BatchHeader& parent, uint64_t op_count);

// With Alice in the seat, term 1.
struct Court : ContractFixture {
    Court() : stake(parameters.stake), quarter(stake / 4) { REQUIRE(send(alice, rollup_call::become_sequencer(), stake) == ""); }
    u128 stake, quarter;
};

}  // namespace gavel::test
