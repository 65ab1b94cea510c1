#include "l1-bridge/wire/rollup_abi.hpp"

#include <set>

#include "l1-bridge/wire/abi.hpp"
#include "protocol/check.hpp"
#include "protocol/encoding.hpp"

namespace gavel::l1 {
namespace {

using Parameters = std::vector<AbiParameter>;

std::string signature_of(const std::string& name, const Parameters& inputs) {
    std::string out = name + "(";
    for (size_t i = 0; i < inputs.size(); ++i) out += (i ? "," : "") + inputs[i].type;
    return out + ")";
}

const Parameters kParameterFields = {{"uint64", "challengeWindow"},
                                     {"uint64", "inclusionWindow"},
                                     {"uint64", "freezeAge"},
                                     {"uint256", "stake"},
                                     {"address", "homeOperator"}};

AbiFunction call(const std::string& name, const Parameters& inputs, const std::string& mutability = "nonpayable") {
    return {name, inputs, {}, mutability};
}

AbiFunction view(const std::string& name, const Parameters& inputs, const Parameters& outputs) {
    return {name, inputs, outputs, "view"};
}

std::vector<AbiFunction> all_functions() {
    Parameters forced = {{"address", "token"}, {"address", "to"}, {"uint128", "amount"}};
    Parameters term_fields = {{"address", "sequencer"},  {"uint256", "stake"},    {"uint64", "startedAt"},
                              {"uint64", "endedAt"},     {"bool", "slashed"},     {"uint64", "firstProofAt"},
                              {"address", "lastProver"}, {"uint64", "lastBatch"}, {"bool", "stakeTaken"},
                              {"bool", "rewardTaken"},   {"bool", "evicted"}};
    return {
        call("becomeSequencer", {}, "payable"),
        call("announceTakeover", {}),
        call("resign", {}),
        call("evict", {}),
        call("takeStake", {{"uint64", "term"}}),
        call("append", {{"bytes", "batch"}}),
        call("appendBlobs", {{"bytes", "batch"}}),
        call("commitProof", {{"bytes32", "commitment"}}),
        call("prove", {{"bytes", "proof"}}),
        call("takeReward", {{"uint64", "term"}, {"address", "prover"}}),
        call("depositEth", {{"address", "to"}}, "payable"),
        call("depositToken", {{"address", "token"}, {"address", "to"}, {"uint256", "amount"}}),
        call("forceTransfer", forced),
        call("forceWithdrawal", forced),
        call("claim", {{"bytes", "header"},
                       {"uint32", "position"},
                       {"address", "recipient"},
                       {"address", "token"},
                       {"uint128", "amount"},
                       {"bytes32[]", "path"},
                       {"address", "receiver"},
                       {"uint256", "payGas"}}),
        call("forceRedeem", {{"bytes", "terms"}, {"address", "token"}, {"uint64", "count"}, {"bytes", "voucher"}}),
        call("reclaim", {{"bytes", "terms"}, {"address", "token"}}),
        call("freeze", {{"uint64", "number"}}),
        call("exit", {{"bytes", "header"},
                      {"uint32", "index"},
                      {"bytes", "leaf"},
                      {"bytes32[]", "path"},
                      {"address", "receiver"},
                      {"uint256", "payGas"}}),
        call("refund", {{"uint64", "index"}, {"bytes", "entry"}, {"address", "receiver"}, {"uint256", "payGas"}}),
        call("exitChannel", {{"bytes", "header"},
                             {"uint32", "index"},
                             {"bytes", "leaf"},
                             {"bytes32[]", "path"},
                             {"bytes", "terms"},
                             {"uint64", "count"},
                             {"bytes", "voucher"},
                             {"address", "receiver"},
                             {"uint256", "payGas"}}),
        call("exitChannelRest", {{"bytes", "header"},
                                 {"uint32", "index"},
                                 {"bytes", "leaf"},
                                 {"bytes32[]", "path"},
                                 {"bytes", "terms"},
                                 {"address", "receiver"},
                                 {"uint256", "payGas"}}),
        view("parameters", {}, kParameterFields),
        view("prover", {}, {{"address", ""}}),
        view("head", {}, {{"uint64", "number"}, {"bytes32", "hash"}}),
        view("batch", {{"uint64", "number"}}, {{"bytes32", "hash"}, {"uint64", "postedAt"}, {"uint64", "term"}}),
        view("isFinal", {{"uint64", "number"}}, {{"bool", ""}}),
        view("queueLength", {}, {{"uint64", ""}}),
        view("queueHash", {{"uint64", "index"}}, {{"bytes32", ""}}),
        view("waiting", {}, {{"uint64", "index"}, {"uint64", "time"}}),
        view("notice", {}, {{"uint64", "from"}, {"uint64", "until"}}),
        view("currentTerm", {}, {{"uint64", ""}}),
        view("termCount", {}, {{"uint64", ""}}),
        view("term", {{"uint64", "number"}}, term_fields),
        view("lastStrike", {}, {{"uint64", ""}}),
        view("isPaid", {{"uint32", "position"}}, {{"bool", ""}}),
        view("isExited", {{"uint32", "index"}}, {{"bool", ""}}),
        view("isRefunded", {{"uint64", "index"}}, {{"bool", ""}}),
        view("heldTotal", {{"address", "token"}}, {{"uint128", ""}}),
        view("burned", {}, {{"uint128", ""}}),
        view("frozen", {}, {{"bool", ""}}),
        view("frozenAt", {}, {{"uint64", ""}}),
        view("channelTaken", {{"uint32", "index"}}, {{"uint128", ""}}),
        view("committedAt", {{"address", "prover"}, {"bytes32", "commitment"}}, {{"uint64", ""}}),
    };
}

std::vector<AbiEvent> all_events() {
    return {
        {"TermStarted", {{"uint64", "term", true}, {"address", "sequencer", true}}},
        {"TermEnded", {{"uint64", "term", true}, {"uint8", "reason"}}},
        {"BatchAppended", {{"uint64", "number", true}, {"bytes32", "batchHash", true}, {"uint64", "term", true}}},
        {"BatchStruck",
         {{"uint64", "number", true}, {"bytes32", "batchHash", true}, {"uint64", "term", true}, {"address", "prover"}}},
        {"L1OperationQueued",
         {{"uint64", "index", true},
          {"uint8", "kind"},
          {"address", "caller"},
          {"address", "to"},
          {"address", "token"},
          {"uint128", "amount"},
          {"uint64", "time"},
          {"uint64", "count"}}},
        {"WithdrawalClaimed",
         {{"uint32", "position", true},
          {"address", "recipient", true},
          {"address", "token"},
          {"uint128", "amount"},
          {"address", "receiver"}}},
        {"StakeReturned", {{"uint64", "term", true}, {"address", "to"}, {"uint256", "amount"}}},
        {"RewardTaken", {{"uint64", "term", true}, {"address", "prover"}, {"uint256", "amount"}}},
        {"RollupFrozen", {}},
        {"AccountExited",
         {{"uint32", "index", true},
          {"address", "owner", true},
          {"address", "token"},
          {"uint128", "amount"},
          {"address", "receiver"}}},
        {"DepositRefunded",
         {{"uint64", "index", true},
          {"address", "to", true},
          {"address", "token"},
          {"uint128", "amount"},
          {"address", "receiver"}}},
    };
}

std::string json_of(const Parameters& parameters, bool with_indexed) {
    std::string out = "[";
    for (size_t i = 0; i < parameters.size(); ++i) {
        out += i ? ", " : "";
        out += R"({"type": ")" + parameters[i].type + R"(", "name": ")" + parameters[i].name + '"';
        if (with_indexed) out += parameters[i].indexed ? R"(, "indexed": true)" : R"(, "indexed": false)";
        out += "}";
    }
    return out + "]";
}

}  // namespace

