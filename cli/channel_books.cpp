#include "cli/channel_books.hpp"

#include <openssl/rand.h>

#include <cstdlib>
#include <filesystem>

#include "channel/book_store.hpp"
#include "node/file.hpp"
#include "protocol/check.hpp"
#include "protocol/encoding.hpp"

namespace gavel::cli {

using channel::PayeeChannel;
using channel::PayerChannel;
using node::Code;
using node::Result;
using node::Status;

namespace {

constexpr size_t kMaxVoucherFile = 16 << 10;

std::string default_books() {
    const char* home = std::getenv("HOME");
    return std::string(home != nullptr ? home : ".") + "/.gavel/channels";
}

// Who reads a book knows whom its owner pays, and a payee's is money.
Status make_private(const std::string& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    if (!error) return {};
    return {Code::kUnavailable, "BOOK_UNAVAILABLE", "books", folder + " can't be made: " + error.message()};
}

Result<std::unique_ptr<node::Store>> open_store(const ChannelDesk& desk, const ChannelOptions& options, Side side) {
    const std::string folder = book_folder(options, desk.domain, side, desk.key.address());
    if (Status made = make_private(folder); !made.ok()) return made;
    return channel::open_book_store(folder);
}

template <class Channel>
Result<Channel> named_of(Session& session, const std::vector<Channel>& channels, const ChannelOptions& options) {
    auto address = parse_address(options.channel, "channel");
    if (!address) return address.status();
    std::optional<Address> token;
    if (!options.token.empty()) {
        auto info = session.token(options.token);
        if (!info) return info.status();
        token = info->address;
    }
    const Channel* found = nullptr;
    for (const Channel& one : channels) {
        if (one.channel.owner != *address || (token && one.channel.token != *token)) continue;
        if (found != nullptr)
            return Status{Code::kInvalidArgument, "CHANNEL_AMBIGUOUS", "token", "the channel has several tokens; name one"};
        found = &one;
    }
    if (found != nullptr) return *found;
    return Status{Code::kNotFound, "CHANNEL_UNKNOWN", "channel", "the book has no channel " + to_checksum(*address)};
}

}  // namespace

void add_books_option(node::Options& options, ChannelOptions& channel) {
    options.text("--books", channel.books, "folder of the books of channels; without it, ~/.gavel/channels");
}

void add_channel_options(node::Options& options, ChannelOptions& channel) {
    options.text("channel", channel.channel, "the channel's address").required();
    options.text("--token", channel.token, "the ERC-20's address, or eth; not needed if the channel has one token");
    add_books_option(options, channel);
}

std::string book_folder(const ChannelOptions& options, const Domain& domain, Side side, const Address& owner) {
    return (options.books.empty() ? default_books() : options.books) + "/" + std::to_string(domain.chain_id) + "-" +
           to_hex(domain.rollup) + (side == Side::kPayer ? "/payer-" : "/payee-") + to_hex(owner);
}

bool has_book(const ChannelOptions& options, const Domain& domain, Side side, const Address& owner) {
    std::error_code error;
    return std::filesystem::exists(book_folder(options, domain, side, owner) + "/db", error);
}

Result<ChannelDesk> open_desk(Session& session, bool with_verifier, bool with_l1) {
    auto domain = session.domain();
    if (!domain) return domain.status();
    auto sequencer = session.sequencer();
    if (!sequencer) return sequencer.status();
    auto verifier = session.verifier();
    if (!verifier) return verifier.status();
    if (with_l1)
        if (auto rollup = session.rollup(); !rollup) return rollup.status();
    auto key = session.signer();
    if (!key) return key.status();
    const ChannelServers servers{*sequencer, with_verifier ? *verifier : nullptr, with_l1 ? &session.l1() : nullptr};
    auto clock = std::make_unique<node::SystemClock>();
    auto source = std::make_unique<ServersSource>(servers, *clock);
    return ChannelDesk{*key, *domain, servers, std::move(clock), std::move(source)};
}

Result<Signing> signing_at(Session& session, const ChannelDesk& desk, const Address& token) {
    auto info = session.token(token);
    if (!info) return info.status();
    auto account = desk.servers.sequencer->account({desk.key.address(), token});
    if (!account) return account.status();
    return Signing{desk.key, desk.domain, *info, desk.servers.sequencer, *account};
}

Result<OpenPayerBook> open_payer_book(const ChannelDesk& desk, const ChannelOptions& options, channel::ChannelSource* source) {
    auto store = open_store(desk, options, Side::kPayer);
    if (!store) return store.status();
    auto book = channel::PayerBook::open(**store, desk.separator(), desk.key, {.margin_s = options.margin_s},
                                         source ? *source : *desk.source, *desk.clock);
    if (!book) return book.status();
    return OpenPayerBook{*std::move(store), *std::move(book)};
}

Result<OpenPayeeBook> open_payee_book(const ChannelDesk& desk, const ChannelOptions& options, const channel::PayeePolicy& policy,
                                      channel::ChannelSource& source) {
    auto store = open_store(desk, options, Side::kPayee);
    if (!store) return store.status();
    auto book = channel::PayeeBook::open(**store, desk.separator(), policy, source, *desk.clock);
    if (!book) return book.status();
    return OpenPayeeBook{*std::move(store), *std::move(book)};
}

channel::PayeePolicy reading_policy(const ChannelDesk& desk) {
    channel::PayeePolicy out;
    out.payee = desk.key.address();
    out.unit = Amount{1};
    return out;
}

Result<PayerChannel> named_channel(Session& session, const channel::PayerBook& book, const ChannelOptions& options) {
    return named_of(session, book.channels(), options);
}

Result<PayeeChannel> named_channel(Session& session, const channel::PayeeBook& book, const ChannelOptions& options) {
    return named_of(session, book.channels(), options);
}

std::string voucher_text(const Domain& domain, const ChannelTerms& terms, const channel::SignedVoucher& voucher) {
    return to_header(channel::Payment{domain, voucher.voucher.token, terms, voucher.voucher.count, voucher.signature, {}});
}

Result<channel::Payment> parse_voucher(const std::string& text, const Domain& domain) {
    const size_t first = text.find_first_not_of(" \t\r\n"), last = text.find_last_not_of(" \t\r\n");
    const std::string word = first == std::string::npos ? "" : text.substr(first, last - first + 1);
    auto payment = channel::payment_from_header(word);
    if (!payment)
        return Status{Code::kInvalidArgument, "VOUCHER_INVALID", "voucher",
                      "that is no voucher, as 'gavel channel pay' gives it"};
    if (payment->domain != domain)
        return Status{Code::kInvalidArgument, "WRONG_ROLLUP", "voucher", "the voucher is for another chain or rollup"};
    return *payment;
}

Result<channel::Payment> read_voucher(const std::string& text, const std::string& file, const Domain& domain) {
    if (file.empty()) return parse_voucher(text, domain);
    auto found = node::read_file(file, kMaxVoucherFile);
    if (!found) return found.status();
    return parse_voucher(*found, domain);
}

channel::RequestId random_id() {
    channel::RequestId out;
    GAVEL_CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
    return out;
}

uint64_t random_salt() {
    const channel::RequestId id = random_id();
    return ByteReader(id).u64();
}

}  // namespace gavel::cli
