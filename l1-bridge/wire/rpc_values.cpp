#include "l1-bridge/wire/rpc_values.hpp"

#include <algorithm>

namespace gavel::l1::rpc {
namespace {

Json json_of(const std::vector<Hash>& hashes) {
    Json out = Json::array();
    for (const Hash& hash : hashes) out.push_back(to_hex(hash));
    return out;
}

Json hex_or_null(const std::optional<Address>& address) { return address ? Json(to_hex(*address)) : Json(nullptr); }

template <class T, class Read>
std::optional<std::vector<T>> list_from_json(const Json& json, Read read) {
    if (!json.is_array()) return std::nullopt;
    std::vector<T> out;
    for (const Json& item : json) {
        auto value = read(item);
        if (!value) return std::nullopt;
        out.push_back(std::move(*value));
    }
    return out;
}

// Whether the text stays within both bounds, whatever else it is.
bool is_bounded(std::string_view text) {
    size_t depth = 0, values = 1;
    bool in_string = false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > kMaxDepth || ++values > kMaxValues) return false;
        } else if (c == ']' || c == '}') {
            depth -= depth > 0;
        } else if (c == ',' && ++values > kMaxValues) {
            return false;
        }
    }
    return true;
}

// A node's words, fit for a log.
std::string printable(const std::string& text) {
    std::string out = text.substr(0, 300);
    for (char& c : out)
        if (c < ' ' || c > '~') c = '?';
    return out;
}

}  // namespace

std::optional<Json> parse(std::string_view text) {
    if (!is_bounded(text)) return std::nullopt;
    Json out = Json::parse(text, nullptr, false);
    if (out.is_discarded()) return std::nullopt;
    return out;
}

std::optional<Json> parse_answer(std::string_view text, uint64_t id, std::string& bad) {
    bad = "no JSON-RPC";
    auto answer = parse(text);
    if (!answer || !answer->is_object()) return std::nullopt;
    auto error = answer->find("error"), result = answer->find("result");
    if (error != answer->end() && error->is_null()) {
        answer->erase(error);
        error = answer->end();
        result = answer->find("result");
    } else if (error != answer->end() && result != answer->end() && result->is_null()) {
        answer->erase(result);
        result = answer->end();
        error = answer->find("error");
    }
    if ((error == answer->end()) == (result == answer->end())) return std::nullopt;
    if (error != answer->end()) {
        bad = "the error is of another form";
        if (!error->is_object()) return std::nullopt;
        auto code = error->find("code"), message = error->find("message");
        if (code != error->end() && !code->is_number_integer()) return std::nullopt;
        if (message != error->end() && !message->is_string()) return std::nullopt;
        if (message != error->end()) *message = printable(message->get_ref<const std::string&>());
    }
    bad = "it has another id";
    auto told = answer->find("id");
    if (told == answer->end() || *told != Json(id)) return std::nullopt;
    return answer;
}

std::string quantity(u128 value) {
    std::string out;
    do {
        out += "0123456789abcdef"[static_cast<unsigned>(value & 15)];
        value >>= 4;
    } while (value != 0);
    return "0x" + std::string(out.rbegin(), out.rend());
}

std::optional<u128> parse_quantity(const Json& value) {
    if (!value.is_string()) return std::nullopt;
    const std::string& text = value.get_ref<const std::string&>();
    bool form = text.starts_with("0x") && text.size() > 2 && text.size() <= 34 && (text == "0x0" || text[2] != '0');
    if (!form) return std::nullopt;
    auto raw = from_hex((text.size() % 2 == 0 ? "0x" : "0x0") + text.substr(2));
    if (!raw) return std::nullopt;
    u128 out = 0;
    for (uint8_t byte : *raw) out = out << 8 | byte;
    return out;
}

std::optional<Bytes> parse_data(const Json& value) {
    if (!value.is_string()) return std::nullopt;
    const std::string& text = value.get_ref<const std::string&>();
    if (!text.starts_with("0x")) return std::nullopt;
    return from_hex(text.size() > 2 ? text : "");
}

Members::Members(const Json& object) : object_(object) {
    if (!object.is_object()) bad_ = "object";
}

const Json& Members::member(const char* name) const {
    static const Json kNull;
    if (!object_.is_object()) return kNull;
    auto found = object_.find(name);
    return found == object_.end() ? kNull : *found;
}

void Members::fail(const char* name) {
    if (bad_.empty()) bad_ = name;
}

u128 Members::quantity(const char* name) {
    auto out = parse_quantity(member(name));
    if (!out) fail(name);
    return out.value_or(0);
}

uint64_t Members::quantity64(const char* name) {
    u128 out = quantity(name);
    if (out <= UINT64_MAX) return static_cast<uint64_t>(out);
    fail(name);
    return 0;
}

Bytes Members::data(const char* name) {
    auto out = parse_data(member(name));
    if (!out) fail(name);
    return out.value_or(Bytes{});
}

