// gavel force and freeze: what a user does against an operator who doesn't. The L1 alone is asked.
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/rollup_facts.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;
using node::Code;
using node::Result;
using node::Status;

constexpr std::chrono::milliseconds kPoll{500};

// ---- force ----

struct ForceOptions {
    std::string to;
    std::string amount;
    std::string token;
    bool all = false;
    bool wait = false;
    uint64_t timeout_s = 0;
};

Result<Amount> amount_of(const ForceOptions& options, const TokenInfo& token) {
    if (options.all != options.amount.empty()) {
        return Status{Code::kInvalidArgument, "AMOUNT_INVALID", "amount", "give an amount, or --all for the whole balance"};
    }
    // What the contract's queue takes for the whole balance.
    return options.all ? Result<Amount>(Amount::max()) : parse_units(options.amount, token.decimals);
}

// The head when the operation is consumed.
Result<uint64_t> wait_until_consumed(const l1::RollupClient& contract, uint64_t index, uint64_t timeout_s) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(timeout_s);
    for (;;) {
        auto facts = read_facts(contract);
        if (!facts) return facts.status();
        if (!facts->something_waits() || facts->waiting.index > index) return facts->head.number;
        if (facts->frozen) {
            return Status{Code::kFailedPrecondition, "FROZEN", "", "the rollup was frozen; what waits is never consumed"};
        }
        if (timeout_s != 0 && std::chrono::steady_clock::now() > end) {
            return Status{Code::kDeadlineExceeded, "NOT_CONSUMED", "",
                          "it is in the L1's queue, and no batch has consumed it yet"};
        }
        std::this_thread::sleep_for(kPoll);
    }
}

struct Forced {
    l1::L1OperationQueued queued;
    l1::Receipt receipt;
    RollupFacts facts;
    std::optional<uint64_t> consumed_by;  // a batch up to this number
};

void print(Session& session, const Forced& forced, const TokenInfo& token) {
    const L1Operation& operation = forced.queued.operation;
    const RollupFacts& facts = forced.facts;
    const auto overdue = facts.overdue_at(operation.time);
    const uint64_t freeze_at = facts.parameters.freeze_at(operation.time);
    const uint64_t ahead =
        facts.something_waits() && forced.queued.index > facts.waiting.index ? forced.queued.index - facts.waiting.index : 0;
    const bool is_transfer = operation.kind == L1OperationKind::kForcedTransfer;
    if (session.json()) {
        session.print(json{{"l1_transaction", to_hex(forced.receipt.tx_hash)},
                           {"l1_operation", forced.queued.index},
                           {"kind", name_of(operation.kind)},
                           {"to", to_checksum(operation.to)},
                           {"token", to_checksum(operation.token)},
                           {"amount", to_string(operation.amount)},
                           {"whole_balance", operation.amount == Amount::max()},
                           {"ahead", ahead},
                           {"queued_at", operation.time},
                           {"overdue_at", overdue ? json(*overdue) : json()},
                           {"freeze_at", freeze_at},
                           {"gas_used", forced.receipt.gas_used},
                           {"consumed", forced.consumed_by.has_value()}});
        return;
    }
    const std::string amount =
        operation.amount == Amount::max() ? "the whole balance" : format_units(operation.amount, token.decimals);
    Lines lines = {{name_of(operation.kind), amount + " " + session.token_name(operation.token)},
                   {"to", to_checksum(operation.to) + (is_transfer ? "" : " on the L1")},
                   {"L1 transaction", to_hex(forced.receipt.tx_hash)},
                   {"queue number", std::to_string(forced.queued.index)}};
    if (forced.consumed_by) {
        lines.emplace_back("consumed", "by batch " + std::to_string(*forced.consumed_by) + " or one before it");
        return session.print(cli::facts(lines));
    }
    if (ahead != 0) lines.emplace_back("ahead of it", std::to_string(ahead) + " L1 operations that wait");
    lines.emplace_back("overdue", overdue ? format_when(*overdue, facts.now) + ": then 'gavel sequencer evict'"
                                          : "nobody sits: an inclusion window after somebody does");
    lines.emplace_back("freeze possible", format_when(freeze_at, facts.now) + ": then 'gavel freeze'");
    session.print(cli::facts(lines));
}

