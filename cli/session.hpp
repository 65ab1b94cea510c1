// What every command needs: connections (made when first used), the key that signs, and how results are printed.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "api/sequencer.hpp"
#include "api/verifier.hpp"
#include "cli/keystore.hpp"
#include "l1-bridge/client/blob_sources.hpp"
#include "l1-bridge/client/l1_sources.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "node/config.hpp"
#include "node/grpc_options.hpp"
#include "node/secret.hpp"
#include "protocol/keys.hpp"
#include "protocol/operation.hpp"

namespace gavel::cli {

struct SessionOptions {
    node::GrpcChannelOptions sequencer{.target = "127.0.0.1:9545"};
    node::GrpcChannelOptions verifier{.target = "127.0.0.1:9546"};
    l1::L1Flags l1;
    l1::BlobFlags blobs;
    std::string rollup;  // empty: asked from the sequencer
    l1::L1WalletFlags wallet;
    bool json = false;
    std::string keystore;
    std::string from;         // address of a key in the keystore, or a keystore file; empty: the only one there
    std::string private_key;  // hex; instead of the keystore
    std::string password;     // from the environment
    std::string password_file;
    bool allow_readable_key = false;  // key and password files that others than their owner may read
    bool empty_password = false;      // a new key may have it
};

void add_session_options(node::Options& options, SessionOptions& session);

// A token as the L1 tells it.
struct TokenInfo {
    Address address;  // zero: ETH
    std::string symbol;
    unsigned decimals = 18;
};

class Session {
public:
    explicit Session(SessionOptions& options) : options_(options) {}
    // For a program that has daemons and L1 in itself.
    Session(SessionOptions& options, std::unique_ptr<api::Sequencer> sequencer, std::unique_ptr<api::Verifier> verifier,
            std::unique_ptr<l1::L1Client> chain)
        : options_(options), sequencer_(std::move(sequencer)), verifier_(std::move(verifier)), l1_(std::move(chain)) {}

    const SessionOptions& options() const { return options_; }
    bool json() const { return options_.json; }

    // Connections. The references live as long as this.
    node::Result<api::Sequencer*> sequencer();
    node::Result<api::Verifier*> verifier();
    // How long connections made from now on wait for an answer.
    void set_patience(std::chrono::milliseconds patience) { patience_ = patience; }
    l1::L1Client& l1();
    // Who has the blobs of batches: --blobs, or the L1's own URLs. Reason: OPTION_INVALID.
    node::Result<l1::BlobSource*> blobs();
    // Of a wallet that says the hash of what it has sent before anything is waited for.
    l1::L1WalletOptions wallet_options();

    // The EIP-712 domain, from the sequencer's chain information (the verifier's if there is no sequencer). With --rollup, that
    // address must be the one that is told; if nobody tells, it counts with the L1's chain id. Asked once.
    node::Result<Domain> domain();
    // The same, from what the servers have told: the verifier's word counts where the sequencer gave no answer.
    node::Result<Domain> domain_by(const node::Result<api::ChainInfo>& sequencer, const node::Result<api::ChainInfo>& verifier);
    // The rollup's address (--rollup, or else the domain's), once it is seen that such a contract stands there on this L1.
    // Reasons: ROLLUP_UNKNOWN (nobody tells it), L1_WRONG_CHAIN (the server is on another), and l1::find_rollup's.
    node::Result<Address> rollup();

    // The key that signs: --private-key, else the keystore's.
    node::Result<PrivateKey> signer();
    // Its address, without a password where the keystore tells it.
    node::Result<Address> own_address();

    // A key's password: from --password-file (its first line), else GAVEL_PASSWORD, else asked on the terminal; that of a new key
    // twice. Reasons: PASSWORD_MISSING (no terminal), PASSWORD_MISMATCH, PASSWORD_EMPTY (of a new key, and said once only:
    // without --empty-password), and node::read_secret_file's.
    node::Result<node::Secret> password(const std::string& prompt, bool is_new);

