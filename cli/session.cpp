#include "cli/session.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/keystore.hpp"
#include "cli/units.hpp"
#include "l1-bridge/deployment.hpp"
#include "l1-bridge/json_rpc_client.hpp"
#include "l1-bridge/rollup_client.hpp"
#include "node/file.hpp"
#include "proto/convert_grpc.hpp"
#include "protocol/check.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

constexpr uint64_t kMaxKeyFile = 64 << 10;
constexpr size_t kMaxSymbol = 16;

Status bad(const char* reason, const std::string& field, const std::string& message) {
    return {Code::kInvalidArgument, reason, field, message};
}

// Reads a line from the terminal without showing it; nullopt without a terminal.
std::optional<std::string> ask_secret(const std::string& prompt) {
    std::FILE* terminal = std::fopen("/dev/tty", "r+");
    if (terminal == nullptr) return std::nullopt;
    termios before{};
    const bool quiet = tcgetattr(fileno(terminal), &before) == 0;
    termios hidden = before;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (quiet) tcsetattr(fileno(terminal), TCSAFLUSH, &hidden);
    std::fputs(prompt.c_str(), terminal);
    std::fflush(terminal);
    std::string line;
    for (int c = std::fgetc(terminal); c != EOF && c != '\n'; c = std::fgetc(terminal)) line += static_cast<char>(c);
    if (quiet) tcsetattr(fileno(terminal), TCSAFLUSH, &before);
    std::fputs("\n", terminal);
    std::fclose(terminal);
    return line;
}

std::string printable_symbol(const std::string& text) {
    std::string out;
    for (char c : text.substr(0, kMaxSymbol)) out += c > ' ' && c <= '~' ? c : '?';
    return out;
}

}  // namespace

void add_session_options(node::Options& options, SessionOptions& session) {
    options.toggle("--json", session.json, "print one JSON document instead of tables");
    options.group("Connections");
    node::add_grpc_channel_options(options, "sequencer", "host:port of gavel-sequencer", session.sequencer);
    node::add_grpc_channel_options(options, "verifier", "host:port of gavel-verifier", session.verifier);
    l1::add_l1_flags(options, session.l1);
    options.text("--rollup", session.rollup, "address of the rollup contract; without it, the sequencer's word is taken for it");
    l1::add_wallet_flags(options, session.wallet);
    options.group("Keys");
    options.text("--keystore", session.keystore, "folder of encrypted keys");
    options.text("--from", session.from, "address of the key to sign with, or a keystore file; not needed if there is only one");
    options.text("--private-key", session.private_key, "hex of the key to sign with, instead of the keystore: for devnets")
        .hidden();
    options.text("--password", session.password, "").hidden();
    options.text("--password-file", session.password_file, "file whose first line is the key's password (or set GAVEL_PASSWORD)");
    options.group("Options");
}

Result<Remote*> Session::sequencer() {
    if (!sequencer_) {
        auto remote = Remote::open(options_.sequencer, "sequencer");
        if (!remote) return remote.status();
        sequencer_ = std::move(*remote);
    }
    return sequencer_.get();
}

Result<Remote*> Session::verifier() {
    if (!verifier_) {
        auto remote = Remote::open(options_.verifier, "verifier");
        if (!remote) return remote.status();
        verifier_ = std::move(*remote);
    }
    return verifier_.get();
}

l1::L1Client& Session::l1() {
    if (l1_) return *l1_;
    auto opened = l1::open_l1(options_.l1, clock_);
    // What is no URL can't be reached, and says so when it is asked.
    l1_ = opened ? *std::move(opened) : std::make_unique<l1::JsonRpcClient>(l1::JsonRpcOptions{.url = ""});
    return *l1_;
}

