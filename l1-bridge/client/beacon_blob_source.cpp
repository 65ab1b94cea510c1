#include "l1-bridge/client/beacon_blob_source.hpp"

#include "l1-bridge/client/beacon_api.hpp"
#include "l1-bridge/wire/rpc_values.hpp"
#include "node/config.hpp"

namespace gavel::l1 {
namespace {

using rpc::Json;

constexpr const char *kSpecPath = "eth/v1/config/spec", *kGenesisPath = "eth/v1/beacon/genesis";

// As often as a block may have one blob: somebody else may put copies of it into the block. Ethereum's plans (EIP-7892) reach to
// 72 a block; 21 is today's most.
constexpr uint64_t kMaxCopies = 72;
constexpr uint64_t kMaxAnswerBytes = kMaxCopies * (2 * kBlobBytes + 16) + 4096;

node::Status unreachable(const std::string& message) { return {node::Code::kUnavailable, "BLOBS_UNREACHABLE", "", message}; }
node::Status false_blob(const std::string& message) { return {node::Code::kInternal, "BLOB_FALSE", "", message}; }
node::Status unknown(const std::string& message) { return {node::Code::kNotFound, "BLOB_UNKNOWN", "", message}; }

// The API writes numbers as texts of digits. nullopt: there is no such member, or of another form.
std::optional<uint64_t> number_in(const std::string& body, const char* name) {
    const auto answer = rpc::parse(body);
    if (!answer || !answer->is_object()) return std::nullopt;
    const Json& data = rpc::Members(*answer).member("data");
    if (!data.is_object()) return std::nullopt;
    const Json& value = rpc::Members(data).member(name);
    if (!value.is_string()) return std::nullopt;
    const auto number = node::parse_number(value.get_ref<const std::string&>());
    return number ? std::optional(*number) : std::nullopt;
}

std::optional<uint64_t> slot_ms_in(const std::string& spec) {
    if (auto ms = number_in(spec, "SLOT_DURATION_MS")) return ms;
    const auto seconds = number_in(spec, "SECONDS_PER_SLOT");
    if (!seconds || *seconds > UINT32_MAX) return std::nullopt;
    return *seconds * 1000;
}

}  // namespace

BeaconBlobSource::BeaconBlobSource(BeaconOptions options)
    : transport_(std::move(options.url), options.timeout, options.connect_timeout, kMaxAnswerBytes) {}

node::Result<std::optional<std::string>> BeaconBlobSource::ask(const std::string& path, const std::string& query) {
    auto answer = transport_.get(path, query);
    if (!answer && answer.status().field == "too-large") {
        return false_blob(transport_.shown() + ": an answer of over " + std::to_string(kMaxAnswerBytes) + " bytes");
    }
    if (!answer) return unreachable(answer.status().message);
    const long status = answer->http_status;
    if (status == 200) return std::optional(std::move(answer->body));
    if (status == 404 || status == 405 || status == 501) return std::optional<std::string>{};
    return unreachable(transport_.shown() + ": HTTP status " + std::to_string(status));
}

node::Result<BeaconBlobSource::SlotsOrNone> BeaconBlobSource::learn_slots() {
    SlotsOrNone slots;
    auto spec = ask(kSpecPath);
    if (!spec) return spec.status();
    const auto slot_ms = *spec ? slot_ms_in(**spec) : std::nullopt;
    if (slot_ms && *slot_ms > 0) {
        auto genesis = ask(kGenesisPath);
        if (!genesis) return genesis.status();
        const auto time = *genesis ? number_in(**genesis, "genesis_time") : std::nullopt;
        if (time) slots = Slots{*time, *slot_ms};
    }
    std::lock_guard lock(mutex_);
    known_ = slots;
    return slots;
}

node::Result<BeaconBlobSource::SlotsOrNone> BeaconBlobSource::known_slots() {
    {
        std::lock_guard lock(mutex_);
        if (known_) return *known_;
    }
    return learn_slots();
}

node::Result<Blob> BeaconBlobSource::fetch(const Hash& versioned_hash, const BlobPlace& place) {
    const auto slots = known_slots();
    if (!slots) return slots.status();
    auto blob = fetch_at(versioned_hash, place, *slots);
    if (blob.status().code != node::Code::kNotFound || *slots) return blob;
    const auto now = learn_slots();
    return now && *now ? fetch_at(versioned_hash, place, *now) : std::move(blob);
}

node::Result<Blob> BeaconBlobSource::fetch_at(const Hash& versioned_hash, const BlobPlace& place, const SlotsOrNone& slots) {
    if (slots && place.time < slots->genesis_time) return unknown(transport_.shown() + " is of a chain that began later");
    const u128 id = slots ? u128{place.time - slots->genesis_time} * 1000 / slots->slot_ms : u128{place.block};
    if (id > UINT64_MAX) return unknown(transport_.shown() + " has no slot of that time");
    auto body = ask(kBlobsPath + std::to_string(static_cast<uint64_t>(id)), "versioned_hashes=" + to_hex(versioned_hash));
    if (!body) return body.status();
    const auto answer = *body ? read_blobs_answer(**body) : std::optional<Blob>{};
    if (!answer) return false_blob(transport_.shown() + ": the answer isn't one blob");
    if (!*answer) return unknown(transport_.shown() + " has no blob " + to_hex(versioned_hash));
    const auto commitment = Kzg::get().commitment((*answer)->view());
    if (!commitment) return false_blob(transport_.shown() + ": the answer is no blob, an element is too large");
    if (gavel::versioned_hash(*commitment) != versioned_hash)
        return false_blob(transport_.shown() + ": the answer is another blob");
    return **answer;
}

}  // namespace gavel::l1
