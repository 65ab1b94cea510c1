// gavel channel exit: a payee out of a frozen rollup, with nothing but the L1, a key and the last voucher.
#include "cli/channel_books.hpp"
#include "cli/contract_payments.hpp"
#include "cli/frozen_rollup.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

struct ExitOptions {
    ChannelOptions channel;
    std::string voucher, file;
    ContractPaymentOptions payment;
};

Status refused(const char* reason, const char* field, const char* message) {
    return {Code::kFailedPrecondition, reason, field, message};
}

// What the payee has.
struct Held {
    ChannelTerms terms;
    channel::SignedVoucher voucher;
};

Result<Held> voucher_given(const ChannelDesk& desk, const ExitOptions& options) {
    auto payment = read_voucher(options.voucher, options.file, desk.domain);
    if (!payment) return payment.status();
    auto address = parse_address(options.channel.channel, "channel");
    if (!address) return address.status();
    const AccountKey key = channel::leaf_of(payment->terms, payment->token, desk.separator());
    if (key.owner != *address) return refused("VOUCHER_INVALID", "voucher", "the voucher is of another channel");
    return Held{payment->terms, {{key.owner, key.token, payment->count}, payment->signature}};
}

Result<Held> voucher_in_book(Session& session, const ChannelDesk& desk, const ChannelOptions& options) {
    auto opened = open_payee_book(desk, options, reading_policy(desk), *desk.source);
    if (!opened) return opened.status();
    auto channel = named_channel(session, *opened->book, options);
    if (!channel) return channel.status();
    return Held{channel->terms, channel->voucher};
}

// What the voucher takes of the leaf. Reasons: NOTHING_TO_EXIT.
Result<Amount> amount_due(const FrozenRollup& rollup, const ledger::AccountAt& leaf, const Held& held) {
    const l1::RollupClient& contract = rollup.caller().contract();
    auto taken = contract.channel_taken(leaf.index);
    if (!taken) return taken.status();
    auto exited = contract.is_exited(leaf.index);
    if (!exited) return exited.status();
    if (!taken->is_zero()) return refused("NOTHING_TO_EXIT", "channel", "the payee has taken his part, and can do it once");
    if (*exited) return refused("NOTHING_TO_EXIT", "channel", "all of it was paid to the payer: the payee's time was over");
    const uint64_t units =
        is_open_channel(leaf.account) ? units_due(leaf.account, held.terms.unit, held.voucher.voucher.count) : 0;
    if (units != 0) return channel::amount_of(units, held.terms.unit).value_or(Amount{});
    return refused("NOTHING_TO_EXIT", "channel", "the voucher's units have been paid, or the channel has no unit left");
}

Status exit_channel(Session& session, const ExitOptions& options) {
    if (!options.voucher.empty() && !options.file.empty())
        return node::invalid_option("voucher", "give the voucher as text or by --file; without either, the book's is taken");
    auto receiver = receiver_of(options.payment);
    if (!receiver) return receiver.status();
    auto desk = open_desk(session, false, true);
    if (!desk) return desk.status();
    auto held = options.voucher.empty() && options.file.empty() ? voucher_in_book(session, *desk, options.channel)
                                                                : voucher_given(*desk, options);
    if (!held) return held.status();
    auto rollup = FrozenRollup::open(session, options.payment.state);
    if (!rollup) return rollup.status();
    if (held->terms.payee != rollup->caller().address()) return explained({Code::kAborted, "NotPayee", "", ""}, rollup->facts());
    const Voucher& voucher = held->voucher.voucher;
    const auto leaf = rollup->ledger().account({voucher.channel, voucher.token});
    if (!leaf) return refused("NOTHING_TO_EXIT", "channel", "the rollup's last state has no such channel");
    auto amount = amount_due(*rollup, *leaf, *held);
    if (!amount) return amount.status();
    auto proof = rollup->proof_of(leaf->index);
    if (!proof) return proof.status();
    auto pay_gas = pay_gas_of(options.payment, voucher.token);
    if (!pay_gas) return pay_gas.status();
    ContractPayments payments(session, rollup->caller(), "index", "owner", 1);
    payments.pay({leaf->index, held->terms.payee, voucher.token, *amount, *receiver},
                 l1::rollup_call::exit_channel(rollup->header(), *proof, held->terms, voucher.count, held->voucher.signature,
                                               *receiver, *pay_gas));
    return payments.finish();
}

}  // namespace

void add_channel_exit_command(Commands& commands) {
    auto args = std::make_shared<ExitOptions>();
    node::Options& out =
        commands.add("channel", "exit", "after a freeze: the payee takes, on the L1, what the last voucher gives",
                     [args](Session& session) { return exit_channel(session, *args); });
    add_channel_options(out, args->channel);
    out.text("--voucher", args->voucher, "its text, as 'gavel channel pay' gave it; without it, the book's last");
    out.text("--file", args->file, "file that holds it");
    add_receiver_options(out, args->payment);
    out.examples({"gavel channel exit 0xChannel --l1 https://node.example --rollup 0xRollup",
                  "gavel exit --all-mine --rollup 0xRollup      # the payer: accounts, and what is left of channels"});
}

}  // namespace gavel::cli