    // Metadata of a token: "eth" (or empty) or an ERC-20's address, asked from the L1 once. Reasons: ADDRESS_INVALID,
    // TOKEN_INVALID.
    node::Result<TokenInfo> token(const std::string& text);
    node::Result<TokenInfo> token(const Address& address);
    // For display: the symbol (with the address if it isn't ETH), the amount in units; in base units if the L1 can't tell.
    std::string token_name(const Address& address);
    std::string amount_text(Amount amount, const Address& token);

    // One JSON document, or text.
    void print(const nlohmann::json& document);
    bool has_printed_document() const { return has_printed_document_; }
    void print(const std::string& text);
    // One of many JSON documents, on a line of its own.
    void print_line(const nlohmann::json& document);
    // To standard error.
    void warn(const std::string& text);

private:
    node::Result<Address> named_rollup();
    node::Result<Domain> domain_by_l1();
    node::Result<Domain> accept(const api::ChainInfo& info);
    node::Result<StoredKey> chosen_key();

    SessionOptions& options_;
    std::chrono::milliseconds patience_{10'000};
    std::unique_ptr<api::Sequencer> sequencer_;
    std::unique_ptr<api::Verifier> verifier_;
    node::SystemClock clock_;
    std::unique_ptr<l1::L1Client> l1_;
    std::unique_ptr<l1::BlobSources> blobs_;
    std::optional<Domain> domain_;
    std::optional<Address> rollup_;
    std::map<Address, TokenInfo> tokens_;
    bool has_printed_document_ = false;
};

// An address as people write it. Reason: ADDRESS_INVALID (EIP-55's checksum too), at `field`.
node::Result<Address> parse_address(const std::string& text, const std::string& field);
// An address that money is sent to. Refused are those from which nobody can move it: the zero address, the rollup contract's own,
// and the token's. Reasons: ADDRESS_INVALID, PAYEE_INVALID.
node::Status check_payee(const Address& payee, const Address& rollup, const Address& token, const std::string& field);
node::Result<Address> parse_payee(const std::string& text, const Address& rollup, const Address& token, const std::string& field);
// A hash of 32 bytes. Reason: HASH_INVALID.
node::Result<Hash> parse_hash(const std::string& text, const std::string& field);

// The commands of the program, each with its options and what it runs.
class Commands {
public:
    using Run = std::function<node::Status(Session&)>;

    explicit Commands(node::Options& program) : program_(program) {}
    node::Options& add(const std::string& name, const std::string& help, Run run);
    // A command with commands of its own.
    node::Options& add_group(const std::string& name, const std::string& help);
    node::Options& add(const std::string& group, const std::string& name, const std::string& help, Run run);
    // The one given on the command line.
    const Run& chosen() const;

private:
    node::Options& program_;
    std::map<std::string, node::Options*> groups_;
    std::map<std::string, Run> runs_;  // by "name" or "group name"
};

// By topic; each binds its commands' options.
void add_key_commands(Commands& commands);
void add_deposit_command(Commands& commands);
void add_claim_command(Commands& commands);
void add_account_commands(Commands& commands);  // balance, history, tx, watch
void add_payment_commands(Commands& commands);  // send, withdraw
void add_pay_command(Commands& commands);
void add_channel_commands(Commands& commands);
void add_force_commands(Commands& commands);      // force, freeze
void add_exit_commands(Commands& commands);       // exit, refund
void add_sequencer_commands(Commands& commands);  // sequencer: the seat
void add_chain_commands(Commands& commands);      // status, batch
void add_proof_commands(Commands& commands);
void add_load_command(Commands& commands);
void add_deploy_command(Commands& commands);
void add_dev_commands(Commands& commands);  // dev: tokens for development chains
void add_devnet_command(Commands& commands);

}  // namespace gavel::cli
