#include "tests/hostile/customers.hpp"

#include <algorithm>
#include <random>

#include "proto/client_grpc.hpp"
#include "tests/l1/ethereum_node.hpp"

namespace gavel::hostile {
namespace {

using e2e::address_of;
using std::chrono::milliseconds;

constexpr u128 kWithdrawn = kEther / 100;  // worth its claim
constexpr uint64_t kWithdrawalEvery = 40;  // operations
constexpr unsigned kDepositsInThousand = 8;
constexpr unsigned kMostPauseMs = 120;
constexpr uint64_t kDepositGas = 200'000;

Address purse_of(const std::string& name) { return address_of(name + "'s purse"); }

}  // namespace

const std::vector<std::string>& Customers::names() {
    static const std::vector<std::string> names{"alice", "bob", "carol"};
    return names;
}

Customers::Customers(e2e::World& world, const std::string& l1_url, uint64_t seed) : world_(world), l1_url_(l1_url), seed_(seed) {
    for (const std::string& name : names()) {
        people_.push_back({});
        people_.back().name = name;
        people_.back().number = people_.size() - 1;
        people_.back().deposited = kEther;
        world_.deposit(name, kEther);
    }
    for (Person& person : people_) threads_.emplace_back([this, &person] { live(person); });
}

void Customers::stop() {
    stopping_ = true;
    for (std::thread& thread : threads_)
        if (thread.joinable()) thread.join();
}

Operation Customers::operation(size_t person, uint64_t nonce) const {
    std::mt19937_64 random(seed_ * 1'000'003 + nonce * 31 + person);
    Operation out;
    out.nonce = nonce;
    if (nonce % kWithdrawalEvery == kWithdrawalEvery / 2) {
        out.kind = OperationKind::kWithdraw;
        out.payments = {{purse_of(names()[person]), Amount{kWithdrawn}}};
        return out;
    }
    out.kind = OperationKind::kTransfer;
    const size_t to = (person + 1 + random() % (names().size() - 1)) % names().size();
    out.payments = {{address_of(names()[to]), Amount{1 + random() % 1'000}}};
    return out;
}

void Customers::live(Person& person) {
    std::mt19937_64 random(seed_ + person.number);
    auto sequencer = std::move(*proto::open_sequencer({.channel = {.target = world_.sequencer_address()}}));
    l1::JsonRpcClient l1 = test::client_of(l1_url_);
    l1::L1Wallet wallet(l1, e2e::key_of(person.name));
    while (!stopping_) {
        if (random() % 1'000 < kDepositsInThousand) deposit(person, wallet);
        else submit(person, *sequencer);
        std::this_thread::sleep_for(milliseconds(random() % kMostPauseMs));
    }
}

// A refusal, or no answer: the next round asks for the nonce again.
void Customers::submit(Person& person, api::Sequencer& sequencer) {
    auto account = sequencer.account({address_of(person.name), {}});
    if (!account) return;
    const uint64_t nonce = account->nonce;
    const api::SubmitOutcome outcome = sequencer.submit(world_.sign(person.name, operation(person.number, nonce)));
    if (!outcome.status.ok()) return;
    std::lock_guard lock(mutex_);
    auto [known, is_new] = person.receipts.emplace(nonce, outcome.receipt.hash);
    if (!is_new && known->second != outcome.receipt.hash) person.complaint = "two receipts for one nonce";
}

void Customers::deposit(Person& person, l1::L1Wallet& wallet) {
    const u128 wei = 1'000'000 + person.number;
    // What it costs hangs on the deposits before it in its block, which no estimate knows.
    auto sent = wallet.send(world_.domain().rollup, wei, l1::rollup_call::deposit_eth(address_of(person.name)), kDepositGas);
    auto receipt = sent ? wallet.wait(*sent) : node::Result<l1::Receipt>(sent.status());
    std::lock_guard lock(mutex_);
    if (!receipt || !receipt->success)
        person.complaint = "a deposit failed: " + (receipt ? "it reverted" : node::to_string(receipt.status()));
    else person.deposited += wei;
    ++deposits_;
}

uint64_t Customers::confirmed() const {
    std::lock_guard lock(mutex_);
    uint64_t out = 0;
    for (const Person& person : people_) out += person.receipts.size();
    return out;
}

bool Customers::all_stand() const {
    std::lock_guard lock(mutex_);
    return std::all_of(people_.begin(), people_.end(), [&](const Person& person) {
        const auto account = world_.at_sequencer().account({address_of(person.name), {}});
        return account && (person.receipts.empty() || account->nonce > person.receipts.rbegin()->first);
    });
}

std::vector<uint64_t> Customers::applied() const {
    std::vector<uint64_t> out;
    for (const Person& person : people_) out.push_back(world_.account(world_.at_verifier(), address_of(person.name)).nonce);
    return out;
}

// How many of a person's receipts are of operations that are in no batch, and the first of them.
std::string Customers::not_posted(const Person& person) const {
    std::string first;
    size_t lacking = 0;
    for (const auto& [nonce, hash] : person.receipts) {
        auto info = world_.at_verifier().operation(hash);
        if (info && info->batch != 0) continue;
        if (++lacking > 1) continue;
        first = std::to_string(nonce) + ": " + (info ? name_of(info->status) : node::to_string(info.status()));
    }
    if (lacking == 0) return "";
    return std::to_string(lacking) + " of " + person.name + "'s " + std::to_string(person.receipts.size()) +
           " confirmed operations are in no batch, the first is " + first + "\n";
}

std::string Customers::complaint() const {
    const std::vector<uint64_t> nonces = applied();
    std::vector<u128> has;
    for (const Person& person : people_) has.push_back(person.deposited);
    for (size_t i = 0; i < people_.size(); ++i) {
        for (uint64_t nonce = 0; nonce < nonces[i]; ++nonce) {
            const Operation done = operation(i, nonce);
            has[i] -= done.payments[0].amount.value();
            for (size_t to = 0; to < people_.size(); ++to)
                if (done.payments[0].to == address_of(people_[to].name)) has[to] += done.payments[0].amount.value();
        }
    }
    std::string out;
    for (size_t i = 0; i < people_.size(); ++i) {
        const Person& person = people_[i];
        if (!person.complaint.empty()) out += person.name + ": " + person.complaint + "\n";
        for (api::Query* at : world_.at_both()) {
            const Amount told = world_.balance(*at, address_of(person.name));
            if (told == Amount{has[i]}) continue;
            out += person.name + " has " + to_string(told) + " wei, and should have " + to_string(Amount{has[i]}) + "; " +
                   e2e::text_of(*at->chain_info()) + "\n";
        }
        out += not_posted(person);
    }
    return out;
}

std::string Customers::unpaid() const {
    const std::vector<uint64_t> nonces = applied();
    std::string out;
    for (size_t i = 0; i < people_.size(); ++i) {
        u128 due = 0;
        for (uint64_t nonce = 0; nonce < nonces[i]; ++nonce)
            if (operation(i, nonce).kind == OperationKind::kWithdraw) due += kWithdrawn;
        auto has = world_.l1_client().balance(purse_of(people_[i].name));
        if (!has || *has != due)
            out += people_[i].name + "'s purse has " + to_string(Amount{has ? *has : 0}) + " of " + to_string(Amount{due}) + "\n";
    }
    return out;
}

}  // namespace gavel::hostile
