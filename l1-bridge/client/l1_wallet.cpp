// What a wallet does to send.
#include "l1-bridge/client/l1_wallet.hpp"

#include <algorithm>

#include "l1-bridge/client/l1_wallet_refusals.hpp"
#include "l1-bridge/wire/blob_gas.hpp"

namespace gavel::l1 {
namespace {

constexpr uint64_t kTransferGas = 21'000;
// What another's transaction before it in the block can make it cost more: a fresh storage slot (EIP-2929).
constexpr uint64_t kGasOfSlot = 22'100;
constexpr uint64_t kGasOfByte = 16;      // at least
constexpr int kLooks = 4;                // for what a node has refused, one poll apart: others behind its address may have it
constexpr int kMostSends = 16;           // of one transaction, with other nonces and tips
constexpr uint64_t kMostWithBlobs = 16;  // of an account wait in a node: geth's maxTxsPerAccount

node::Status refusal(std::string reason, std::string message) {
    return {node::Code::kInvalidArgument, std::move(reason), "sidecar", std::move(message)};
}

node::Status check_counts(const std::shared_ptr<const BlobSidecar>& sidecar) {
    const size_t blobs = sidecar ? sidecar->blobs.size() : 0;
    if (blobs == 0) return refusal("TX_BLOBS_MISSING", "there are no blobs to send");
    if (blobs > kMaxTransactionBlobs) {
        return refusal("TX_TOO_MANY_BLOBS", "a transaction has at most " + std::to_string(kMaxTransactionBlobs) + " blobs");
    }
    if (sidecar->commitments.size() == blobs && sidecar->proofs.size() == blobs) return {};
    return refusal("TX_SIDECAR_COUNT", "a sidecar has a commitment and proofs for each blob");
}

}  // namespace

L1WalletOptions L1WalletFlags::options() const {
    L1WalletOptions out;
    out.max_fee_cap = max_fee_gwei * kGwei;
    out.max_blob_fee_cap = max_blob_fee_gwei * kGwei;
    out.bump_after = bump_after;
    return out;
}

void add_wallet_flags(node::Options& options, L1WalletFlags& flags) {
    options.number("--max-fee-gwei", flags.max_fee_gwei, "gwei per gas that an L1 transaction pays at most; 0: no bound", 0,
                   1'000'000'000);
    options.number("--max-blob-fee-gwei", flags.max_blob_fee_gwei,
                   "gwei per blob gas that an L1 transaction pays at most for its blobs; 0: no bound", 0, 1'000'000'000);
    options.duration("--bump-after", flags.bump_after, "an L1 transaction that waits so long is replaced by one that pays more");
}

const node::Clock& L1Wallet::system_clock() {
    static const node::SystemClock clock;
    return clock;
}

L1Wallet::L1Wallet(L1Client& client, const PrivateKey& key, L1WalletOptions options, const node::Clock& clock)
    : client_(client), key_(key), address_(key.address()), options_(options), clock_(clock) {}

// ---- Before it is signed ----

// After the node's and all that waits here: a node that has lost transactions counts too few.
node::Result<uint64_t> L1Wallet::next_nonce() {
    auto pending = client_.nonce(address_, true);
    auto last = last_waiting();
    if (!pending || !last) return pending;
    return std::max(*pending, *last + 1);
}

node::Result<Transaction> L1Wallet::prepare(Draft& draft) {
    if (!chain_id_) {
        auto id = client_.chain_id();
        if (!id) return id.status();
        chain_id_ = *id;
    }
    auto fees = client_.fees();
    if (!fees) return fees.status();
    auto nonce = next_nonce();
    if (!nonce) return nonce.status();
    Transaction out{*chain_id_, *nonce, 0, 0, 0, draft.to, draft.value, std::move(draft.data), {}};
    if (draft.has_blobs()) out.blob_hashes = versioned_hashes(*draft.sidecar);
    if (auto status = set_first_fees(out, *fees, least_tip_, bounds()); !status.ok()) return status;
    if (draft.gas_limit) {
        out.gas_limit = *draft.gas_limit;
        return out;
    }
    if (auto status = find_gas_limit(out); !status.ok()) return status;
    return out;
}

node::Status L1Wallet::find_gas_limit(Transaction& transaction) {
    auto gas = estimate(transaction.to, transaction.value, transaction.data, transaction.blob_hashes);
    if (gas) {
        transaction.gas_limit = limit_for(*gas);
        return {};
    }
    const node::Status refused = gas.status();
    if (refused.code == node::Code::kAborted || is_unclear(refused)) return refused;
    transaction.gas_limit = kTransferGas + kGasOfByte * transaction.data.size();
    auto lacking = lacking_funds(transaction);
    return lacking ? *lacking : refused;
}

node::Result<uint64_t> L1Wallet::estimate(const std::optional<Address>& to, u128 value, const Bytes& data,
                                          const std::vector<Hash>& blob_hashes) {
    CallRequest request;
    request.from = address_;
    request.to = to;
    request.value = value;
    request.data = data;
    request.blob_hashes = blob_hashes;
    return client_.estimate_gas(request);
}

uint64_t L1Wallet::limit_for(uint64_t gas) const {
    const uint64_t with_slot = gas > kTransferGas ? gas + kGasOfSlot : gas;
    return std::max(gas, std::min(std::max(gas * options_.gas_margin / 100, with_slot), options_.max_gas));
}

// If the balance is below what this one and those that wait may cost.
std::optional<node::Status> L1Wallet::lacking_funds(const Transaction& transaction) {
    auto balance = client_.balance(address_);
    if (!balance) return std::nullopt;
    u128 needed = most_cost(transaction);
    for (const auto& [nonce, sent] : sent_)
        if (sent.waits() && nonce != transaction.nonce) needed = capped_sum(needed, most_cost(sent.body()));
    if (*balance >= needed) return std::nullopt;
    return node::Status{node::Code::kFailedPrecondition, "TX_INSUFFICIENT_FUNDS", "value",
                        to_checksum(address_) + " has " + to_string(Amount{*balance}) + " wei on the L1, and may have to pay " +
                            to_string(Amount{needed})};
}

// ---- What stands in its way ----

node::Status L1Wallet::other_kind_waits(uint64_t nonce, bool has_blobs, const std::string& why) {
    if (!blocked_) blocked_ = Blocked{nonce, has_blobs, clock_.steady_ms(), std::nullopt};
    const std::string what = has_blobs ? "with blobs" : "without blobs";
    return {node::Code::kUnavailable, "TX_OTHER_KIND_WAITS", "",
            "the transaction of " + to_checksum(address_) + " with nonce " + std::to_string(nonce) + ", " + why + what +
                ", isn't in a block yet, and nodes take only one kind of an account at a time"};
}

// Whether one of the other kind, of this wallet's, waits. It asks a node only if there may be one.
node::Status L1Wallet::check_kind(bool has_blobs) {
    auto is_other = [&](const OfNonce::value_type& entry) {
        return !entry.second.was_mined && entry.second.body().has_blobs() != has_blobs;
    };
    if (std::none_of(sent_.begin(), sent_.end(), is_other)) return {};
    auto mined = client_.nonce(address_, false);
    if (!mined) return mined.status();
    note_mined(*mined);
    auto pending = client_.nonce(address_, true);
    if (!pending) return pending.status();
    for (const auto& entry : sent_) {
        const bool is_in_the_way = is_other(entry) && (entry.second.is_wanted || entry.first < *pending);
        if (is_in_the_way) return other_kind_waits(entry.first, !has_blobs, "");
    }
    return {};
}

// Whether it may be only for now that a node doesn't take a transaction. By state alone, as nodes' words differ.
node::Status L1Wallet::held_up(const Transaction& transaction, const node::Status& refused) {
    const bool has_blobs = transaction.has_blobs();
    auto mined = client_.nonce(address_, false);
    auto pending = client_.nonce(address_, true);
    if (!mined || !pending) return {};
    // What an earlier process has left, or a reorganisation has put back.
    for (uint64_t nonce = *mined; nonce < std::min(*pending, transaction.nonce); ++nonce) {
        auto known = sent_.find(nonce);
        if (known == sent_.end()) return other_kind_waits(nonce, !has_blobs, "which nobody here knows, perhaps ");
        if (known->second.body().has_blobs() != has_blobs) return other_kind_waits(nonce, !has_blobs, "");
    }
    if (!has_blobs) return {};
    if (*pending < transaction.nonce) {
        return {node::Code::kUnavailable, "TX_EARLIER_MISSING", "",
                "the L1's node lacks the account's nonce " + std::to_string(*pending) + ": " + refused.message};
    }
    if (transaction.nonce < *mined + kMostWithBlobs) return {};
    return {node::Code::kUnavailable, "TX_TOO_MANY_WAIT", "",
            std::to_string(transaction.nonce - *mined) + " transactions with blobs wait already: " + refused.message};
}

// ---- Sending ----

L1Wallet::Sent& L1Wallet::note(SignedTransaction made, std::shared_ptr<const BlobSidecar> sidecar) {
    Sent& sent = sent_[made.body.nonce];
    sent.hashes.push_back(made.hash);
    sent.newest = std::move(made);
    sent.sidecar = std::move(sidecar);
    sent.priced_ms = sent.sent_ms = clock_.steady_ms();
    sent.due_block.reset();
    sent.is_held = false;
    return sent;
}

node::Result<Hash> L1Wallet::send(const std::optional<Address>& to, u128 value, Bytes data, std::optional<uint64_t> gas_limit) {
    return send_draft({to, value, std::move(data), gas_limit, nullptr});
}

node::Result<Hash> L1Wallet::send_blobs(const Address& to, Bytes data, std::shared_ptr<const BlobSidecar> sidecar,
                                        std::optional<uint64_t> gas_limit) {
    if (auto status = check_counts(sidecar); !status.ok()) return status;
    return send_draft({to, 0, std::move(data), gas_limit, std::move(sidecar)});
}

node::Result<Hash> L1Wallet::send_draft(Draft draft) {
    std::lock_guard lock(mutex_);
    if (auto status = check_kind(draft.has_blobs()); !status.ok()) return status;
    auto transaction = prepare(draft);
    if (!transaction) return transaction.status();
    least_tip_ -= least_tip_ / 8;
    node::Status refused;
    std::vector<Hash> tried;  // with this nonce
    for (int sends = 0; sends < kMostSends; ++sends) {
        SignedTransaction made = sign(*transaction, key_);
        auto answer = client_.send_raw(draft.has_blobs() ? network_form(made, *draft.sidecar) : made.raw);
        const Standing standing =
            answer ? Standing::kMayBeThere : after_refusal(made, answer.status(), tried.empty() ? kLooks : 1);
        if (standing == Standing::kMayBeThere) {
            if (!tried.empty()) least_tip_ = transaction->max_priority_fee;
            const Hash name = made.hash;
            sent_.erase(transaction->nonce);  // what a reorganisation took back, or was cancelled
            sent_[transaction->nonce].hashes = std::move(tried);
            Sent& sent = note(std::move(made), std::move(draft.sidecar));
            sent.refused = answer.status();
            sent.was_taken = answer.ok();
            if (answer.ok()) blocked_.reset();
            return name;
        }
        refused = not_taken(made.hash, answer.status());
        if (standing == Standing::kNonceTaken) {  // somebody else with this key was faster
            auto nonce = next_nonce();
            if (!nonce) return nonce.status();
            if (*nonce <= transaction->nonce) return refused;
            transaction->nonce = *nonce;
            tried.clear();
            continue;
        }
        tried.push_back(made.hash);
        if (auto lacking = lacking_funds(*transaction)) return *lacking;
        if (auto status = held_up(*transaction, answer.status()); !status.ok()) return status;
        if (!raise_tip(*transaction, bounds())) return refused;
    }
    return refused;
}

// By state alone: nodes have many words for "I have it already", and behind one address there may be several nodes.
L1Wallet::Standing L1Wallet::after_refusal(const SignedTransaction& transaction, const node::Status& refusal, int most_looks) {
    if (is_unclear(refusal)) return Standing::kMayBeThere;
    const uint64_t nonce = transaction.body.nonce;
    for (int looks = 1;; ++looks) {
        auto known = client_.transaction_input(transaction.hash);
        if (!known || *known) return Standing::kMayBeThere;
        auto next = client_.nonce(address_, true);
        if (!next) return Standing::kMayBeThere;
        if (looks == most_looks) return *next > nonce ? Standing::kNonceTaken : Standing::kNowhere;
        clock_.sleep(options_.poll);
    }
}

}  // namespace gavel::l1
