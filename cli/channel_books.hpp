// The books of channels as the commands open them: where they lie, by whose word channels stand, and vouchers as text.
#pragma once

#include <memory>
#include <string>

#include "channel/http_payment.hpp"
#include "channel/payee_book.hpp"
#include "channel/payer_book.hpp"
#include "cli/channel_source.hpp"
#include "cli/signing.hpp"

namespace gavel::cli {

struct ChannelOptions {
    std::string books;    // folder; empty: $HOME/.gavel/channels
    std::string channel;  // address
    std::string token;
    uint64_t margin_s = 7200;
};
void add_books_option(node::Options& options, ChannelOptions& channel);
// The channel's address, its token, and the books.
void add_channel_options(node::Options& options, ChannelOptions& channel);

enum class Side : uint8_t { kPayer, kPayee };
// A folder for each side of each key on each rollup: books/<chain>-<rollup>/payer-<address>.
std::string book_folder(const ChannelOptions& options, const Domain& domain, Side side, const Address& owner);
bool has_book(const ChannelOptions& options, const Domain& domain, Side side, const Address& owner);

// What both sides' commands need. Nothing is asked of the daemons yet, but for the domain.
struct ChannelDesk {
    PrivateKey key;
    Domain domain;
    ChannelServers servers;
    std::unique_ptr<node::SystemClock> clock;
    std::unique_ptr<ServersSource> source;
    Hash separator() const { return domain.separator(); }
};
// `with_l1`: the time is the L1's own, and nothing goes without it.
node::Result<ChannelDesk> open_desk(Session& session, bool with_verifier, bool with_l1);
// What is needed to sign an operation in this token; without asking for the password once more.
node::Result<Signing> signing_at(Session& session, const ChannelDesk& desk, const Address& token);

struct OpenPayerBook {
    std::unique_ptr<node::Store> store;
    std::unique_ptr<channel::PayerBook> book;
};
// `source`: in place of the desk's own.
node::Result<OpenPayerBook> open_payer_book(const ChannelDesk& desk, const ChannelOptions& options,
                                            channel::ChannelSource* source = nullptr);
struct OpenPayeeBook {
    std::unique_ptr<node::Store> store;
    std::unique_ptr<channel::PayeeBook> book;
};
node::Result<OpenPayeeBook> open_payee_book(const ChannelDesk& desk, const ChannelOptions& options,
                                            const channel::PayeePolicy& policy, channel::ChannelSource& source);
// A policy that only reads the book: of no price.
channel::PayeePolicy reading_policy(const ChannelDesk& desk);

// The one that the options name. Reasons: CHANNEL_UNKNOWN, CHANNEL_AMBIGUOUS (the address has more tokens than one), and those of
// the address and the token.
node::Result<channel::PayerChannel> named_channel(Session& session, const channel::PayerBook& book,
                                                  const ChannelOptions& options);
node::Result<channel::PayeeChannel> named_channel(Session& session, const channel::PayeeBook& book,
                                                  const ChannelOptions& options);

// A voucher with all that its payee needs, as it is handed over: what PAYMENT-SIGNATURE holds (docs/channels.md).
std::string voucher_text(const Domain& domain, const ChannelTerms& terms, const channel::SignedVoucher& voucher);
// Reasons: VOUCHER_INVALID; WRONG_ROLLUP: it is for another chain or contract.
node::Result<channel::Payment> parse_voucher(const std::string& text, const Domain& domain);
// The same, from the file if one is named.
node::Result<channel::Payment> read_voucher(const std::string& text, const std::string& file, const Domain& domain);

// By side; called by add_channel_commands.
void add_channel_payer_commands(Commands& commands);  // open, top-up, pay, reclaim, recover
void add_channel_payee_commands(Commands& commands);  // receive, redeem, close
void add_channel_http_commands(Commands& commands);   // serve, get
void add_channel_exit_command(Commands& commands);

// 16 random bytes; 8 of them as a salt.
channel::RequestId random_id();
uint64_t random_salt();

}  // namespace gavel::cli
