#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "l1-bridge/chain/rollup_contract.hpp"
#include "l1-bridge/wire/rpc_values.hpp"
#include "tests/l1/ethereum_node.hpp"
#include "tests/twins/chains.hpp"

namespace gavel::twins {
namespace {

using rpc::Json;

const std::string kRoot = GAVEL_SOURCE_DIR;

Bytes code_in(const std::string& path) {
    std::ifstream file(path);
    std::string hex;
    std::getline(file, hex);
    auto code = from_hex(hex);
    if (!code || code->empty()) throw std::runtime_error("no creation code in " + path);
    return *code;
}

// GAVEL_ROLLUP_CODE names another file for the rollup's: a contract with a planted fault.
std::string rollup_code_path() {
    const char* given = std::getenv("GAVEL_ROLLUP_CODE");
    return given ? given : kRoot + "/l1-bridge/artifacts/Rollup.creation.hex";
}

// A stand-in of tests/contract/stand_ins.hpp with the constructor's arguments.
Bytes stand_in_code(const std::string& name) {
    static const std::map<std::string, std::string> contracts{
        {"forwarder", "Forwarder"}, {"refuser", "Refuser"}, {"reenterer", "Reenterer"}};
    auto found = contracts.find(name);
    const bool is_token = found == contracts.end();
    Bytes code = code_in(kRoot + "/build/contracts/" + (is_token ? "OddToken" : found->second) + ".creation.hex");
    if (is_token) append(code, word_of(u128{std::stoul(name.substr(std::string("token").size()))}));
    return code;
}

void compile_stand_ins() {
    namespace fs = std::filesystem;
    const fs::path made = kRoot + "/build/contracts/OddToken.creation.hex";
    bool is_fresh = fs::exists(made);
    for (const auto& source : fs::directory_iterator(kRoot + "/tests/contracts")) {
        is_fresh = is_fresh && fs::last_write_time(source.path()) <= fs::last_write_time(made);
    }
    if (is_fresh) return;
    test::TempDir folder;
    auto done = e2e::run({"/bin/bash", kRoot + "/scripts/contracts.sh", "--tests"}, folder.path());
    if (done.exit_status != 0) throw std::runtime_error("scripts/contracts.sh --tests: " + done.output + done.errors);
}

// Anvil's answers are trusted to be of their form: what isn't throws.
template <class T>
T read(std::optional<T> value) {
    if (!value) throw std::runtime_error("anvil: an answer of another form");
    return std::move(*value);
}

class AnvilTwin final : public Chain {
public:
    AnvilTwin()
        : node_({"--no-mining", "--order", "fifo", "--base-fee", "0", "--gas-price", "0", "--disable-min-priority-fee",
                 "--chain-id", std::to_string(kChainId), "--gas-limit", "1000000000", "--timestamp", std::to_string(kGenesisTime),
                 "--accounts", "1"}) {
        compile_stand_ins();
    }
    const char* name() const override { return "Anvil"; }

    void begin(const std::vector<std::pair<Address, u128>>& funds) override {
        if (!snapshot_.empty()) ask("evm_revert", Json::array({snapshot_}));
        snapshot_ = ask("evm_snapshot").get<std::string>();
        for (const auto& [address, wei] : funds) {
            ask("anvil_setBalance", Json::array({to_hex(address), rpc::quantity(wei)}));
        }
    }
    void watch(const Address& rollup) override {
        rollup_ = rollup;
        prover_ = created_address(rollup, 1);
    }

    Bytes creation(const std::string& contract, ByteView arguments) override {
        Bytes& code = codes_[contract];
        if (code.empty()) code = contract == kRollupName ? code_in(rollup_code_path()) : stand_in_code(contract);
        Bytes out = code;
        append(out, arguments);
        return out;
    }

