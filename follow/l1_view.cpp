#include "follow/l1_view.hpp"

#include <algorithm>
#include <bitset>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "ledger/rows.hpp"
#include "protocol/check.hpp"

namespace gavel::follow {

using ledger::rows::required;

namespace {

constexpr std::string_view kFormatKey = "l1/format", kHeadKey = "l1/head", kPositionKey = "l1/position", kBlockTable = "l1/b";
constexpr std::string_view kFormat = "gavel l1 view 2";

std::string block_key(uint64_t number) { return std::string(kBlockTable) + ledger::rows::u64_value(number); }

void put_ref(ByteWriter& out, const l1::BlockRef& ref) { out.u64(ref.number).raw(ref.hash).raw(ref.parent_hash).u64(ref.time); }

l1::BlockRef take_ref(ByteReader& in) {
    l1::BlockRef out;
    out.number = in.u64();
    out.hash = in.fixed<Hash>();
    out.parent_hash = in.fixed<Hash>();
    out.time = in.u64();
    return out;
}

std::string encode_ref(const l1::BlockRef& ref) {
    ByteWriter out;
    put_ref(out, ref);
    return string_of(out.bytes());
}

std::string encode_block(const L1Block& block) {
    ByteWriter out;
    put_ref(out, block.ref);
    for (const L1Event& event : block.events) {
        l1::LogContent log = l1::encode_event(event.event);
        out.raw(event.tx_hash).u8(static_cast<uint8_t>(log.topics.size()));
        for (const Hash& topic : log.topics) out.raw(topic);
        out.u32(static_cast<uint32_t>(log.data.size())).raw(log.data);
    }
    return string_of(out.bytes());
}

std::optional<L1Block> decode_block(std::string_view row) {
    ByteReader in(view_of(row));
    L1Block out{take_ref(in), {}};
    while (in.ok() && in.remaining() > 0) {
        Hash tx_hash = in.fixed<Hash>();
        std::vector<Hash> topics;
        uint8_t count = in.u8();
        for (uint8_t i = 0; i < count && in.ok(); ++i) topics.push_back(in.fixed<Hash>());
        uint32_t size = in.u32();
        ByteView data = in.take(size);
        auto event = in.ok() ? l1::decode_event(topics, data) : std::nullopt;
        if (!event) return std::nullopt;
        out.events.push_back({std::move(*event), tx_hash});
    }
    if (!in.ok()) return std::nullopt;
    return out;
}

// What the events of a row of blocks amount to. take() is false for an event that can't follow; it is of no use any more then.
struct Derived {
    std::vector<StandingBatch> batches;  // number 1 first
    std::set<std::pair<uint64_t, Hash>> fallen;
    std::vector<Strike> strikes;
    std::vector<TermView> terms;  // term 1 first
    std::vector<QueuedOperation> queue;
    std::map<uint32_t, std::bitset<4096>> claimed;  // by position / 4096
    uint64_t frozen_at = 0;

    Hash queue_end() const { return queue.empty() ? Hash{} : queue.back().hash_after; }

    bool take(const l1::TermStarted& event, const l1::BlockRef& block, const Hash&) {
        if (event.term != terms.size() + 1) return false;
        terms.push_back({event.term, event.sequencer, block.time, 0, {}});
        return true;
    }
    bool take(const l1::TermEnded& event, const l1::BlockRef& block, const Hash&) {
        if (event.term == 0 || event.term > terms.size() || terms[event.term - 1].ended_at != 0) return false;
        terms[event.term - 1].ended_at = block.time;
        terms[event.term - 1].reason = event.reason;
        return true;
    }
    bool take(const l1::BatchAppended& event, const l1::BlockRef& block, const Hash& tx_hash) {
        if (event.number != batches.size() + 1) return false;
        batches.push_back({event.number, event.batch_hash, event.term, tx_hash, block.number, block.time});
        fallen.erase({event.number, event.batch_hash});
        return true;
    }
    bool take(const l1::BatchStruck& event, const l1::BlockRef& block, const Hash& tx_hash) {
        bool stands = event.number > 0 && event.number <= batches.size() && batches[event.number - 1].hash == event.batch_hash;
        if (!stands) return false;
        for (uint64_t i = event.number - 1; i < batches.size(); ++i) fallen.insert({batches[i].number, batches[i].hash});
        batches.resize(event.number - 1);
        strikes.push_back({event.number, event.batch_hash, event.term, event.prover, tx_hash, block.number, block.time});
        return true;
    }
    bool take(const l1::L1OperationQueued& event, const l1::BlockRef& block, const Hash&) {
        const L1Operation& operation = event.operation;
        if (event.index != queue.size() || operation.caller.is_zero() || operation.to.is_zero()) return false;
        queue.push_back({event.index, operation, operation.chain(queue_end()), block.number});
        return true;
    }
    bool take(const l1::WithdrawalClaimed& event, const l1::BlockRef&, const Hash&) {
        auto bit = claimed[event.position / 4096][event.position % 4096];
        if (bit) return false;
        bit = true;
        return true;
    }
    bool take(const l1::StakeReturned&, const l1::BlockRef&, const Hash&) { return true; }
    bool take(const l1::RewardTaken&, const l1::BlockRef&, const Hash&) { return true; }
    bool take(const l1::RollupFrozen&, const l1::BlockRef& block, const Hash&) {
        return std::exchange(frozen_at, block.time) == 0;
    }
    bool take(const l1::AccountExited&, const l1::BlockRef&, const Hash&) { return true; }
    bool take(const l1::DepositRefunded&, const l1::BlockRef&, const Hash&) { return true; }

