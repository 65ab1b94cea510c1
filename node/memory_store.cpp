#include <algorithm>

#include "node/store.hpp"

namespace gavel::node {

std::string prefix_end(std::string_view prefix) {
    std::string end(prefix);
    while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
    if (end.empty()) throw std::invalid_argument("prefix_end: no key is greater than all that start with this prefix");
    end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
    return end;
}

// Holds a version still for as long as it is read.
class MemoryStore::Reading final : public StoreView {
public:
    explicit Reading(const MemoryStore& store) : store_(store) {
        std::lock_guard lock(store_.mutex_);
        version_ = store_.version_;
        ++version_->readers;
    }
    ~Reading() override {
        std::lock_guard lock(store_.mutex_);
        --version_->readers;
    }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    const Entries& entries() const { return version_->entries; }

    std::optional<std::string> get(std::string_view key) const override {
        auto found = entries().find(key);
        return found == entries().end() ? std::nullopt : std::optional(found->second);
    }
    void scan(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const override {
        for (auto at = entries().lower_bound(first); at != entries().end() && at->first < last_exclusive; ++at)
            if (!visit(at->first, at->second)) return;
    }
    void scan_reverse(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const override {
        for (auto at = entries().lower_bound(last_exclusive); at != entries().begin();) {
            --at;
            if (at->first < first || !visit(at->first, at->second)) return;
        }
    }

private:
    const MemoryStore& store_;
    std::shared_ptr<Version> version_;
};

MemoryStore::MemoryStore() : version_(std::make_shared<Version>()) {}

std::optional<std::string> MemoryStore::get(std::string_view key) const {
    std::lock_guard lock(mutex_);
    auto found = version_->entries.find(key);
    if (found == version_->entries.end()) return std::nullopt;
    return found->second;
}

MemoryStore::Entries& MemoryStore::entries_to_write() {
    if (version_->readers > 0) {
        auto copy = std::make_shared<Version>();
        copy->entries = version_->entries;
        version_ = std::move(copy);
    }
    return version_->entries;
}

void MemoryStore::write(const WriteBatch& batch, Durability durability) {
    std::lock_guard lock(mutex_);
    Entries& entries = entries_to_write();
    std::vector<WriteBatch::Operation> undo;
    for (const auto& [key, value] : batch.operations()) {
        auto found = entries.find(key);
        bool there = found != entries.end();
        undo.push_back({key, there ? std::optional(std::move(found->second)) : std::nullopt});
        if (value && there) {
            found->second = *value;
        } else if (value) {
            entries.emplace(key, *value);
        } else if (there) {
            entries.erase(found);
        }
    }
    if (durability == Durability::kSynced) {
        undo_.clear();
    } else {
        undo_.push_back(std::move(undo));
    }
}

void MemoryStore::scan(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const {
    Reading(*this).scan(first, last_exclusive, visit);
}

void MemoryStore::scan_reverse(std::string_view first, std::string_view last_exclusive, const Visitor& visit) const {
    Reading(*this).scan_reverse(first, last_exclusive, visit);
}

std::unique_ptr<const StoreView> MemoryStore::snapshot() const { return std::make_unique<Reading>(*this); }

std::unique_ptr<MemoryStore> MemoryStore::clone() const {
    auto copy = std::make_unique<MemoryStore>();
    Reading reading(*this);
    copy->version_->entries = reading.entries();
    return copy;
}

size_t MemoryStore::unsynced_batches() const {
    std::lock_guard lock(mutex_);
    return undo_.size();
}

void MemoryStore::lose_unsynced(size_t kept) {
    std::lock_guard lock(mutex_);
    Entries& entries = entries_to_write();
    while (undo_.size() > kept) {
        auto& batch = undo_.back();
        for (auto operation = batch.rbegin(); operation != batch.rend(); ++operation) {
            if (operation->value) {
                entries.insert_or_assign(operation->key, std::move(*operation->value));
            } else {
                entries.erase(operation->key);
            }
        }
        undo_.pop_back();
    }
    undo_.clear();
}

}  // namespace gavel::node
