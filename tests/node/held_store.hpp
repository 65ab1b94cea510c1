// A store in memory whose reads can be held up, slowed down, or made to fail, and whose writes can fail.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <thread>

#include "node/store.hpp"

namespace gavel::test {

class HeldStore final : public node::Store {
public:
    ~HeldStore() override { release(); }

    // From now on scans from keys of that table, and snapshots' reads of one, wait until release().
    void hold_reads_of(char table) {
        std::lock_guard lock(mutex_);
        held_ = table;
    }
    void release() {
        std::lock_guard lock(mutex_);
        held_ = '\0';
        changed_.notify_all();
    }
    // Waits until one is held; false if none is within ten seconds.
    bool someone_is_held() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10), [this] { return waiting_ > 0; });
    }
    void set_row_time(std::chrono::microseconds time) { row_time_ = time; }
    // From now on every write fails, and then every read, as LevelDbStore has it.
    void fail() { failing_ = true; }

    std::optional<std::string> get(std::string_view key) const override {
        check();
        return kept_.get(key);
    }
    void write(const node::WriteBatch& batch, node::Durability durability) override {
        if (failing_) failed_ = true;
        check();
        kept_.write(batch, durability);
    }
    void scan(std::string_view first, std::string_view last, const Visitor& visit) const override {
        wait(first);
        kept_.scan(first, last, slowly(visit));
    }
    void scan_reverse(std::string_view first, std::string_view last, const Visitor& visit) const override {
        wait(first);
        kept_.scan_reverse(first, last, slowly(visit));
    }
    std::unique_ptr<const node::StoreView> snapshot() const override {
        check();
        return std::make_unique<Moment>(*this);
    }

private:
    class Moment final : public node::StoreView {
    public:
        explicit Moment(const HeldStore& store) : store_(store), kept_(store.kept_.snapshot()) {}
        std::optional<std::string> get(std::string_view key) const override {
            store_.wait(key);
            return kept_->get(key);
        }
        void scan(std::string_view first, std::string_view last, const Visitor& visit) const override {
            store_.wait(first);
            kept_->scan(first, last, store_.slowly(visit));
        }
        void scan_reverse(std::string_view first, std::string_view last, const Visitor& visit) const override {
            store_.wait(first);
            kept_->scan_reverse(first, last, store_.slowly(visit));
        }

    private:
        const HeldStore& store_;
        std::unique_ptr<const node::StoreView> kept_;
    };

    void check() const {
        if (failed_) throw node::StoreError("the test's disk failed");
    }
    void wait(std::string_view first) const {
        check();
        std::unique_lock lock(mutex_);
        if (held_ == '\0' || first.empty() || first.front() != held_) return;
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return held_ == '\0'; });
        --waiting_;
    }
    Visitor slowly(const Visitor& visit) const {
        return [this, &visit](std::string_view key, std::string_view value) {
            if (row_time_.load().count() > 0) std::this_thread::sleep_for(row_time_.load());
            return visit(key, value);
        };
    }

    node::MemoryStore kept_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    mutable int waiting_ = 0;
    char held_ = '\0';
    std::atomic<std::chrono::microseconds> row_time_{std::chrono::microseconds(0)};
    std::atomic<bool> failing_{false}, failed_{false};
};

}  // namespace gavel::test
