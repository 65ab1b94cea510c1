#include "sequencer/sidecars.hpp"

#include <chrono>

namespace gavel::sequencer {

Sidecars::Sidecar Sidecars::make(const std::vector<Blob>& blobs) {
    return std::make_shared<const l1::BlobSidecar>(l1::make_sidecar(blobs).value());
}

Sidecars::Sidecar Sidecars::of(const PostedBatch& batch) {
    std::unique_lock lock(mutex_);
    Entry& entry = entries_[batch.number()];
    if (entry.hash != batch.hash()) {
        entry = {batch.hash(), std::make_shared<const std::vector<Blob>>(batch.data().blobs), nullptr};
        asked_.notify_one();
    }
    if (!entry.made && !has_thread_) entry.made = make(*entry.blobs);
    return entry.made;
}

void Sidecars::forget_below(uint64_t number) {
    std::lock_guard lock(mutex_);
    entries_.erase(entries_.begin(), entries_.lower_bound(number));
}

Sidecars::Entry* Sidecars::next() {
    for (auto& [number, entry] : entries_)
        if (!entry.made) return &entry;
    return nullptr;
}

void Sidecars::turn(uint64_t timeout_ms) {
    std::unique_lock lock(mutex_);
    has_thread_ = true;
    Entry* entry = next();
    if (entry == nullptr) {
        asked_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [&] { return next() != nullptr || !has_thread_; });
        return;
    }
    const Hash hash = entry->hash;
    const auto blobs = entry->blobs;
    lock.unlock();
    Sidecar made = make(*blobs);
    lock.lock();
    for (auto& [number, other] : entries_)
        if (other.hash == hash) other.made = made;
}

void Sidecars::leave() {
    std::lock_guard lock(mutex_);
    has_thread_ = false;
}

}  // namespace gavel::sequencer