std::string AbiFunction::signature() const { return signature_of(name, inputs); }

std::string AbiEvent::signature() const { return signature_of(name, inputs); }

bool RollupParameters::are_valid() const {
    const u128 windows = u128{challenge_window} + inclusion_window;
    return stake > 0 && challenge_window > 0 && challenge_window <= kMaxChallengeWindow &&
           inclusion_window >= kMinInclusionWindow && inclusion_window <= kMaxInclusionWindow &&
           freeze_age >= windows + kFreezeMargin && freeze_age <= windows + kMaxFreezeMargin;
}

uint64_t RollupParameters::least_freeze_age() const { return later(later(challenge_window, inclusion_window), kFreezeMargin); }

Bytes RollupParameters::encode() const {
    return AbiWriter().word(challenge_window).word(inclusion_window).word(freeze_age).word(stake).word(home_operator).take();
}

const char* name_of(TermEnd reason) {
    switch (reason) {
        case TermEnd::kResigned: return "Resigned";
        case TermEnd::kReplaced: return "Replaced";
        case TermEnd::kSlashed: return "Slashed";
        case TermEnd::kEvicted: return "Evicted";
        case TermEnd::kFrozen: return "Frozen";
    }
    return "Unknown";
}

const char* name_of(RollupError error) {
    switch (error) {
        case RollupError::kNone: return "None";
        case RollupError::kParametersInvalid: return "ParametersInvalid";
        case RollupError::kReentrantCall: return "ReentrancyGuardReentrantCall";
        case RollupError::kFrozen: return "Frozen";
        case RollupError::kSeatTaken: return "SeatTaken";
        case RollupError::kNotHomeOperator: return "NotHomeOperator";
        case RollupError::kNoticeTooEarly: return "NoticeTooEarly";
        case RollupError::kNoticeRequired: return "NoticeRequired";
        case RollupError::kPayGasShort: return "PayGasShort";
        case RollupError::kHomeOperatorBarred: return "HomeOperatorBarred";
        case RollupError::kWrongStake: return "WrongStake";
        case RollupError::kNotSequencer: return "NotSequencer";
        case RollupError::kOperationWaiting: return "OperationWaiting";
        case RollupError::kSeatFree: return "SeatFree";
        case RollupError::kNotOverdue: return "NotOverdue";
        case RollupError::kUnknownTerm: return "UnknownTerm";
        case RollupError::kTermNotOver: return "TermNotOver";
        case RollupError::kTermSlashed: return "TermSlashed";
        case RollupError::kTermNotSlashed: return "TermNotSlashed";
        case RollupError::kLastBatchPending: return "LastBatchPending";
        case RollupError::kAlreadyTaken: return "AlreadyTaken";
        case RollupError::kRewardTooEarly: return "RewardTooEarly";
        case RollupError::kNotProver: return "NotProver";
        case RollupError::kPaymentFailed: return "PaymentFailed";
        case RollupError::kCalldataNotExact: return "CalldataNotExact";
        case RollupError::kNotPlainAccount: return "NotPlainAccount";
        case RollupError::kBatchNumber: return "BatchNumber";
        case RollupError::kRecordsFull: return "RecordsFull";
        case RollupError::kNotOnHead: return "NotOnHead";
        case RollupError::kL1OpsDecrease: return "L1OpsDecrease";
        case RollupError::kL1OpsBeyondQueue: return "L1OpsBeyondQueue";
        case RollupError::kQueueHash: return "QueueHash";
        case RollupError::kBatchFinal: return "BatchFinal";
        case RollupError::kBatchNotFinal: return "BatchNotFinal";
        case RollupError::kHeaderLength: return "HeaderLength";
        case RollupError::kWithdrawalPosition: return "WithdrawalPosition";
        case RollupError::kAlreadyPaid: return "AlreadyPaid";
        case RollupError::kWithdrawalPath: return "WithdrawalPath";
        case RollupError::kReceiverNotAllowed: return "ReceiverNotAllowed";
        case RollupError::kVaultShort: return "VaultShort";
        case RollupError::kFreezeTooEarly: return "FreezeTooEarly";
        case RollupError::kNotFrozen: return "NotFrozen";
        case RollupError::kLeafLength: return "LeafLength";
        case RollupError::kExitIndex: return "ExitIndex";
        case RollupError::kAlreadyExited: return "AlreadyExited";
        case RollupError::kExitPath: return "ExitPath";
        case RollupError::kEntryLength: return "EntryLength";
        case RollupError::kEntryIndex: return "EntryIndex";
        case RollupError::kAlreadyRefunded: return "AlreadyRefunded";
        case RollupError::kEntryHash: return "EntryHash";
        case RollupError::kNotADeposit: return "NotADeposit";
        case RollupError::kTermsInvalid: return "TermsInvalid";
        case RollupError::kCountInvalid: return "CountInvalid";
        case RollupError::kVoucherInvalid: return "VoucherInvalid";
        case RollupError::kNotExpired: return "NotExpired";
        case RollupError::kChannelLeaf: return "ChannelLeaf";
        case RollupError::kNotAChannel: return "NotAChannel";
        case RollupError::kNotPayee: return "NotPayee";
        case RollupError::kRestTooEarly: return "RestTooEarly";
        case RollupError::kZeroAddress: return "ZeroAddress";
        case RollupError::kZeroAmount: return "ZeroAmount";
        case RollupError::kDepositCapExceeded: return "DepositCapExceeded";
        case RollupError::kTokenWithoutCode: return "TokenWithoutCode";
        case RollupError::kTokenCallFailed: return "TokenCallFailed";
        case RollupError::kNothingReceived: return "NothingReceived";
    }
    return "Unknown";
}

