// gavel deposit and claim: what a user does on the L1 itself.
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/l1_payments.hpp"
#include "cli/session.hpp"
#include "cli/show.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"
#include "proto/convert_grpc.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

struct DepositOptions {
    std::string amount;
    std::string token;
    std::string to;
    bool wait = false;
    uint64_t timeout_s = 120;
};

struct ClaimOptions {
    std::vector<std::string> positions;
    std::string recipient;
};

// The index in the contract's queue that a deposit got.
std::optional<uint64_t> queue_index(const l1::Receipt& receipt, const Address& rollup) {
    for (const l1::Log& log : receipt.logs) {
        if (log.address != rollup) continue;
        auto event = l1::decode_event(log.topics, log.data);
        if (!event) continue;
        if (const auto* queued = std::get_if<l1::L1OperationQueued>(&*event)) return queued->index;
    }
    return std::nullopt;
}

Status wait_for_credit(Session& session, uint64_t index, uint64_t timeout_s) {
    auto remote = session.sequencer();
    if (!remote) return remote.status();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(timeout_s);
    for (;;) {
        auto info = (*remote)->chain_info();
        if (!info) return info.status();
        if (info->l1_queue_length() > index && info->l1_queue_length() - info->l1_ops_waiting() > index) return {};
        if (std::chrono::steady_clock::now() > end) {
            return {Code::kDeadlineExceeded, "NOT_CREDITED", "",
                    "the deposit is on the L1; the sequencer hasn't credited it yet"};
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
}

Status deposit(Session& session, const DepositOptions& options) {
    auto token = session.token(options.token);
    if (!token) return token.status();
    auto amount = parse_units(options.amount, token->decimals);
    if (!amount) return amount.status();
    auto rollup = session.rollup();
    if (!rollup) return rollup.status();
    auto key = session.signer();
    if (!key) return key.status();
    Address to = key->address();
    if (!options.to.empty()) {
        auto given = parse_address(options.to, "to");
        if (!given) return given.status();
        to = *given;
    }
    l1::L1Wallet wallet(session.l1(), *key, session.wallet_options());
    if (!token->address.is_zero()) {
        Status allowed = ensure_allowance(session.l1(), wallet, token->address, *rollup, *amount);
        if (!allowed.ok()) return allowed;
    }
    auto receipt = token->address.is_zero() ? wallet.run(*rollup, amount->value(), l1::rollup_call::deposit_eth(to))
                                            : wallet.run(*rollup, 0, l1::rollup_call::deposit_token(token->address, to, *amount));
    if (!receipt) return receipt.status();
    auto index = queue_index(*receipt, *rollup);
    if (!index) return {Code::kInternal, "EVENT_MISSING", "rollup", "the contract queued nothing: is it Gavel's?"};
    if (options.wait) {
        Status credited = wait_for_credit(session, *index, options.timeout_s);
        if (!credited.ok()) return credited;
    }
    if (session.json()) {
        session.print(nlohmann::json{{"l1_transaction", to_hex(receipt->tx_hash)},
                                     {"l1_operation", *index},
                                     {"to", to_checksum(to)},
                                     {"token", to_checksum(token->address)},
                                     {"amount", to_string(*amount)},
                                     {"gas_used", receipt->gas_used},
                                     {"credited", options.wait}});
    } else {
        session.print(facts({{"deposited", session.amount_text(*amount, token->address) + " " + token->symbol},
                             {"to", to_checksum(to)},
                             {"L1 transaction", to_hex(receipt->tx_hash)},
                             {"queue position", std::to_string(*index)},
                             {"credited", options.wait ? "yes" : "when the sequencer takes it over"}}));
    }
    return {};
}

// Those named, or all that can be claimed for the recipient.
Result<std::vector<uint32_t>> positions_to_claim(Session& session, const ClaimOptions& options) {
    std::vector<uint32_t> out;
    for (const std::string& text : options.positions) {
        auto number = node::parse_number(text);
        if (!number || *number > UINT32_MAX) {
            return Status{Code::kInvalidArgument, "POSITION_INVALID", "position", "'" + text + "' is no withdrawal's position"};
        }
        out.push_back(static_cast<uint32_t>(*number));
    }
    if (!out.empty()) return out;
    auto recipient = options.recipient.empty() ? session.own_address() : parse_address(options.recipient, "recipient");
    if (!recipient) return recipient.status();
    auto remote = session.sequencer();
    if (!remote) return remote.status();
    v1::ListWithdrawalsRequest request;
    request.set_recipient(proto::to_pb_bytes(*recipient));
    do {
        auto page = (*remote)->list_withdrawals(request);
        if (!page) return page.status();
        for (const v1::Withdrawal& withdrawal : page->withdrawals()) {
            if (withdrawal.status() == v1::WITHDRAWAL_STATUS_CLAIMABLE) out.push_back(withdrawal.position());
        }
        request.set_cursor(page->next_cursor());
    } while (request.cursor() != 0);
    return out;
}

struct Claim {
    BatchHeader header;
    WithdrawalProof proof;
};

// Checked here, so that no gas is spent on a proof that can't hold.
Result<Claim> fetch_claim(Session& session, uint32_t position) {
    auto remote = session.sequencer();
    if (!remote) return remote.status();
    auto answer = (*remote)->withdrawal_proof(position);
    if (!answer) return answer.status();
    const Status invalid{Code::kInternal, "PROOF_INVALID", "position", "the sequencer's proof doesn't hold"};
    if (answer->header().size() != BatchHeader::kSize) return invalid;
    Claim out;
    out.header = BatchHeader::decode(view_of(answer->header()));
    auto recipient = proto::address_from_pb(answer->withdrawal().recipient(), "recipient");
    auto token = proto::token_from_pb(answer->withdrawal().token(), "token");
    auto amount = proto::amount_from_pb(answer->withdrawal().amount(), "amount");
    if (!recipient || !token || !amount) return invalid;
    out.proof.position = position;
    out.proof.withdrawal = {*recipient, *token, *amount};
    for (const std::string& sibling : answer->path()) {
        auto hash = proto::hash_from_pb(sibling, "path");
        if (!hash) return hash.status();
        out.proof.path.push_back(*hash);
    }
    if (!out.proof.holds_in(out.header.last)) return invalid;
    return out;
}

Status claim(Session& session, const ClaimOptions& options) {
    auto positions = positions_to_claim(session, options);
    if (!positions) return positions.status();
    auto rollup = session.rollup();
    if (!rollup) return rollup.status();
    if (positions->empty()) {
        return {Code::kFailedPrecondition, "NOTHING_TO_CLAIM", "", "no withdrawal can be claimed now; see 'gavel withdrawals'"};
    }
    auto key = session.signer();
    if (!key) return key.status();
    l1::L1Wallet wallet(session.l1(), *key, session.wallet_options());
    Table table({{"POSITION", true}, {"RECIPIENT"}, {"AMOUNT", true}, {"TOKEN"}, {"L1 TRANSACTION"}});
    nlohmann::json list = nlohmann::json::array();
    for (uint32_t position : *positions) {
        auto found = fetch_claim(session, position);
        if (!found) return found.status();
        auto receipt = wallet.run(*rollup, 0, l1::rollup_call::claim(found->header, found->proof));
        if (!receipt) return receipt.status();
        const Withdrawal& paid = found->proof.withdrawal;
        table.add({std::to_string(position), to_checksum(paid.recipient), session.amount_text(paid.amount, paid.token),
                   session.token_name(paid.token), to_hex(receipt->tx_hash)});
        list.push_back({{"position", position},
                        {"recipient", to_checksum(paid.recipient)},
                        {"token", to_checksum(paid.token)},
                        {"amount", to_string(paid.amount)},
                        {"l1_transaction", to_hex(receipt->tx_hash)},
                        {"gas_used", receipt->gas_used}});
    }
    if (session.json()) {
        session.print(list);
    } else {
        session.print(table.text());
    }
    return {};
}

}  // namespace

void add_l1_commands(Commands& commands) {
    auto deposit_options = std::make_shared<DepositOptions>();
    node::Options& in = commands.add("deposit", "move ETH or a token from the L1 into the rollup",
                                     [deposit_options](Session& session) { return deposit(session, *deposit_options); });
    in.text("amount", deposit_options->amount, "in ether, or in the token's units: 1.5").required();
    in.text("--token", deposit_options->token, "the ERC-20's address; without it, ETH");
    in.text("--to", deposit_options->to, "whose account is credited; without it, the signer's own");
    in.toggle("--wait", deposit_options->wait, "until the sequencer has credited it");
    in.seconds("--timeout", deposit_options->timeout_s, "how long to wait for that");

    auto claim_options = std::make_shared<ClaimOptions>();
    node::Options& out = commands.add("claim", "pay final withdrawals out on the L1 (anybody may, the recipient gets the money)",
                                      [claim_options](Session& session) { return claim(session, *claim_options); });
    out.list("position", claim_options->positions, "positions of withdrawals; without them, all that can be claimed");
    out.text("--recipient", claim_options->recipient, "whose withdrawals; without it, the signer's own");
}

}  // namespace gavel::cli
