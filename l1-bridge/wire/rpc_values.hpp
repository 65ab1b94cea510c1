// Ethereum's JSON-RPC values and objects (https://ethereum.github.io/execution-apis), both ways: for the daemon and for its
// client.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "l1-bridge/wire/l1_types.hpp"
#include "l1-bridge/wire/transaction.hpp"

namespace gavel::l1::rpc {

using Json = nlohmann::json;

// What comes from outside is looked over as text before it is parsed: nothing of Ethereum's is nested so deep, or has so many
// values.
inline constexpr size_t kMaxDepth = 32;
inline constexpr size_t kMaxValues = 4'000'000;
// nullopt for what is no JSON, or beyond those bounds. Throws nothing.
std::optional<Json> parse(std::string_view text);
// The answer to the request of this id: an object with either "result" or "error", the second an object whose code is an integer
// and whose message a text of at most 300 printable characters, as far as they are there. nullopt for whatever else; `bad` says
// what is wrong with it.
std::optional<Json> parse_answer(std::string_view text, uint64_t id, std::string& bad);

// QUANTITY: hex without leading zeros. DATA: two digits for each byte.
std::string quantity(u128 value);
std::optional<u128> parse_quantity(const Json& value);
std::optional<Bytes> parse_data(const Json& value);
template <class Fixed>
std::optional<Fixed> parse_fixed(const Json& value) {
    auto raw = parse_data(value);
    if (!raw || raw->size() != Fixed::kSize) return std::nullopt;
    return Fixed::from(*raw);
}

// Reads an object's members. After the first one that is missing or of another form every read gives zeros; the caller checks
// ok() once, at the end. The optional_ forms take a member that is absent or null for nothing.
class Members {
public:
    explicit Members(const Json& object);

    u128 quantity(const char* name);
    uint64_t quantity64(const char* name);
    Bytes data(const char* name);
    template <class Fixed>
    Fixed fixed(const char* name) {
        auto out = parse_fixed<Fixed>(member(name));
        if (!out) fail(name);
        return out.value_or(Fixed{});
    }
    std::optional<u128> optional_quantity(const char* name) {
        return optional<u128>(name, [&] { return quantity(name); });
    }
    std::optional<uint64_t> optional_quantity64(const char* name) {
        return optional<uint64_t>(name, [&] { return quantity64(name); });
    }
    std::optional<Bytes> optional_data(const char* name) {
        return optional<Bytes>(name, [&] { return data(name); });
    }
    template <class Fixed>
    std::optional<Fixed> optional_fixed(const char* name) {
        return optional<Fixed>(name, [&] { return fixed<Fixed>(name); });
    }
    // Of 32 bytes each, at most so many; none if absent.
    std::vector<Hash> optional_hashes(const char* name, size_t most);
    // Null if absent.
    const Json& member(const char* name) const;
    void fail(const char* name);

    bool ok() const { return bad_.empty(); }
    // Name of the first bad member.
    const std::string& bad() const { return bad_; }

private:
    template <class T, class Read>
    std::optional<T> optional(const char* name, Read read) {
        if (member(name).is_null()) return std::nullopt;
        return read();
    }
    const Json& object_;
    std::string bad_;
};

// Each from_json gives nullopt for what is not of the form.
Json to_json(const Log& log);
std::optional<Log> log_from_json(const Json& json);
std::optional<std::vector<Log>> logs_from_json(const Json& json);
Json to_json(const Receipt& receipt, ByteView bloom);
std::optional<Receipt> receipt_from_json(const Json& json);
std::optional<std::vector<Receipt>> receipts_from_json(const Json& json);
std::optional<BlockRef> block_ref_from_json(const Json& json);
// Of a block without its transactions' bodies.
std::optional<BlockSummary> summary_from_json(const Json& json);
std::optional<TransactionInput> transaction_input_from_json(const Json& json);
// A transaction without the members that say where it stands: blockHash, blockNumber, transactionIndex, gasPrice.
Json to_json(const SignedTransaction& transaction);
Json to_json(const LogFilter& filter);
Json to_json(const CallRequest& request);
// `bad` becomes the name of the member at fault. request.block is not part of it.
std::optional<CallRequest> call_request_from_json(const Json& json, std::string& bad);

}  // namespace gavel::l1::rpc
