// Data folders that are new, and the way back from a damaged one: what was posted is read from the L1 again; what was confirmed
// and not yet posted is executed again, as far as it can still be read, since each operation carries its sender's signature.
#pragma once

#include <string>
#include <vector>

#include "node/store.hpp"
#include "sequencer/engine.hpp"

namespace gavel::sequencer {

// Whether the ledger in this store, or the one that is about to be made in it, has never been accepted; a note in the store
// tells.
bool note_if_new(node::Store& store);
// From now on it isn't new.
void accept_as_old(node::Store& store);

// If the folder is damaged: puts a new one in its place, with the operations that could be read from it, for a Sequencer to
// execute again; the old one is kept beside it. Tells the log what it does. Cut short at any moment, it may be done again. Throws
// node::StoreError.
void repair_folder(const std::string& folder, const Address& rollup);

// Whether a store holds operations that wait to be executed again.
bool has_salvage(const node::Store& store);

struct Restored {
    uint64_t posted = 0;    // were on the L1
    uint64_t restored = 0;  // executed again
    uint64_t moved = 0;     // of these, at another position than their receipts say, since some before them are missing
    struct Refused {
        Hash hash;
        uint64_t position = 0;  // as its receipt says
        Address sender;
        std::string why;
    };
    std::vector<Refused> refused;
    struct Gap {
        uint64_t first = 0, last = 0;  // positions
        friend bool operator==(const Gap&, const Gap&) = default;
    };
    std::vector<Gap> missing;  // of these nothing could be read
    // Nothing was found of positions from here on, and nothing can be said of them.
    uint64_t end = 0;
};

// Executes what waits in `store`, the ledger's, once all that is on the L1 has been read; synced. It waits no longer then.
Restored restore_salvage(node::Store& store, ledger::OpenLedger& ledger, Engine& engine) GAVEL_REQUIRES(ledger::writing);
// Tells the log.
void tell(const Restored& restored);

}  // namespace gavel::sequencer
