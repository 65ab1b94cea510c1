#include "l1-bridge/client/rollup_client.hpp"

#include <algorithm>
#include <array>

#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::l1 {
namespace {

node::Status invalid_answer(std::string what) { return {node::Code::kInternal, "L1_ANSWER_INVALID", "", std::move(what)}; }

// An unsigned word, at most 2^128-1.
std::optional<Amount> read_capped(ByteView result) {
    if (result.size() != Hash::kSize) return std::nullopt;
    ByteReader in(result);
    Amount high = in.amount(), low = in.amount();
    return high.is_zero() ? low : Amount::max();
}

// What a follower needs: whoever only wants to know of his own payments reads them from their transactions.
bool is_followed(const std::string& event) {
    constexpr std::array kFollowed{"TermStarted",       "TermEnded",         "BatchAppended", "BatchStruck",
                                   "L1OperationQueued", "WithdrawalClaimed", "RollupFrozen"};
    return std::find(kFollowed.begin(), kFollowed.end(), event) != kFollowed.end();
}

// The first topic of each event, by its place in rollup_events(); nullopt for one that isn't followed.
const std::vector<std::optional<Hash>>& followed_topics() {
    static const std::vector<std::optional<Hash>> topics = [] {
        std::vector<std::optional<Hash>> out;
        for (const AbiEvent& event : rollup_events())
            out.push_back(is_followed(event.name) ? std::optional(keccak256(view_of(event.signature()))) : std::nullopt);
        return out;
    }();
    return topics;
}

LogFilter followed_logs(const Address& rollup, uint64_t from_block, uint64_t to_block) {
    LogFilter out{from_block, to_block, {rollup}, {{}}, {}};
    for (const std::optional<Hash>& topic : followed_topics())
        if (topic) out.topics[0].push_back(*topic);
    return out;
}

}  // namespace

ErrorNames rollup_error_names() {
    ErrorNames names(rollup_error_signatures());
    for (const char* signature : {"ERC20InsufficientBalance(address,uint256,uint256)", "ERC20InvalidSender(address)",
                                  "ERC20InvalidReceiver(address)", "ERC20InsufficientAllowance(address,uint256,uint256)",
                                  "ERC20InvalidApprover(address)", "ERC20InvalidSpender(address)"}) {
        names.add(signature);
    }
    return names;
}

bool may_hold_more(const Bloom& bloom, const Address& rollup, const std::vector<LocatedEvent>& known) {
    if (!may_hold(bloom, rollup)) return false;
    for (size_t kind = 0; kind < followed_topics().size(); ++kind) {
        const std::optional<Hash>& topic = followed_topics()[kind];
        auto is_such = [&](const LocatedEvent& event) { return event.event.index() == kind; };
        if (topic && may_hold(bloom, *topic) && std::none_of(known.begin(), known.end(), is_such)) return true;
    }
    return false;
}

static node::Result<TransactionInput> find_transaction(L1Client& client, const Hash& tx_hash, std::optional<uint64_t> block) {
    auto found = client.transaction_input(tx_hash);
    if (block && (!found || !*found)) {
        auto in_block = client.transaction_in_block(tx_hash, *block);
        if (in_block && *in_block) found = std::move(in_block);
    }
    if (!found) return found.status();
    if (!*found) {
        return node::Status{node::Code::kNotFound, "BATCH_TX_UNKNOWN", "",
                            "the L1 node doesn't know transaction " + to_hex(tx_hash)};
    }
    return **std::move(found);
}

static node::Result<std::vector<Blob>> fetch_blobs(BlobSource* source, const std::vector<Hash>& hashes, const BlobPlace& place) {
    if (source == nullptr) {
        return node::Status{node::Code::kUnavailable, "NO_BLOB_SOURCE", "",
                            "a batch is in blobs, and nobody is named who has them (--blobs URL)"};
    }
    std::vector<Blob> out;
    for (const Hash& hash : hashes) {
        auto blob = source->fetch(hash, place);
        if (!blob) return blob.status();
        out.push_back(*std::move(blob));
    }
    return out;
}

node::Result<PostedData> fetch_posted(L1Client& client, const Address& rollup, const Hash& tx_hash, uint64_t time,
                                      std::optional<uint64_t> block, BlobSource* blobs) {
    auto transaction = find_transaction(client, tx_hash, block);
    if (!transaction) return transaction.status();
    const auto call = read_append(transaction->input);
    if (transaction->to != rollup || !call) return invalid_answer("transaction " + to_hex(tx_hash) + " appends no batch");
    PostedData out{call->source, to_bytes(call->batch)};
    if (call->source == DataSource::kCalldata) return out;
    out.blob_hashes = transaction->blob_hashes;
    auto fetched = fetch_blobs(blobs, out.blob_hashes, {transaction->block_number.value_or(block.value_or(0)), time});
    if (!fetched) return fetched.status();
    out.blobs = *std::move(fetched);
    return out;
}

// ---- Views ----

template <class T>
node::Result<T> RollupClient::ask(Bytes calldata, std::optional<T> (*read)(ByteView)) const {
    auto result = client_.call(rollup_, std::move(calldata), {}, at_block_);
    if (!result) return result.status();
    std::optional<T> value = read(*result);
    if (!value) return invalid_answer("no rollup contract answers at " + to_hex(rollup_));
    return *std::move(value);
}

