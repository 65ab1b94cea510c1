// The query service over a ledger and what the L1 says, in domain types: for the sequencer over what it has confirmed, for the
// verifier over what it has verified. gRPC (query_grpc.hpp) and the face for clients in the same process (direct_query.hpp) are
// adapters on top.
//
// Thread-safe. Refusals (node/status.hpp) are written as CODE/REASON field; fields are named as in gavel.v1. Failure:
// node::StoreError. An answer is put together from several looks at the ledger; a roll-back between them may show, as it would a
// moment later.
#pragma once

#include "api/query.hpp"
#include "follow/l1_view.hpp"
#include "ledger/reader.hpp"
#include <algorithm>

namespace gavel::query {

using api::AccountInfo;
using api::Balances;
using api::BatchInfo;
using api::ChainInfo;
using api::ChannelInfo;
using api::Channels;
using api::ChunkSignatures;
using api::ClaimProof;
using api::EntryInfo;
using api::IncomingPayment;
using api::OperationInfo;
using api::OperationStatus;
using api::Page;
using api::WithdrawalInfo;
using api::WithdrawalStatus;

class Queries {
public:
    static constexpr size_t kDefaultLimit = 100;
    static constexpr size_t kMaxLimit = 1000;  // more is taken as this; zero as kDefaultLimit

    Queries(const ledger::Reader& ledger, const follow::L1View& view) : ledger_(ledger), view_(view) {}

    // As the server of this name.
    ChainInfo chain_info(const std::string& server = {}) const;
    // The ledger's own counts.
    ledger::LedgerSummary ledger() const { return ledger_.summary(); }
    AccountInfo account(const AccountKey& key) const;
    // By token; `after` from the page before.
    Balances balances(const Address& owner, const std::optional<Address>& after, size_t limit) const;
    // NOT_FOUND/UNKNOWN_CHANNEL channel.
    node::Result<ChannelInfo> channel(const AccountKey& key) const;
    // By key; `after` from the page before.
    Channels channels(const Address& owner, const std::optional<AccountKey>& after, size_t limit) const;
    // What touched the owner's accounts, newest first; a page may be short, even empty, though next_cursor says that there is
    // more. INVALID_ARGUMENT/BAD_CURSOR cursor.
    node::Result<Page<EntryInfo>> history(const Address& owner, const std::optional<Address>& token, uint64_t cursor,
                                          size_t limit) const;
    // NOT_FOUND/UNKNOWN_OPERATION hash.
    node::Result<OperationInfo> operation(const Hash& hash) const;
    // Oldest first; the cursor is the next_cursor of the page before.
    Page<OperationInfo> rolled_back(const std::optional<Address>& sender, uint64_t cursor, size_t limit) const;
    // Payments that credit the owner, oldest first, then (with the page's next_cursor) those that come later.
    // INVALID_ARGUMENT/BAD_CURSOR cursor; ABORTED/ROLLED_BACK cursor: entries behind which the cursor stood were rolled back.
    node::Result<Page<IncomingPayment>> incoming(const Address& owner, const std::optional<Address>& token, uint64_t cursor,
                                                 size_t limit) const;
    // Everything applied, in order, fee credits too. The same refusals.
    node::Result<Page<EntryInfo>> feed(uint64_t cursor, size_t limit) const;
    // The cursor behind everything that there is now: for streams of what is new only.
    uint64_t end_cursor() const;
    // Waits until there is more behind a cursor of feed() or incoming() than when it was made, or a roll-back, or until the time
    // is over; for streams, between pages.
    void wait_behind(uint64_t cursor, uint64_t timeout_ms) const;

    // NOT_FOUND/UNKNOWN_WITHDRAWAL position (or operation_hash).
    node::Result<WithdrawalInfo> withdrawal(uint32_t position) const;
    node::Result<WithdrawalInfo> withdrawal_of(const Hash& hash) const;
    // By position; next_cursor as in rolled_back().
    Page<WithdrawalInfo> withdrawals_to(const Address& recipient, uint64_t cursor, size_t limit) const;
    // NOT_FOUND/UNKNOWN_WITHDRAWAL, FAILED_PRECONDITION/NOT_POSTED.
    node::Result<ClaimProof> withdrawal_proof(uint32_t position) const;

    // NOT_FOUND/UNKNOWN_BATCH batch, OUT_OF_RANGE/NO_SUCH_CHUNK chunk.
    node::Result<ChunkSignatures> chunk_signatures(uint64_t batch, uint32_t chunk) const;
    // NOT_FOUND/UNKNOWN_BATCH number: above the head, or not verified yet.
    node::Result<BatchInfo> batch(uint64_t number) const;

private:
    static size_t bounded(size_t limit) { return limit == 0 ? kDefaultLimit : std::min(limit, kMaxLimit); }
    // Where an entry stands on the L1.
    struct Place {
        OperationStatus status = OperationStatus::kConfirmed;
        uint64_t batch = 0;
        uint16_t chunk = 0;
        std::optional<Hash> l1_transaction;
        uint64_t posted_at = 0, final_at = 0;
    };
    Place place_of(uint64_t entry) const;
    // Of all that came before the ledger's base, which stands for its batches.
    Place place_of_base() const;
    Place place_in(const follow::StandingBatch& batch) const;
    // The account is a channel's.
    ChannelInfo describe_channel(const ledger::AccountAt& at, const std::optional<ChannelTerms>& terms) const;
    static OperationInfo describe(const ledger::OperationEntry& entry, const Place& place);
    EntryInfo describe(const ledger::Entry& entry) const;
    WithdrawalInfo describe(const ledger::WithdrawalRecord& record) const;
    // The record of a batch that ledger and L1 agree on; nullopt otherwise. And its header, which the ledger's base has, too.
    std::optional<ledger::BatchRecord> standing_record(uint64_t number) const;
    std::optional<BatchHeader> standing_header(uint64_t number) const;
    // ", and knows only what came since batch n" of a ledger that began behind it; empty otherwise.
    std::string since() const;
    node::Status unknown_batch(const char* field, uint64_t number) const;
    // The last batch that they agree on; 0: genesis.
    uint64_t common_head() const;
    uint64_t cursor_of(uint64_t entry) const;

    const ledger::Reader& ledger_;
    const follow::L1View& view_;
};

}  // namespace gavel::query
