// gavel claim: withdrawals paid out on the L1, by a server's word or by the L1 alone.
#include "cli/contract_payments.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

struct ClaimOptions {
    std::vector<std::string> positions;
    bool from_l1 = false;
    ContractPaymentOptions payment;
};

struct Claim {
    BatchHeader header;
    WithdrawalProof proof;
};

// Who knows of withdrawals.
class ClaimSource {
public:
    virtual ~ClaimSource() = default;
    // Positions of all that can be claimed now; nullopt: of every recipient.
    virtual Result<std::vector<uint32_t>> claimable_by(const std::optional<Address>& recipient) = 0;
    virtual Result<Claim> claim(uint32_t position) = 0;
};

class ServersClaims final : public ClaimSource {
public:
    explicit ServersClaims(api::Query& server) : server_(server) {}

    // Servers list one recipient's only.
    Result<std::vector<uint32_t>> claimable_by(const std::optional<Address>& recipient) override {
        std::vector<uint32_t> out;
        uint64_t cursor = 0;
        do {
            auto page = server_.withdrawals(recipient.value_or(Address{}), cursor, 0);
            if (!page) return page.status();
            for (const api::WithdrawalInfo& withdrawal : page->items) {
                if (withdrawal.status == api::WithdrawalStatus::kClaimable) out.push_back(withdrawal.position);
            }
            cursor = page->next_cursor;
        } while (cursor != 0);
        return out;
    }

    // Checked here, so that no gas is spent on a proof that can't hold.
    Result<Claim> claim(uint32_t position) override {
        auto answer = server_.withdrawal_proof(position);
        if (!answer) return answer.status();
        if (answer->proof.position == position && answer->proof.holds_in(answer->header.last))
            return Claim{answer->header, answer->proof};
        return Status{Code::kInternal, "PROOF_INVALID", "position", "the server's proof doesn't hold"};
    }

private:
    api::Query& server_;
};

class RebuiltClaims final : public ClaimSource {
public:
    explicit RebuiltClaims(std::unique_ptr<L1State> state) : state_(std::move(state)) {}

    Result<std::vector<uint32_t>> claimable_by(const std::optional<Address>& recipient) override {
        std::vector<uint32_t> out;
        for (uint32_t position = 0; position < state_->last_header().last.withdrawal_count; ++position) {
            auto info = state_->queries().withdrawal(position);
            const bool is_claimable = info && info->status == query::WithdrawalStatus::kClaimable;
            if (is_claimable && (!recipient || info->withdrawal.recipient == *recipient)) out.push_back(position);
        }
        return out;
    }

    Result<Claim> claim(uint32_t position) override {
        auto found = state_->queries().withdrawal_proof(position);
        if (!found) return found.status();
        return Claim{found->header, found->proof};
    }

private:
    std::unique_ptr<L1State> state_;
};

// The sequencer, or else the verifier; nullptr if neither is there.
Result<api::Query*> server_that_answers(Session& session) {
    auto sequencer = session.sequencer();
    if (!sequencer) return sequencer.status();
    auto verifier = session.verifier();
    if (!verifier) return verifier.status();
    for (api::Query* server : std::initializer_list<api::Query*>{*sequencer, *verifier}) {
        auto info = server->chain_info();
        if (info) return server;
        if (!api::is_no_answer(info.status())) return info.status();
    }
    return static_cast<api::Query*>(nullptr);
}

Result<std::unique_ptr<ClaimSource>> open_source(Session& session, const Address& rollup, const ClaimOptions& options) {
    const bool from_l1 = options.from_l1 || options.payment.everybody || !options.payment.state.snapshots.empty();
    if (!from_l1) {
        auto server = server_that_answers(session);
        if (!server) return server.status();
        if (*server != nullptr) return std::unique_ptr<ClaimSource>(std::make_unique<ServersClaims>(**server));
        session.warn("no server answers; reading the L1 instead");
    }
    auto state = L1State::rebuild(session, rollup, options.payment.state);
    if (!state) return state.status();
    return std::unique_ptr<ClaimSource>(std::make_unique<RebuiltClaims>(*std::move(state)));
}

// Those named, or all that can be claimed for the recipient, or everybody.
Result<std::vector<uint32_t>> positions_to_claim(ClaimSource& source, const ClaimOptions& options, const Address& signer) {
    std::vector<uint32_t> out;
    for (const std::string& text : options.positions) {
        auto number = node::parse_number(text);
        if (!number || *number > UINT32_MAX) {
            return Status{Code::kInvalidArgument, "POSITION_INVALID", "position", "'" + text + "' is no withdrawal's position"};
        }
        out.push_back(static_cast<uint32_t>(*number));
    }
    if (!out.empty()) return out;
    auto recipient = owner_of(options.payment, signer);
    if (!recipient) return recipient.status();
    auto found = source.claimable_by(*recipient);
    if (!found || !found->empty()) return found;
    return Status{Code::kFailedPrecondition, "NOTHING_TO_CLAIM", "", "no withdrawal can be claimed now; see 'gavel withdrawals'"};
}

Status claim(Session& session, const ClaimOptions& options) {
    auto receiver = receiver_of(options.payment);
    if (!receiver) return receiver.status();
    auto caller = ContractCaller::open(session);
    if (!caller) return caller.status();
    auto source = open_source(session, caller->contract().address(), options);
    if (!source) return source.status();
    auto positions = positions_to_claim(**source, options, caller->address());
    if (!positions) return positions.status();
    ContractPayments payments(session, *caller, "position", "recipient", positions->size());
    for (uint32_t position : *positions) {
        auto found = (*source)->claim(position);
        if (!found) {
            payments.fail(found.status());
            break;
        }
        const Withdrawal& paid = found->proof.withdrawal;
        const ContractPayment payment{position, paid.recipient, paid.token, paid.amount, *receiver};
        auto pay_gas = pay_gas_of(options.payment, paid.token);
        if (!pay_gas) return pay_gas.status();
        if (!payments.pay(payment, l1::rollup_call::claim(found->header, found->proof, *receiver, *pay_gas))) break;
    }
    return payments.finish();
}

}  // namespace

void add_claim_command(Commands& commands) {
    auto args = std::make_shared<ClaimOptions>();
    node::Options& options =
        commands.add("claim", "pay final withdrawals out on the L1 (anybody may, the recipient gets the money)",
                     [args](Session& session) { return claim(session, *args); });
    options.list("position", args->positions, "positions of withdrawals; without them, all that can be claimed");
    options.toggle("--from-l1", args->from_l1, "ask no server: replay the L1's batches, as when no server answers");
    add_contract_payment_options(options, args->payment, "--recipient", "whose withdrawals; without it, the signer's own");
    options.examples({"gavel claim", "gavel claim --from-l1 --l1 https://node.example --rollup 0xRollup",
                      "gavel claim --everybody --rollup 0xRollup      # reads the L1, too"});
}

}  // namespace gavel::cli
