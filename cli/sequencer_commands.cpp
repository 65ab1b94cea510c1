// gavel sequencer: the seat, its stakes, and what a slash pays. The L1 alone is asked.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/rollup_facts.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;
using node::Code;
using node::Result;
using node::Status;
using Lines = std::vector<std::pair<std::string, std::string>>;

std::string ether(u128 wei) { return format_units(Amount{wei}, kEtherDecimals) + " ETH"; }

// The outcome of one call: the lines, and the transaction under them.
void print_done(Session& session, const l1::Receipt& receipt, Lines lines, json document) {
    document["l1_transaction"] = to_hex(receipt.tx_hash);
    document["gas_used"] = receipt.gas_used;
    if (session.json()) return session.print(document);
    lines.emplace_back("L1 transaction", to_hex(receipt.tx_hash));
    session.print(cli::facts(lines));
}

// ---- The seat ----

Status become(Session& session) {
    auto caller = ContractCaller::open(session);
    if (!caller) return caller.status();
    auto parameters = caller->contract().parameters();
    if (!parameters) return parameters.status();
    auto receipt = caller->run(l1::rollup_call::become_sequencer(), parameters->stake);
    if (!receipt) return receipt.status();
    auto started = event_of<l1::TermStarted>(*receipt, caller->contract().address());
    if (!started) return {Code::kInternal, "EVENT_MISSING", "rollup", "the contract started no term: is it Gavel's?"};
    print_done(session, *receipt,
               {{"sequencer", to_checksum(started->sequencer)},
                {"term", std::to_string(started->term)},
                {"stake", ether(parameters->stake)}},
               {{"term", started->term}, {"stake", to_string(Amount{parameters->stake})}});
    return {};
}

Status announce(Session& session) {
    auto caller = ContractCaller::open(session);
    if (!caller) return caller.status();
    auto receipt = caller->run(l1::rollup_call::announce_takeover());
    if (!receipt) return receipt.status();
    auto notice = caller->contract().notice();
    if (!notice) return notice.status();
    print_done(session, *receipt,
               {{"announced by", to_checksum(caller->address())},
                {"seat can be taken",
                 "from " + format_time(notice->from) + " until " + format_time(notice->until) + ": gavel sequencer become"}},
               {{"from", notice->from}, {"until", notice->until}});
    return {};
}

// Resigning and evicting end a term.
Status end_term(Session& session, Bytes calldata, const char* what) {
    auto caller = ContractCaller::open(session);
    if (!caller) return caller.status();
    auto receipt = caller->run(std::move(calldata));
    if (!receipt) return receipt.status();
    auto ended = event_of<l1::TermEnded>(*receipt, caller->contract().address());
    if (!ended) return {Code::kInternal, "EVENT_MISSING", "rollup", "the contract ended no term: is it Gavel's?"};
    auto term = caller->contract().term(ended->term);
    if (!term) return term.status();
    print_done(session, *receipt,
               {{what, to_checksum(term->sequencer) + ", term " + std::to_string(ended->term)},
                {"stake left", ether(term->stake) + ", for 'gavel sequencer take-stake " + std::to_string(ended->term) +
                                   "' when the term's last batch is final"}},
               {{"term", ended->term},
                {"sequencer", to_checksum(term->sequencer)},
                {"reason", l1::name_of(ended->reason)},
                {"stake_left", to_string(Amount{term->stake})}});
    return {};
}

// ---- Stakes and rewards ----

struct TermOptions {
    std::string term;
    std::string prover;
};

// The term that was named, or else the newest that `wanted` takes.
Result<uint64_t> find_term(const l1::RollupClient& contract, const std::string& text, const std::string& none,
                           const std::function<bool(const l1::TermRecord&)>& wanted) {
    if (!text.empty()) {
        auto number = node::parse_number(text);
        if (number && *number > 0) return *number;
        return Status{Code::kInvalidArgument, "TERM_INVALID", "term", "'" + text + "' is no term's number"};
    }
    auto count = contract.term_count();
    if (!count) return count.status();
    for (uint64_t number = *count; number > 0; --number) {
        auto term = contract.term(number);
        if (!term) return term.status();
        if (wanted(*term)) return number;
    }
    return Status{Code::kNotFound, "NO_SUCH_TERM", "term", none};
}

Status take_stake(Session& session, const TermOptions& options) {
    auto caller = ContractCaller::open(session);
    if (!caller) return caller.status();
    auto term = find_term(caller->contract(), options.term, "no term of the signer's has a stake to take",
                          [&](const l1::TermRecord& record) {
                              return record.sequencer == caller->address() && record.ended_at != 0 && record.stake != 0;
                          });
    if (!term) return term.status();
    auto receipt = caller->run(l1::rollup_call::take_stake(*term));
    if (!receipt) return receipt.status();
    auto paid = event_of<l1::StakeReturned>(*receipt, caller->contract().address());
    if (!paid) return {Code::kInternal, "EVENT_MISSING", "rollup", "the contract returned no stake: is it Gavel's?"};
    print_done(session, *receipt,
               {{"stake of term " + std::to_string(*term), ether(paid->amount)}, {"to", to_checksum(paid->to)}},
               {{"term", *term}, {"to", to_checksum(paid->to)}, {"amount", to_string(Amount{paid->amount})}});
    return {};
}