Status force(Session& session, const ForceOptions& options, L1OperationKind kind) {
    auto token = session.token(options.token);
    if (!token) return token.status();
    auto amount = amount_of(options, *token);
    if (!amount) return amount.status();
    std::optional<Address> to;
    if (!options.to.empty()) {
        auto given = parse_address(options.to, "to");
        if (!given) return given.status();
        to = *given;
    }
    auto caller = ContractCaller::open(session);
    if (!caller) return caller.status();
    if (!to) to = caller->address();
    if (Status payee = check_payee(*to, caller->contract().address(), token->address, "to"); !payee.ok()) return payee;
    auto receipt =
        caller->run(kind == L1OperationKind::kForcedTransfer ? l1::rollup_call::force_transfer(token->address, *to, *amount)
                                                             : l1::rollup_call::force_withdrawal(token->address, *to, *amount));
    if (!receipt) return receipt.status();
    auto queued = event_of<l1::L1OperationQueued>(*receipt, caller->contract().address());
    if (!queued) return {Code::kInternal, "EVENT_MISSING", "rollup", "the contract queued nothing: is it Gavel's?"};
    auto facts = read_facts(caller->contract());
    if (!facts) return facts.status();
    Forced forced{*queued, *receipt, *facts, {}};
    if (options.wait) {
        if (!session.json()) session.warn("queued as number " + std::to_string(queued->index) + "; waiting for a batch");
        auto head = wait_until_consumed(caller->contract(), queued->index, options.timeout_s);
        if (!head) return head.status();
        forced.consumed_by = *head;
    }
    print(session, forced, *token);
    return {};
}

// ---- freeze ----

// Finality comes in the order of numbers.
Result<uint64_t> highest_final(const l1::RollupClient& contract, uint64_t head) {
    uint64_t low = 0, high = head;
    while (low < high) {
        const uint64_t middle = high - (high - low) / 2;
        auto is_final = contract.is_final(middle);
        if (!is_final) return is_final.status();
        if (*is_final) low = middle;
        else high = middle - 1;
    }
    return low;
}

Status freeze(Session& session) {
    auto caller = ContractCaller::open(session);
    if (!caller) return caller.status();
    auto head = caller->contract().head();
    if (!head) return head.status();
    // Withdrawals only grow in number: if any final batch has all that there can be, the last one has.
    auto number = highest_final(caller->contract(), head->number);
    if (!number) return number.status();
    auto receipt = caller->run(l1::rollup_call::freeze(*number));
    if (!receipt) return receipt.status();
    auto facts = read_facts(caller->contract());
    if (!facts) return facts.status();
    if (session.json()) {
        session.print(json{{"l1_transaction", to_hex(receipt->tx_hash)},
                           {"gas_used", receipt->gas_used},
                           {"frozen", facts->frozen},
                           {"exits_from", facts->head_is_final() ? facts->now : facts->head_final_at}});
        return {};
    }
    const std::string exits = facts->head_is_final() ? "from now on: gavel exit --all-mine"
                                                     : "once batch " + std::to_string(facts->head.number) +
                                                           " is final: " + format_when(facts->head_final_at, facts->now);
    session.print(cli::facts({{"frozen", "for ever"}, {"L1 transaction", to_hex(receipt->tx_hash)}, {"exits", exits}}));
    return {};
}

void add_force_command(Commands& commands, const std::string& name, L1OperationKind kind) {
    const bool is_transfer = kind == L1OperationKind::kForcedTransfer;
    auto args = std::make_shared<ForceOptions>();
    node::Options& options =
        commands.add("force", name, is_transfer ? "pay from your account in the rollup" : "withdraw to the L1",
                     [args, kind](Session& session) { return force(session, *args, kind); });
    if (is_transfer) options.text("to", args->to, "whose account is credited").required();
    options.text("amount", args->amount, "in ether, or in the token's units: 1.5");
    if (!is_transfer) options.text("--to", args->to, "who may claim it on the L1; without it, the signer");
    options.text("--token", args->token, "the ERC-20's address; without it, ETH");
    options.toggle("--all", args->all, "the whole balance, whatever it is when the operation is consumed");
    options.toggle("--wait", args->wait, "until a batch has consumed it");
    options.seconds("--timeout", args->timeout_s, "how long to wait for that; 0: as long as it takes");
    options.examples(is_transfer ? std::vector<std::string>{"gavel force transfer 0xRecipient 1.5 --rollup 0xRollup",
                                                            "gavel force transfer 0xRecipient --all --token 0xToken"}
                                 : std::vector<std::string>{"gavel force withdraw 1.5 --rollup 0xRollup --wait",
                                                            "gavel force withdraw --all --token 0xToken --to 0xElsewhere"});
}

}  // namespace

void add_force_commands(Commands& commands) {
    commands.add_group("force", "act through the L1's queue, without asking the operator (a deposit does so anyway)");
    add_force_command(commands, "transfer", L1OperationKind::kForcedTransfer);
    add_force_command(commands, "withdraw", L1OperationKind::kForcedWithdrawal);
    commands
        .add("freeze", "end the rollup for ever, once an L1 operation was ignored for too long; then everybody may exit", freeze)
        .examples({"gavel freeze --rollup 0xRollup      # says when it will be possible, if it isn't yet"});
}

}  // namespace gavel::cli
