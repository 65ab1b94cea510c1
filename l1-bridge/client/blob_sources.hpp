// Several sources of blobs as one. None is trusted: each blob is checked by who fetches it, so a list is as good as its best.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "l1-bridge/client/blob_source.hpp"
#include "l1-bridge/client/l1_sources.hpp"
#include "node/clock.hpp"
#include "node/config.hpp"
#include "node/metrics.hpp"

namespace gavel::l1 {

struct BlobSourceFigures {
    std::string name;
    uint64_t answers = 0;    // blobs
    uint64_t unknown = 0;    // times that it had none
    uint64_t lies = 0;       // BLOB_FALSE
    uint64_t failures = 0;   // BLOBS_UNREACHABLE
    std::string last_error;  // of a lie or failure, as "REASON: message"; nothing secret
    bool is_last = false;    // one that lied or failed lately: it is asked behind the others
};

// They are asked one after the other, in their order, until one has the blob. One that lied or couldn't be reached is told in the
// log, once until it has given a blob again, and is asked behind the others for `rest_ms`.
class BlobSources final : public BlobSource {
public:
    struct Source {
        std::unique_ptr<BlobSource> source;
        std::string name;                     // for log and metrics: nothing secret of its URL
        std::function<void()> close = [] {};  // ends what fetch() waits for
    };
    // `clock` must outlive it.
    BlobSources(std::vector<Source> sources, const node::Clock& clock, uint64_t rest_ms = 600'000);

    // What nobody has is BLOB_UNKNOWN; BLOBS_UNREACHABLE if some of them couldn't be asked, or there are none; BLOB_FALSE if all
    // of them lied.
    node::Result<Blob> fetch(const Hash& versioned_hash, const BlobPlace& place) override;
    std::vector<BlobSourceFigures> figures() const;
    // From now on gavel_blob_answers_total{source, result}; result is one of blob, unknown, false, unreachable. Before the first
    // fetch(). `metrics` must outlive it.
    void count_in(node::Metrics& metrics);
    // Ends what waits, and whatever is asked later at once: BLOBS_UNREACHABLE. No source is blamed for it.
    void close();

private:
    enum Outcome : uint8_t { kBlob, kUnknown, kFalse, kUnreachable, kOutcomes };
    struct State {
        BlobSourceFigures figures;
        uint64_t last_until_ms = 0;  // by the monotonic clock
        bool is_told = false;
        std::vector<node::Counter> counters;  // by Outcome; empty without metrics
    };

    std::vector<size_t> order() const;
    void note(size_t source, Outcome result, const node::Status& status);

    const std::vector<Source> sources_;
    const node::Clock& clock_;
    const uint64_t rest_ms_;
    std::atomic<bool> is_closed_{false};
    mutable std::mutex mutex_;
    std::vector<State> states_;  // of each source
};

// --blobs, the same for every program.
struct BlobFlags {
    std::vector<std::string> urls;
};
void add_blob_flags(node::Options& options, BlobFlags& flags);
// One BeaconBlobSource for each URL. Without any, for the L1's own URLs: gavel-l1 and Anvil have blobs there, an Ethereum node
// hasn't. Reason: OPTION_INVALID, for what is no URL.
node::Result<std::unique_ptr<BlobSources>> open_blob_sources(const BlobFlags& flags, const L1Flags& l1, const node::Clock& clock);

}  // namespace gavel::l1
