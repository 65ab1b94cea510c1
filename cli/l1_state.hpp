// The rollup's state rebuilt from the L1 alone: the contract's events, the batches' data, and nothing of any operator; or, where
// old blobs are gone, from a snapshot that the L1 vouches for and what came behind it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "follow/l1_sync.hpp"
#include "follow/replayer.hpp"
#include "node/config.hpp"
#include "query/queries.hpp"

namespace gavel::cli {

struct L1StateOptions {
    std::string data_dir;  // database kept between calls (that of a stopped verifier serves, too); empty: in memory
    follow::L1SyncOptions sync;
    std::vector<std::string>
        snapshots;  // URLs or files, to begin with where the database holds no ledger; empty: from genesis on
};
void add_l1_state_options(node::Options& options, L1StateOptions& state);

class Session;

// Throws node::StoreError where the ledger does.
class L1State {
public:
    // Reads the L1 up to its head; nothing is replayed. `session`, whose L1 and sources of blobs are asked, must outlive it.
    // Draws its progress on a terminal. Reasons: L1Sync's, STORE_FAILED (data-dir).
    static node::Result<std::unique_ptr<L1State>> read(Session& session, const Address& rollup, const L1StateOptions& options);
    // The same, and replays every batch, from the snapshot's on if one is given, up to the first false one. Reasons: besides,
    // follow::begin_from_snapshot's.
    static node::Result<std::unique_ptr<L1State>> rebuild(Session& session, const Address& rollup, const L1StateOptions& options);

    const follow::L1View& view() const { return sync_->view(); }
    Domain domain() const { return sync_->domain(); }

    // ---- After rebuild() ----

    const ledger::Reader& ledger() const { return *ledger_; }
    const query::Queries& queries() const { return *queries_; }
    // The lowest false batch that stands; the state is then the one before its first false chunk.
    const std::optional<follow::Replayer::FalseBatch>& false_batch() const { return replayer_->false_batch(); }
    // A proof against it, in the contract's bytes. Reason: PROOF_NOT_BUILT.
    node::Result<Bytes> fraud_proof();

    // The header of the last batch that is true and stands on true ones; its commitment is the state's.
    BatchHeader last_header() const;
    // For the contract's exit, against last_header(); nullopt for an index without a leaf, and while a false batch stands.
    std::optional<ExitProof> exit_proof(uint32_t index);

private:
    L1State() = default;
    node::Status catch_up();
    node::Status begin(Session& session, const L1StateOptions& options);
    node::Status replay();

    std::unique_ptr<node::Store> store_;
    node::SystemClock clock_;
    std::unique_ptr<follow::L1Sync> sync_;
    std::unique_ptr<ledger::Ledger> ledger_;
    std::unique_ptr<follow::Replayer> replayer_;
    std::unique_ptr<query::Queries> queries_;
};

}  // namespace gavel::cli
