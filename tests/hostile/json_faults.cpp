#include "tests/hostile/fault.hpp"

namespace gavel::hostile {
namespace {

constexpr size_t kBrackets = 100'000;

// What stands where something else should.
const std::vector<Json>& odd_values() {
    static const std::vector<Json> values{nullptr,
                                          true,
                                          17,
                                          -1,
                                          1.5,
                                          1e300,
                                          "text",
                                          "",
                                          "0x",
                                          "0x0",
                                          "0xzz",
                                          "0x00000001",
                                          "0X1",
                                          "0x" + std::string(64, 'f'),
                                          "0x" + std::string(65, '1'),
                                          "latest",
                                          Json::array(),
                                          Json::object(),
                                          Json::array({Json()}),
                                          Json::array({Json::array()}),
                                          Json{{"number", Json::object()}, {"hash", 5}}};
    return values;
}

Json odd_value(Exchange& exchange) { return odd_values()[exchange.random_below(odd_values().size())]; }

// The value itself, or any below it; those far down are as likely as the others.
Json* any_member(Json& value, Exchange& exchange) {
    std::vector<Json*> all;
    std::function<void(Json&)> collect = [&](Json& one) {
        all.push_back(&one);
        if (one.is_structured())
            for (Json& inner : one) collect(inner);
    };
    collect(value);
    return all[exchange.random_below(all.size())];
}

std::string brackets() { return std::string(kBrackets, '[') + std::string(kBrackets, ']'); }

std::string nested_body(Exchange& exchange, Nested where) {
    const Json& answer = exchange.answer();
    const std::string id = answer.is_object() ? answer.value("id", Json()).dump() : "null";
    const std::string begin = R"({"jsonrpc":"2.0","id":)";
    switch (where) {
        case Nested::kResult: return begin + id + R"(,"result":)" + brackets() + "}";
        case Nested::kErrorData: return begin + id + R"(,"error":{"code":-32000,"message":"no","data":)" + brackets() + "}}";
        case Nested::kId: return begin + brackets() + R"(,"result":"0x1"})";
    }
    return {};
}

}  // namespace

Fault null_error_beside_result() {
    return {"null-error-beside-result", [](Exchange& exchange) {
                if (exchange.result() == nullptr) return false;
                exchange.answer()["error"] = nullptr;
                return true;
            }};
}

const std::vector<Json>& odd_error_values() {
    static const std::vector<Json> values{
        "text",
        Json::array(),
        Json::object(),
        nullptr,
        true,
        17,
        Json{{"code", "x"}, {"message", 17}},
        Json{{"code", 1e300}, {"message", nullptr}},
        Json{{"message", Json{{"a", 1}}}, {"data", 17}},
        Json{{"code", -32000}, {"message", "no"}, {"data", Json{{"reason", 5}, {"field", Json::array()}}}},
        Json{{"code", 3}, {"message", "execution reverted"}, {"data", "0xzz"}},
        Json::array({"text"})};
    return values;
}

Fault odd_error(Json value) {
    return {"odd-error", [value = std::move(value)](Exchange& exchange) {
                exchange.set_error(value);
                return true;
            }};
}

Fault odd_errors() {
    return {"odd-errors", [](Exchange& exchange) {
                exchange.set_error(odd_error_values()[exchange.random_below(odd_error_values().size())]);
                return true;
            }};
}

Fault wrong_types() {
    return {"wrong-types", [](Exchange& exchange) {
                if (exchange.result() == nullptr) return false;
                exchange.set_result(odd_value(exchange));
                return true;
            }};
}

Fault spoils_members() {
    return {"spoils-members", [](Exchange& exchange) {
                Json* result = exchange.result();
                if (result == nullptr) return false;
                Json* member = any_member(*result, exchange);
                if (member->is_object() && !member->empty() && exchange.random_below(2) == 0)
                    member->erase(std::next(member->begin(), static_cast<ptrdiff_t>(exchange.random_below(member->size()))));
                else *member = odd_value(exchange);
                return true;
            }};
}

Fault nests_deeply(Nested where) {
    return {"nests-deeply", [where](Exchange& exchange) {
                exchange.raw_body = nested_body(exchange, where);
                return true;
            }};
}

Fault nests_deeply() {
    return {"nests-deeply", [](Exchange& exchange) {
                exchange.raw_body = nested_body(exchange, static_cast<Nested>(exchange.random_below(3)));
                return true;
            }};
}

Fault other_id() {
    return {"other-id", [](Exchange& exchange) {
                exchange.answer()["id"] = 4'000'000'000;
                return true;
            }};
}

Fault no_json_rpc() {
    return {"no-json-rpc", [](Exchange& exchange) {
                static const char* const kBodies[] = {"",
                                                      "null",
                                                      "[]",
                                                      "17",
                                                      "\"0x1\"",
                                                      "{}",
                                                      "[{}]",
                                                      R"({"jsonrpc":"2.0"})",
                                                      R"({"jsonrpc":"2.0","id":null,"result":null})",
                                                      "\xff\xfe{}"};
                exchange.raw_body = kBodies[exchange.random_below(std::size(kBodies))];
                return true;
            }};
}

}  // namespace gavel::hostile
