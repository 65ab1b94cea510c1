// Whether the data folder may be gone on from.
#include <algorithm>

#include "node/log.hpp"
#include "sequencer/repair.hpp"
#include "sequencer/sequencer.hpp"

namespace gavel::sequencer {
namespace {

node::Status not_yet(std::string reason, std::string message) {
    return {node::Code::kUnavailable, std::move(reason), "", std::move(message)};
}

}  // namespace

// A key that was the sequencer before has a folder somewhere, with what it confirmed and hadn't posted yet.
node::Status Sequencer::accept_data() {
    if (!data_is_new_) return {};
    std::vector<follow::TermView> terms = sync_.view().terms();
    bool sat_before = std::any_of(terms.begin(), terms.end(), [&](const auto& t) { return t.sequencer == wallet_.address(); });
    if (sat_before && !config_.new_data)
        return not_yet("DATA_IS_NEW",
                       "the data folder is new, but the L1 shows that this key was the sequencer before: start with the old "
                       "folder, or, if it is lost, with --new-data; operations confirmed and not posted are lost then");
    if (sat_before)
        node::log_warn("began with a new data folder: operations that this key confirmed before and hadn't posted are lost");
    accept_as_old(store_);
    data_is_new_ = false;
    return {};
}

// After a repair: executes again what was confirmed and isn't on the L1.
node::Status Sequencer::restore() {
    if (!has_salvage(store_)) return {};
    // A batch still on its way holds some of it.
    auto mined = client_.nonce(wallet_.address(), false);
    if (!mined) return mined.status();
    auto pending = client_.nonce(wallet_.address(), true);
    if (!pending) return pending.status();
    if (*pending > *mined)
        return not_yet("REPAIRING", "the repair waits until no transaction of this key is on its way to the L1");
    tell(writer_.run([&]() GAVEL_REQUIRES(ledger::writing) { return restore_salvage(store_, ledger_, engine_); }));
    return {};
}

}  // namespace gavel::sequencer
