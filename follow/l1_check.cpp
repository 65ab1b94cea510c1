#include "follow/l1_check.hpp"

#include "l1-bridge/client/rollup_client.hpp"

namespace gavel::follow {
namespace {

std::string differs(const char* what, const std::string& contract, const std::string& events) {
    return std::string("the contract's ") + what + " is " + contract + ", by the events told it is " + events;
}

// What differs; empty: nothing.
node::Result<std::string> difference(const l1::RollupClient& contract, const L1View& view) {
    auto head = contract.head();
    if (!head) return head.status();
    const uint64_t batches = view.batch_head();
    if (head->number != batches) return differs("head", std::to_string(head->number), std::to_string(batches));
    if (batches > 0 && head->hash != view.batch(batches)->hash)
        return differs("head", to_hex(head->hash), to_hex(view.batch(batches)->hash));
    auto length = contract.queue_length();
    if (!length) return length.status();
    const uint64_t queued = view.queue_length();
    if (*length != queued) return differs("queue length", std::to_string(*length), std::to_string(queued));
    auto hash = contract.queue_hash(queued);
    if (!hash) return hash.status();
    if (*hash != *view.queue_hash(queued)) return differs("queue hash", to_hex(*hash), to_hex(*view.queue_hash(queued)));
    auto term = contract.current_term();
    if (!term) return term.status();
    const auto sitting = view.sitting();
    const uint64_t sits = sitting ? sitting->term : 0;
    if (*term != sits) return differs("current term", std::to_string(*term), std::to_string(sits));
    auto frozen = contract.frozen();
    if (!frozen) return frozen.status();
    if (*frozen != view.frozen()) return std::string(*frozen ? "the contract is frozen" : "the contract isn't frozen");
    return std::string();
}

node::Result<Agreement> check_with(l1::L1Client& client, const L1View& view, std::string& what) {
    const l1::BlockRef block = view.head();
    auto found = difference(l1::RollupClient(client, view.rollup(), block.number), view);
    if (!found) return found.status();
    if (found->empty()) return Agreement::kAgrees;
    // It may have been asked at another block of that number.
    auto now = client.block_at(block.number);
    if (!now) return now.status();
    if (!*now || (*now)->hash != block.hash) return Agreement::kUnknown;
    what = "at block " + std::to_string(block.number) + " " + *found;
    return Agreement::kContradicts;
}

}  // namespace

node::Result<Agreement> check_view(l1::L1Client& client, const L1View& view, std::string& what) {
    l1::L1Client& other = client.second_opinion();
    auto by_other = check_with(other, view, what);
    const bool is_told = by_other && *by_other != Agreement::kUnknown;
    return is_told || &other == &client ? by_other : check_with(client, view, what);
}

}  // namespace gavel::follow