    bool take(const L1Block& block) {
        for (const L1Event& event : block.events) {
            bool follows = std::visit([&](const auto& what) { return take(what, block.ref, event.tx_hash); }, event.event);
            if (!follows) return false;
        }
        return true;
    }
};

}  // namespace

struct L1View::Impl {
    Impl(node::Store& opened, const Address& its_rollup, const l1::RollupParameters& its_parameters)
        : store(opened), rollup(its_rollup), parameters(its_parameters) {
        open();
    }

    void open() {
        std::string mine = std::string(kFormat) + string_of(rollup);
        auto kept = store.get(kFormatKey);
        if (!kept) {
            node::WriteBatch batch;
            batch.put(kFormatKey, mine);
            store.write(batch, node::Durability::kSynced);
        } else if (*kept != mine) {
            throw node::StoreError("what the store holds of the L1 is another rollup's, or another version's");
        }
        load();
    }

    void load() {
        head = kept_head(store);
        position = store.get(kPositionKey).value_or("");
        derive(~uint64_t{0});
    }

    // From the blocks that the store holds, up to this one.
    void derive(uint64_t last) {
        derived = {};
        newest_with_events = 0;
        store.scan(kBlockTable, node::prefix_end(kBlockTable), [&](std::string_view key, std::string_view row) {
            const uint64_t number = ledger::rows::u64_at_end(key);
            if (number > last) return false;
            if (!derived.take(required(decode_block(row), "an L1 block")))
                throw node::StoreError("what the store holds of the L1 is damaged: an event can't follow");
            newest_with_events = number;
            return true;
        });
    }

    // In memory, and what it means for the store into `batch`; false: only load() helps.
    bool add(const L1Block& block, node::WriteBatch& batch) {
        bool is_first = head.hash.is_zero();
        if (!is_first && block.ref.number <= head.number) return false;
        if (!is_first && block.ref.number == head.number + 1 && block.ref.parent_hash != head.hash) return false;
        if (!derived.take(block)) return false;
        if (!block.events.empty()) {
            newest_with_events = block.ref.number;
            batch.put(block_key(block.ref.number), encode_block(block));
        }
        set_head(block.ref, batch);
        return true;
    }

    // Of what the store holds: nothing may have been added that isn't written yet.
    void remove_above(const l1::BlockRef& new_head, node::WriteBatch& batch) {
        const bool is_all = new_head.hash.is_zero();
        if (is_all || newest_with_events > new_head.number) {
            const std::string first = is_all ? std::string(kBlockTable) : block_key(new_head.number + 1);
            store.scan(first, node::prefix_end(kBlockTable), [&](std::string_view key, std::string_view) {
                batch.erase(std::string(key));
                return true;
            });
            if (is_all) derived = {}, newest_with_events = 0;
            if (!is_all) derive(new_head.number);
        }
        set_head(new_head, batch);
    }

    void set_head(const l1::BlockRef& new_head, node::WriteBatch& batch) {
        head = new_head;
        batch.put(kHeadKey, encode_ref(head));
        ++version;
    }

    bool is_final(uint64_t number) const {
        if (number == 0) return true;
        return number <= derived.batches.size() && head.time >= parameters.challenge_window &&
               derived.batches[number - 1].posted_at <= head.time - parameters.challenge_window;
    }

