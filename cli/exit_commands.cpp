// gavel exit and refund: out of a frozen rollup with nothing but the L1 and a key.
#include "cli/contract_payments.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

constexpr size_t kPage = 100;

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
    bool all_mine = false;
    ContractPaymentOptions payment;
};

Status check_use(const ExitOptions& options) {
    const bool alone = !options.index.empty() || options.all_mine;
    const int ways = !options.index.empty() + options.all_mine + !options.payment.owner.empty() + options.payment.everybody;
    if (ways == 0 && options.token.empty()) {
        return node::invalid_option("token",
                                    "say which: --token eth (or an ERC-20's address), --index, --all-mine, --for or --everybody");
    }
    if (ways > 1 || (alone && !options.token.empty())) {
        return node::invalid_option("token",
                                    "--index, --all-mine, --for, --everybody exclude each other; --token goes with the last two");
    }
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
    if (header.hash() == facts.head.hash && state.ledger().summary().fields == header.last) return {};
    return {Code::kUnavailable, "HEAD_CHANGED", "",
            "the state rebuilt is that of batch " + std::to_string(header.number) + ", and the L1's head another; try again"};
}

// In the order of their indices; of one owner, by token.
std::vector<ledger::AccountAt> accounts_between(const ledger::Reader& ledger, uint32_t first, uint32_t end) {
    std::vector<ledger::AccountAt> out;
    for (uint32_t index = first; index < end; ++index) {
        if (auto account = ledger.account(index)) out.push_back({index, *account});
    }
    return out;
}

std::vector<ledger::AccountAt> accounts_of(const ledger::Reader& ledger, const Address& owner) {
    std::vector<ledger::AccountAt> out;
    for (std::optional<Address> after;;) {
        auto page = ledger.accounts_of(owner, after, kPage);
        if (page.empty()) return out;
        out.insert(out.end(), page.begin(), page.end());
        after = page.back().account.key.token;
    }
}

Result<std::vector<ledger::AccountAt>> accounts_to_exit(Session& session, const L1State& state, const ExitOptions& options,
                                                        const std::optional<Address>& owner) {
    const ledger::Reader& ledger = state.ledger();
    if (!options.index.empty()) {
        const auto index = static_cast<uint32_t>(*node::parse_number(options.index));
        return accounts_between(ledger, index, index + 1);
    }
    auto out = owner ? accounts_of(ledger, *owner) : accounts_between(ledger, 1, state.last_header().last.account_count);
    if (options.token.empty()) return out;
    auto token = session.token(options.token);
    if (!token) return token.status();
    std::erase_if(out, [&](const ledger::AccountAt& at) { return at.account.key.token != token->address; });
    return out;
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

// The accounts to exit, once exits are open and the rebuilt state is what they are proven by.
Result<std::vector<ledger::AccountAt>> find_accounts(Session& session, const ContractCaller& caller, const L1State& state,
                                                     const RollupFacts& facts, const ExitOptions& options) {
    if (Status status = check_rebuilt(state, facts); !status.ok()) return status;
    if (Status status = are_exits_open(facts); !status.ok()) return status;
    auto owner = owner_of(options.payment, caller.address());
    if (!owner) return owner.status();
    auto found = accounts_to_exit(session, state, options, *owner);
    if (!found) return found.status();
    return open_accounts(caller.contract(), *std::move(found));
}

Status exit_accounts(Session& session, const ExitOptions& options) {
    if (Status status = check_use(options); !status.ok()) return status;
    auto receiver = receiver_of(options.payment);
    if (!receiver) return receiver.status();
    auto caller = ContractCaller::open(session);
    if (!caller) return caller.status();
    auto facts = read_facts(caller->contract());
    if (!facts) return facts.status();
    if (!facts->frozen) return are_exits_open(*facts);
    auto state = L1State::rebuild(session, caller->contract().address(), options.payment.state);
    if (!state) return state.status();
    auto accounts = find_accounts(session, *caller, **state, *facts, options);
    if (!accounts) return accounts.status();
    const BatchHeader header = (*state)->last_header();
    ContractPayments payments(session, *caller, "index", "owner", accounts->size());
    for (const ledger::AccountAt& at : *accounts) {
        auto proof = (*state)->exit_proof(at.index);
        if (!proof || !proof->holds_in(header.last)) {
            payments.fail({Code::kInternal, "PROOF_NOT_BUILT", "", "an account's path doesn't hold"});
            break;
        }
        const ContractPayment payment{at.index, at.account.key.owner, at.account.key.token, at.account.balance, *receiver};
        auto pay_gas = pay_gas_of(options.payment, at.account.key.token);
        if (!pay_gas) return pay_gas.status();
        if (!payments.pay(payment, l1::rollup_call::exit(header, *proof, *receiver, *pay_gas))) break;
    }
    return payments.finish();
}

// ---- refund ----

struct RefundOptions {
    std::vector<std::string> numbers;
    ContractPaymentOptions payment;
};

// Those with the numbers given; without any, the owner's, or everybody's.
Result<std::vector<follow::QueuedOperation>> deposits_to_refund(const follow::L1View& view, const RollupFacts& facts,
                                                                const RefundOptions& options,
                                                                const std::optional<Address>& owner) {
    std::vector<follow::QueuedOperation> out;
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
        const bool is_deposit = queued && queued->operation.kind == L1OperationKind::kDeposit;
        if (is_deposit && (!owner || queued->operation.to == *owner)) out.push_back(*queued);
    }
    return out;
}

