#include "tests/e2e/world.hpp"

#include <httplib.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "l1-bridge/client/deployment.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"
#include "node/file.hpp"
#include "proto/client_grpc.hpp"
#include "tests/l1/ethereum_node.hpp"

namespace gavel::e2e {
namespace {

constexpr uint64_t kWeek = 7 * 86'400;

template <class T>
T value(node::Result<T> result) {
    if (!result) FAIL(node::to_string(result.status()));
    return std::move(*result);
}

std::string hex_of(const PrivateKey& key) { return to_hex(key.scalar()).substr(2); }

}  // namespace

std::string program(const std::string& name) {
    const char* folder = std::getenv("GAVEL_BIN_DIR");
    return std::string(folder == nullptr ? "build/release/bin" : folder) + "/" + name;
}

std::string text_of(const api::ChainInfo& info) {
    std::ostringstream out;
    out << info.server << ": " << info.op_count << " operations, " << info.posted_op_count << " posted, "
        << info.state.l1_ops_consumed << " of " << info.l1_queue_length << " L1 operations, batch " << info.head_batch << " "
        << to_hex(info.head_hash) << ", final " << info.final_batch << ", L1 block " << info.l1_block << ", state "
        << to_hex(info.state.hash());
    return out.str();
}

PrivateKey key_of(const std::string& name) { return PrivateKey::derived("e2e " + name); }

World::World(WorldOptions world_options) : options_(std::move(world_options)) {
    start_l1();
    l1::JsonRpcOptions options;
    options.url = l1_url();
    options.error_names = l1::rollup_error_names();
    l1_client_ = std::make_unique<l1::JsonRpcClient>(std::move(options));
    for (const std::string& name : options_.on_ethereum ? options_.funded : std::vector<std::string>())
        value(l1_client_->request("anvil_setBalance", "[\"" + to_hex(address_of(name)) + "\",\"0x3635c9adc5dea00000\"]"));
    deploy_rollup();
}

World::~World() {
    if (!std::uncaught_exceptions()) return;
    for (const std::string daemon : {"l1", "sequencer", "verifier", "drill"}) {
        std::ifstream file(log_file(daemon));
        std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
        constexpr size_t kShown = 8'000;
        if (text.size() > kShown) text = "...\n" + text.substr(text.size() - kShown);
        if (!text.empty()) std::cout << "---- log of " << daemon << "\n" << text << "----\n";
    }
}

// ---- Daemons ----

std::string World::listen(const std::string& daemon) const {
    auto port = ports_.find(daemon);
    return "127.0.0.1:" + (port == ports_.end() ? "0" : port->second);
}

std::string World::http_get(const std::string& daemon, const std::string& path) const {
    auto port = metrics_ports_.find(daemon);
    if (port == metrics_ports_.end()) return "";
    httplib::Client client("127.0.0.1", port->second);
    client.set_connection_timeout(2);
    client.set_read_timeout(5);
    auto answer = client.Get(path);
    return answer ? answer->body : "";
}

void World::add_l1(const std::string& program, std::vector<std::string>& command) const {
    auto urls = l1_urls_.find(program);
    for (const std::string& url : urls == l1_urls_.end() ? std::vector<std::string>{l1_url()} : urls->second)
        command.insert(command.end(), {"--l1", url});
}

void World::add_metrics_port(const std::string& daemon, std::vector<std::string>& flags) {
    const int port = metrics_ports_.emplace(daemon, free_port()).first->second;
    flags.insert(flags.end(), {"--metrics-listen", "127.0.0.1:" + std::to_string(port)});
}

std::string World::key_file(const std::string& name) {
    const std::string path = folder_.file(name + ".key");
    REQUIRE(node::write_file(path, hex_of(key_of(name)) + "\n", 0600).ok());
    return path;
}

std::unique_ptr<Process> World::start(const std::string& program_name, const std::string& daemon, std::vector<std::string> flags,
                                      const std::string& port_mark) {
    std::vector<std::string> command = {program(program_name),        "--listen",     listen(daemon), "--data-dir",
                                        folder_.file(daemon + ".db"), "--log-format", "json"};
    command.insert(command.end(), flags.begin(), flags.end());
    auto process = std::make_unique<Process>(command, log_file(daemon));
    const std::string port = process->wait_for(port_mark, kPatience);
    if (port.empty()) FAIL(program_name << " doesn't start:\n" << process->log());
    ports_[daemon] = port;
    return process;
}

// Its chain is in a file, which it writes when it ends.
std::unique_ptr<Process> World::start_anvil() {
    const std::string port = ports_.count("l1") == 0 ? "0" : ports_.at("l1");
    auto process = std::make_unique<Process>(
        std::vector<std::string>{test::anvil_program(), "--port", port, "--block-time", "1", "--hardfork", "osaka",
                                 "--enable-tx-gas-limit", "--state", folder_.file("l1.state")},
        log_file("l1"));
    const std::string told = process->wait_for("Listening on 127.0.0.1:", kPatience);
    if (told.empty()) FAIL("Anvil doesn't start:\n" << process->log());
    ports_["l1"] = told.substr(0, told.find_first_not_of("0123456789"));
    return process;
}

void World::start_l1() {
    if (options_.on_ethereum) {
        l1_ = start_anvil();
        return;
    }
    std::vector<std::string> flags = {"--block-time", "1"};
    for (const std::string& name : options_.funded) {
        flags.push_back("--fund");
        flags.push_back(to_checksum(address_of(name)) + "=1000");
    }
    l1_ = start("gavel-l1", "l1", flags, "port ");
}

void World::deploy_rollup() {
    const l1::RollupParameters parameters{options_.challenge_window_s,
                                          options_.inclusion_window_s,
                                          options_.challenge_window_s + options_.inclusion_window_s + kWeek,
                                          kEther,
                                          {}};
    l1::L1Wallet wallet(*l1_client_, key_of("operator"));
    const Bytes creation = l1::rollup_creation(parameters);
    const l1::Receipt receipt = value(wallet.run(std::nullopt, 0, creation));
    REQUIRE(receipt.contract_address);
    domain_ = {value(l1_client_->chain_id()), *receipt.contract_address};
    rollup_ = std::make_unique<l1::RollupClient>(*l1_client_, *receipt.contract_address);
}

void World::launch_sequencer(const std::string& name) {
    std::vector<std::string> flags = {"--rollup",
                                      to_checksum(domain_.rollup),
                                      "--key-file",
                                      key_file(name),
                                      "--l1-confirmations",
                                      std::to_string(options_.l1_confirmations),
                                      "--batch-age",
                                      "1s",
                                      "--poll",
                                      "100ms"};
    add_l1("sequencer", flags);
    add_metrics_port("sequencer", flags);
    flags.insert(flags.end(), options_.sequencer_flags.begin(), options_.sequencer_flags.end());
    sequencer_ = start("gavel-sequencer", "sequencer", flags, "\"grpc_port\":");
    if (!at_sequencer_) at_sequencer_ = value(proto::open_sequencer({.channel = {.target = sequencer_address()}}));
}

void World::start_sequencer(const std::string& name) {
    launch_sequencer(name);
    eventually("the sequencer sits", [&] { return sequencer_->has_logged("\"message\":\"sequencing\""); });
}

void World::start_verifier(const std::string& key) {
    std::vector<std::string> flags = {"--rollup", to_checksum(domain_.rollup), "--poll", "100ms"};
    add_l1("verifier", flags);
    add_metrics_port("verifier", flags);
    flags.insert(flags.end(), options_.verifier_flags.begin(), options_.verifier_flags.end());
    if (!key.empty()) flags.insert(flags.end(), {"--key-file", key_file(key), "--claim"});
    verifier_ = start("gavel-verifier", "verifier", flags, "\"grpc_port\":");
    if (!at_verifier_) at_verifier_ = value(proto::open_verifier({.channel = {.target = "127.0.0.1:" + ports_.at("verifier")}}));
}

void World::stop_all() {
    for (auto* daemon : {&verifier_, &sequencer_, &l1_}) {
        if (*daemon && (*daemon)->is_alive()) CHECK((*daemon)->stop() == 0);
    }
}

Finished World::drill(const std::string& kind, const std::string& key, const std::string& data) {
    return run({program("gavel-drill"), "--lie", kind, "--data", data, "--l1", l1_url(), "--rollup", to_checksum(domain_.rollup),
                "--key-file", key_file(key)},
               folder_.path());
}

// ---- The command ----

Finished World::gavel(const std::string& name, std::vector<std::string> arguments) {
    std::vector<std::string> command = {program("gavel"), "--private-key", hex_of(key_of(name))};
    add_l1("gavel", command);
    for (const char* daemon : {"sequencer", "verifier"}) {
        if (ports_.count(daemon) == 0) continue;
        command.push_back(std::string("--") + daemon);
        command.push_back("127.0.0.1:" + ports_.at(daemon));
    }
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run(command, folder_.path());
}

std::string World::gavel_json(const std::string& name, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "--json");
    Finished done = gavel(name, arguments);
    INFO(done.output << done.errors);
    REQUIRE(done.exit_status == 0);
    return done.output;
}

