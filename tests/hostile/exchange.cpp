#include "tests/hostile/exchange.hpp"

#include <charconv>

namespace gavel::hostile {

Exchange::Exchange(Json request, const Node& node, uint64_t seed) : request_(std::move(request)), node_(node), random_(seed) {
    const Json method = request_.value("method", Json());
    if (method.is_string()) method_ = method;
    if (!request_.value("params", Json()).is_array()) request_["params"] = Json::array();
}

Json Exchange::param(size_t index) const {
    const Json& list = request_.at("params");
    return index < list.size() ? list[index] : Json();
}

Json& Exchange::answer() {
    if (!answer_) answer_ = node_(request_);
    return *answer_;
}

Json* Exchange::result() {
    Json& document = answer();
    auto found = document.is_object() ? document.find("result") : document.end();
    return document.is_object() && found != document.end() ? &*found : nullptr;
}

void Exchange::set_result(Json value) {
    answer_ = Json{{"jsonrpc", "2.0"}, {"id", request_.value("id", Json())}, {"result", std::move(value)}};
}

void Exchange::set_error(Json error) {
    answer_ = Json{{"jsonrpc", "2.0"}, {"id", request_.value("id", Json())}, {"error", std::move(error)}};
}

void Exchange::refuse(int code, const std::string& message, Json data) {
    Json error{{"code", code}, {"message", message}};
    if (!data.is_null()) error["data"] = std::move(data);
    set_error(std::move(error));
}

Json Exchange::ask(const std::string& method, Json params) const {
    const Json answer = node_(Json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", std::move(params)}});
    return answer.is_object() ? answer.value("result", Json()) : Json();
}

uint64_t Exchange::head() const { return number_of(ask("eth_blockNumber", Json::array())).value_or(0); }

std::string Exchange::body() { return raw_body ? *raw_body : answer().dump(); }

std::string hex(uint64_t value) {
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
    return "0x" + std::string(digits, end);
}

std::optional<uint64_t> number_of(const Json& value) {
    if (!value.is_string()) return std::nullopt;
    const std::string& text = value.get_ref<const std::string&>();
    uint64_t out = 0;
    if (text.size() < 3 || !text.starts_with("0x")) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), out, 16);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return out;
}

std::optional<uint64_t> number_in(const Json& object, const char* member) {
    return object.is_object() ? number_of(object.value(member, Json())) : std::nullopt;
}

}  // namespace gavel::hostile