    node::Store& store;
    const Address rollup;
    const l1::RollupParameters parameters;
    mutable std::mutex mutex;  // plain: a shared one lets readers keep out the thread that reports blocks
    l1::BlockRef head;
    std::string position;             // the follower's
    uint64_t newest_with_events = 0;  // block; all of them are in the store alone
    uint64_t version = 0;
    Derived derived;
};

L1View::L1View(node::Store& store, const Address& rollup, const l1::RollupParameters& parameters)
    : impl_(std::make_unique<Impl>(store, rollup, parameters)) {}
L1View::~L1View() = default;

bool L1View::take(const std::vector<l1::L1Update>& updates, ByteView position) {
    std::lock_guard lock(impl_->mutex);
    node::WriteBatch batch;
    for (const l1::L1Update& update : updates) {
        if (const auto* removed = std::get_if<l1::BlocksRemoved>(&update)) {
            GAVEL_CHECK(&update == updates.data());
            impl_->remove_above(removed->head.value_or(l1::BlockRef{}), batch);
            continue;
        }
        const auto& added = std::get<l1::BlockAdded>(update);
        L1Block block{added.block, {}};
        for (const l1::LocatedEvent& event : added.events) block.events.push_back({event.event, event.tx_hash});
        if (impl_->add(block, batch)) continue;
        impl_->load();
        return false;
    }
    impl_->position = string_of(position);
    batch.put(kPositionKey, impl_->position);
    impl_->store.write(batch, node::Durability::kBuffered);
    return true;
}

l1::BlockRef L1View::kept_head(node::Store& store) {
    auto row = store.get(kHeadKey);
    if (!row) return {};
    ByteReader in(view_of(*row));
    l1::BlockRef out = take_ref(in);
    if (!in.finished()) throw node::StoreError("what the store holds of the L1 is damaged");
    return out;
}

Bytes L1View::follower_position() const {
    std::lock_guard lock(impl_->mutex);
    return to_bytes(view_of(impl_->position));
}

bool L1View::add_block(const L1Block& block) {
    std::lock_guard lock(impl_->mutex);
    node::WriteBatch batch;
    if (!impl_->add(block, batch)) {
        impl_->load();
        return false;
    }
    impl_->store.write(batch, node::Durability::kBuffered);
    return true;
}

void L1View::remove_blocks_above(const l1::BlockRef& head) {
    std::lock_guard lock(impl_->mutex);
    node::WriteBatch batch;
    impl_->remove_above(head, batch);
    impl_->store.write(batch, node::Durability::kBuffered);
}

const Address& L1View::rollup() const { return impl_->rollup; }
const l1::RollupParameters& L1View::parameters() const { return impl_->parameters; }

l1::BlockRef L1View::head() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->head;
}

uint64_t L1View::version() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->version;
}

uint64_t L1View::batch_head() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->derived.batches.size();
}

std::optional<StandingBatch> L1View::batch(uint64_t number) const {
    std::lock_guard lock(impl_->mutex);
    if (number == 0 || number > impl_->derived.batches.size()) return std::nullopt;
    return impl_->derived.batches[number - 1];
}

bool L1View::is_final(uint64_t number) const {
    std::lock_guard lock(impl_->mutex);
    return impl_->is_final(number);
}

std::optional<uint64_t> L1View::final_at(uint64_t number) const {
    if (number == 0) return 0;
    auto standing = batch(number);
    if (!standing) return std::nullopt;
    return standing->posted_at + impl_->parameters.challenge_window;
}

uint64_t L1View::final_head() const {
    std::lock_guard lock(impl_->mutex);
    const auto& batches = impl_->derived.batches;
    auto first_pending = std::partition_point(batches.begin(), batches.end(),
                                              [&](const StandingBatch& batch) { return impl_->is_final(batch.number); });
    return static_cast<uint64_t>(first_pending - batches.begin());
}

std::vector<Strike> L1View::strikes() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->derived.strikes;
}

bool L1View::was_struck(uint64_t number, const Hash& hash) const {
    std::lock_guard lock(impl_->mutex);
    return impl_->derived.fallen.contains({number, hash});
}

std::vector<TermView> L1View::terms() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->derived.terms;
}

std::optional<TermView> L1View::sitting() const {
    std::lock_guard lock(impl_->mutex);
    const auto& terms = impl_->derived.terms;
    if (terms.empty() || terms.back().ended_at != 0) return std::nullopt;
    return terms.back();
}

uint64_t L1View::frozen_at() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->derived.frozen_at;
}

uint64_t L1View::queue_length() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->derived.queue.size();
}

std::optional<QueuedOperation> L1View::queued(uint64_t index) const {
    std::lock_guard lock(impl_->mutex);
    if (index >= impl_->derived.queue.size()) return std::nullopt;
    return impl_->derived.queue[index];
}

uint64_t L1View::queue_length_at(uint64_t block) const {
    std::lock_guard lock(impl_->mutex);
    const auto& queue = impl_->derived.queue;
    auto above =
        std::partition_point(queue.begin(), queue.end(), [&](const QueuedOperation& entry) { return entry.block <= block; });
    return static_cast<uint64_t>(above - queue.begin());
}

std::optional<Hash> L1View::queue_hash(uint64_t index) const {
    std::lock_guard lock(impl_->mutex);
    const auto& queue = impl_->derived.queue;
    if (index > queue.size()) return std::nullopt;
    return index == 0 ? Hash{} : queue[index - 1].hash_after;
}

bool L1View::is_claimed(uint32_t position) const {
    std::lock_guard lock(impl_->mutex);
    auto page = impl_->derived.claimed.find(position / 4096);
    return page != impl_->derived.claimed.end() && page->second[position % 4096];
}

}  // namespace gavel::follow