Bytes error_data(std::string_view name) { return AbiWriter(std::string(name) + "()").take(); }

std::vector<std::string> rollup_error_signatures() {
    std::vector<std::string> out;
    std::set<std::string> seen;
    auto add = [&](const char* name) {
        if (seen.insert(name).second) out.push_back(std::string(name) + "()");
    };
    for (int i = 1; i <= static_cast<int>(kLastRollupError); ++i) add(name_of(static_cast<RollupError>(i)));
    for (int i = 1; i <= static_cast<int>(kLastBatchError); ++i) add(name_of(static_cast<BatchError>(i)));
    for (int i = 1; i <= static_cast<int>(kLastProofError); ++i) add(name_of(static_cast<ProofError>(i)));
    return out;
}

const std::vector<AbiParameter>& rollup_constructor() { return kParameterFields; }

const std::vector<AbiFunction>& rollup_functions() {
    static const std::vector<AbiFunction> functions = all_functions();
    return functions;
}

const std::vector<AbiEvent>& rollup_events() {
    static const std::vector<AbiEvent> events = all_events();
    return events;
}

std::string rollup_abi_json() {
    std::vector<std::string> lines;
    lines.push_back(R"({"type": "constructor", "stateMutability": "nonpayable", "inputs": )" + json_of(kParameterFields, false) +
                    "}");
    for (const AbiFunction& function : rollup_functions()) {
        lines.push_back(R"({"type": "function", "name": ")" + function.name + R"(", "stateMutability": ")" + function.mutability +
                        R"(", "inputs": )" + json_of(function.inputs, false) + R"(, "outputs": )" +
                        json_of(function.outputs, false) + "}");
    }
    for (const AbiEvent& event : rollup_events()) {
        lines.push_back(R"({"type": "event", "name": ")" + event.name + R"(", "anonymous": false, "inputs": )" +
                        json_of(event.inputs, true) + "}");
    }
    for (const std::string& error : rollup_error_signatures()) {
        lines.push_back(R"({"type": "error", "name": ")" + error.substr(0, error.size() - 2) + R"(", "inputs": []})");
    }
    std::string out = "[\n";
    for (size_t i = 0; i < lines.size(); ++i) out += "  " + lines[i] + (i + 1 < lines.size() ? ",\n" : "\n");
    return out + "]\n";
}

}  // namespace gavel::l1
