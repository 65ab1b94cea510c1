// The rollup contract on a simulated chain in this process, with accounts, time and odd counterparties at hand.
#pragma once

#include <catch2/catch.hpp>

#include "l1-bridge/abi.hpp"
#include "l1-bridge/rollup_abi.hpp"
#include "l1-bridge/rollup_contract.hpp"
#include "l1-bridge/simulated_chain.hpp"
#include "node/clock.hpp"
#include "node/store.hpp"
#include "protocol/state.hpp"

namespace gavel::test {

using namespace gavel::l1;

inline constexpr u128 kEther = 1'000'000'000'000'000'000;

// A native contract made of one function, for odd tokens, receivers and callers. The word of slot 0 is its memory.
class Scripted : public NativeContract {
public:
    using Body = std::function<CallResult(Host&, const CallContext&, ByteView calldata)>;
    explicit Scripted(Body body) : body_(std::move(body)) {}
    CallResult construct(Host&, const CallContext&, ByteView) const override { return CallResult::ok(); }
    CallResult call(Host& host, const CallContext& context, ByteView calldata) const override {
        return body_(host, context, calldata);
    }

private:
    Body body_;
};

// How a token misbehaves. Balances are real: slot keccak(owner, 1).
enum class TokenMode {
    kPlain,              // answers true
    kSilent,             // answers nothing, as old tokens do
    kFee,                // keeps a tenth of what is moved
    kFalse,              // moves nothing and says no
    kTwo,                // moves, and answers 2
    kShortAnswer,        // moves, and answers one byte
    kReverts,            // on every move
    kTakesNothing,       // says yes and moves nothing
    kShortBalance,       // balanceOf answers 31 bytes
    kHugeGrowth,         // balanceOf grows by 2^200 at each move
    kReenters,           // calls the rollup back with the calldata kept in it, and passes its refusal on
};
std::shared_ptr<const NativeContract> odd_token(TokenMode mode);
// Forwards: calldata is target(20) and the calldata for it, value passed on; returns or reverts with what comes back.
std::shared_ptr<const NativeContract> forwarder();
// Refuses ETH; anything else as forwarder.
std::shared_ptr<const NativeContract> eth_refuser();
// On plain ETH calls `target` with `calldata` (both set before the chain runs), and keeps the first word of the refusal in slot
// 0.
struct Reentry {
    Address target;
    Bytes calldata;
};
std::shared_ptr<const NativeContract> reentering_receiver(std::shared_ptr<Reentry> what);

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
    // Commits to it, and lets a second pass.
    void commit(const PrivateKey& prover, ByteView proof);

    const PrivateKey alice = PrivateKey::derived("alice"), bob = PrivateKey::derived("bob"), carol = PrivateKey::derived("carol"),
                     home = PrivateKey::derived("home");
    node::MemoryStore store;
    node::ManualClock clock{kStart * 1000};
    NativeRegistry registry;
    std::shared_ptr<Reentry> reentry = std::make_shared<Reentry>();
    std::unique_ptr<SimulatedChain> chain;
    RollupParameters parameters;
    BatchHeader genesis;
    Address rollup;

private:
    Hash mine(const PrivateKey& from, const std::optional<Address>& to, const Bytes& data, u128 value);

    uint64_t next_time_ = kStart + 10;
    Receipt receipt_;
};

}  // namespace gavel::test
