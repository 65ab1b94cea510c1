#include "cli/session.hpp"

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/l1_payments.hpp"
#include "cli/terminal.hpp"
#include "cli/units.hpp"
#include "l1-bridge/client/deployment.hpp"
#include "l1-bridge/client/json_rpc_client.hpp"
#include "l1-bridge/client/key_file.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "node/file.hpp"
#include "proto/client_grpc.hpp"
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
    l1::add_blob_flags(options, session.blobs);
    options.text("--rollup", session.rollup, "address of the rollup contract; without it, the sequencer's word is taken for it");
    l1::add_wallet_flags(options, session.wallet);
    options.group("Keys");
    options.text("--keystore", session.keystore, "folder of encrypted keys");
    options.text("--from", session.from, "address of the key to sign with, or a keystore file; not needed if there is only one");
    options.text("--private-key", session.private_key, "hex of the key to sign with, instead of the keystore: for devnets")
        .hidden();
    options.text("--password", session.password, "").hidden();
    options.text("--password-file", session.password_file, "file whose first line is the key's password (or set GAVEL_PASSWORD)");
    options.toggle("--allow-readable-key", session.allow_readable_key,
                   "take key and password files that others than their owner may read");
    options.toggle("--empty-password", session.empty_password, "let a new key have an empty password");
    options.group("Options");
}

Result<api::Sequencer*> Session::sequencer() {
    if (!sequencer_) {
        auto opened = proto::open_sequencer({.channel = options_.sequencer, .patience = patience_});
        if (!opened) return opened.status();
        sequencer_ = std::move(*opened);
    }
    return sequencer_.get();
}