Result<Domain> Session::domain() {
    if (domain_) return *domain_;
    auto remote = sequencer();
    if (!remote) return remote.status();
    auto info = (*remote)->chain_info();
    if (!info && info.status().code == Code::kUnavailable) {
        auto second = verifier();
        if (!second) return second.status();
        auto from_verifier = (*second)->chain_info();
        if (from_verifier) info = std::move(from_verifier);
    }
    if (!info && info.status().code == Code::kUnavailable && !options_.rollup.empty()) return domain_by_l1();
    if (!info) return info.status();
    auto rollup = proto::address_from_pb(info->rollup(), "rollup");
    if (!rollup) return rollup.status();
    if (!options_.rollup.empty()) {
        auto wanted = parse_address(options_.rollup, "rollup");
        if (!wanted) return wanted.status();
        if (*wanted != *rollup) {
            return Status{Code::kFailedPrecondition, "ROLLUP_MISMATCH", "rollup",
                          "the server speaks for " + to_checksum(*rollup) + ", not for " + to_checksum(*wanted)};
        }
    }
    domain_ = Domain{info->chain_id(), *rollup};
    return *domain_;
}

Result<Domain> Session::domain_by_l1() {
    auto rollup = parse_address(options_.rollup, "rollup");
    if (!rollup) return rollup.status();
    auto chain_id = l1().chain_id();
    if (!chain_id) return chain_id.status();
    domain_ = Domain{*chain_id, *rollup};
    return *domain_;
}

Result<Address> Session::rollup() {
    if (rollup_) return *rollup_;
    auto named = named_rollup();
    if (!named) return named;
    auto chain_id = l1().chain_id();
    if (!chain_id) return chain_id.status();
    if (domain_ && domain_->chain_id != *chain_id) {
        return Status{Code::kFailedPrecondition, "L1_WRONG_CHAIN", "l1",
                      "the L1 is chain " + std::to_string(*chain_id) + ", the server speaks for chain " +
                          std::to_string(domain_->chain_id)};
    }
    if (auto found = l1::find_rollup(l1(), *named); !found) return found.status();
    rollup_ = *named;
    return *named;
}

Result<Address> Session::named_rollup() {
    if (!options_.rollup.empty()) return parse_address(options_.rollup, "rollup");
    auto found = domain();
    if (!found && found.status().code == Code::kUnavailable) {
        return Status{Code::kFailedPrecondition, "ROLLUP_UNKNOWN", "rollup",
                      "no server is there to tell the rollup contract's address; give it"};
    }
    if (!found) return found.status();
    return found->rollup;
}

Result<std::string> Session::key_file() {
    const auto keys = list_keys(options_.keystore);
    if (options_.from.empty()) {
        if (keys.size() == 1) return keys[0].path;
        return Status{Code::kFailedPrecondition, "KEY_MISSING", "from",
                      keys.empty() ? "there is no key in " + options_.keystore + "; make one with 'gavel key new'"
                                   : "there are several keys; name one with --from"};
    }
    if (!options_.from.starts_with("0x")) return options_.from;
    auto wanted = parse_address(options_.from, "from");
    if (!wanted) return wanted.status();
    for (const StoredKey& key : keys) {
        if (key.address == *wanted) return key.path;
    }
    return Status{Code::kNotFound, "KEY_MISSING", "from",
                  "there is no key of " + to_checksum(*wanted) + " in " + options_.keystore};
}

Result<PrivateKey> Session::signer() {
    if (!options_.private_key.empty()) {
        auto scalar = fixed_from_hex<Hash>(options_.private_key);
        auto key = scalar ? PrivateKey::from(*scalar) : std::nullopt;
        if (!key) return bad("KEY_INVALID", "private-key", "needs 64 hex digits of a secp256k1 key");
        return *key;
    }
    auto path = key_file();
    if (!path) return path.status();
    auto text = node::read_file(*path, kMaxKeyFile);
    if (!text) return text.status();
    auto password = read_password(options_.password_file, options_.password, "Password of " + *path + ": ", false);
    if (!password) return password.status();
    return decrypt_key(*text, *password);
}

Result<Address> Session::own_address() {
    if (options_.private_key.empty()) {
        auto path = key_file();
        if (!path) return path.status();
        auto text = node::read_file(*path, kMaxKeyFile);
        if (!text) return text.status();
        if (auto address = address_of_keystore(*text)) return *address;
    }
    auto key = signer();
    if (!key) return key.status();
    return key->address();
}

