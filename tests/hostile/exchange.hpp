// One question to an L1 node on its way through the proxy, for faults to spoil.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>

namespace gavel::hostile {

using Json = nlohmann::json;

// How the answer's bytes leave the proxy.
enum class Transport : uint8_t {
    kWhole,
    kDropped,    // the connection ends where the body should begin
    kTruncated,  // the connection ends in the middle of the body
    kDripping,   // a few bytes at a time
};

// Of one thread.
class Exchange {
public:
    // A request document in, the node's answer document out.
    using Node = std::function<Json(const Json& request)>;
    // `request` is an object.
    Exchange(Json request, const Node& node, uint64_t seed);

    const std::string& method() const { return method_; }
    // To be changed before answer() only.
    Json& params() { return request_["params"]; }
    Json param(size_t index) const;  // null if there is none

    // The answer's document: the node's, which is asked at the first call, or what a fault has put in its place.
    Json& answer();
    // The result in it; nullptr if it is an error.
    Json* result();
    // In place of an answer. The node is not asked if it hasn't been.
    void set_result(Json value);
    void refuse(int code, const std::string& message, Json data = nullptr);
    void set_error(Json error);

    // A question of a fault's own: the result, null if the node refuses it.
    Json ask(const std::string& method, Json params) const;
    uint64_t head() const;  // the node's own

    uint64_t random_below(uint64_t bound) { return random_() % bound; }

    std::optional<std::string> raw_body;  // in place of the document
    int http_status = 200;
    Transport transport = Transport::kWhole;
    std::chrono::milliseconds delay{0};  // before the answer
    // What leaves the proxy.
    std::string body();

private:
    Json request_;
    const Node& node_;
    std::string method_;
    std::optional<Json> answer_;
    std::mt19937_64 random_;
};

// QUANTITY, both ways. number_of gives nullopt for tags and whatever else isn't one.
std::string hex(uint64_t value);
std::optional<uint64_t> number_of(const Json& value);
// The number in a member of an object.
std::optional<uint64_t> number_in(const Json& object, const char* member);

}  // namespace gavel::hostile