    BlockResult mine(const std::vector<SignedTransaction>& transactions, uint64_t time) override {
        for (const SignedTransaction& transaction : transactions) {
            ask("eth_sendRawTransaction", Json::array({to_hex(transaction.raw)}));
        }
        mine_at(time);
        const Json receipts = ask("eth_getBlockReceipts", Json::array({"latest"}));
        if (receipts.size() != transactions.size()) throw std::runtime_error("anvil: the block isn't of these transactions");
        BlockResult out;
        for (size_t i = 0; i < transactions.size(); ++i) {
            Receipt receipt = read(rpc::receipt_from_json(receipts[i]));
            if (receipt.tx_hash != transactions[i].hash) throw std::runtime_error("anvil: another order of transactions");
            BlockResult::Sent sent{receipt.success, {}, receipt.success ? receipt.contract_address : std::nullopt};
            for (Log& log : receipt.logs) sent.logs.push_back({log.address, std::move(log.topics), std::move(log.data)});
            out.transactions.push_back(std::move(sent));
            if (!transactions[i].body.to && !is_rollup_creation(transactions[i].body.data)) continue;
            const Json frame = ask("debug_traceTransaction", Json::array({to_hex(receipt.tx_hash), {{"tracer", "callTracer"}}}));
            transactions[i].body.to ? add_calls(frame, out.calls) : add_construction(frame, out.calls);
        }
        return out;
    }

    void delegate(const Address& account, const Address& to, uint64_t time) override {
        ask("anvil_setCode", Json::array({to_hex(account), "0xef0100" + to_hex(to).substr(2)}));
        mine_at(time);
    }

    CallReply call(const Address& to, const Bytes& data) override {
        CallRequest request;
        request.to = to;
        request.data = data;
        auto reply = node_.client().try_call(request);
        if (!reply) throw std::runtime_error("anvil: " + node::to_string(reply.status()));
        return *reply;
    }
    u128 balance(const Address& address) override {
        return read(rpc::parse_quantity(ask("eth_getBalance", Json::array({to_hex(address), "latest"}))));
    }
    Hash storage(const Address& address, const Hash& slot) override {
        return read(rpc::parse_fixed<Hash>(ask("eth_getStorageAt", Json::array({to_hex(address), to_hex(slot), "latest"}))));
    }

private:
    Json ask(const std::string& method, const Json& parameters = Json::array()) {
        auto answer = node_.client().request(method, parameters.dump());
        if (!answer) throw std::runtime_error("anvil: " + method + ": " + node::to_string(answer.status()));
        return Json::parse(*answer);
    }
    void mine_at(uint64_t time) {
        ask("evm_setNextBlockTimestamp", Json::array({time}));
        ask("evm_mine");
    }

    bool is_rollup_creation(ByteView data) {
        const Bytes& code = codes_[kRollupName];
        return !code.empty() && data.size() >= code.size() && std::equal(code.begin(), code.end(), data.begin());
    }

    void add_construction(const Json& frame, std::vector<RunningCall>& calls) {
        RunningCall made;
        made.sender = read(rpc::parse_fixed<Address>(frame["from"]));
        made.is_construction = true;
        made.success = !frame.contains("error");
        const Bytes input = read(rpc::parse_data(frame["input"]));
        made.input = to_bytes(ByteView{input}.subspan(codes_[kRollupName].size()));
        if (frame.contains("value")) made.value = read(rpc::parse_quantity(frame["value"]));
        if (!made.success && frame.contains("output")) made.output = read(rpc::parse_data(frame["output"]));
        calls.push_back(std::move(made));
    }

    void add_calls(const Json& frame, std::vector<RunningCall>& calls) const {
        const bool is_rollup = rpc::parse_fixed<Address>(frame.value("to", Json())) == rollup_;
        if (is_rollup && frame["type"] != "DELEGATECALL") {
            RunningCall call;
            call.sender = read(rpc::parse_fixed<Address>(frame["from"]));
            if (frame.contains("value")) call.value = read(rpc::parse_quantity(frame["value"]));
            call.input = read(rpc::parse_data(frame["input"]));
            call.success = !frame.contains("error");
            if (frame.contains("output")) call.output = read(rpc::parse_data(frame["output"]));
            if (call.sender != prover_) calls.push_back(std::move(call));
        }
        for (const Json& inner : frame.value("calls", Json::array())) add_calls(inner, calls);
    }

    test::AnvilNode node_;
    std::string snapshot_;
    std::map<std::string, Bytes> codes_;
    Address rollup_, prover_;
};

}  // namespace

std::unique_ptr<Chain> anvil_chain() { return std::make_unique<AnvilTwin>(); }

}  // namespace gavel::twins