// ---- What stories do ----

void World::eventually(const std::string& what, const std::function<bool()>& holds) {
    if (!within(kPatience, holds)) FAIL("not within " << kPatience.count() << " s: " << what);
}

void World::deposit(const std::string& name, u128 wei) {
    const Address owner = address_of(name);
    const u128 before = balance(at_sequencer(), owner).value();
    l1::L1Wallet wallet(*l1_client_, key_of(name));
    const Bytes call = l1::rollup_call::deposit_eth(owner);
    const l1::Receipt receipt = value(wallet.run(domain_.rollup, wei, call));
    REQUIRE(receipt.success);
    eventually("the deposit is credited", [&] { return balance(at_sequencer(), owner).value() >= before + wei; });
}

api::Submission World::sign(const std::string& name, const Operation& operation) const {
    const PrivateKey key = key_of(name);
    return {operation, key.sign(operation.digest(domain_.separator())), key.address(), domain_.chain_id};
}

api::Submission World::transfer(const std::string& name, const Address& to, u128 wei, uint64_t nonce) const {
    Operation operation;
    operation.kind = OperationKind::kTransfer;
    operation.payments = {{to, Amount{wei}}};
    operation.nonce = nonce;
    return sign(name, operation);
}

api::Receipt World::submit(const api::Submission& submission) {
    const api::SubmitOutcome outcome = at_sequencer().submit(submission);
    if (!outcome.status.ok()) FAIL(node::to_string(outcome.status));
    return outcome.receipt;
}

