#include "follow/l1_sync.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "follow/l1_check.hpp"
#include "l1-bridge/client/deployment.hpp"
#include "l1-bridge/client/l1_follower.hpp"
#include "ledger/rows.hpp"
#include "node/log.hpp"
#include "protocol/check.hpp"

namespace gavel::follow {
namespace {

using node::Code;
using node::Status;

constexpr std::string_view kParametersKey = "l1/parameters";
// How far back is read again at the first contradiction, and how many times as far at each one after it.
constexpr uint64_t kFirstDepth = 64, kDeeper = 4, kFarthest = uint64_t{1} << 48;
constexpr unsigned kLongestPause = 32;  // rounds in which nothing is asked, after ever more contradictions

Status wrong_chain(uint64_t found, uint64_t expected, const char* whose) {
    return {Code::kFailedPrecondition, "L1_WRONG_CHAIN", "l1",
            "the L1 is chain " + std::to_string(found) + ", " + whose + " is chain " + std::to_string(expected)};
}

// What has to be known of the L1 before anything can be read.
struct Facts {
    uint64_t chain_id = 0;
    l1::RollupParameters parameters;
};

std::optional<Facts> kept_facts(node::Store& store) {
    auto chain = store.get(ledger::rows::kChainKey), row = store.get(kParametersKey);
    auto parameters = row ? l1::rollup_view::read_parameters(view_of(*row)) : std::nullopt;
    if (row && !parameters) throw node::StoreError("what the store holds of the L1 is damaged: the contract's parameters");
    if (!chain || !parameters) return std::nullopt;
    return Facts{ledger::rows::u64_at_end(*chain), *parameters};
}

void keep(node::Store& store, const Facts& facts) {
    node::WriteBatch batch;
    batch.put(ledger::rows::kChainKey, ledger::rows::u64_value(facts.chain_id));
    batch.put(kParametersKey, string_of(facts.parameters.encode()));
    store.write(batch, node::Durability::kSynced);
}

Status check_chain(node::Store& store, uint64_t chain_id, uint64_t expected) {
    if (expected != 0 && chain_id != expected) return wrong_chain(chain_id, expected, "what is asked for");
    auto kept = store.get(ledger::rows::kChainKey);
    const uint64_t known = kept ? ledger::rows::u64_at_end(*kept) : chain_id;
    return known == chain_id ? Status{} : wrong_chain(chain_id, known, "what the data directory holds");
}

// A node that hasn't come so far doesn't know the contract yet.
Status check_synced(l1::L1Client& client, uint64_t least_block) {
    auto syncing = client.is_syncing();
    if (!syncing && syncing.status().code == Code::kUnavailable) return syncing.status();
    auto head = client.head();
    if (!head) return head.status();
    if ((syncing && *syncing) || head->number < least_block || head->number == 0) {
        return {Code::kUnavailable, "L1_SYNCING", "l1",
                "the L1 node is still fetching the chain: it is at block " + std::to_string(head->number)};
    }
    return {};
}

// The facts as the L1 tells them, which must be those that are known.
node::Result<Facts> ask_facts(node::Store& store, l1::L1Client& client, const Address& rollup, const L1SyncOptions& options,
                              uint64_t read_to) {
    auto chain_id = client.chain_id();
    if (!chain_id) return chain_id.status();
    if (Status status = check_chain(store, *chain_id, options.chain_id); !status.ok()) return status;
    auto parameters = l1::find_rollup(client, rollup);
    if (!parameters && parameters.status().reason == "NO_CONTRACT") {
        Status synced = check_synced(client, std::max(options.start_block, read_to));
        if (!synced.ok()) return synced;
    }
    if (!parameters) return parameters.status();
    return Facts{*chain_id, *parameters};
}

// Whether trying again leads nowhere, if it is true: one odd answer, or a node that becomes synced between two questions, says so
// as well, so only the same over and over is believed.
constexpr unsigned kBelievedAfter = 3;
bool is_lasting(const Status& status) { return status.field == "rollup" || status.reason == "L1_WRONG_CHAIN"; }

}  // namespace

void add_l1_sync_flags(node::Options& options, L1SyncOptions& sync) {
    options.number("--start-block", sync.start_block, "L1 block from which to read: not after the contract's deployment");
}

struct L1Sync::Impl {
    Impl(node::Store& opened, l1::L1Client& its_client, const Address& rollup, const Facts& facts,
         const L1SyncOptions& its_options, bool was_asked)
        : store(opened),
          client(its_client),
          options(its_options),
          domain{facts.chain_id, rollup},
          view(opened, rollup, facts.parameters),
          channel(its_client, rollup, options.blobs),
          is_known(was_asked) {
        follower_options.start_block = options.start_block;
        follower_options.chain_id = facts.chain_id;
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

    // What the store alone was believed for is asked once the L1 can be reached.
    Status know() {
        if (is_known) return {};
        auto facts = ask_facts(store, client, domain.rollup, options, view.head().number);
        if (!facts) return facts.status();
        if (!(facts->parameters == view.parameters()))
            return {Code::kFailedPrecondition, "NOT_A_ROLLUP", "rollup",
                    "the contract on the L1 isn't the one of the data directory"};
        is_known = true;
        return {};
    }

    node::Result<bool> step() {
        if (Status status = know(); !status.ok()) return status;
        if (pause > 0) {
            --pause;
            return standing_contradiction();
        }
        auto step = follower->step();
        if (!step) return step.status();
        {
            std::lock_guard lock(mutex);
            l1_head = step->l1_head;
        }
        if (!step->updates.empty() && !view.take(step->updates, follower->encode_position())) {
            restart();
            return contradicted("it tells events of the rollup that can't follow each other");
        }
        if (!step->updates.empty() && std::holds_alternative<l1::BlocksRemoved>(step->updates[0])) note_removal();
        if (step->left_out) {
            node::log_warn("the L1 node left events out of an answer; they were found by asking for the block alone",
                           {{"block", *step->left_out}});
            client.suspect();
        }
        if (step->node_is_behind) {
            return Status{Code::kUnavailable, "L1_BEHIND", "",
                          "the L1 node's chain ends at block " + std::to_string(step->l1_head.number) + ", below block " +
                              std::to_string(view.head().number) + " read before"};
        }
        return compare(step->is_up_to_date);
    }

    // Whether the view is up to date, and the contract's own views agree. Below the head a node may not know them any more.
    node::Result<bool> compare(bool is_at_head) {
        if (view.head().hash != compared_at) {
            std::string what;
            auto agreement = check_view(client, view, what);
            if (!agreement) return is_at_head ? node::Result<bool>(agreement.status()) : false;
            if (*agreement == Agreement::kContradicts) return contradicted(what);
            if (*agreement == Agreement::kUnknown) return false;
            compared_at = view.head().hash;
        }
        if (!is_at_head) return false;
        contradictions = 0;
        reach = kFirstDepth;
        follower->found_right();
        std::lock_guard lock(mutex);
        contradiction = {};
        return true;
    }

    // Goes back, the further the more often, to read again; from another node, if there is one. Says so before it does: nobody
    // finds the view short while all seems well.
    Status contradicted(const std::string& what) {
        const uint64_t depth = reach;
        reach = std::min(reach * kDeeper, kFarthest);
        ++contradictions;
        pause = std::min((1U << std::min(contradictions, 6U)) - 2, kLongestPause);
        client.suspect();
        const auto removed = follower->read_again(depth);
        const uint64_t from = !removed ? view.head().number : head_of(*removed);
        const Status out{Code::kUnavailable, "L1_CONTRADICTS", "l1",
                         "the L1 node contradicts itself: " + what + "; reading again from block " + std::to_string(from)};
        {
            std::lock_guard lock(mutex);
            contradiction = out;
        }
        if (removed) {
            GAVEL_CHECK(view.take({*removed}, follower->encode_position()));
            note_removal();
        }
        return out;
    }

    static uint64_t head_of(const l1::L1Update& update) {
        const auto& head = std::get<l1::BlocksRemoved>(update).head;
        return head ? head->number : 0;
    }

    void note_removal() {
        ++reorganisations;
        compared_at = {};
    }

    Status standing_contradiction() const {
        std::lock_guard lock(mutex);
        return contradiction;
    }

    node::Store& store;
    l1::L1Client& client;
    const L1SyncOptions options;
    const Domain domain;
    L1View view;
    l1::ContractChannel channel;
    bool is_known;  // that the L1 is the store's
    l1::FollowerOptions follower_options;
    std::optional<l1::L1Follower> follower;
    unsigned contradictions = 0;   // since the view was found right
    unsigned pause = 0;            // rounds
    uint64_t reach = kFirstDepth;  // how far back the next one leads, blocks
    Hash compared_at;              // block
    std::atomic<bool> up_to_date{false};
    std::atomic<uint64_t> reorganisations{0};
    mutable std::mutex mutex;
    l1::BlockRef l1_head;
    Status contradiction;
};

L1Sync::L1Sync(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
node::Result<std::unique_ptr<L1Sync>> L1Sync::open_when_reachable(node::Store& store, l1::L1Client& client, const Address& rollup,
                                                                  L1SyncOptions options,
                                                                  const std::function<bool()>& keep_waiting) {
    bool told = false;
    for (unsigned lasting = 0;;) {
        auto sync = open(store, client, rollup, options);
        lasting = !sync && is_lasting(sync.status()) ? lasting + 1 : 0;
        if (sync || lasting == kBelievedAfter) return sync;
        if (!told) node::log_status(node::LogLevel::kWarn, "waiting for the L1", sync.status());
        told = true;
        if (!keep_waiting()) return std::unique_ptr<L1Sync>();
    }
}

L1Sync::~L1Sync() = default;

node::Result<std::unique_ptr<L1Sync>> L1Sync::open(node::Store& store, l1::L1Client& client, const Address& rollup,
                                                   L1SyncOptions options) {
    auto kept = kept_facts(store);
    auto asked = ask_facts(store, client, rollup, options, L1View::kept_head(store).number);
    if (!asked && (!kept || is_lasting(asked.status()))) return asked.status();
    if (!asked) {
        node::log_status(node::LogLevel::kWarn, "the L1 can't be asked now: going on from what the data directory holds",
                         asked.status());
        if (Status status = check_chain(store, kept->chain_id, options.chain_id); !status.ok()) return status;
    } else {
        keep(store, *asked);
    }
    auto impl = std::make_unique<Impl>(store, client, rollup, asked ? *asked : *kept, options, asked.ok());
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

node::Status L1Sync::contradiction() const { return impl_->standing_contradiction(); }

l1::BlockRef L1Sync::l1_head() const {
    std::lock_guard lock(impl_->mutex);
    return impl_->l1_head;
}

BatchSource L1Sync::batch_source() { return follow::batch_source(impl_->channel); }

}  // namespace gavel::follow