std::vector<Hash> Members::optional_hashes(const char* name, size_t most) {
    const Json& list = member(name);
    if (list.is_null()) return {};
    auto out = list_from_json<Hash>(list, parse_fixed<Hash>);
    if (!out || out->size() > most) fail(name);
    return ok() ? std::move(*out) : std::vector<Hash>{};
}

Json to_json(const Log& log) {
    const Json topics = json_of(log.topics);
    return {{"address", to_hex(log.address)},
            {"topics", topics},
            {"data", to_hex(log.data)},
            {"blockNumber", quantity(log.block_number)},
            {"blockHash", to_hex(log.block_hash)},
            {"blockTimestamp", quantity(log.block_time)},
            {"transactionHash", to_hex(log.tx_hash)},
            {"transactionIndex", quantity(log.tx_index)},
            {"logIndex", quantity(log.log_index)},
            {"removed", false}};
}

std::optional<Log> log_from_json(const Json& json) {
    Members members(json);
    Log out;
    out.address = members.fixed<Address>("address");
    out.data = members.data("data");
    out.block_number = members.quantity64("blockNumber");
    out.block_hash = members.fixed<Hash>("blockHash");
    out.block_time = members.optional_quantity64("blockTimestamp").value_or(0);
    out.tx_hash = members.fixed<Hash>("transactionHash");
    out.tx_index = members.quantity64("transactionIndex");
    out.log_index = members.quantity64("logIndex");
    auto topics = list_from_json<Hash>(members.member("topics"), parse_fixed<Hash>);
    if (!members.ok() || !topics || topics->size() > 4) return std::nullopt;
    out.topics = std::move(*topics);
    return out;
}

std::optional<std::vector<Log>> logs_from_json(const Json& json) { return list_from_json<Log>(json, log_from_json); }

Json to_json(const Receipt& receipt, ByteView bloom) {
    Json logs = Json::array();
    for (const Log& log : receipt.logs) logs.push_back(to_json(log));
    Json out{{"transactionHash", to_hex(receipt.tx_hash)},
             {"transactionIndex", quantity(receipt.tx_index)},
             {"status", quantity(receipt.success)},
             {"gasUsed", quantity(receipt.gas_used)},
             {"cumulativeGasUsed", quantity(receipt.cumulative_gas_used)},
             {"effectiveGasPrice", quantity(receipt.effective_gas_price)},
             {"blockNumber", quantity(receipt.block_number)},
             {"blockHash", to_hex(receipt.block_hash)},
             {"from", to_hex(receipt.from)},
             {"to", hex_or_null(receipt.to)},
             {"contractAddress", hex_or_null(receipt.contract_address)},
             {"logs", logs},
             {"logsBloom", to_hex(bloom)},
             {"type", receipt.blob_gas ? "0x3" : "0x2"}};
    if (receipt.blob_gas) {
        out["blobGasUsed"] = quantity(receipt.blob_gas->used);
        out["blobGasPrice"] = quantity(receipt.blob_gas->price);
    }
    return out;
}

std::optional<Receipt> receipt_from_json(const Json& json) {
    Members members(json);
    Receipt out;
    out.tx_hash = members.fixed<Hash>("transactionHash");
    out.tx_index = members.quantity64("transactionIndex");
    out.success = members.quantity64("status") == 1;
    out.gas_used = members.quantity64("gasUsed");
    out.cumulative_gas_used = members.quantity64("cumulativeGasUsed");
    out.effective_gas_price = members.optional_quantity("effectiveGasPrice").value_or(0);
    out.block_number = members.quantity64("blockNumber");
    out.block_hash = members.fixed<Hash>("blockHash");
    out.from = members.fixed<Address>("from");
    out.to = members.optional_fixed<Address>("to");
    out.contract_address = members.optional_fixed<Address>("contractAddress");
    auto blob_gas = members.optional_quantity64("blobGasUsed");
    auto blob_price = members.optional_quantity("blobGasPrice");
    if (blob_gas && blob_price) out.blob_gas = {*blob_gas, *blob_price};
    auto logs = list_from_json<Log>(members.member("logs"), log_from_json);
    if (!members.ok() || !logs) return std::nullopt;
    out.logs = std::move(*logs);
    return out;
}

std::optional<std::vector<Receipt>> receipts_from_json(const Json& json) {
    return list_from_json<Receipt>(json, receipt_from_json);
}

std::optional<BlockRef> block_ref_from_json(const Json& json) {
    Members members(json);
    BlockRef out;
    out.number = members.quantity64("number");
    out.hash = members.fixed<Hash>("hash");
    out.parent_hash = members.fixed<Hash>("parentHash");
    out.time = members.quantity64("timestamp");
    if (!members.ok()) return std::nullopt;
    return out;
}