Result<api::Verifier*> Session::verifier() {
    if (!verifier_) {
        auto opened = proto::open_verifier({.channel = options_.verifier, .patience = patience_});
        if (!opened) return opened.status();
        verifier_ = std::move(*opened);
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

Result<l1::BlobSource*> Session::blobs() {
    if (!blobs_) {
        auto opened = l1::open_blob_sources(options_.blobs, options_.l1, clock_);
        if (!opened) return opened.status();
        blobs_ = *std::move(opened);
    }
    return static_cast<l1::BlobSource*>(blobs_.get());
}

Result<Domain> Session::domain() {
    if (domain_) return *domain_;
    auto ours = sequencer();
    if (!ours) return ours.status();
    const auto info = (*ours)->chain_info();
    if (info || !api::is_no_answer(info.status())) return domain_by(info, info);
    auto other = verifier();
    if (!other) return other.status();
    return domain_by(info, (*other)->chain_info());
}

Result<Domain> Session::domain_by(const Result<api::ChainInfo>& ours, const Result<api::ChainInfo>& others) {
    if (domain_) return *domain_;
    if (ours) return accept(*ours);
    if (!api::is_no_answer(ours.status())) return ours.status();
    if (others) return accept(*others);
    if (!options_.rollup.empty()) return domain_by_l1();
    return ours.status();
}

Result<Domain> Session::accept(const api::ChainInfo& info) {
    if (!options_.rollup.empty()) {
        auto wanted = parse_address(options_.rollup, "rollup");
        if (!wanted) return wanted.status();
        if (*wanted != info.domain.rollup) {
            return Status{Code::kFailedPrecondition, "ROLLUP_MISMATCH", "rollup",
                          "the server speaks for " + to_checksum(info.domain.rollup) + ", not for " + to_checksum(*wanted)};
        }
    }
    domain_ = info.domain;
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
    if (!found && api::is_no_answer(found.status())) {
        return Status{Code::kFailedPrecondition, "ROLLUP_UNKNOWN", "rollup",
                      "no server is there to tell the rollup contract's address; give it"};
    }
    if (!found) return found.status();
    return found->rollup;
}

Result<StoredKey> Session::chosen_key() {
    if (!options_.from.empty() && !options_.from.starts_with("0x")) return StoredKey{{}, options_.from};
    const auto keys = list_keys(options_.keystore);
    if (options_.from.empty()) {
        const bool one_address = !keys.empty() && keys[0].address && keys[0].address == keys.back().address;
        if (keys.size() == 1 || one_address) return keys[0];
        return Status{Code::kFailedPrecondition, "KEY_MISSING", "from",
                      keys.empty() ? "there is no key in " + options_.keystore + "; make one with 'gavel key new'"
                                   : "there are several keys; name one with --from"};
    }
    auto wanted = parse_address(options_.from, "from");
    if (!wanted) return wanted.status();
    size_t nameless = 0;
    for (const StoredKey& key : keys) {
        if (key.address == *wanted) return key;
        nameless += !key.address.has_value();
    }
    return Status{
        Code::kNotFound, "KEY_MISSING", "from",
        "there is no key of " + to_checksum(*wanted) + " in " + options_.keystore +
            (nameless == 0 ? "" : ", unless in a file that doesn't tell its address ('gavel key list'): name the file")};
}

Result<PrivateKey> Session::signer() {
    if (!options_.private_key.empty()) return l1::key_from_text(options_.private_key, "private-key");
    auto stored = chosen_key();
    if (!stored) return stored.status();
    auto text = node::read_file(stored->path, kMaxKeyFile);
    if (!text) return text.status();
    auto secret = password("Password of " + stored->path + ": ", false);
    if (!secret) return secret.status();
    auto key = decrypt_key(*text, secret->view());
    if (key && stored->address && *stored->address != key->address()) {
        return Status{Code::kFailedPrecondition, "KEYSTORE_MISMATCH", "from",
                      stored->path + " is called after " + to_checksum(*stored->address) + ", but its key is of " +
                          to_checksum(key->address())};
    }
    return key;
}

Result<Address> Session::own_address() {
    if (options_.private_key.empty()) {
        auto stored = chosen_key();
        if (!stored) return stored.status();
        if (stored->address) return *stored->address;
        auto text = node::read_file(stored->path, kMaxKeyFile);
        if (!text) return text.status();
        if (auto address = address_of_keystore(*text)) return *address;
    }
    auto key = signer();
    if (!key) return key.status();
    return key->address();
}

Result<node::Secret> Session::password(const std::string& prompt, bool is_new) {
    std::optional<node::Secret> out;
    if (!options_.password_file.empty()) {
        auto text = node::read_secret_file(options_.password_file, kMaxKeyFile, options_.allow_readable_key);
        if (!text) return text.status();
        out.emplace(text->text().substr(0, text->view().find_first_of("\r\n")));
    } else if (!options_.password.empty()) {
        out.emplace(options_.password);
    }
    if (out) {
        if (!is_new || !out->empty() || options_.empty_password) return *std::move(out);
        return bad("PASSWORD_EMPTY", "empty-password",
                   "an empty password protects nothing; say --empty-password, too, if it is meant");
    }
    out = ask_secret(prompt);
    if (!out) {
        return Status{Code::kFailedPrecondition, "PASSWORD_MISSING", "password-file",
                      "no password was typed, or there is no terminal to ask on; use --password-file or GAVEL_PASSWORD"};
    }
    if (is_new) {
        auto again = ask_secret("Once more: ");
        if (!again || again->text() != out->text()) return bad("PASSWORD_MISMATCH", "", "the two passwords differ");
    }
    return *std::move(out);
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
    auto decimals = token_decimals(l1(), address);
    if (!decimals) return decimals.status();
    if (!*decimals) warn("Note: token " + to_checksum(address) + " tells no decimals; its amounts are in base units.");
    TokenInfo out{address, "", decimals->value_or(0)};
    if (auto symbol = l1::Erc20Client(l1(), address).symbol()) out.symbol = printable_symbol(*symbol);
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

void Session::print_line(const nlohmann::json& document) {
    print(document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void Session::print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

l1::L1WalletOptions Session::wallet_options() {
    l1::L1WalletOptions out = options_.wallet.options();
    out.on_sent = [this](const Hash& sent) { warn("sent to the L1: " + to_hex(sent)); };
    return out;
}

void Session::warn(const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); }

Result<Address> parse_address(const std::string& text, const std::string& field) {
    auto address = text.starts_with("0x") ? address_from_string(text) : std::nullopt;
    if (address) return *address;
    const bool right_form = text.starts_with("0x") && fixed_from_hex<Address>(text);
    return bad(
        "ADDRESS_INVALID", field,
        "'" + text + "' " + (right_form ? "has a wrong checksum (EIP-55): mistyped?" : "is no address: 0x and 40 hex digits"));
}

Status check_payee(const Address& payee, const Address& rollup, const Address& token, const std::string& field) {
    const char* whose = payee.is_zero()                      ? "zero address"
                        : payee == rollup                    ? "rollup contract's own address"
                        : !token.is_zero() && payee == token ? "token contract's own address"
                                                             : nullptr;
    if (whose == nullptr) return {};
    return bad("PAYEE_INVALID", field, to_checksum(payee) + " is the " + whose + ": what is paid to it is lost");
}

Result<Address> parse_payee(const std::string& text, const Address& rollup, const Address& token, const std::string& field) {
    auto payee = parse_address(text, field);
    if (!payee) return payee;
    Status checked = check_payee(*payee, rollup, token, field);
    return checked.ok() ? payee : Result<Address>(checked);
}

Result<Hash> parse_hash(const std::string& text, const std::string& field) {
    if (auto hash = fixed_from_hex<Hash>(text)) return *hash;
    return bad("HASH_INVALID", field, "'" + text + "' is no hash: 64 hex digits");
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
