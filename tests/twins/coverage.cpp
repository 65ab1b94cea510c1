#include "tests/twins/coverage.hpp"

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "l1-bridge/client/rollup_client.hpp"

namespace gavel::twins {
namespace {

const std::map<uint32_t, std::string>& function_names() {
    static const auto names = [] {
        std::map<uint32_t, std::string> out;
        for (const AbiFunction& function : rollup_functions()) out[selector(function.signature())] = function.name;
        return out;
    }();
    return names;
}

std::string told(bool success, ByteView output) {
    static const ErrorNames names = rollup_error_names();
    if (success) return "success";
    return output.empty() ? "no data" : names.describe(output);
}

// docs/contract.md, call by call. Beside these each call has a success, the guard's refusal, and "no data" for calldata that no
// ABI decoder takes, or for ETH where it isn't taken; becomeSequencer has neither arguments nor refuses ETH.
//
// Left out, since no sequence of transactions leads there:
//   depositEth DepositCapExceeded: there isn't so much ETH.
//   append, appendBlobs RecordsFull: 131,072 batches come before it (tests/prover/records_test.py).
//   exit, refund, exitChannel, exitChannelRest TokenWithoutCode: a token from which something was deposited has code for ever
//   (EIP-6780).
const std::vector<std::pair<std::string, std::string>> kPage = {
    {"becomeSequencer", "Frozen SeatTaken NoticeRequired WrongStake"},
    {"announceTakeover", "Frozen NotHomeOperator HomeOperatorBarred NoticeTooEarly"},
    {"resign", "NotSequencer OperationWaiting"},
    {"evict", "Frozen SeatFree NotOverdue"},
    {"takeStake", "UnknownTerm TermNotOver TermSlashed AlreadyTaken LastBatchPending PaymentFailed"},
    {"append",
     "CalldataNotExact Frozen NotSequencer NotPlainAccount Truncated ChunkCount OpsTooLong SigsTooLong TrailingBytes BatchNumber "
     "NotOnHead L1OpsDecrease L1OpsBeyondQueue QueueHash"},
    {"appendBlobs",
     "CalldataNotExact Frozen NotSequencer NotPlainAccount Truncated ChunkCount TrailingBytes BlobHashes BatchNumber NotOnHead "
     "L1OpsDecrease L1OpsBeyondQueue QueueHash"},
    {"commitProof", ""},
    {"prove", "Truncated UnknownBatch BatchFinal ChunkIndex OpsPath SigsPath DataRoot Element Opening BeforeState Frontier "
              "L1Operations HintRange LeafPath Lookup "
              "TrailingBytes ClaimIsTrue"},
    {"takeReward", "UnknownTerm TermNotSlashed AlreadyTaken RewardTooEarly NotProver PaymentFailed"},
    {"depositEth", "Frozen ZeroAddress ZeroAmount"},
    {"depositToken", "Frozen ZeroAddress ZeroAmount TokenWithoutCode TokenCallFailed DepositCapExceeded NothingReceived"},
    {"forceTransfer", "Frozen ZeroAddress"},
    {"forceWithdrawal", "Frozen ZeroAddress ZeroAmount"},
    {"claim",
     "HeaderLength UnknownBatch BatchNotFinal WithdrawalPosition AlreadyPaid WithdrawalPath ReceiverNotAllowed VaultShort "
     "PayGasShort PaymentFailed TokenWithoutCode TokenCallFailed"},
    {"forceRedeem", "Frozen TermsInvalid CountInvalid VoucherInvalid"},
    {"reclaim", "Frozen TermsInvalid NotExpired"},
    {"freeze", "Frozen FreezeTooEarly"},
    {"exit", "NotFrozen HeaderLength NotOnHead BatchNotFinal LeafLength ExitIndex AlreadyExited ExitPath ChannelLeaf ZeroAmount "
             "ReceiverNotAllowed VaultShort PayGasShort PaymentFailed TokenCallFailed"},
    {"refund",
     "NotFrozen BatchNotFinal EntryLength EntryIndex AlreadyRefunded EntryHash NotADeposit ReceiverNotAllowed VaultShort "
     "PayGasShort PaymentFailed TokenCallFailed"},
    {"exitChannel", "NotFrozen HeaderLength NotOnHead BatchNotFinal LeafLength ExitIndex AlreadyExited ExitPath NotAChannel "
                    "TermsInvalid NotPayee "
                    "AlreadyTaken CountInvalid VoucherInvalid ZeroAmount VaultShort PayGasShort PaymentFailed TokenCallFailed"},
    {"exitChannelRest",
     "NotFrozen HeaderLength NotOnHead BatchNotFinal LeafLength ExitIndex AlreadyExited ExitPath NotAChannel TermsInvalid "
     "RestTooEarly ZeroAmount ReceiverNotAllowed VaultShort PayGasShort PaymentFailed TokenCallFailed"},
};

}  // namespace

Outcome outcome_of(const RunningCall& call) {
    if (call.is_construction) return {"constructor", told(call.success, call.output)};
    auto id = selector_of(call.input);
    auto found = id ? function_names().find(*id) : function_names().end();
    return {found == function_names().end() ? "unknown" : found->second, told(call.success, call.output)};
}

const std::vector<Outcome>& required_outcomes() {
    static const auto all = [] {
        std::vector<Outcome> out = {{"constructor", "success"}, {"constructor", "ParametersInvalid"}, {"unknown", "no data"}};
        for (const auto& [call, refusals] : kPage) {
            out.push_back({call, "success"});
            if (call != "becomeSequencer") out.push_back({call, "no data"});
            out.push_back({call, "ReentrancyGuardReentrantCall"});
            std::istringstream words(refusals);
            for (std::string word; words >> word;) out.push_back({call, word});
        }
        return out;
    }();
    return all;
}

unsigned Coverage::count(const Outcome& outcome) const {
    auto found = counts_.find(outcome);
    return found == counts_.end() ? 0 : found->second;
}

std::vector<Outcome> Coverage::missing(unsigned least) const {
    std::vector<Outcome> out;
    for (const Outcome& one : required_outcomes()) {
        if (count(one) < least) out.push_back(one);
    }
    return out;
}

std::string Coverage::table(const Coverage& simulated, const Coverage& anvil) {
    std::vector<Outcome> rows = required_outcomes();
    for (const Coverage* side : {&simulated, &anvil}) {
        for (const auto& [outcome, count] : side->counts_) {
            if (std::find(rows.begin(), rows.end(), outcome) == rows.end()) rows.push_back(outcome);
        }
    }
    std::string out = "call              outcome                        simulated    Anvil\n";
    for (const Outcome& row : rows) {
        char line[120];
        std::snprintf(line, sizeof line, "%-17s %-30s %9u %8u\n", row.call.c_str(), row.outcome.c_str(), simulated.count(row),
                      anvil.count(row));
        out += line;
    }
    return out;
}

}  // namespace gavel::twins
