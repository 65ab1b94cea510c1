// gavel exit and refund: out of a frozen rollup with nothing but the L1 and a key.
#include <algorithm>

#include "cli/l1_state.hpp"
#include "cli/payouts.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

constexpr size_t kPage = 100;

Status wrong_use(const char* field, const std::string& message) {
    return {Code::kInvalidArgument, "OPTION_INVALID", field, message};
}

// OK when exits and refunds are open.
Status are_exits_open(const RollupFacts& facts) {
    if (!facts.frozen) return explained({Code::kAborted, "NotFrozen", "", ""}, facts);
    if (!facts.head_is_final()) return explained({Code::kAborted, "BatchNotFinal", "", ""}, facts);
    return {};
}

// ---- exit ----

struct ExitOptions {
    std::string token;
    std::string index;
    std::string owner;  // --for
    std::string to;
    bool all_mine = false;
    L1StateOptions state;
};

Status check_use(const ExitOptions& options) {
    const int ways = !options.index.empty() + options.all_mine + (!options.owner.empty() || !options.token.empty());
    if (ways == 0) {
        return wrong_use("token", "say which account: --token eth (or an ERC-20's address), --index, --all-mine, or --for");
    }
    if (ways > 1) return wrong_use("token", "--index, --all-mine, and --token or --for exclude each other");
    if (options.index.empty()) return {};
    auto index = node::parse_number(options.index);
    if (index && *index > 0 && *index <= UINT32_MAX) return {};
    return {Code::kInvalidArgument, "INDEX_INVALID", "index", "'" + options.index + "' is no account's index"};
}

Status tell_false_batch(const L1State& state, const RollupFacts& facts) {
    const uint64_t number = state.false_batch()->verdict.number;
    const std::string which = "batch " + std::to_string(number) + " on the L1 is false";
    const uint64_t final_at = *state.view().final_at(number);
    if (final_at <= facts.now) {
        return {Code::kFailedPrecondition, "FALSE_BATCH_FINAL", "",
                which + " and final: nobody proved it in time, and the state that it claims can't be rebuilt"};
    }
    return {Code::kFailedPrecondition, "FALSE_BATCH", "",
            which + "; prove it before " + format_when(final_at, facts.now) + " ('gavel proof make " + std::to_string(number) +
                "', 'gavel proof send'): exits open when it is struck and what is left is final"};
}

// Whether what was rebuilt is what the contract will pay by.
Status check_rebuilt(const L1State& state, const RollupFacts& facts) {
    if (state.false_batch()) return tell_false_batch(state, facts);
    const BatchHeader header = state.last_header();
    if (header.hash() == facts.head.hash && state.ledger().sealed_fields() == header.last) return {};
    return {Code::kUnavailable, "HEAD_CHANGED", "",
            "the state rebuilt is that of batch " + std::to_string(header.number) + ", and the L1's head another; try again"};
}

Result<std::vector<ledger::AccountAt>> accounts_to_exit(Session& session, const L1State& state, const ExitOptions& options,
                                                        const Address& signer) {
    const ledger::Ledger& ledger = state.ledger();
    std::vector<ledger::AccountAt> out;
    if (!options.index.empty()) {
        const auto index = static_cast<uint32_t>(*node::parse_number(options.index));
        if (auto account = ledger.account(index)) out.push_back({index, *account});
        return out;
    }
    Address owner = signer;
    if (!options.owner.empty()) {
        auto given = parse_address(options.owner, "for");
        if (!given) return given.status();
        owner = *given;
    }
    if (!options.token.empty()) {
        auto token = session.token(options.token);
        if (!token) return token.status();
        if (auto account = ledger.account({owner, token->address})) out.push_back(*account);
        return out;
    }
    for (std::optional<Address> after;;) {
        auto page = ledger.accounts_of(owner, after, kPage);
        if (page.empty()) return out;
        out.insert(out.end(), page.begin(), page.end());
        after = page.back().account.key.token;
    }
}

// Those with something left to pay; why there is none.
Result<std::vector<ledger::AccountAt>> open_accounts(const l1::RollupClient& contract, std::vector<ledger::AccountAt> accounts) {
    std::vector<ledger::AccountAt> out;
    size_t gone = 0;
    for (const ledger::AccountAt& account : accounts) {
        if (account.account.balance.is_zero()) continue;
        auto exited = contract.is_exited(account.index);
        if (!exited) return exited.status();
        if (*exited) ++gone;
        else out.push_back(account);
    }
    if (!out.empty()) return out;
    return Status{Code::kFailedPrecondition, "NOTHING_TO_EXIT", "",
                  gone != 0          ? "it was paid out before"
                  : accounts.empty() ? "the rollup's last state has no such account"
                                     : "the balance is zero"};
}

