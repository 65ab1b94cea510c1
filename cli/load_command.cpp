// gavel load: many payments, from a corpus or drawn at random.
#include <nlohmann/json.hpp>

#include "cli/load_funding.hpp"
#include "cli/load_sending.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "node/file.hpp"
#include "workload/synthetic.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;
using node::Code;
using node::Result;
using node::Status;

struct LoadOptions {
    std::string corpus;
    uint64_t max_payments = 0;
    workload::SyntheticOptions synthetic;
    SendingOptions sending;
    std::string tokens_file;
    std::string fee_config;
    std::string ledger_out;
    std::vector<std::string> tokens;
    bool mint_eth = false;
    bool create_only = false;
};

// While a load runs, the L1's price moves, not least by the load's own deposits.
Result<Amount> fee_of(api::Sequencer& sequencer, const LoadToken& token) {
    auto quote = sequencer.estimate_fee(token.l1_token, {.kind = OperationKind::kTransfer, .new_recipients = 1});
    if (!quote) return quote.status();
    return quote->suggested.plus(quote->suggested).value_or(quote->suggested);
}

Status set_fees(Session& session, LoadPlan& plan) {
    auto remote = session.sequencer();
    if (!remote) return remote.status();
    for (LoadToken& token : plan.tokens) {
        auto fee = fee_of(**remote, token);
        if (!fee && fee.status().reason == "TOKEN_NOT_ACCEPTED") {
            Status status = fee.status();
            status.message +=
                "; start it with the tokens of this load: --create-only, --tokens-file and --fee-config prepare that";
            return status;
        }
        if (!fee) return fee.status();
        token.fee = *fee;
    }
    return {};
}

// The tokens named on the command line stand for the corpus's, in order of appearance.
Status use_named_tokens(LoadPlan& plan, const std::vector<std::string>& names) {
    size_t next = 0;
    for (LoadToken& token : plan.tokens) {
        if (token.corpus_token.is_zero() || next == names.size()) continue;
        auto address = parse_address(names[next++], "token");
        if (!address) return address.status();
        token.l1_token = *address;
    }
    return {};
}

// The line of gavel-sequencer's configuration that takes these tokens for nothing.
Status write_fee_config(const std::string& path, const LoadPlan& plan) {
    std::string list;
    for (const LoadToken& token : plan.tokens) {
        if (token.corpus_token.is_zero()) continue;
        list += (list.empty() ? "\"" : ", \"") + to_hex(token.l1_token) + "=0\"";
    }
    return node::write_file(path, "fee = [" + list + "]\n");
}

// What was really done, for a script that adds up the ledger by itself.
Status write_ledger(const std::string& path, const LoadPlan& plan, const FundingReport& funding, const SendingReport& sending,
                    const Address& funder) {
    std::string text = "kind,from,to,token,amount,fee,nonce,position,row\n";
    for (const DepositMade& deposit : funding.deposits) {
        text += "deposit," + to_hex(funder) + "," + to_hex(deposit.to) + "," + to_hex(deposit.token) + "," +
                to_string(deposit.amount) + ",0,,,\n";
    }
    for (size_t i = 0; i < plan.payments.size(); ++i) {
        if (sending.states[i] != PaymentState::kConfirmed) continue;
        const LoadPayment& payment = plan.payments[i];
        const LoadToken& token = plan.tokens[payment.token];
        text += "payment," + to_hex(plan.addresses[payment.sender]) + "," + to_hex(payment.to) + "," + to_hex(token.l1_token) +
                "," + to_string(payment.amount) + "," + to_string(token.fee) + "," + std::to_string(sending.nonces[i]) + "," +
                std::to_string(sending.positions[i]) + "," + std::to_string(payment.row) + "\n";
    }
    return node::write_file(path, text);
}

void tell(Session& session, const workload::Corpus& corpus, const LoadPlan& plan, const FundingReport& funding,
          const SendingReport& sending) {
    const uint64_t rate =
        sending.sending_seconds > 0 ? static_cast<uint64_t>(static_cast<double>(sending.confirmed) / sending.sending_seconds) : 0;
    if (session.json()) {
        session.print(json{{"rows", corpus.rows},
                           {"skipped", plan.skipped},
                           {"payments", plan.payments.size()},
                           {"sent", sending.sent},
                           {"sent_again", sending.repeats},
                           {"confirmed", sending.confirmed},
                           {"refused", sending.refused},
                           {"senders", plan.senders.size()},
                           {"tokens", plan.tokens.size()},
                           {"tokens_created", funding.tokens_created},
                           {"deposits", funding.deposits.size()},
                           {"deposit_gas", funding.deposit_gas},
                           {"funding_seconds", funding.seconds},
                           {"signing_seconds", sending.signing_seconds},
                           {"sending_seconds", sending.sending_seconds},
                           {"confirmed_per_second", rate}});
        return;
    }
    std::vector<std::pair<std::string, std::string>> lines = {{"rows read", grouped(corpus.rows)}};
    for (const auto& [reason, count] : plan.skipped) lines.emplace_back("skipped: " + reason, grouped(count));
    lines.emplace_back("sent", grouped(sending.sent));
    lines.emplace_back("confirmed", grouped(sending.confirmed));
    for (const auto& [reason, count] : sending.refused) lines.emplace_back("refused: " + reason, grouped(count));
    lines.emplace_back("senders", grouped(plan.senders.size()));
    lines.emplace_back("tokens", grouped(plan.tokens.size()));
    lines.emplace_back("deposits", grouped(funding.deposits.size()) + " in " + format_seconds(funding.seconds));
    lines.emplace_back("signed in", format_seconds(sending.signing_seconds));
    lines.emplace_back("sent in", format_seconds(sending.sending_seconds) + ", " + grouped(rate) + " payments a second");
    session.print(facts(lines));
}