std::optional<BlockSummary> summary_from_json(const Json& json) {
    auto ref = block_ref_from_json(json);
    if (!ref) return std::nullopt;
    Members members(json);
    BlockSummary out{*ref, std::nullopt, members.quantity64("gasUsed"), {}};
    auto bloom = members.optional_data("logsBloom");
    auto transactions = list_from_json<Hash>(members.member("transactions"), parse_fixed<Hash>);
    if (!members.ok() || !transactions || (bloom && bloom->size() != std::tuple_size_v<Bloom>)) return std::nullopt;
    if (bloom) std::copy(bloom->begin(), bloom->end(), out.bloom.emplace().begin());
    out.transactions = std::move(*transactions);
    return out;
}

std::optional<TransactionInput> transaction_input_from_json(const Json& json) {
    Members members(json);
    TransactionInput out;
    out.input = members.data("input");
    out.to = members.optional_fixed<Address>("to");
    out.from = members.fixed<Address>("from");
    out.value = members.quantity("value");
    out.block_number = members.optional_quantity64("blockNumber");
    out.blob_hashes = members.optional_hashes("blobVersionedHashes", kMaxTransactionBlobs);
    if (!members.ok()) return std::nullopt;
    return out;
}

Json to_json(const SignedTransaction& transaction) {
    const Transaction& body = transaction.body;
    Json access_list = Json::array();
    for (const AccessEntry& entry : body.access_list) {
        access_list.push_back({{"address", to_hex(entry.address)}, {"storageKeys", json_of(entry.slots)}});
    }
    auto scalar = [&](size_t offset) {
        Bytes raw = to_bytes(ByteView{transaction.signature}.subspan(offset, 32));
        if (offset != 0) raw[0] &= 0x7f;
        std::string digits = to_hex(raw).substr(2);
        return "0x" + digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
    };
    std::string parity = quantity(transaction.signature.bytes[32] >> 7);
    Json out{{"type", body.has_blobs() ? "0x3" : "0x2"},
             {"chainId", quantity(body.chain_id)},
             {"nonce", quantity(body.nonce)},
             {"from", to_hex(transaction.sender)},
             {"to", hex_or_null(body.to)},
             {"value", quantity(body.value)},
             {"gas", quantity(body.gas_limit)},
             {"maxFeePerGas", quantity(body.max_fee)},
             {"maxPriorityFeePerGas", quantity(body.max_priority_fee)},
             {"input", to_hex(body.data)},
             {"accessList", access_list},
             {"hash", to_hex(transaction.hash)},
             {"yParity", parity},
             {"v", parity},
             {"r", scalar(0)},
             {"s", scalar(32)}};
    if (body.has_blobs()) {
        out["maxFeePerBlobGas"] = quantity(body.max_blob_fee);
        out["blobVersionedHashes"] = json_of(body.blob_hashes);
    }
    return out;
}

Json to_json(const LogFilter& filter) {
    Json addresses = Json::array(), topics = Json::array();
    for (const Address& address : filter.addresses) addresses.push_back(to_hex(address));
    for (const std::vector<Hash>& allowed : filter.topics) {
        const Json position = json_of(allowed);
        topics.push_back(position.empty() ? Json(nullptr) : position);
    }
    Json out{{"address", addresses}, {"topics", topics}};
    if (filter.block_hash) {
        out["blockHash"] = to_hex(*filter.block_hash);
    } else {
        out["fromBlock"] = quantity(filter.from_block);
        out["toBlock"] = quantity(filter.to_block);
    }
    return out;
}

Json to_json(const CallRequest& request) {
    Json out = Json::object();
    if (request.from) out["from"] = to_hex(*request.from);
    if (request.to) out["to"] = to_hex(*request.to);
    if (request.value != 0) out["value"] = quantity(request.value);
    if (!request.data.empty()) out["input"] = to_hex(request.data);
    if (request.gas) out["gas"] = quantity(*request.gas);
    if (request.max_fee != 0) {
        out["maxFeePerGas"] = quantity(request.max_fee);
        out["maxPriorityFeePerGas"] = quantity(request.max_priority_fee);
    }
    if (!request.blob_hashes.empty()) out["blobVersionedHashes"] = json_of(request.blob_hashes);
    return out;
}

std::optional<CallRequest> call_request_from_json(const Json& json, std::string& bad) {
    Members members(json);
    CallRequest out;
    out.from = members.optional_fixed<Address>("from");
    out.to = members.optional_fixed<Address>("to");
    out.value = members.optional_quantity("value").value_or(0);
    out.gas = members.optional_quantity64("gas");
    out.blob_hashes = members.optional_hashes("blobVersionedHashes", kMaxTransactionBlobs);
    auto input = members.optional_data("input"), data = members.optional_data("data");
    if (input && data && *input != *data) members.fail("data");
    out.data = input ? std::move(*input) : std::move(data).value_or(Bytes{});
    bad = members.bad();
    if (!members.ok()) return std::nullopt;
    return out;
}

}  // namespace gavel::l1::rpc
