#include "cli/devnet.hpp"

#include <stdlib.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "cli/bulk_sender.hpp"
#include "cli/l1_payments.hpp"
#include "cli/units.hpp"
#include "l1-bridge/client/deployment.hpp"
#include "l1-bridge/wire/erc20_call.hpp"
#include "l1-bridge/wire/transaction.hpp"
#include "node/file.hpp"
#include "node/signals.hpp"

namespace gavel::cli {

using node::Code;
using node::Result;
using node::Status;

namespace {

constexpr uint8_t kTokenDecimals = 6;
constexpr std::chrono::seconds kPatience{60};

}  // namespace

Status Devnet::choose_folder() {
    if (!options_.data_dir.empty()) {
        folder_ = options_.data_dir;
        std::error_code error;
        std::filesystem::create_directories(folder_, error);
        if (error) return {Code::kInternal, "FILE_UNWRITABLE", "data-dir", folder_ + ": " + error.message()};
        if (!std::filesystem::is_empty(folder_, error)) {
            return {Code::kAlreadyExists, "FOLDER_NOT_EMPTY", "data-dir", folder_ + " isn't empty; a devnet starts afresh"};
        }
        return {};
    }
    std::string name = (std::filesystem::temp_directory_path() / "gavel-devnet-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) return {Code::kInternal, "FILE_UNWRITABLE", "data-dir", "no temporary folder: " + name};
    folder_ = name;
    temporary_ = true;
    return {};
}

Status Devnet::choose_ports() {
    l1_port_ = static_cast<uint16_t>(options_.l1_port);
    sequencer_port_ = static_cast<uint16_t>(options_.sequencer_port);
    verifier_port_ = static_cast<uint16_t>(options_.verifier_port);
    if (options_.free_ports) {
        for (uint16_t* port : {&l1_port_, &sequencer_port_, &verifier_port_}) {
            auto found = free_port();
            if (!found) return found.status();
            *port = *found;
        }
    }
    session_options_.l1.urls[0] = "http://127.0.0.1:" + std::to_string(l1_port_);
    session_options_.sequencer.target = "127.0.0.1:" + std::to_string(sequencer_port_);
    session_options_.verifier.target = "127.0.0.1:" + std::to_string(verifier_port_);
    return {};
}

Result<std::string> Devnet::key_file(const std::string& who) const {
    const std::string path = file(who + ".key");
    Status written = node::write_file(path, to_hex(devnet_key(who).scalar()) + "\n", 0600);
    if (!written.ok()) return written;
    return path;
}

Status Devnet::start_program(const std::string& name, std::vector<std::string> arguments) {
    auto started = ChildProcess::start(program_folder() + "/" + name, arguments, file(name + ".log"));
    if (!started) return started.status();
    programs_.push_back({name, std::move(*started)});
    return {};
}

// Asks until there is an answer; the program may end before.
template <class Ask>
Status Devnet::wait_for(const std::string& name, Ask ask) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
        Status answer = ask();
        if (answer.ok()) return {};
        if (!programs_.back().process->is_running()) {
            auto log = node::read_file(file(name + ".log"));
            return {Code::kInternal, "START_FAILED", name,
                    name + " ended at once: " + (log ? log->substr(0, 2000) : std::string())};
        }
        if (std::chrono::steady_clock::now() > end) return answer;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

Status Devnet::start_l1() {
    std::vector<std::string> arguments = {"--listen",     "127.0.0.1:" + std::to_string(l1_port_),    "--data-dir", file("l1"),
                                          "--block-time", std::to_string(options_.block_time_s) + "s"};
    auto fund = [&](const PrivateKey& key, const std::string& ether) {
        arguments.insert(arguments.end(), {"--fund", to_checksum(key.address()) + "=" + ether});
    };
    fund(devnet_key("funder"), "1000000000");
    fund(devnet_key("operator"), "10000");
    fund(devnet_key("verifier"), "1000");
    for (const PrivateKey& account : accounts_) fund(account, "10");
    if (Status started = start_program("gavel-l1", arguments); !started.ok()) return started;
    return wait_for("gavel-l1", [&] { return session_.l1().chain_id().status(); });
}

Status Devnet::deploy() {
    l1::RollupParameters parameters;
    parameters.challenge_window = options_.challenge_window_s;
    parameters.inclusion_window = options_.inclusion_window_s;
    parameters.freeze_age = parameters.least_freeze_age();
    l1::L1Wallet wallet(session_.l1(), devnet_key("funder"), {.poll = std::chrono::milliseconds(50)});
    auto rollup = wallet.run(std::nullopt, 0, l1::rollup_creation(parameters));
    if (!rollup) return rollup.status();
    auto token = wallet.run(std::nullopt, 0, l1::test_token_creation("Devnet Dollar", "DUSD", kTokenDecimals));
    if (!token) return token.status();
    if (!rollup->contract_address || !token->contract_address) {
        return {Code::kInternal, "DEPLOYMENT_FAILED", "", "the L1 tells no contract's address"};
    }
    rollup_ = *rollup->contract_address;
    token_ = *token->contract_address;
    session_options_.rollup = to_checksum(rollup_);
    return {};
}

Status Devnet::start_sequencer() {
    auto key = key_file("operator");
    if (!key) return key.status();
    Status started = start_program("gavel-sequencer", {"--l1",
                                                       session_options_.l1.urls[0],
                                                       "--rollup",
                                                       to_checksum(rollup_),
                                                       "--key-file",
                                                       *key,
                                                       "--listen",
                                                       session_options_.sequencer.target,
                                                       "--data-dir",
                                                       file("sequencer"),
                                                       "--l1-confirmations",
                                                       "1",
                                                       "--poll",
                                                       "100ms",
                                                       "--l1-stale-after",
                                                       stale_after(),
                                                       "--batch-age",
                                                       std::to_string(options_.batch_age.count()) + "ms",
                                                       "--fee",
                                                       to_checksum(token_) + "=100"});
    if (!started.ok()) return started;
    auto remote = session_.sequencer();
    if (!remote) return remote.status();
    return wait_for("gavel-sequencer", [&] { return (*remote)->chain_info().status(); });
}

Status Devnet::start_verifier() {
    auto key = key_file("verifier");
    if (!key) return key.status();
    Status started = start_program(
        "gavel-verifier", {"--l1", session_options_.l1.urls[0], "--rollup", to_checksum(rollup_), "--key-file", *key, "--listen",
                           session_options_.verifier.target, "--data-dir", file("verifier"), "--poll", "100ms",
                           "--l1-stale-after", stale_after(), "--claim", "--claim-token", to_checksum(token_) + "=1"});
    if (!started.ok()) return started;
    auto remote = session_.verifier();
    if (!remote) return remote.status();
    return wait_for("gavel-verifier", [&] { return (*remote)->chain_info().status(); });
}

Status Devnet::deposit() {
    const PrivateKey funder = devnet_key("funder");
    BulkSender bulk(session_.l1(), funder);
    const Amount all{tokens_.value() * accounts_.size()};
    const Amount with_fee_account{all.value() + 1};
    std::vector<BulkTransaction> preparing = {{token_, 0, l1::erc20_call::mint(funder.address(), with_fee_account), 200'000},
                                              {token_, 0, l1::erc20_call::approve(rollup_, with_fee_account), 200'000}};
    for (const PrivateKey& account : accounts_) {
        if (!tokens_.is_zero()) preparing.push_back({token_, 0, l1::erc20_call::mint(account.address(), tokens_), 200'000});
    }
    if (auto prepared = bulk.run(preparing); !prepared) return prepared.status();
    // The operator takes fees in the token as soon as it has an account for them.
    const Address operator_address = devnet_key("operator").address();
    std::vector<BulkTransaction> deposits = {
        {rollup_, 0, l1::rollup_call::deposit_token(token_, operator_address, Amount{1}), 500'000}};
    for (const PrivateKey& account : accounts_) {
        const Address to = account.address();
        if (!eth_.is_zero()) deposits.push_back({rollup_, eth_.value(), l1::rollup_call::deposit_eth(to), 500'000});
        if (!tokens_.is_zero()) deposits.push_back({rollup_, 0, l1::rollup_call::deposit_token(token_, to, tokens_), 500'000});
    }
    if (auto done = bulk.run(deposits); !done) return done.status();
    auto remote = session_.sequencer();
    if (!remote) return remote.status();
    return wait_for("gavel-sequencer", [&]() -> Status {
        auto info = (*remote)->chain_info();
        if (!info) return info.status();
        if (info->l1_queue_length >= deposits.size() && info->l1_ops_waiting == 0) return {};
        return {Code::kDeadlineExceeded, "NOT_CREDITED", "", "the sequencer hasn't credited the deposits"};
    });
}

Status Devnet::start() {
    auto eth = parse_units(options_.eth, kEtherDecimals);
    auto tokens = parse_units(options_.tokens, kTokenDecimals);
    if (!eth) return eth.status();
    if (!tokens) return tokens.status();
    if (eth->value() > 1000 * kEther) return {Code::kInvalidArgument, "AMOUNT_TOO_LARGE", "eth", "at most 1000 ether an account"};
    if (tokens->value() > Amount::max().value() / 1'000'000) {
        return {Code::kInvalidArgument, "AMOUNT_TOO_LARGE", "tokens", "that is more than there can be"};
    }
    eth_ = *eth;
    tokens_ = *tokens;
    for (uint64_t i = 0; i < options_.accounts; ++i) accounts_.push_back(devnet_key("account:" + std::to_string(i)));
    for (auto step : {&Devnet::choose_folder, &Devnet::choose_ports, &Devnet::start_l1, &Devnet::deploy, &Devnet::start_sequencer,
                      &Devnet::start_verifier, &Devnet::deposit}) {
        if (Status status = (this->*step)(); !status.ok()) return status;
    }
    if (options_.info_file.empty()) return {};
    return node::write_file(options_.info_file, description().dump(2) + "\n", 0600);
}

Status Devnet::watch(node::StopSignals& signals) {
    while (signals.wait_for(std::chrono::milliseconds(500)) == 0) {
        for (Program& program : programs_) {
            if (program.process->is_running()) continue;
            temporary_ = false;
            return {Code::kInternal, "PROGRAM_ENDED", program.name,
                    program.name + " has ended; see " + file(program.name + ".log")};
        }
    }
    return {};
}

void Devnet::stop() {
    while (!programs_.empty()) {
        programs_.back().process->stop();
        programs_.pop_back();
    }
}

}  // namespace gavel::cli
