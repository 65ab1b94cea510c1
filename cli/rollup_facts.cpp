#include "cli/rollup_facts.hpp"

#include <nlohmann/json.hpp>

#include "cli/table.hpp"
#include "cli/units.hpp"

namespace gavel::cli {
namespace {

using node::Result;
using node::Status;

std::string operation_name(uint64_t index) { return "L1 operation " + std::to_string(index); }

std::string why_no_eviction(const RollupFacts& facts) {
    if (!facts.something_waits()) return "no L1 operation waits: the sequencer neglects nothing";
    return operation_name(facts.waiting.index) + " is overdue at " +
           format_when(facts.overdue_at(facts.waiting.time).value_or(0), facts.now) + "; nobody can be evicted before";
}

std::string why_no_freeze(const RollupFacts& facts) {
    const auto at = facts.freeze_at();
    if (!at) {
        return "no L1 operation waits; a freeze needs one that has waited for " + format_span(facts.parameters.freeze_age) +
               " (queue one with 'gavel force')";
    }
    return operation_name(facts.waiting.index) + " waits since " + format_when(facts.waiting.time, facts.now) +
           "; a freeze is possible at " + format_when(*at, facts.now);
}

std::string why_no_resigning(const RollupFacts& facts) {
    return operation_name(facts.waiting.index) + " waits since " + format_when(facts.waiting.time, facts.now) +
           ", longer than half the inclusion window; post a batch that consumes it first";
}

std::string why_not_final(const RollupFacts& facts) {
    return "batch " + std::to_string(facts.head.number) + ", the head, can still be proven false; it is final at " +
           format_when(facts.head_final_at, facts.now);
}

std::string why_not_home(const RollupFacts& facts) {
    const Address& home = facts.parameters.home_operator;
    return home.is_zero() ? "this rollup has no home operator" : "only the home operator announces: " + to_checksum(home);
}

std::string why_notice(const RollupFacts& facts) {
    const std::string sits = to_checksum(facts.seat.sequencer) + " sits; ";
    if (facts.notice.until == 0) return sits + "announce the take-over first: gavel sequencer announce";
    if (facts.now < facts.notice.from) return sits + "the seat can be taken at " + format_when(facts.notice.from, facts.now);
    return sits + "the notice is over since " + format_when(facts.notice.until, facts.now);
}

// Of what the contract says of channels; empty: another matter.
std::string meaning_of_channel(const std::string& reason) {
    if (reason == "TermsInvalid") return "these aren't the channel's terms";
    if (reason == "CountInvalid") return "a voucher counts from 1 to 2^63-2 units";
    if (reason == "VoucherInvalid") return "the voucher isn't signed by the channel's payer for this count, token and rollup";
    if (reason == "NotExpired") return "the channel's terms haven't expired yet";
    if (reason == "ChannelLeaf") return "the account is a channel's: its payee and its payer each take their part";
    if (reason == "NotAChannel") return "the account isn't a channel's";
    if (reason == "NotPayee") return "only the channel's payee takes this part";
    if (reason == "RestTooEarly") return "the channel's payee may still come for what the payer owes";
    return "";
}

// Empty: nothing better than what the L1 said.
std::string meaning_of(const std::string& reason, const RollupFacts& facts) {
    const std::string stake = format_units(Amount{facts.parameters.stake}, kEtherDecimals) + " ether";
    if (reason == "Frozen") return "the rollup is frozen: no deposits, batches or sequencers any more; 'gavel exit' pays out";
    if (reason == "NotFrozen") return "the rollup isn't frozen; " + why_no_freeze(facts);
    if (reason == "FreezeTooEarly") return why_no_freeze(facts);
    if (reason == "NotOverdue") return why_no_eviction(facts);
    if (reason == "SeatFree") return "nobody sits; take the seat with 'gavel sequencer become'";
    if (reason == "SeatTaken") return to_checksum(facts.seat.sequencer) + " sits, in term " + std::to_string(facts.term);
    if (reason == "HomeOperatorBarred") {
        return "the home operator announces nothing for " + format_span(l1::kHomeBan) + " after its own slash or eviction";
    }
    if (reason == "NotHomeOperator") return why_not_home(facts);
    if (reason == "NoticeTooEarly") {
        return "between two notices lie at least " + format_span(l1::kNoticePause + 2 * facts.parameters.inclusion_window);
    }
    if (reason == "NoticeRequired") return why_notice(facts);
    if (reason == "NotSequencer") {
        return facts.somebody_sits() ? "the signer doesn't sit; " + to_checksum(facts.seat.sequencer) + " does" : "nobody sits";
    }
    if (reason == "OperationWaiting") return why_no_resigning(facts);
    if (reason == "WrongStake") return "the stake is " + stake;
    if (reason == "BatchNotFinal") return why_not_final(facts);
    if (reason == "BatchFinal") return "the batch is final: no proof against it is taken any more";
    if (reason == "UnknownTerm") return "there is no such term";
    if (reason == "TermNotOver") return "the term isn't over; its sequencer ends it with 'gavel sequencer resign'";
    if (reason == "TermSlashed") return "the term was slashed: its stake is gone";
    if (reason == "TermNotSlashed") return "nothing was proven against the term";
    if (reason == "LastBatchPending") return "the term's last batch can still be proven false; try when it is final";
    if (reason == "AlreadyTaken") return "it was taken before";
    if (reason == "NotProver") return "the reward is the last prover's whose commit counted";
    if (reason == "ZeroAmount") return "the amount is zero";
    if (reason == "PaymentFailed") return "the receiver refuses ETH; its owner may name another one with --to";
    if (reason == "TokenCallFailed") return "the token refuses to pay this receiver; its owner may name another one with --to";
    if (reason == "PayGasShort") return "the transaction's gas doesn't suffice for what --pay-gas lets go with the payment";
    if (reason == "VaultShort") return "the contract holds less of the token than that";
    if (reason == "AlreadyExited" || reason == "AlreadyPaid" || reason == "AlreadyRefunded") return "it was paid out before";
    return meaning_of_channel(reason);
}

}  // namespace

std::optional<uint64_t> RollupFacts::overdue_at(uint64_t time) const {
    if (!somebody_sits()) return std::nullopt;
    return parameters.overdue_at(l1::RollupParameters::waits_since(time, last_strike, seat.started_at));
}

std::optional<uint64_t> RollupFacts::overdue_since() const {
    const auto at = something_waits() && !frozen ? overdue_at(waiting.time) : std::nullopt;
    return at && now >= *at ? at : std::nullopt;
}

std::optional<uint64_t> RollupFacts::freeze_at() const {
    if (!something_waits()) return std::nullopt;
    return parameters.freeze_at(waiting.time);
}

Result<RollupFacts> read_facts(const l1::RollupClient& contract) {
    RollupFacts out;
    Status failure;
    auto take = [&](auto result, auto& into) {
        if (result) into = *std::move(result);
        else if (failure.ok()) failure = result.status();
        return failure.ok();
    };
    l1::BlockRef newest;
    l1::RollupRecord record;
    const bool read = take(contract.parameters(), out.parameters) && take(contract.l1().head(), newest) &&
                      take(contract.head(), out.head) && take(contract.batch(out.head.number), record) &&
                      take(contract.current_term(), out.term) && take(contract.queue_length(), out.queue_length) &&
                      take(contract.waiting(), out.waiting) && take(contract.last_strike(), out.last_strike) &&
                      take(contract.frozen(), out.frozen) && take(contract.notice(), out.notice) &&
                      (out.term == 0 || take(contract.term(out.term), out.seat));
    if (!read) return failure;
    out.now = newest.time;
    out.head_final_at = out.head.number == 0 ? 0 : out.parameters.final_at(record.posted_at);
    return out;
}

Status explained(const Status& refusal, const RollupFacts& facts) {
    if (refusal.code != node::Code::kAborted) return refusal;
    const std::string meaning = meaning_of(refusal.reason, facts);
    return meaning.empty() ? refusal : Status{refusal.code, refusal.reason, "", meaning};
}

std::vector<std::pair<std::string, std::string>> facts_lines(const RollupFacts& facts) {
    std::vector<std::pair<std::string, std::string>> out;
    const std::string head = "batch " + std::to_string(facts.head.number);
    out.emplace_back("head on the L1",
                     head + (facts.head_is_final() ? ", final" : ", final at " + format_when(facts.head_final_at, facts.now)));
    out.emplace_back("seat", facts.somebody_sits() ? to_checksum(facts.seat.sequencer) + ", term " + std::to_string(facts.term)
                                                   : std::string(facts.frozen ? "closed" : "free"));
    if (facts.frozen) out.emplace_back("FROZEN", "for ever; 'gavel exit' pays accounts out, 'gavel refund' deposits");
    if (facts.now < facts.notice.until) {
        out.emplace_back("TAKE-OVER", "announced: the home operator may take the seat from " +
                                          format_when(facts.notice.from, facts.now) + " until " +
                                          format_when(facts.notice.until, facts.now));
    }
    if (!facts.something_waits()) {
        out.emplace_back("L1 queue", std::to_string(facts.queue_length) + " operations, all consumed");
        return out;
    }
    out.emplace_back("L1 queue", std::to_string(facts.queue_length) + " operations, " + std::to_string(facts.waiting_count()) +
                                     " wait; the first is number " + std::to_string(facts.waiting.index) + ", since " +
                                     format_when(facts.waiting.time, facts.now));
    if (facts.frozen) return out;
    if (auto since = facts.overdue_since()) {
        out.emplace_back("OVERDUE", "since " + format_when(*since, facts.now) + "; anybody can evict: gavel sequencer evict");
    } else if (auto at = facts.overdue_at(facts.waiting.time)) {
        out.emplace_back("overdue", format_when(*at, facts.now));
    }
    const uint64_t freeze_at = *facts.freeze_at();
    out.emplace_back("freeze possible", format_when(freeze_at, facts.now) + (freeze_at <= facts.now ? ": gavel freeze" : ""));
    return out;
}

nlohmann::json facts_json(const RollupFacts& facts) {
    auto or_null = [](const std::optional<uint64_t>& time) { return time ? nlohmann::json(*time) : nlohmann::json(); };
    return {{"time", facts.now},
            {"head_batch", facts.head.number},
            {"head_hash", to_hex(facts.head.hash)},
            {"head_final", facts.head_is_final()},
            {"head_final_at", facts.head_final_at},
            {"term", facts.term},
            {"sequencer", facts.somebody_sits() ? nlohmann::json(to_checksum(facts.seat.sequencer)) : nlohmann::json()},
            {"queue_length", facts.queue_length},
            {"waiting", facts.waiting_count()},
            {"waiting_index", facts.something_waits() ? nlohmann::json(facts.waiting.index) : nlohmann::json()},
            {"waiting_since", facts.something_waits() ? nlohmann::json(facts.waiting.time) : nlohmann::json()},
            {"overdue", facts.overdue_since().has_value()},
            {"overdue_at", or_null(facts.something_waits() ? facts.overdue_at(facts.waiting.time) : std::nullopt)},
            {"freeze_at", or_null(facts.frozen ? std::nullopt : facts.freeze_at())},
            {"takeover_from", facts.now < facts.notice.until ? nlohmann::json(facts.notice.from) : nlohmann::json()},
            {"takeover_until", facts.now < facts.notice.until ? nlohmann::json(facts.notice.until) : nlohmann::json()},
            {"frozen", facts.frozen}};
}

Result<ContractCaller> ContractCaller::open(Session& session) {
    auto rollup = session.rollup();
    if (!rollup) return rollup.status();
    auto key = session.signer();
    if (!key) return key.status();
    l1::L1WalletOptions options = session.wallet_options();
    options.kept_mined = kMostOnTheWay;
    auto wallet = std::make_unique<l1::L1Wallet>(session.l1(), *key, options);
    return ContractCaller(l1::RollupClient(session.l1(), *rollup), std::move(wallet));
}

Status ContractCaller::explained_now(const Status& refusal) const {
    if (refusal.code != node::Code::kAborted) return refusal;
    auto facts = read_facts(contract_);
    return facts ? explained(refusal, *facts) : refusal;
}

Result<Hash> ContractCaller::send(Bytes calldata, u128 value, bool is_told) const {
    auto sent = wallet_->send(contract_.address(), value, std::move(calldata));
    if (!sent) return explained_now(sent.status());
    if (is_told && wallet_->options().on_sent) wallet_->options().on_sent(*sent);
    return sent;
}

Result<l1::Receipt> ContractCaller::wait(const Hash& sent, std::chrono::milliseconds timeout) const {
    auto receipt = wallet_->wait(sent, timeout);
    if (receipt && receipt->success) return receipt;
    return explained_now(receipt ? wallet_->explain(*receipt) : receipt.status());
}

Result<l1::Receipt> ContractCaller::run(Bytes calldata, u128 value) const {
    auto sent = send(std::move(calldata), value);
    if (!sent) return sent.status();
    return wait(*sent);
}

}  // namespace gavel::cli