Status take_reward(Session& session, const TermOptions& options) {
    auto caller = ContractCaller::open(session);
    if (!caller) return caller.status();
    auto prover = options.prover.empty() ? Result<Address>(caller->address()) : parse_address(options.prover, "prover");
    if (!prover) return prover.status();
    auto term = find_term(
        caller->contract(), options.term, "no slashed term's reward is " + to_checksum(*prover) + "'s",
        [&](const l1::TermRecord& record) { return record.slashed && !record.reward_taken && record.last_prover == *prover; });
    if (!term) return term.status();
    auto receipt = caller->run(l1::rollup_call::take_reward(*term, *prover));
    if (!receipt && receipt.status().reason == "RewardTooEarly") {
        auto record = caller->contract().term(*term);
        auto facts = read_facts(caller->contract());
        if (!record || !facts) return receipt.status();
        return {
            receipt.status().code, receipt.status().reason, "",
            "the reward can be taken at " + format_when(record->first_proof_at + facts->parameters.challenge_window, facts->now)};
    }
    if (!receipt) return receipt.status();
    auto paid = event_of<l1::RewardTaken>(*receipt, caller->contract().address());
    if (!paid) return {Code::kInternal, "EVENT_MISSING", "rollup", "the contract paid no reward: is it Gavel's?"};
    print_done(session, *receipt,
               {{"reward of term " + std::to_string(*term), ether(paid->amount)}, {"to", to_checksum(paid->prover)}},
               {{"term", *term}, {"to", to_checksum(paid->prover)}, {"amount", to_string(Amount{paid->amount})}});
    return {};
}

// ---- Status ----

std::string term_state(const l1::TermRecord& term) {
    if (term.slashed) return term.reward_taken ? "slashed, reward taken" : "slashed";
    if (term.ended_at == 0) return "sits";
    return std::string(term.evicted ? "evicted" : "over") + (term.stake_taken ? ", stake taken" : "");
}

struct StatusOptions {
    uint64_t limit = 10;
};

Status show_seat(Session& session, const StatusOptions& options) {
    auto rollup = session.rollup();
    if (!rollup) return rollup.status();
    const l1::RollupClient contract(session.l1(), *rollup);
    auto facts = read_facts(contract);
    if (!facts) return facts.status();
    auto count = contract.term_count();
    if (!count) return count.status();
    Table table({{"TERM", true}, {"SEQUENCER"}, {"SINCE"}, {"UNTIL"}, {"STAKE HELD", true}, {"LAST BATCH", true}, {"STATE"}});
    json list = json::array();
    for (uint64_t number = *count; number > 0 && *count - number < options.limit; --number) {
        auto term = contract.term(number);
        if (!term) return term.status();
        table.add({std::to_string(number), to_checksum(term->sequencer), format_time(term->started_at),
                   format_time(term->ended_at), ether(term->stake), std::to_string(term->last_batch), term_state(*term)});
        list.push_back({{"term", number},
                        {"sequencer", to_checksum(term->sequencer)},
                        {"started_at", term->started_at},
                        {"ended_at", term->ended_at},
                        {"stake", to_string(Amount{term->stake})},
                        {"last_batch", term->last_batch},
                        {"slashed", term->slashed},
                        {"evicted", term->evicted},
                        {"stake_taken", term->stake_taken},
                        {"reward_taken", term->reward_taken},
                        {"last_prover", to_checksum(term->last_prover)}});
    }
    if (session.json()) {
        json document = facts_json(*facts);
        document["stake"] = to_string(Amount{facts->parameters.stake});
        document["terms"] = list;
        session.print(document);
        return {};
    }
    Lines lines = facts_lines(*facts);
    lines.emplace_back("stake to sit", ether(facts->parameters.stake));
    session.print(cli::facts(lines) + (table.empty() ? std::string() : "\n" + table.text()));
    return {};
}

}  // namespace

void add_sequencer_commands(Commands& commands) {
    commands.add_group("sequencer", "the seat on the L1: take it, leave it, free it, its stakes");
    commands.add("sequencer", "become", "take the seat, for the stake that the contract asks", become)
        .examples({"gavel sequencer become --rollup 0xRollup      # gavel-sequencer does it by itself"});
    commands
        .add("sequencer", "announce", "tell that the home operator will take the seat from whoever sits; only it may", announce)
        .examples({"gavel sequencer announce --rollup 0xRollup      # says from when on 'become' takes the seat"});
    commands.add("sequencer", "resign", "leave the seat",
                 [](Session& session) { return end_term(session, l1::rollup_call::resign(), "resigned"); });
    commands
        .add("sequencer", "evict", "free the seat of a sequencer that leaves an L1 operation overdue; anybody may",
             [](Session& session) { return end_term(session, l1::rollup_call::evict(), "evicted"); })
        .examples({"gavel sequencer evict --rollup 0xRollup      # says when it will be possible, if it isn't yet"});

    auto status_args = std::make_shared<StatusOptions>();
    commands
        .add("sequencer", "status", "who sits, what waits, and the latest terms",
             [status_args](Session& session) { return show_seat(session, *status_args); })
        .number("--limit", status_args->limit, "how many terms", 0, 10'000);

    auto stake_args = std::make_shared<TermOptions>();
    node::Options& stake = commands.add("sequencer", "take-stake", "return a term's stake to its sequencer; anybody may",
                                        [stake_args](Session& session) { return take_stake(session, *stake_args); });
    stake.text("term", stake_args->term, "the term's number; without it, the signer's newest with a stake");
    auto reward_args = std::make_shared<TermOptions>();
    node::Options& reward = commands.add("sequencer", "take-reward", "pay a slashed term's reward to its prover; anybody may",
                                         [reward_args](Session& session) { return take_reward(session, *reward_args); });
    reward.text("term", reward_args->term, "the term's number; without it, the newest that is the prover's");
    reward.text("--prover", reward_args->prover, "who proved; without it, the signer");
}

}  // namespace gavel::cli
