#include <atomic>
#include <memory>

#include "l1-bridge/wire/blob_sidecar.hpp"
#include "tests/hostile/fault.hpp"

namespace gavel::hostile {
namespace {

const char* const kSend = "eth_sendRawTransaction";
constexpr uint64_t kGasPerByte = 64;  // EIP-7976
constexpr uint64_t kTransferGas = 21'000;

// The transaction's bytes; none if the question has none.
std::optional<Bytes> raw_of(const Exchange& exchange) {
    const Json raw = exchange.param(0);
    return raw.is_string() ? from_hex(raw.get_ref<const std::string&>()) : std::nullopt;
}

// With blobs or without.
std::optional<l1::SignedTransaction> transaction_of(const Exchange& exchange) {
    auto raw = raw_of(exchange);
    if (!raw) return std::nullopt;
    auto decoded = l1::decode_sent_transaction(*raw);
    return decoded ? std::optional(decoded->transaction) : std::nullopt;
}

// A fault of eth_sendRawTransaction that looks at the transaction, before the node has it.
Fault refusing(const char* name, std::function<std::optional<std::string>(const l1::Transaction&)> objection) {
    return Fault{name,
                 [objection = std::move(objection)](Exchange& exchange) {
                     auto transaction = transaction_of(exchange);
                     auto words = transaction ? objection(transaction->body) : std::nullopt;
                     if (words) exchange.refuse(-32000, *words);
                     return words.has_value();
                 }}
        .only({kSend});
}

// What the node has taken is answered with these words, each in turn.
Fault answering_late(const char* name, std::vector<std::pair<int, std::string>> words) {
    auto next = std::make_shared<std::atomic<size_t>>(0);
    return Fault{name,
                 [words = std::move(words), next](Exchange& exchange) {
                     if (exchange.result() == nullptr) return false;
                     const auto& [code, message] = words[(*next)++ % words.size()];
                     exchange.refuse(code, message);
                     return true;
                 }}
        .only({kSend});
}

std::string wei(u128 amount) { return to_string(Amount{amount}); }

}  // namespace

Fault refuses_large(size_t bytes) {
    return Fault{"refuses-large",
                 [bytes](Exchange& exchange) {
                     auto raw = raw_of(exchange);
                     if (!raw || raw->size() <= bytes) return false;
                     static const char* const kWords[] = {"oversized data", "transaction is too big", "RLP size limit exceeded",
                                                          "request entity too large"};
                     exchange.refuse(exchange.random_below(2) == 0 ? -32000 : -32010,
                                     kWords[exchange.random_below(std::size(kWords))]);
                     return true;
                 }}
        .only({kSend});
}

Fault refuses_small_tips(uint64_t least) {
    return refusing("refuses-small-tips", [least](const l1::Transaction& transaction) -> std::optional<std::string> {
        if (transaction.max_priority_fee >= least) return std::nullopt;
        return "transaction gas price below minimum: gas tip cap " + wei(transaction.max_priority_fee) + ", minimum needed " +
               wei(least);
    });
}

Fault caps_fees(uint64_t most) {
    return refusing("caps-fees", [most](const l1::Transaction& transaction) -> std::optional<std::string> {
        const u128 fee = transaction.max_fee * transaction.gas_limit;
        if (fee <= most) return std::nullopt;
        return "tx fee (" + wei(fee) + " wei) exceeds the configured cap (" + wei(most) + " wei)";
    });
}

Fault says_poor() {
    return refusing("says-poor", [](const l1::Transaction&) -> std::optional<std::string> {
        return "insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1";
    });
}

Fault errors_after_sending() {
    return answering_late("errors-after-sending", {{-32000, "context deadline exceeded"},
                                                   {-32603, "Internal error"},
                                                   {-32000, "txpool is full"},
                                                   {-32000, "replacement transaction underpriced"},
                                                   {-32000, "nonce too low"},
                                                   {-32003, "transaction rejected"},
                                                   {-32000, "insufficient funds for gas * price + value"},
                                                   {429, "rate limited"}});
}

Fault knows_after_sending() {
    return answering_late("knows-after-sending", {{-32000, "already known"},
                                                  {-32000, "known transaction: 5c8f"},
                                                  {-32010, "Transaction with the same hash was already imported."},
                                                  {-32000, "AlreadyKnown"},
                                                  {-32003, "transaction already in mempool"},
                                                  {-32000, "ALREADY_EXISTS: already known"},
                                                  {-32000, "tx already exists in cache"},
                                                  {-32603, "already have transaction 0x5c8f"}});
}

Fault swallows() {
    return Fault{"swallows",
                 [](Exchange& exchange) {
                     auto transaction = transaction_of(exchange);
                     if (transaction) exchange.set_result(to_hex(transaction->hash));
                     return transaction.has_value();
                 }}
        .only({kSend});
}

Fault answers_other_hash() {
    return Fault{"answers-other-hash",
                 [](Exchange& exchange) {
                     if (exchange.result() == nullptr) return false;
                     exchange.set_result("0x" + std::string(64, 'c'));
                     return true;
                 }}
        .only({kSend});
}

Fault charges_calldata_more() {
    auto needed = [](size_t bytes) { return kTransferGas + kGasPerByte * bytes; };
    Fault taking = refusing("charges-calldata-more", [needed](const l1::Transaction& transaction) -> std::optional<std::string> {
        const uint64_t floor = needed(transaction.data.size());
        if (transaction.gas_limit >= floor) return std::nullopt;
        return "insufficient gas for floor data gas cost: have " + std::to_string(transaction.gas_limit) + ", want " +
               std::to_string(floor);
    });
    return Fault{taking.name,
                 [taking, needed](Exchange& exchange) {
                     if (exchange.method() == kSend) return taking.spoil(exchange);
                     const Json call = exchange.param(0);
                     const Json input = call.is_object() ? call.value("input", call.value("data", Json())) : Json();
                     const auto data = input.is_string() ? from_hex(input.get_ref<const std::string&>()) : std::nullopt;
                     Json* gas = exchange.result();
                     auto estimate = gas == nullptr ? std::nullopt : number_of(*gas);
                     if (!data || !estimate || *estimate >= needed(data->size())) return false;
                     *gas = hex(needed(data->size()));
                     return true;
                 }}
        .only({kSend, "eth_estimateGas"});
}

Fault estimates_too_little() {
    return Fault{"estimates-too-little",
                 [](Exchange& exchange) {
                     Json* gas = exchange.result();
                     auto estimate = gas == nullptr ? std::nullopt : number_of(*gas);
                     if (!estimate) return false;
                     *gas = hex(*estimate / 2);
                     return true;
                 }}
        .only({"eth_estimateGas"});
}

}  // namespace gavel::hostile
