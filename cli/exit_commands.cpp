// gavel exit and refund: out of a frozen rollup with nothing but the L1 and a key.
#include "cli/contract_payments.hpp"
#include "cli/frozen_rollup.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

constexpr size_t kPage = 100;

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

// What is paid out of one leaf: an owner's whole account, or what is left of a channel, to its payer.
struct Leaving {
    ledger::AccountAt at;
    Amount amount;
    std::optional<ChannelTerms> terms;  // of a channel
    const Address& owner() const { return terms ? terms->payer : at.account.key.owner; }
};

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

// Of the channels that the payer has funded.
std::vector<ledger::AccountAt> channels_of(const ledger::Reader& ledger, const Address& payer) {
    std::vector<ledger::AccountAt> out;
    for (std::optional<AccountKey> after;;) {
        auto page = ledger.channels_of(payer, after, kPage);
        if (page.empty()) return out;
        for (const auto& channel : page) {
            auto leaf = channel.terms.payer == payer ? ledger.account(channel.key) : std::nullopt;
            if (leaf && is_marked(leaf->account)) out.push_back(*leaf);
        }
        after = page.back().key;
    }
}

Result<std::vector<ledger::AccountAt>> accounts_to_exit(Session& session, const FrozenRollup& rollup, const ExitOptions& options,
                                                        const std::optional<Address>& owner) {
    const ledger::Reader& ledger = rollup.ledger();
    if (!options.index.empty()) {
        const auto index = static_cast<uint32_t>(*node::parse_number(options.index));
        return accounts_between(ledger, index, index + 1);
    }
    auto out = owner ? accounts_of(ledger, *owner) : accounts_between(ledger, 1, rollup.header().last.account_count);
    if (owner)
        for (const ledger::AccountAt& channel : channels_of(ledger, *owner)) out.push_back(channel);
    if (options.token.empty()) return out;
    auto token = session.token(options.token);
    if (!token) return token.status();
    std::erase_if(out, [&](const ledger::AccountAt& at) { return at.account.key.token != token->address; });
    return out;
}

// Why accounts stay where they are.
struct Staying {
    size_t gone = 0;     // paid out before
    size_t unknown = 0;  // channels whose terms nobody has told this ledger
    size_t early = 0;    // channels whose payees may still come
    u128 opens_at = 0;   // the first of these

    Status why_nothing(const RollupFacts& facts, bool is_there) const;
    void warn(Session& session, const RollupFacts& facts) const;
};

Status Staying::why_nothing(const RollupFacts& facts, bool is_there) const {
    if (early != 0) {
        return {Code::kFailedPrecondition, "RestTooEarly", "",
                "the channel's payee may come until " + format_when(static_cast<uint64_t>(opens_at), facts.now) +
                    ", by 'gavel channel exit'; what is left is the payer's from then on"};
    }
    if (unknown != 0) {
        return {Code::kFailedPrecondition, "TERMS_UNKNOWN", "",
                "the account is a channel's, and its terms stand before the snapshot; rebuild the state without --snapshot"};
    }
    return {Code::kFailedPrecondition, "NOTHING_TO_EXIT", "",
            gone != 0   ? "it was paid out before"
            : !is_there ? "the rollup's last state has no such account"
                        : "the balance is zero"};
}

void Staying::warn(Session& session, const RollupFacts& facts) const {
    if (early != 0)
        session.warn("Note: " + std::to_string(early) + " channels' payees may still come; the first until " +
                     format_when(static_cast<uint64_t>(opens_at), facts.now) + ".");
    if (unknown != 0)
        session.warn("Note: the terms of " + std::to_string(unknown) + " channels stand before the snapshot; they aren't paid.");
}

// What is left of a channel, if its payer can be paid.
Result<std::optional<Leaving>> rest_of_channel(const FrozenRollup& rollup, const ledger::AccountAt& at, Staying& staying) {
    const auto terms = rollup.ledger().channel_terms(at.account.key.owner);
    if (!terms) {
        ++staying.unknown;
        return std::optional<Leaving>();
    }
    auto taken = rollup.caller().contract().channel_taken(at.index);
    if (!taken) return taken.status();
    const u128 opens_at = rollup.rest_opens_at(at, *terms, *taken);
    const Amount left = at.account.balance.minus(*taken).value_or(Amount{});
    if (left.is_zero()) {
        ++staying.gone;
        return std::optional<Leaving>();
    }
    if (opens_at > rollup.facts().now) {
        staying.opens_at = staying.early++ == 0 ? opens_at : std::min(staying.opens_at, opens_at);
        return std::optional<Leaving>();
    }
    return std::optional<Leaving>(Leaving{at, left, terms});
}

// Those with something left to pay; why there is none.
Result<std::vector<Leaving>> open_accounts(Session& session, const FrozenRollup& rollup,
                                           const std::vector<ledger::AccountAt>& accounts) {
    std::vector<Leaving> out;
    Staying staying;
    for (const ledger::AccountAt& at : accounts) {
        if (at.account.balance.is_zero()) continue;
        auto exited = rollup.caller().contract().is_exited(at.index);
        if (!exited) return exited.status();
        if (*exited) {
            ++staying.gone;
        } else if (!is_marked(at.account)) {
            out.push_back({at, at.account.balance, {}});
        } else {
            auto rest = rest_of_channel(rollup, at, staying);
            if (!rest) return rest.status();
            if (*rest) out.push_back(**rest);
        }
    }
    if (out.empty()) return staying.why_nothing(rollup.facts(), !accounts.empty());
    staying.warn(session, rollup.facts());
    return out;
}

Status exit_accounts(Session& session, const ExitOptions& options) {
    if (Status status = check_use(options); !status.ok()) return status;
    auto receiver = receiver_of(options.payment);
    if (!receiver) return receiver.status();
    auto rollup = FrozenRollup::open(session, options.payment.state);
    if (!rollup) return rollup.status();
    auto owner = owner_of(options.payment, rollup->caller().address());
    if (!owner) return owner.status();
    auto found = accounts_to_exit(session, *rollup, options, *owner);
    if (!found) return found.status();
    auto accounts = open_accounts(session, *rollup, *found);
    if (!accounts) return accounts.status();
    const BatchHeader header = rollup->header();
    ContractPayments payments(session, rollup->caller(), "index", "owner", accounts->size());
    for (const Leaving& one : *accounts) {
        const Address& token = one.at.account.key.token;
        auto proof = rollup->proof_of(one.at.index);
        if (!proof) {
            payments.fail(proof.status());
            break;
        }
        auto pay_gas = pay_gas_of(options.payment, token);
        if (!pay_gas) return pay_gas.status();
        Bytes call = one.terms ? l1::rollup_call::exit_channel_rest(header, *proof, *one.terms, *receiver, *pay_gas)
                               : l1::rollup_call::exit(header, *proof, *receiver, *pay_gas);
        if (!payments.pay({one.at.index, one.owner(), token, one.amount, *receiver}, std::move(call))) break;
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
    node::Options& out = commands.add("exit", "after a freeze: pay whole accounts out on the L1, and what is left of channels",
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
