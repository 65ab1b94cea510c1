// An L1 node with moods, before a client that has none. Here are those that several tests need; one that a single test needs is
// in a class of that test's, derived from this.
#pragma once

#include <optional>

#include "l1-bridge/client/forwarding_client.hpp"
#include "l1-bridge/wire/rollup_abi.hpp"
#include "protocol/keccak.hpp"

namespace gavel::test {

class MoodyNode : public l1::ForwardingClient {
public:
    using ForwardingClient::ForwardingClient;

    bool is_down = false;                 // nothing is answered
    bool loses_sends = false;             // transactions are taken, and vanish
    std::optional<uint64_t> stuck_at;     // number of the block that is told as the head, whatever comes
    std::optional<uint64_t> other_chain;  // told as the chain's number
    bool hides_notice = false;            // doesn't answer the contract's notice()
    bool hides_figures = false;           // doesn't answer for fees and balances
    // How often each was asked for.
    size_t fees_asked = 0, balances_asked = 0, notices_asked = 0;
    // Logs are left out of answers, without an error; kAll: of those about a block alone too, and of receipts.
    enum class LeavesOut { kNothing, kOfRanges, kOfBlocks, kAll } leaves_out = LeavesOut::kNothing;

    node::Result<uint64_t> chain_id() override {
        auto out = ForwardingClient::chain_id();
        return out && other_chain ? node::Result<uint64_t>(*other_chain) : out;
    }
    node::Result<l1::BlockRef> head() override {
        auto out = ForwardingClient::head();
        return out && stuck_at ? node::Result<l1::BlockRef>(**ForwardingClient::block_at(*stuck_at)) : out;
    }
    node::Result<std::vector<l1::Log>> logs(const l1::LogFilter& filter) override {
        const bool out = leaves_out >= (filter.block_hash ? LeavesOut::kOfBlocks : LeavesOut::kOfRanges);
        return out ? std::vector<l1::Log>{} : ForwardingClient::logs(filter);
    }
    node::Result<std::vector<l1::Log>> logs_by_receipts(const l1::BlockSummary& block, const l1::LogFilter& filter) override {
        return leaves_out == LeavesOut::kAll ? std::vector<l1::Log>{} : ForwardingClient::logs_by_receipts(block, filter);
    }
    node::Result<l1::CallReply> try_call(const l1::CallRequest& request) override {
        const bool is_notice = request.data == l1::rollup_view::notice();
        notices_asked += is_notice;
        return is_notice && hides_notice ? refusal() : ForwardingClient::try_call(request);
    }
    node::Result<l1::Fees> fees() override {
        ++fees_asked;
        return hides_figures ? refusal() : ForwardingClient::fees();
    }
    node::Result<u128> balance(const Address& address) override {
        ++balances_asked;
        return hides_figures ? refusal() : ForwardingClient::balance(address);
    }
    node::Result<Hash> send_raw(ByteView raw) override {
        return loses_sends && !is_down ? node::Result<Hash>(keccak256(raw)) : ForwardingClient::send_raw(raw);
    }

protected:
    node::Status admit() override {
        if (!is_down) return {};
        return {node::Code::kUnavailable, "L1_UNREACHABLE", "", "the line is cut"};
    }

private:
    static node::Status refusal() { return {node::Code::kInternal, "L1_ERROR", "", "no"}; }
};

}  // namespace gavel::test
