#include "node/status.hpp"

namespace gavel::node {

std::string_view code_name(Code code) {
    switch (code) {
        case Code::kOk: return "OK";
        case Code::kCancelled: return "CANCELLED";
        case Code::kInvalidArgument: return "INVALID_ARGUMENT";
        case Code::kDeadlineExceeded: return "DEADLINE_EXCEEDED";
        case Code::kNotFound: return "NOT_FOUND";
        case Code::kAlreadyExists: return "ALREADY_EXISTS";
        case Code::kPermissionDenied: return "PERMISSION_DENIED";
        case Code::kResourceExhausted: return "RESOURCE_EXHAUSTED";
        case Code::kFailedPrecondition: return "FAILED_PRECONDITION";
        case Code::kAborted: return "ABORTED";
        case Code::kOutOfRange: return "OUT_OF_RANGE";
        case Code::kUnimplemented: return "UNIMPLEMENTED";
        case Code::kInternal: return "INTERNAL";
        case Code::kUnavailable: return "UNAVAILABLE";
        case Code::kUnauthenticated: return "UNAUTHENTICATED";
    }
    return "UNKNOWN";
}

std::string to_string(const Status& status) {
    if (status.ok()) return "OK";
    std::string text = status.reason.empty() ? std::string(code_name(status.code)) : status.reason;
    if (!status.message.empty()) text += ": " + status.message;
    if (!status.field.empty()) text += " (" + status.field + ")";
    return text;
}

}  // namespace gavel::node