// A channel takes its time before it tries a daemon again that was gone.
api::AccountInfo World::account(api::Query& at, const Address& owner) {
    std::optional<node::Result<api::AccountInfo>> answer;
    eventually("a daemon tells of an account", [&] {
        answer = at.account({owner, {}});
        return answer->ok() || !api::is_no_answer(answer->status());
    });
    return value(*answer);
}

void World::wait_for_status(api::Query& at, const Hash& hash, api::OperationStatus status) {
    std::string last = "nothing";
    const bool reached = within(kPatience, [&] {
        auto info = at.operation(hash);
        last = info ? name_of(info->status) : node::to_string(info.status());
        return info && info->status == status;
    });
    if (!reached) FAIL("an operation isn't " << name_of(status) << " in time but " << last);
}

void World::wait_for_agreement() {
    std::string last;
    const bool agreed = within(kPatience, [&] {
        auto ours = at_sequencer().chain_info();
        auto theirs = at_verifier().chain_info();
        if (!ours || !theirs) {
            last = node::to_string((ours ? theirs : ours).status());
            return false;
        }
        last = text_of(*ours) + "\n" + text_of(*theirs);
        // `op_count` is of users' operations alone: a deposit may be in a chunk that isn't full yet.
        return ours->op_count == ours->posted_op_count && ours->state.l1_ops_consumed == ours->l1_queue_length &&
               ours->state == theirs->state && ours->head_hash == theirs->head_hash;
    });
    if (!agreed) FAIL("sequencer and verifier don't agree in time:\n" << last);
}

void World::mine(int blocks) {
    for (int i = 0; i < blocks; ++i) REQUIRE(l1_client_->request("evm_mine", "[]").ok());
}

}  // namespace gavel::e2e
