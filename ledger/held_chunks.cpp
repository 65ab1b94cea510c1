// Chunks that are applied and neither written nor published: until their signatures are known to be right.
#include "ledger/ledger_impl.hpp"
#include "protocol/check.hpp"

namespace gavel::ledger {

Ledger::Applied Ledger::hold_chunk(const BatchChunk& chunk, Env& env, const std::optional<Hash>& claimed_after, uint64_t at_ms) {
    std::unique_lock lock(impl_->mutex_);
    return impl_->hold_chunk(chunk, env, claimed_after, at_ms);
}

void Ledger::keep_oldest_held() {
    GAVEL_CHECK(!impl_->held_.empty());
    impl_->write(impl_->held_.front().rows, node::Durability::kBuffered);
    {
        std::unique_lock lock(impl_->mutex_);
        impl_->published_ = impl_->held_.front().after;
        impl_->held_.pop_front();
        impl_->retire_tail(impl_->published_.entries);
        // What later ones have put into their rows of owners is to be found in memory until these are written, too.
        if (impl_->held_.empty()) impl_->owners_.written();
    }
    impl_->notify();
}

void Ledger::drop_held() {
    std::unique_lock lock(impl_->mutex_);
    if (impl_->held_.empty()) return;
    while (!impl_->held_.empty()) impl_->drop_newest_held();
    node::WriteBatch written_already;
    impl_->learn_what_is_behind(written_already);
}

size_t Ledger::held_count() const { return impl_->held_.size(); }

void Reader::Impl::drop_newest_held() {
    const Held& held = held_.back();
    undo(state_, held.diff);
    view_.begin();
    sealed_fields_ = held.before;
    queue_hash_ = held.queue_hash_before;
    lists_.rolled_back_count = held.listed_before;
    written_ = chunks_.back().entry;
    chunks_.pop_back();
    forget_hashes(tail_from(written_));
    tail_.resize(written_ - tail_first_);
    open_ = {};
    open_.first_entry = written_;
    held_.pop_back();
}

}  // namespace gavel::ledger