using namespace rollup_view;

node::Result<RollupParameters> RollupClient::parameters() const { return ask(rollup_view::parameters(), read_parameters); }
node::Result<Head> RollupClient::head() const { return ask(rollup_view::head(), read_head); }
node::Result<RollupRecord> RollupClient::batch(uint64_t number) const { return ask(rollup_view::batch(number), read_batch); }
node::Result<bool> RollupClient::is_final(uint64_t number) const { return ask(rollup_view::is_final(number), read_bool); }
node::Result<uint64_t> RollupClient::queue_length() const { return ask(rollup_view::queue_length(), read_number); }
node::Result<Hash> RollupClient::queue_hash(uint64_t index) const { return ask(rollup_view::queue_hash(index), read_hash); }
node::Result<WaitingOperation> RollupClient::waiting() const { return ask(rollup_view::waiting(), read_waiting); }
node::Result<Notice> RollupClient::notice() const { return ask(rollup_view::notice(), read_notice); }
node::Result<uint64_t> RollupClient::current_term() const { return ask(rollup_view::current_term(), read_number); }
node::Result<uint64_t> RollupClient::term_count() const { return ask(rollup_view::term_count(), read_number); }
node::Result<TermRecord> RollupClient::term(uint64_t number) const { return ask(rollup_view::term(number), read_term); }
node::Result<uint64_t> RollupClient::last_strike() const { return ask(rollup_view::last_strike(), read_number); }
node::Result<bool> RollupClient::is_exited(uint32_t index) const { return ask(rollup_view::is_exited(index), read_bool); }
node::Result<bool> RollupClient::is_refunded(uint64_t index) const { return ask(rollup_view::is_refunded(index), read_bool); }
node::Result<bool> RollupClient::frozen() const { return ask(rollup_view::frozen(), read_bool); }

node::Result<uint64_t> RollupClient::frozen_at() const { return ask(rollup_view::frozen_at(), read_number); }

node::Result<Amount> RollupClient::channel_taken(uint32_t index) const {
    auto taken = ask(rollup_view::channel_taken(index), read_amount);
    if (!taken) return taken.status();
    return Amount{*taken};
}

node::Result<uint64_t> RollupClient::committed_at(const Address& prover, const Hash& commitment) const {
    return ask(rollup_view::committed_at(prover, commitment), read_number);
}

// ---- Events and batches ----

node::Result<std::vector<LocatedEvent>> RollupClient::located(node::Result<std::vector<Log>> logs) const {
    if (!logs) return logs.status();
    std::vector<LocatedEvent> out;
    for (const Log& log : *logs) {
        auto event = decode_event(log.topics, log.data);
        if (!event) return invalid_answer("a log of transaction " + to_hex(log.tx_hash) + " is no event of a rollup contract");
        out.push_back({*std::move(event), log.block_number, log.block_hash, log.tx_hash, log.log_index});
    }
    return out;
}

node::Result<std::vector<LocatedEvent>> RollupClient::events(uint64_t from_block, uint64_t to_block) const {
    return located(client_.logs(followed_logs(rollup_, from_block, to_block)));
}

node::Result<std::vector<LocatedEvent>> RollupClient::events_in(const BlockRef& block) const {
    LogFilter filter = followed_logs(rollup_, block.number, block.number);
    filter.block_hash = block.hash;
    return located(client_.logs(filter));
}

node::Result<std::vector<LocatedEvent>> RollupClient::events_by_receipts(const BlockSummary& block) const {
    return located(client_.logs_by_receipts(block, followed_logs(rollup_, block.ref.number, block.ref.number)));
}

node::Result<Batch> RollupClient::fetch_batch(const Hash& tx_hash, const RollupRecord& record) const {
    auto posted = fetch_posted(client_, rollup_, tx_hash, record.posted_at, {}, blobs_);
    if (!posted) return posted.status();
    auto batch = decode_batch(*posted);
    if (batch && batch->header().hash() == record.hash) return *std::move(batch);
    return invalid_answer("transaction " + to_hex(tx_hash) + " doesn't hold batch " + to_hex(record.hash));
}

// ---- Tokens ----

node::Result<uint8_t> Erc20Client::decimals() const {
    auto result = client_.call(token_, AbiWriter("decimals()").take());
    if (!result) return result.status();
    AbiReader in(*result);
    auto value = static_cast<uint8_t>(in.integer(8));
    if (!in.finished()) return invalid_answer("no token answers at " + to_hex(token_));
    return value;
}

node::Result<std::string> Erc20Client::symbol() const {
    auto result = client_.call(token_, AbiWriter("symbol()").take());
    if (!result) return result.status();
    if (result->size() == Hash::kSize) {
        return std::string(result->begin(), std::find(result->begin(), result->end(), 0));
    }
    AbiReader in(*result);
    std::string text = in.text();
    if (!in.finished()) return invalid_answer("no token answers at " + to_hex(token_));
    return text;
}

node::Result<Amount> Erc20Client::allowance(const Address& owner, const Address& spender) const {
    auto result = client_.call(token_, AbiWriter("allowance(address,address)").word(owner).word(spender).take());
    if (!result) return result.status();
    auto value = read_capped(*result);
    if (!value) return invalid_answer("no token answers at " + to_hex(token_));
    return *value;
}

}  // namespace gavel::l1
