// How a refused request is told, from the place that refuses to the wire: a gRPC code, a machine-readable reason, the field at
// fault, and a sentence for people. Result<T> is a value or such a Status.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace gavel::node {

// The codes of gRPC that Gavel uses, with gRPC's numbers (https://grpc.github.io/grpc/core/md_doc_statuscodes.html).
enum class Code : uint8_t {
    kOk = 0,
    kCancelled = 1,
    kInvalidArgument = 3,
    kDeadlineExceeded = 4,
    kNotFound = 5,
    kAlreadyExists = 6,
    kPermissionDenied = 7,
    kResourceExhausted = 8,
    kFailedPrecondition = 9,
    kAborted = 10,
    kOutOfRange = 11,
    kUnimplemented = 12,
    kInternal = 13,
    kUnavailable = 14,
    kUnauthenticated = 16,
};

// "INVALID_ARGUMENT" and the like; "UNKNOWN" for a number that is no Code.
std::string_view code_name(Code code);

struct Status {
    Code code = Code::kOk;
    std::string reason{};   // UPPER_SNAKE, stable between versions: what programs compare
    std::string field{};    // the request's field at fault, as the caller names it; empty if there is none
    std::string message{};  // a sentence for people; no promise about its words

    bool ok() const { return code == Code::kOk; }
    friend bool operator==(const Status&, const Status&) = default;
};

// "REASON: message (field)", without the parts that are empty; "OK" for success.
std::string to_string(const Status& status);

// A T, or the Status that says why there is none. Reading the value of a failed Result is a bug and aborts.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    // `status` must not be OK: that is a bug and aborts.
    Result(Status status) : content_(std::in_place_index<1>, std::move(status)) {
        if (std::get<1>(content_).ok()) std::abort();
    }

    bool ok() const { return content_.index() == 0; }
    explicit operator bool() const { return ok(); }
    // OK if there is a value.
    Status status() const { return ok() ? Status{} : std::get<1>(content_); }

    T& operator*() & { return value(); }
    const T& operator*() const& { return const_cast<Result*>(this)->value(); }
    T&& operator*() && { return std::move(value()); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &const_cast<Result*>(this)->value(); }

private:
    T& value() {
        if (!ok()) std::abort();
        return std::get<0>(content_);
    }
    std::variant<T, Status> content_;
};

}  // namespace gavel::node
