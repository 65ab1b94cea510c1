#include "bench/speed_accounts.hpp"

#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>

#include "bench/speed_cores.hpp"
#include "protocol/keys.hpp"

namespace gavel::bench {
namespace {

using Timer = std::chrono::steady_clock;
constexpr uint32_t kLines = 40;     // of a payout whose recipients are all new
constexpr uint32_t kPayouts = 128;  // a message
constexpr u128 kEach = 1'000'000'000;

struct Message {
    std::vector<api::Submission> payouts;
    uint32_t accounts = 0;
};

Message message_for(const PrivateKey& payer, uint32_t first, uint32_t wanted, uint64_t nonce, const Domain& domain) {
    Message out;
    out.accounts = std::min(wanted - first, kLines * kPayouts);
    std::vector<Address> recipients(out.accounts);
    for_each_on_all_cores(out.accounts, [&](size_t i) { recipients[i] = account_key(first + uint32_t(i)).address(); });
    for (size_t i = 0; i < recipients.size(); i += kLines, ++nonce) {
        api::Submission one;
        one.operation.kind = OperationKind::kPayout;
        for (size_t k = i; k < std::min(recipients.size(), i + kLines); ++k)
            one.operation.payments.push_back({recipients[k], Amount{kEach}});
        one.operation.fee = Amount{kLines * u128{1'000}};
        one.operation.nonce = nonce;
        one.sender = payer.address();
        one.chain_id = domain.chain_id;
        one.signature = payer.sign(one.operation.digest(domain.separator()));
        out.payouts.push_back(std::move(one));
    }
    return out;
}

// Confirmed, all of it; what finds the sequencer's queue or backlog full is sent again.
void send(api::SubmitStream& stream, std::vector<api::Submission> rest) {
    while (!rest.empty()) {
        std::vector<api::SubmitOutcome> outcomes;
        if (!stream.write(rest) || !stream.read(outcomes)) throw std::runtime_error(node::to_string(stream.finish()));
        size_t taken = 0;
        while (taken < outcomes.size() && outcomes[taken].status.ok()) ++taken;
        if (taken < outcomes.size() && outcomes[taken].status.code != node::Code::kResourceExhausted)
            throw std::runtime_error("a payout was refused: " + node::to_string(outcomes[taken].status));
        rest.erase(rest.begin(), rest.begin() + static_cast<long>(taken));
        if (!rest.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

}  // namespace

AccountsMade make_accounts(api::Sequencer& sequencer, Payments& payments, const PrivateKey& payer, uint32_t wanted,
                           const std::function<void(uint32_t)>& progress) {
    AccountsMade out;
    auto info = sequencer.chain_info();
    auto account = sequencer.account({payer.address(), {}});
    if (!info || !account) throw std::runtime_error(node::to_string(info ? account.status() : info.status()));
    uint64_t nonce = account->nonce;
    const auto stream = sequencer.submit_stream();
    const auto make = [&](uint32_t first, uint64_t at) {
        return std::async(std::launch::async, message_for, payer, first, wanted, at, info->domain);
    };
    const auto begin = Timer::now();
    std::future<Message> next;
    if (payments.accounts() < wanted) next = make(payments.accounts(), nonce);
    while (payments.accounts() < wanted) {
        Message message = next.get();
        nonce += message.payouts.size();
        const uint32_t first = payments.accounts() + message.accounts;
        if (first < wanted) next = make(first, nonce);
        out.accounts += message.accounts;
        out.operations += message.payouts.size();
        send(*stream, std::move(message.payouts));
        while (payments.accounts() < first) payments.add_account();
        progress(first);
    }
    out.seconds = std::chrono::duration<double>(Timer::now() - begin).count();
    stream->done_writing();
    payments.save();
    return out;
}

}  // namespace gavel::bench
