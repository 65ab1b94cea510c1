#include "ledger/l1_sync.hpp"

#include <atomic>
#include <mutex>

#include "l1-bridge/deployment.hpp"
#include "l1-bridge/l1_follower.hpp"
#include "ledger/rows.hpp"
#include "node/log.hpp"

namespace gavel::ledger {
namespace {

using node::Code;
using node::Status;

// Rounds in which a node may be behind what was read, before its shorter chain is believed. A node that isn't behind but on another
// branch shows it as soon as its chain is as long, or by the last block that both have.
constexpr unsigned kPatience = 300;

Status wrong_chain(uint64_t found, uint64_t expected, const char* whose) {
    return {Code::kFailedPrecondition, "L1_WRONG_CHAIN", "l1",
            "the L1 is chain " + std::to_string(found) + ", " + whose + " is chain " + std::to_string(expected)};
}

Status check_chain(node::Store& store, uint64_t chain_id, uint64_t expected) {
    if (expected != 0 && chain_id != expected) return wrong_chain(chain_id, expected, "what is asked for");
    if (auto kept = store.get(rows::kChainKey)) {
        uint64_t known = rows::u64_at_end(*kept);
        return known == chain_id ? Status{} : wrong_chain(chain_id, known, "what the data directory holds");
    }
    node::WriteBatch batch;
    batch.put(rows::kChainKey, rows::u64_value(chain_id));
    store.write(batch, node::Durability::kSynced);
    return {};
}

}  // namespace

struct L1Sync::Impl {
    Impl(node::Store& opened, l1::L1Client& its_client, const Domain& its_domain, const l1::RollupParameters& parameters,
         uint64_t start_block)
        : client(its_client), domain(its_domain), view(opened, its_domain.rollup, parameters) {
        follower_options.start_block = start_block;
        follower_options.chain_id = its_domain.chain_id;
        restart();
    }

    // Goes on from where the view is.
    void restart() {
        follower.emplace(client, domain.rollup, follower_options);
        Bytes position = view.follower_position();
        bool damaged = !position.empty() && !follower->restore_position(position);
        if (damaged || view.head() != follower->last().value_or(l1::BlockRef{})) {
            throw node::StoreError("what the store holds of the L1 is damaged: the position can't be gone on from");
        }
    }

    node::Result<bool> step() {
        auto step = follower->step();
        if (!step) return step.status();
        {
            std::lock_guard lock(mutex);
            l1_head = step->l1_head;
        }
        if (!step->updates.empty() && !view.take(step->updates, follower->encode_position())) {
            restart();
            return Status{Code::kInternal, "L1_EVENTS_INVALID", "", "the L1 node tells events of the rollup that can't follow"};
        }
        for (const l1::L1Update& update : step->updates) reorganisations += std::holds_alternative<l1::BlocksRemoved>(update);
        if (!step->node_is_behind) {
            rounds_behind = 0;
            return step->is_up_to_date;
        }
        if (++rounds_behind > kPatience) follower->accept_shorter_chain();
        return Status{Code::kUnavailable, "L1_BEHIND", "",
                      "the L1 node's chain ends at block " + std::to_string(step->l1_head.number) + ", below block " +
                          std::to_string(view.head().number) + " read before"};
    }

    l1::L1Client& client;
    const Domain domain;
    L1View view;
    l1::FollowerOptions follower_options;
    std::optional<l1::L1Follower> follower;
    unsigned rounds_behind = 0;
    std::atomic<bool> up_to_date{false};
    std::atomic<uint64_t> reorganisations{0};
    mutable std::mutex mutex;
    l1::BlockRef l1_head;
};

L1Sync::L1Sync(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
node::Result<std::unique_ptr<L1Sync>> L1Sync::open_when_reachable(node::Store& store, l1::L1Client& client, const Address& rollup,
                                                                  L1SyncOptions options,
                                                                  const std::function<bool()>& keep_waiting) {
    bool told = false;
    for (;;) {
        auto sync = open(store, client, rollup, options);
        const bool is_final = sync || sync.status().field == "rollup" || sync.status().reason == "L1_WRONG_CHAIN";
        if (is_final) return sync;
        if (!told) node::log_status(node::LogLevel::kWarn, "waiting for the L1", sync.status());
        told = true;
        if (!keep_waiting()) return std::unique_ptr<L1Sync>();
    }
}

L1Sync::~L1Sync() = default;

node::Result<std::unique_ptr<L1Sync>> L1Sync::open(node::Store& store, l1::L1Client& client, const Address& rollup,
                                                   L1SyncOptions options) {
    auto chain_id = client.chain_id();
    if (!chain_id) return chain_id.status();
    auto parameters = l1::find_rollup(client, rollup);
    if (!parameters) return parameters.status();
    if (Status status = check_chain(store, *chain_id, options.chain_id); !status.ok()) return status;
    auto impl = std::make_unique<Impl>(store, client, Domain{*chain_id, rollup}, *parameters, options.start_block);
    return std::unique_ptr<L1Sync>(new L1Sync(std::move(impl)));
}

node::Result<bool> L1Sync::step() {
    auto done = impl_->step();
    impl_->up_to_date = done.ok() && *done;
    return done;
}

const L1View& L1Sync::view() const { return impl_->view; }
Domain L1Sync::domain() const { return impl_->domain; }
bool L1Sync::is_up_to_date() const { return impl_->up_to_date; }
uint64_t L1Sync::reorganisations() const { return impl_->reorganisations; }

l1::BlockRef L1Sync::l1_head() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->l1_head;
}

BatchSource L1Sync::batch_source() const {
    return ledger::batch_source(impl_->client, impl_->domain.rollup);
}

}  // namespace gavel::ledger
