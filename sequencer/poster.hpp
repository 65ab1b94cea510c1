// Gets batches onto the L1 and keeps them there: cuts, looks once more, sends, and sends again what was lost.
#pragma once

#include <map>
#include <optional>

#include "follow/blob_archive.hpp"
#include "l1-bridge/client/batch_channel.hpp"
#include "sequencer/engine.hpp"
#include "sequencer/rechecker.hpp"
#include "sequencer/sidecars.hpp"
#include "sequencer/writer.hpp"

namespace gavel::sequencer {

class Poster {
public:
    struct Config {
        uint64_t max_in_flight = 4;  // batches sent and not yet seen on the L1
    };

    // None of these is owned. Not the writing thread's: what it needs written it has the writer do. `archive`: where blobs are
    // kept before they are posted.
    Poster(ledger::Ledger& ledger, Engine& engine, const follow::L1View& view, l1::L1Client& client, l1::L1Wallet& wallet,
           l1::BatchChannel& channel, follow::BlobArchive& archive, Sidecars& sidecars, const SignerCache& signers,
           Writer& writer, Config config);

    // Cuts the next batch if it is due and there is room, checks it, marks it. One that doesn't pass is a bug of the sequencer's:
    // INTERNAL, BATCH_CHECK_FAILED; nothing may be posted any more.
    node::Status prepare();
    // Sends what is marked and not on its way. What a node doesn't take, and no block has, is cut anew, smaller.
    node::Status send();
    // To be called when the ledger was rolled back, or batches came to stand that weren't made here.
    void restart();

private:
    node::Status check(const PostedBatch& posted);
    node::Status check_up_to(uint64_t number);
    // Whether it was sent; a batch whose gas can't be told yet, or whose sidecar is in the making, isn't.
    node::Result<bool> send_one(uint64_t number);
    node::Status take_back(const PostedBatch& posted, const node::Status& why);
    static PostedBatch posted_in(DataSource source, Batch batch);
    void keep_blobs(const PostedBatch& posted);
    node::Status look_for_lost();
    const PostedBatch* made(uint64_t number);
    bool make_rechecker();

    ledger::Ledger& ledger_;
    Engine& engine_;
    const follow::L1View& view_;
    l1::L1Client& client_;
    l1::L1Wallet& wallet_;
    l1::BatchChannel& channel_;
    follow::BlobArchive& archive_;
    Sidecars& sidecars_;
    const SignerCache& signers_;
    Writer& writer_;
    Config config_;
    std::optional<Rechecker> rechecker_;
    std::map<uint64_t, PostedBatch> made_;  // marked and not on the L1 yet, by number
    uint64_t sent_ = 0;                     // the last batch that is on its way
};

}  // namespace gavel::sequencer