Result<TokenInfo> Session::token(const std::string& text) {
    if (text.empty() || text == "eth" || text == "ETH") return token(Address{});
    auto address = parse_address(text, "token");
    if (!address) return address.status();
    return token(*address);
}

Result<TokenInfo> Session::token(const Address& address) {
    if (address.is_zero()) return TokenInfo{address, "ETH", kEtherDecimals};
    if (auto known = tokens_.find(address); known != tokens_.end()) return known->second;
    l1::Erc20Client erc20(l1(), address);
    auto decimals = erc20.decimals();
    if (!decimals) return decimals.status();
    if (*decimals > kMaxDecimals)
        return bad("TOKEN_INVALID", "token", to_checksum(address) + " tells nonsense about its decimals");
    TokenInfo out{address, "", *decimals};
    if (auto symbol = erc20.symbol()) out.symbol = printable_symbol(*symbol);
    tokens_[address] = out;
    return out;
}

std::string Session::token_name(const Address& address) {
    auto info = token(address);
    if (!info || info->symbol.empty()) return to_checksum(address);
    return address.is_zero() ? info->symbol : info->symbol + " " + to_checksum(address);
}

std::string Session::amount_text(Amount amount, const Address& token_address) {
    auto info = token(token_address);
    if (!info) return to_string(amount) + " base units";
    return format_units(amount, info->decimals);
}

void Session::print(const nlohmann::json& document) {
    has_printed_document_ = true;
    // What comes from outside may not be UTF-8.
    const std::string text = document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

void Session::print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

void Session::warn(const std::string& text) {
    std::fprintf(stderr, "%s\n", text.c_str());
}

Result<Address> parse_address(const std::string& text, const std::string& field) {
    auto address = text.starts_with("0x") ? address_from_string(text) : std::nullopt;
    if (address) return *address;
    const bool right_form = text.starts_with("0x") && fixed_from_hex<Address>(text);
    return bad(
        "ADDRESS_INVALID", field,
        "'" + text + "' " + (right_form ? "has a wrong checksum (EIP-55): mistyped?" : "is no address: 0x and 40 hex digits"));
}

Result<Hash> parse_hash(const std::string& text, const std::string& field) {
    if (auto hash = fixed_from_hex<Hash>(text)) return *hash;
    return bad("HASH_INVALID", field, "'" + text + "' is no hash: 64 hex digits");
}

Result<std::string> read_password(const std::string& file, const std::string& given, const std::string& prompt, bool confirm) {
    if (!file.empty()) {
        auto text = node::read_file(file, kMaxKeyFile);
        if (!text) return text.status();
        return text->substr(0, text->find_first_of("\r\n"));
    }
    if (!given.empty()) return given;
    auto password = ask_secret(prompt);
    if (!password) {
        return Status{Code::kFailedPrecondition, "PASSWORD_MISSING", "password-file",
                      "there is no terminal to ask on; use --password-file or GAVEL_PASSWORD"};
    }
    if (confirm) {
        auto again = ask_secret("Once more: ");
        if (again != password) return bad("PASSWORD_MISMATCH", "", "the two passwords differ");
    }
    return *password;
}

node::Options& Commands::add(const std::string& name, const std::string& help, Run run) {
    runs_[name] = std::move(run);
    return program_.command(name, help);
}

node::Options& Commands::add_group(const std::string& name, const std::string& help) {
    node::Options& options = program_.command(name, help);
    groups_[name] = &options;
    return options;
}

node::Options& Commands::add(const std::string& group, const std::string& name, const std::string& help, Run run) {
    runs_[group + " " + name] = std::move(run);
    return groups_.at(group)->command(name, help);
}

const Commands::Run& Commands::chosen() const {
    std::string name = program_.chosen();
    if (auto group = groups_.find(name); group != groups_.end()) name += " " + group->second->chosen();
    return runs_.at(name);
}

}  // namespace gavel::cli