// Those not refunded yet; why there is none.
Result<std::vector<follow::QueuedOperation>> open_deposits(const l1::RollupClient& contract,
                                                           const std::vector<follow::QueuedOperation>& deposits) {
    std::vector<follow::QueuedOperation> out;
    for (const follow::QueuedOperation& queued : deposits) {
        auto done = contract.is_refunded(queued.index);
        if (!done) return done.status();
        if (!*done) out.push_back(queued);
    }
    if (!out.empty()) return out;
    return Status{Code::kFailedPrecondition, "NOTHING_TO_REFUND", "",
                  deposits.empty() ? "no such deposit waits in the L1's queue" : "it was refunded before"};
}

Status refund(Session& session, const RefundOptions& options) {
    auto receiver = receiver_of(options.payment);
    if (!receiver) return receiver.status();
    auto caller = ContractCaller::open(session);
    if (!caller) return caller.status();
    auto owner = owner_of(options.payment, caller->address());
    if (!owner) return owner.status();
    const l1::RollupClient& contract = caller->contract();
    auto facts = read_facts(contract);
    if (!facts) return facts.status();
    if (Status status = are_exits_open(*facts); !status.ok()) return status;
    auto state = L1State::read(session, contract.address(), options.payment.state);
    if (!state) return state.status();
    auto found = deposits_to_refund((*state)->view(), *facts, options, *owner);
    if (!found) return found.status();
    auto deposits = open_deposits(contract, *found);
    if (!deposits) return deposits.status();
    ContractPayments payments(session, *caller, "number", "to", deposits->size());
    for (const follow::QueuedOperation& queued : *deposits) {
        const L1Operation& deposit = queued.operation;
        const ContractPayment payment{queued.index, deposit.to, deposit.token, deposit.amount, *receiver};
        auto pay_gas = pay_gas_of(options.payment, deposit.token);
        if (!pay_gas) return pay_gas.status();
        if (!payments.pay(payment, l1::rollup_call::refund(queued.index, deposit, *receiver, *pay_gas))) break;
    }
    return payments.finish();
}

}  // namespace

void add_exit_commands(Commands& commands) {
    auto exit_args = std::make_shared<ExitOptions>();
    node::Options& out = commands.add("exit", "after a freeze: pay whole accounts out on the L1, proven from the L1 alone",
                                      [exit_args](Session& session) { return exit_accounts(session, *exit_args); });
    out.text("--token", exit_args->token, "the account of this token: eth, or an ERC-20's address");
    out.text("--index", exit_args->index, "the account with this index, whoever owns it");
    out.toggle("--all-mine", exit_args->all_mine, "the signer's accounts of every token");
    add_contract_payment_options(out, exit_args->payment, "--for",
                                 "somebody else's, who is paid: every token, or that of --token");
    out.examples({"gavel exit --all-mine --l1 https://node.example --rollup 0xRollup",
                  "gavel exit --token eth --to 0xElsewhere --rollup 0xRollup", "gavel exit --for 0xOwner --rollup 0xRollup",
                  "gavel exit --everybody --rollup 0xRollup      # where nobody else does it; --token eth: those accounts only"});

    auto refund_args = std::make_shared<RefundOptions>();
    node::Options& back = commands.add("refund", "after a freeze: take out deposits that no batch has consumed",
                                       [refund_args](Session& session) { return refund(session, *refund_args); });
    back.list("number", refund_args->numbers, "their numbers in the L1's queue; without them, all that were made for the signer");
    add_contract_payment_options(back, refund_args->payment, "--for", "those that were made for this address; it is paid");
    back.examples({"gavel refund --rollup 0xRollup", "gavel refund 17 --to 0xElsewhere --rollup 0xRollup",
                   "gavel refund --everybody --rollup 0xRollup"});
}

}  // namespace gavel::cli
