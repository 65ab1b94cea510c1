// Gets batches onto the L1 and keeps them there: cuts, looks once more, sends, and sends again what was lost.
#pragma once

#include <atomic>
#include <optional>

#include "l1-bridge/client/l1_wallet.hpp"
#include "sequencer/engine.hpp"
#include "sequencer/rechecker.hpp"

namespace gavel::sequencer {

// Serialises all writing of the ledger (ledger/ledger.hpp asks for one writing thread at a time).
using WriterMutex = std::mutex;

class Poster {
public:
    struct Config {
        uint64_t max_in_flight = 4;  // batches sent and not yet seen on the L1
    };

    // None of these is owned.
    Poster(ledger::Ledger& ledger, Engine& engine, const follow::L1View& view, l1::L1Client& client, l1::L1Wallet& wallet,
           FeePolicy& fees, const SignerCache& signers, WriterMutex& writer, Config config);

    // Cuts the next batch if it is due and there is room, checks it, marks it. One that doesn't pass is a bug of the sequencer's:
    // INTERNAL, BATCH_CHECK_FAILED; nothing may be posted any more.
    node::Status prepare();
    // Sends what is marked and not on its way. What a node doesn't take, and no block has, is cut anew, smaller.
    node::Status send();
    // To be called when the ledger was rolled back, or batches came to stand that weren't made here.
    void restart();

private:
    node::Status check(const Bytes& posted);
    // Whether it was sent; a batch whose gas can't be told yet isn't.
    node::Result<bool> send_one(uint64_t number);
    node::Result<std::optional<uint64_t>> gas_limit_of(uint64_t number, const Bytes& calldata, size_t chunks);
    node::Status take_back(uint64_t number, size_t bytes, size_t chunks, const node::Status& why);
    node::Status look_for_lost();
    Bytes bytes_of(uint64_t number);
    bool make_rechecker();

    ledger::Ledger& ledger_;
    Engine& engine_;
    const follow::L1View& view_;
    l1::L1Client& client_;
    l1::L1Wallet& wallet_;
    FeePolicy& fees_;
    const SignerCache& signers_;
    WriterMutex& writer_;
    Config config_;
    std::optional<Rechecker> rechecker_;
    uint64_t sent_ = 0;  // the last batch that is on its way
    struct Estimate {
        size_t bytes = 0, chunks = 0;
        uint64_t gas = 0;
    };
    std::optional<Estimate> estimate_;  // the node's last, of a batch whose parent stood
};

}  // namespace gavel::sequencer
