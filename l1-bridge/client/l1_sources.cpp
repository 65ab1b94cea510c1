#include "l1-bridge/client/l1_sources.hpp"

#include <algorithm>

#include "l1-bridge/client/json_rpc_client.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "l1-bridge/client/rpc_transport.hpp"
#include "node/log.hpp"
#include "protocol/check.hpp"

namespace gavel::l1 {
namespace {

// Whether a node is to be left for another: not for a refusal, which may be right.
bool is_failure(const node::Status& status) {
    return status.code == node::Code::kUnavailable || status.reason == "L1_ANSWER_INVALID";
}

}  // namespace

L1Sources::L1Sources(std::vector<Source> sources, const node::Clock& clock, uint64_t lag_ms)
    : sources_(std::move(sources)), clock_(clock), lag_ms_(lag_ms), is_admitted_(sources_.size()) {
    GAVEL_CHECK(!sources_.empty());
}

// Each is asked for its chain before it is asked for anything else.
node::Status L1Sources::admit(size_t source) {
    {
        std::lock_guard lock(mutex_);
        if (is_admitted_[source]) return {};
    }
    auto id = sources_[source].client->chain_id();
    if (!id) return id.status();
    std::lock_guard lock(mutex_);
    if (!chain_id_) chain_id_ = *id;
    if (*chain_id_ != *id) {
        return {node::Code::kUnavailable, "L1_WRONG_CHAIN", "l1",
                sources_[source].name + " is of chain " + std::to_string(*id) + ", another node of chain " +
                    std::to_string(*chain_id_)};
    }
    is_admitted_[source] = true;
    return {};
}

void L1Sources::turn_to(size_t source, const std::string& why) {
    if (current_.exchange(source) == source) return;
    node::log_warn("another L1 node is asked from now on", {{"node", sources_[source].name}, {"why", why}});
}

template <class Question>
auto L1Sources::ask(Question question) -> decltype(question(std::declval<L1Client&>())) {
    node::Status first_failure;
    const size_t first = current_;
    for (size_t i = 0; i < sources_.size(); ++i) {
        const size_t source = (first + i) % sources_.size();
        node::Status status = admit(source);
        if (status.ok()) {
            auto answer = question(*sources_[source].client);
            status = answer.status();
            if (status.ok() && i > 0 && is_failure(first_failure)) turn_to(source, node::to_string(first_failure));
            if (status.ok() || status.code == node::Code::kAborted) return answer;  // a revert is an answer
        }
        if (first_failure.ok()) first_failure = status;
    }
    return first_failure;
}

// The same, where a node that has nothing is no answer as long as another may have it.
template <class Question>
auto L1Sources::find(Question question) -> decltype(question(std::declval<L1Client&>())) {
    auto found = ask(question);
    for (size_t i = 1; i < sources_.size() && found && !*found; ++i) {
        const size_t source = (current_ + i) % sources_.size();
        if (!admit(source).ok()) continue;
        auto other = question(*sources_[source].client);
        if (other && *other) return other;
    }
    return found;
}

node::Result<uint64_t> L1Sources::chain_id() {
    return ask([](L1Client& one) { return one.chain_id(); });
}

node::Result<BlockRef> L1Sources::head() {
    auto told = ask([](L1Client& one) { return one.head(); });
    if (!told || sources_.size() == 1) return told;
    {
        std::lock_guard lock(mutex_);
        const uint64_t now = clock_.steady_ms();
        if (told->number > best_head_) {
            best_head_ = told->number;
            moved_ms_ = now;
        }
        const bool may_lag = told->number < best_head_ || now >= moved_ms_ + lag_ms_;
        if (!may_lag) return told;
        moved_ms_ = now;
    }
    return highest(*told);
}

// The highest head of all, and whoever told it is asked from now on.
node::Result<BlockRef> L1Sources::highest(const BlockRef& told) {
    BlockRef best = told;
    const size_t first = current_;
    for (size_t i = 1; i < sources_.size(); ++i) {
        const size_t source = (first + i) % sources_.size();
        if (!admit(source).ok()) continue;
        auto head = sources_[source].client->head();
        if (!head || head->number <= best.number) continue;
        best = *head;
        turn_to(source,
                "the one before is at block " + std::to_string(told.number) + ", this one at " + std::to_string(best.number));
    }
    std::lock_guard lock(mutex_);
    best_head_ = best.number;
    return best;
}

node::Result<std::optional<BlockRef>> L1Sources::block_at(uint64_t number) {
    return ask([&](L1Client& one) { return one.block_at(number); });
}
node::Result<std::optional<BlockSummary>> L1Sources::summary_at(uint64_t number) {
    return ask([&](L1Client& one) { return one.summary_at(number); });
}
node::Result<std::vector<Log>> L1Sources::logs(const LogFilter& filter) {
    return ask([&](L1Client& one) { return one.logs(filter); });
}
node::Result<std::vector<Log>> L1Sources::logs_by_receipts(const BlockSummary& block, const LogFilter& filter) {
    return ask([&](L1Client& one) { return one.logs_by_receipts(block, filter); });
}
node::Result<std::optional<TransactionInput>> L1Sources::transaction_input(const Hash& tx_hash) {
    return find([&](L1Client& one) { return one.transaction_input(tx_hash); });
}
node::Result<std::optional<TransactionInput>> L1Sources::transaction_in_block(const Hash& tx_hash, uint64_t block) {
    return find([&](L1Client& one) { return one.transaction_in_block(tx_hash, block); });
}
node::Result<bool> L1Sources::is_syncing() {
    return ask([](L1Client& one) { return one.is_syncing(); });
}
node::Result<std::optional<Receipt>> L1Sources::receipt(const Hash& tx_hash) {
    return find([&](L1Client& one) { return one.receipt(tx_hash); });
}
node::Result<u128> L1Sources::balance(const Address& address) {
    return ask([&](L1Client& one) { return one.balance(address); });
}
node::Result<uint64_t> L1Sources::nonce(const Address& address, bool pending) {
    return ask([&](L1Client& one) { return one.nonce(address, pending); });
}
node::Result<Bytes> L1Sources::code(const Address& address) {
    return ask([&](L1Client& one) { return one.code(address); });
}
node::Result<CallReply> L1Sources::try_call(const CallRequest& request) {
    return ask([&](L1Client& one) { return one.try_call(request); });
}
node::Result<uint64_t> L1Sources::estimate_gas(const CallRequest& request) {
    return ask([&](L1Client& one) { return one.estimate_gas(request); });
}
node::Result<Fees> L1Sources::fees() {
    return ask([](L1Client& one) { return one.fees(); });
}

// If none takes it: what the node says that is asked for everything else.
node::Result<Hash> L1Sources::send_raw(ByteView raw) {
    std::optional<Hash> taken;
    node::Status refused;
    const size_t first = current_;
    for (size_t i = 0; i < sources_.size(); ++i) {
        const size_t source = (first + i) % sources_.size();
        node::Status status = admit(source);
        if (status.ok()) {
            auto sent = sources_[source].client->send_raw(raw);
            status = sent.status();
            if (sent) taken = *sent;
        }
        if (refused.ok() || is_failure(refused)) refused = status;
    }
    if (taken) return *taken;
    return refused;
}

const ErrorNames& L1Sources::error_names() const { return sources_[0].client->error_names(); }

L1Client& L1Sources::second_opinion() {
    for (size_t i = 1; i < sources_.size(); ++i) {
        const size_t source = (current_ + i) % sources_.size();
        if (admit(source).ok()) return *sources_[source].client;
    }
    return *this;
}

void L1Sources::suspect() {
    const size_t first = current_;
    for (size_t i = 1; i < sources_.size(); ++i) {
        const size_t source = (first + i) % sources_.size();
        if (admit(source).ok()) return turn_to(source, "the one before contradicted itself");
    }
}

void L1Sources::close() {
    for (const Source& source : sources_) source.client->close();
}

// ---- Flags ----

void add_l1_flags(node::Options& options, L1Flags& flags) {
    options.list("--l1", flags.urls, "URL of the L1's JSON-RPC; repeat it to name more nodes, for when one fails or errs");
}

node::Result<std::unique_ptr<L1Client>> open_l1(const L1Flags& flags, const node::Clock& clock) {
    std::vector<L1Sources::Source> sources;
    for (const std::string& url : flags.urls) {
        const std::string shown = shown_url(url);
        if (!shown.starts_with("http://") && !shown.starts_with("https://"))
            return node::Status{node::Code::kInvalidArgument, "OPTION_INVALID", "--l1", "needs an URL of http or https"};
        JsonRpcOptions options;
        options.url = url;
        options.error_names = rollup_error_names();
        sources.push_back({std::make_unique<JsonRpcClient>(std::move(options)), shown});
    }
    if (sources.empty()) return node::Status{node::Code::kInvalidArgument, "OPTION_INVALID", "--l1", "needs an URL"};
    if (sources.size() == 1) return std::move(sources[0].client);
    return std::unique_ptr<L1Client>(std::make_unique<L1Sources>(std::move(sources), clock));
}

}  // namespace gavel::l1
