#include "l1-bridge/client/blob_sources.hpp"

#include <algorithm>

#include "l1-bridge/client/beacon_blob_source.hpp"
#include "node/log.hpp"

namespace gavel::l1 {

BlobSources::BlobSources(std::vector<Source> sources, const node::Clock& clock, uint64_t rest_ms)
    : sources_(std::move(sources)), clock_(clock), rest_ms_(rest_ms), states_(sources_.size()) {
    for (size_t i = 0; i < sources_.size(); ++i) states_[i].figures.name = sources_[i].name;
}

std::vector<size_t> BlobSources::order() const {
    std::vector<size_t> out(sources_.size());
    for (size_t i = 0; i < out.size(); ++i) out[i] = i;
    std::lock_guard lock(mutex_);
    const uint64_t now = clock_.steady_ms();
    std::stable_partition(out.begin(), out.end(), [&](size_t i) { return now >= states_[i].last_until_ms; });
    return out;
}

void BlobSources::note(size_t source, Outcome result, const node::Status& status) {
    std::lock_guard lock(mutex_);
    State& state = states_[source];
    BlobSourceFigures& figures = state.figures;
    if (!state.counters.empty()) state.counters[result].add();
    if (result == kUnknown) {
        ++figures.unknown;
        return;
    }
    const uint64_t now = clock_.steady_ms();
    if (result == kBlob) {
        ++figures.answers;
        // One that is now right and now wrong is told once in a while, not at every turn.
        if (now >= state.last_until_ms) state.is_told = false;
        return;
    }
    ++(result == kFalse ? figures.lies : figures.failures);
    figures.last_error = node::to_string(status);
    state.last_until_ms = now + rest_ms_;
    if (std::exchange(state.is_told, true)) return;
    node::log_warn(result == kFalse ? "a source of blobs gave what isn't the blob" : "a source of blobs can't be reached",
                   {{"source", figures.name}, {"why", status.message}});
}

node::Result<Blob> BlobSources::fetch(const Hash& versioned_hash, const BlobPlace& place) {
    size_t counts[kOutcomes] = {};
    auto told = [](node::Code code, const char* reason, const std::string& message) {
        return node::Status{code, reason, "", message};
    };
    for (const size_t source : order()) {
        if (is_closed_) break;
        auto blob = sources_[source].source->fetch(versioned_hash, place);
        const node::Code code = blob.status().code;
        const Outcome result = blob                                   ? kBlob
                               : code == node::Code::kNotFound        ? kUnknown
                               : blob.status().reason == "BLOB_FALSE" ? kFalse
                                                                      : kUnreachable;
        if (!is_closed_) note(source, result, blob.status());
        if (blob) return blob;
        ++counts[result];
    }
    const std::string hash = to_hex(versioned_hash);
    if (is_closed_) return told(node::Code::kUnavailable, "BLOBS_UNREACHABLE", "closed");
    if (sources_.empty()) return told(node::Code::kUnavailable, "BLOBS_UNREACHABLE", "no source of blobs is named (--blobs)");
    if (counts[kUnreachable] > 0) {
        return told(node::Code::kUnavailable, "BLOBS_UNREACHABLE",
                    "no source has given blob " + hash + ", and " + std::to_string(counts[kUnreachable]) + " of " +
                        std::to_string(sources_.size()) + " can't be reached");
    }
    if (counts[kUnknown] > 0) return told(node::Code::kNotFound, "BLOB_UNKNOWN", "no source has blob " + hash);
    return told(node::Code::kInternal, "BLOB_FALSE", "each source gave something else for blob " + hash);
}

std::vector<BlobSourceFigures> BlobSources::figures() const {
    std::vector<BlobSourceFigures> out;
    std::lock_guard lock(mutex_);
    for (const State& state : states_) {
        out.push_back(state.figures);
        out.back().is_last = clock_.steady_ms() < state.last_until_ms;
    }
    return out;
}

void BlobSources::count_in(node::Metrics& metrics) {
    std::lock_guard lock(mutex_);
    for (State& state : states_) {
        for (const char* result : {"blob", "unknown", "false", "unreachable"}) {
            state.counters.push_back(metrics.counter("gavel_blob_answers_total", "Answers of sources of blobs.",
                                                     {{"source", state.figures.name}, {"result", result}}));
        }
    }
}

void BlobSources::close() {
    is_closed_ = true;
    for (const Source& source : sources_) source.close();
}

// ---- Flags ----

void add_blob_flags(node::Options& options, BlobFlags& flags) {
    options.list("--blobs", flags.urls,
                 "URL of a server with batches' blobs: a beacon node, another Gavel server, an archive; repeat it to name more, "
                 "which are asked in this order");
}

node::Result<std::unique_ptr<BlobSources>> open_blob_sources(const BlobFlags& flags, const L1Flags& l1,
                                                             const node::Clock& clock) {
    std::vector<BlobSources::Source> sources;
    for (const std::string& url : flags.urls.empty() ? l1.urls : flags.urls) {
        std::string shown = shown_url(url);
        if (!shown.starts_with("http://") && !shown.starts_with("https://"))
            return node::invalid_option("--blobs", "needs an URL of http or https");
        // Two of one host look alike without their ports and paths.
        const auto like = [&](const BlobSources::Source& other) {
            return other.name == shown || other.name.starts_with(shown + " (");
        };
        if (const auto same = std::count_if(sources.begin(), sources.end(), like); same > 0)
            shown += " (" + std::to_string(same + 1) + ")";
        auto source = std::make_unique<BeaconBlobSource>(BeaconOptions{url});
        auto close = [beacon = source.get()] { beacon->close(); };
        sources.push_back({std::move(source), std::move(shown), std::move(close)});
    }
    return std::make_unique<BlobSources>(std::move(sources), clock);
}

}  // namespace gavel::l1