Status exit_accounts(Session& session, const ExitOptions& options) {
    if (Status status = check_use(options); !status.ok()) return status;
    auto receiver = parse_receiver(options.to);
    if (!receiver) return receiver.status();
    auto caller = ContractCaller::open(session);
    if (!caller) return caller.status();
    const l1::RollupClient& contract = caller->contract();
    auto facts = read_facts(contract);
    if (!facts) return facts.status();
    if (!facts->frozen) return are_exits_open(*facts);
    auto state = L1State::rebuild(session.l1(), contract.address(), options.state);
    if (!state) return state.status();
    if (Status status = check_rebuilt(**state, *facts); !status.ok()) return status;
    if (Status status = are_exits_open(*facts); !status.ok()) return status;
    auto found = accounts_to_exit(session, **state, options, caller->address());
    if (!found) return found.status();
    auto accounts = open_accounts(contract, *std::move(found));
    if (!accounts) return accounts.status();
    const BatchHeader header = (*state)->last_header();
    Payouts payouts(session, "index", "owner");
    for (const ledger::AccountAt& at : *accounts) {
        auto proof = (*state)->exit_proof(at.index);
        if (!proof || !proof->holds_in(header.last)) {
            return {Code::kInternal, "PROOF_NOT_BUILT", "", "an account's path doesn't hold"};
        }
        payouts.run(*caller, {at.index, at.account.key.owner, at.account.key.token, at.account.balance, *receiver},
                    l1::rollup_call::exit(header, *proof, *receiver));
    }
    return payouts.finish();
}

// ---- refund ----

struct RefundOptions {
    std::vector<std::string> numbers;
    std::string caller;  // --for
    std::string to;
    uint64_t start_block = 0;
};

Result<std::vector<ledger::QueuedOperation>> deposits_to_refund(const ledger::L1View& view, const RollupFacts& facts,
                                                                const RefundOptions& options, const Address& owner) {
    std::vector<ledger::QueuedOperation> out;
    const uint64_t first = facts.something_waits() ? facts.waiting.index : view.queue_length();
    for (const std::string& text : options.numbers) {
        auto number = node::parse_number(text);
        auto queued = number && *number >= first ? view.queued(*number) : std::nullopt;
        if (!queued || queued->operation.kind != L1OperationKind::kDeposit) {
            return Status{Code::kInvalidArgument, "NOT_REFUNDABLE", "number",
                          "'" + text + "' is no deposit that waits in the L1's queue"};
        }
        out.push_back(*queued);
    }
    if (!out.empty()) return out;
    for (uint64_t i = first; i < view.queue_length(); ++i) {
        auto queued = view.queued(i);
        const bool is_theirs = queued && queued->operation.kind == L1OperationKind::kDeposit && queued->operation.caller == owner;
        if (is_theirs) out.push_back(*queued);
    }
    return out;
}

Status refund(Session& session, const RefundOptions& options) {
    auto receiver = parse_receiver(options.to);
    if (!receiver) return receiver.status();
    auto caller = ContractCaller::open(session);
    if (!caller) return caller.status();
    auto owner = options.caller.empty() ? Result<Address>(caller->address()) : parse_address(options.caller, "for");
    if (!owner) return owner.status();
    const l1::RollupClient& contract = caller->contract();
    auto facts = read_facts(contract);
    if (!facts) return facts.status();
    if (Status status = are_exits_open(*facts); !status.ok()) return status;
    auto state = L1State::read(session.l1(), contract.address(), {"", options.start_block});
    if (!state) return state.status();
    auto deposits = deposits_to_refund((*state)->view(), *facts, options, *owner);
    if (!deposits) return deposits.status();
    Payouts payouts(session, "number", "caller");
    bool any = false;
    for (const ledger::QueuedOperation& queued : *deposits) {
        auto done = contract.is_refunded(queued.index);
        if (!done) return done.status();
        if (*done) continue;
        any = true;
        const L1Operation& deposit = queued.operation;
        payouts.run(*caller, {queued.index, deposit.caller, deposit.token, deposit.amount, *receiver},
                    l1::rollup_call::refund(queued.index, deposit, *receiver));
    }
    if (any) return payouts.finish();
    return {Code::kFailedPrecondition, "NOTHING_TO_REFUND", "",
            deposits->empty() ? "no deposit of " + to_checksum(*owner) + " waits in the L1's queue" : "it was refunded before"};
}

}  // namespace

void add_exit_commands(Commands& commands) {
    auto exit_args = std::make_shared<ExitOptions>();
    node::Options& out = commands.add("exit", "after a freeze: pay whole accounts out on the L1, proven from the L1 alone",
                                      [exit_args](Session& session) { return exit_accounts(session, *exit_args); });
    out.text("--token", exit_args->token, "the account of this token: eth, or an ERC-20's address");
    out.text("--index", exit_args->index, "the account with this index, whoever owns it");
    out.toggle("--all-mine", exit_args->all_mine, "the signer's accounts of every token");
    out.text("--for", exit_args->owner, "somebody else's, who is paid: every token, or that of --token");
    out.text("--to", exit_args->to, "pay this address instead; only the owner may");
    add_l1_state_options(out, exit_args->state);
    out.examples({"gavel exit --all-mine --l1 https://node.example --rollup 0xRollup",
                  "gavel exit --token eth --to 0xElsewhere --rollup 0xRollup", "gavel exit --for 0xOwner --rollup 0xRollup"});

    auto refund_args = std::make_shared<RefundOptions>();
    node::Options& back = commands.add("refund", "after a freeze: take back deposits that no batch has consumed",
                                       [refund_args](Session& session) { return refund(session, *refund_args); });
    back.list("number", refund_args->numbers, "their numbers in the L1's queue; without them, all of the signer's");
    back.text("--for", refund_args->caller, "those that this address made; it is paid");
    back.text("--to", refund_args->to, "pay this address instead; only who made the deposit may");
    back.number("--start-block", refund_args->start_block, "L1 block from which to read: not after the contract's deployment");
    back.examples({"gavel refund --rollup 0xRollup", "gavel refund 17 --to 0xElsewhere --rollup 0xRollup"});
}

}  // namespace gavel::cli