Result<workload::Corpus> payments_for(Session& session, const LoadOptions& options) {
    if (!options.corpus.empty()) return workload::read_corpus(options.corpus, options.max_payments);
    session.warn("Synthetic payments (no --corpus): " + grouped(options.synthetic.payments) + " between " +
                 grouped(options.synthetic.accounts) + " accounts, seed " + std::to_string(options.synthetic.seed) + ".");
    return workload::draw_payments(options.synthetic);
}

// Tokens on the L1 for all that the plan pays in.
Status find_tokens(LoadFunding& funding, LoadPlan& plan, const LoadOptions& options) {
    if (Status named = use_named_tokens(plan, options.tokens); !named.ok()) return named;
    if (!options.tokens_file.empty()) {
        if (Status read = read_tokens(options.tokens_file, plan); !read.ok()) return read;
    }
    if (Status created = funding.create_tokens(plan); !created.ok()) return created;
    if (!options.tokens_file.empty()) {
        if (Status written = write_tokens(options.tokens_file, plan); !written.ok()) return written;
    }
    return options.fee_config.empty() ? Status{} : write_fee_config(options.fee_config, plan);
}

Status load(Session& session, const LoadOptions& options) {
    auto corpus = payments_for(session, options);
    if (!corpus) return corpus.status();
    auto funder = session.signer();
    if (!funder) return funder.status();
    LoadPlan plan = plan_load(*corpus);
    if (options.create_only) {
        LoadFunding funding(session, *funder, Address{}, options.mint_eth);
        Status found = find_tokens(funding, plan, options);
        if (found.ok()) session.print(json{{"rows", corpus->rows}, {"tokens_created", funding.report().tokens_created}});
        return found;
    }
    auto domain = session.domain();
    if (!domain) return domain.status();
    LoadFunding funding(session, *funder, domain->rollup, options.mint_eth);
    if (Status found = find_tokens(funding, plan, options); !found.ok()) return found;
    if (Status fees = set_fees(session, plan); !fees.ok()) return fees;
    drop_uncoverable(plan);
    const std::vector<LoadSpending> spent = spendings(plan);
    std::vector<uint64_t> next_nonce;
    if (Status funded = funding.fund(plan, spent, next_nonce); !funded.ok()) return funded;

    auto remote = session.sequencer();
    if (!remote) return remote.status();
    LoadSending sending(**remote, *domain, plan, spent, next_nonce, options.sending);
    Status sent = sending.run();
    if (!options.ledger_out.empty()) {
        Status written = write_ledger(options.ledger_out, plan, funding.report(), sending.report(), funder->address());
        if (!written.ok()) return written;
    }
    tell(session, *corpus, plan, funding.report(), sending.report());
    if (!sent.ok()) return sent;
    if (sending.report().confirmed != plan.payments.size()) {
        return {Code::kAborted, "NOT_ALL_CONFIRMED", "",
                grouped(plan.payments.size() - sending.report().confirmed) + " payments were not confirmed"};
    }
    return {};
}

}  // namespace

void add_load_command(Commands& commands) {
    auto args = std::make_shared<LoadOptions>();
    node::Options& options = commands.add("load", "many payments, from a file of real ones or drawn at random",
                                          [args](Session& session) { return load(session, *args); });
    options.text("--corpus", args->corpus, "CSV (or .csv.zst) with columns from, to, and value_wei, or token and amount");
    options.number("--max", args->max_payments, "at most so many payments of the corpus; 0: all");
    options.text("--ledger-out", args->ledger_out, "file for what was really deposited and paid, as CSV");
    options.number("--batch-size", args->sending.batch_size, "operations a message", 1, 4096);
    options.seconds("--patience", args->sending.patience_s, "give up when nothing was confirmed for so long", 1);
    options.group("Money on the L1 (the signer pays; each sender's account gets what it will spend)");
    options.toggle("--mint-eth", args->mint_eth,
                   "take the ether that the signer lacks from a development chain (anvil_setBalance)");
    options.list("--token", args->tokens, "mintable tokens to use, in order of the load's; more are created");
    options.text("--tokens-file", args->tokens_file, "CSV of the load's tokens on the L1: read if it is there, and written");
    options.text("--fee-config", args->fee_config,
                 "file for the line of gavel-sequencer's configuration that takes these tokens");
    options.toggle("--create-only", args->create_only, "only create the tokens, before the sequencer is started");
    options.group("Without a corpus");
    options.number("--payments", args->synthetic.payments, "how many", 1, 10'000'000);
    options.number("--accounts", args->synthetic.accounts, "between how many", 2, 1'000'000);
    options.number("--synthetic-tokens", args->synthetic.tokens, "in how many tokens beside ETH", 0, 1000);
    options.number("--seed", args->synthetic.seed, "of the random draw");
}

}  // namespace gavel::cli
