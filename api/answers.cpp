#include "api/query.hpp"
#include "api/verifier.hpp"

namespace gavel::api {

const char* name_of(OperationStatus status) {
    switch (status) {
        case OperationStatus::kConfirmed: return "confirmed";
        case OperationStatus::kPosted: return "posted";
        case OperationStatus::kFinal: return "final";
        case OperationStatus::kRolledBack: return "rolled back";
    }
    return "";
}

const char* name_of(IncomingPayment::Kind kind) {
    switch (kind) {
        case IncomingPayment::Kind::kTransfer: return "transfer";
        case IncomingPayment::Kind::kPayout: return "payout";
        case IncomingPayment::Kind::kDeposit: return "deposit";
        case IncomingPayment::Kind::kForcedTransfer: return "forced transfer";
        case IncomingPayment::Kind::kFund: return "fund";
        case IncomingPayment::Kind::kRedeem: return "redeem";
        case IncomingPayment::Kind::kForcedRedeem: return "forced redeem";
        case IncomingPayment::Kind::kReclaim: return "reclaim";
    }
    return "";
}

const char* name_of(WithdrawalStatus status) {
    switch (status) {
        case WithdrawalStatus::kNotPosted: return "not posted";
        case WithdrawalStatus::kWaiting: return "waiting";
        case WithdrawalStatus::kClaimable: return "claimable";
        case WithdrawalStatus::kClaimed: return "claimed";
    }
    return "";
}

const char* name_of(VerdictKind kind) {
    switch (kind) {
        case VerdictKind::kTrue: return "true";
        case VerdictKind::kFalse: return "false";
        case VerdictKind::kOnFalse: return "on false";
    }
    return "";
}

const char* name_of(ProofStage stage) {
    switch (stage) {
        case ProofStage::kBuilt: return "built";
        case ProofStage::kCommitted: return "committed";
        case ProofStage::kProven: return "proven";
        case ProofStage::kStruck: return "struck";
    }
    return "";
}

bool operator==(const ClaimProof& a, const ClaimProof& b) {
    return a.withdrawal == b.withdrawal && a.header == b.header && a.proof.position == b.proof.position &&
           a.proof.withdrawal == b.proof.withdrawal && a.proof.path == b.proof.path && a.claimable_at == b.claimable_at;
}

bool is_no_answer(const node::Status& status) {
    return status.code == node::Code::kUnavailable || status.code == node::Code::kDeadlineExceeded;
}

}  // namespace gavel::api
