// Blobs from a server with the beacon API's URL for them, by HTTP or HTTPS.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "l1-bridge/client/blob_source.hpp"
#include "l1-bridge/client/rpc_transport.hpp"

namespace gavel::l1 {

struct BeaconOptions {
    std::string url;                            // the API's paths are below it
    std::chrono::milliseconds timeout{20'000};  // of a whole request: a node may have to make the blob again from columns
    std::chrono::milliseconds connect_timeout{3'000};
};

// One question is one blob: GET /eth/v1/beacon/blobs/{id}?versioned_hashes=HASH. What `id` is differs:
//
// - A beacon node wants the slot. It follows from the block's time, by genesis_time (/eth/v1/beacon/genesis) and the length of a
//   slot (/eth/v1/config/spec: SLOT_DURATION_MS, or SECONDS_PER_SLOT as it was called before).
// - Anvil and gavel-l1 have no slots, and take the block's number. Anvil has a genesis, and neither has a spec.
// - A Gavel server takes anything.
//
// So a server has slots if it answers both of those questions as the API has it, and none if it answers one of them with 404 or
// another such. What it said is kept. If it had no slots and now doesn't know a blob, it is asked again: it may have been
// starting, or stand behind a balancer that was.
//
// Slots of a length that changes (there are none yet) would want more than that.
//
// Follows no redirection; never tries twice. Nothing secret of the URL is in any Status.
class BeaconBlobSource final : public BlobSource {
public:
    explicit BeaconBlobSource(BeaconOptions options);

    // An answer with the blob several times is right: blocks may have one several times. So is an empty one, and means that
    // there is none. What isn't 200 or 404 is BLOBS_UNREACHABLE, 200 with anything but that blob BLOB_FALSE.
    node::Result<Blob> fetch(const Hash& versioned_hash, const BlobPlace& place) override;
    // Ends what waits, and whatever is asked later at once: BLOBS_UNREACHABLE.
    void close() { transport_.close(); }

private:
    struct Slots {
        uint64_t genesis_time = 0;  // seconds since 1970
        uint64_t slot_ms = 0;       // above 0
    };
    // A node of slots has them; nullopt: it goes by numbers.
    using SlotsOrNone = std::optional<Slots>;

    node::Result<SlotsOrNone> known_slots();
    node::Result<SlotsOrNone> learn_slots();
    // The body of a 200; nullopt: there is no such path.
    node::Result<std::optional<std::string>> ask(const std::string& path, const std::string& query = {});
    node::Result<Blob> fetch_at(const Hash& versioned_hash, const BlobPlace& place, const SlotsOrNone& slots);

    RpcTransport transport_;
    std::mutex mutex_;
    std::optional<SlotsOrNone> known_;  // nullopt: not asked yet
};

}  // namespace gavel::l1
