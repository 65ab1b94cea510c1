// The headers: one encoding each, nothing else read, bounds before anything.
#include "channel/http_payment.hpp"

#include <catch2/catch.hpp>
#include <chrono>

#include "channel/base64.hpp"
#include "channel/http_text.hpp"
#include "tests/channel/channel_fixture.hpp"

using namespace gavel;
using namespace gavel::channel_test;

namespace {

Payment payment_of(const World& world) {
    const Offer offer = world.offer(7);
    return {world.chain, world.token, world.terms, 7, offer.signature, RequestId::from(Bytes(16, 0xab))};
}

PaymentRequired required_of(const World& world) {
    return {world.chain, "PAYMENT_MISSING", "/weather?in=%C3%A9", Amount{10}, world.token, world.payee.address(), Amount{5}, 7200,
            60};
}

Receipt receipt_of(const World& world) {
    return {1, "", world.payer.address(), world.channel.owner, world.token, 7, 2, keccak256(view_of("request"))};
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

// What is read of a payment whose JSON was changed so.
std::optional<Payment> with(const World& world, std::string_view from, std::string_view to) {
    return payment_from_header(to_base64(replaced(*from_base64(to_header(payment_of(world))), from, to)));
}

}  // namespace

TEST_CASE("each header is read as it was written") {
    World world;
    const Payment payment = payment_of(world);
    CHECK(payment_from_header(to_header(payment)) == payment);
    const PaymentRequired required = required_of(world);
    CHECK(required_from_header(to_header(required)) == required);
    Receipt receipt = receipt_of(world);
    CHECK(receipt_from_header(to_header(receipt)) == receipt);
    receipt.reason = "VOUCHER_OLD";
    CHECK(receipt_from_header(to_header(receipt)) == receipt);
    const Question question{world.channel, sign_question(world.payer, world.domain, world.channel)};
    CHECK(question_from_header(to_header(question)) == question);
    const SignedVoucher voucher = sign_voucher(world.payer, world.domain, {world.channel.owner, world.token, kMaxVoucherCount});
    CHECK(voucher_from_header(to_header(voucher)) == voucher);
    CHECK_FALSE(payment_from_header(to_header(required)));
    CHECK_FALSE(question_from_header(to_header(voucher)));
    CHECK_FALSE(voucher_from_header(to_header(question)));
}

TEST_CASE("the headers are x402's, with docs/channels.md's bytes") {
    World world;
    CHECK(*from_base64(to_header(required_of(world))) ==
          R"({"x402Version":2,"error":"PAYMENT_MISSING","resource":{"url":"/weather?in=%C3%A9"},"accepts":[{)"
          R"("scheme":"gavel-channel","network":"eip155:1","amount":"10","asset":")" +
              to_hex(world.token) + R"(","payTo":")" + to_hex(world.payee.address()) +
              R"(","maxTimeoutSeconds":60,"extra":{"rollup":")" + to_hex(world.chain.rollup) +
              R"(","unit":"5","margin":"7200"}}]})");
    CHECK(*from_base64(to_header(payment_of(world))) ==
          R"({"x402Version":2,"accepted":{"scheme":"gavel-channel","network":"eip155:1","asset":")" + to_hex(world.token) +
              R"(","extra":{"rollup":")" + to_hex(world.chain.rollup) + R"("}},"payload":{"terms":")" +
              to_hex(world.terms.encode()) + R"(","count":"7","signature":")" + to_hex(world.offer(7).signature) +
              R"(","id":"0xabababababababababababababababab"}})");
    CHECK(*from_base64(to_header(receipt_of(world))) ==
          R"({"success":true,"transaction":"","network":"eip155:1","payer":")" + to_hex(world.payer.address()) +
              R"(","extra":{"channel":")" + to_hex(world.channel.owner) + R"(","asset":")" + to_hex(world.token) +
              R"(","count":"7","credit":"2","request":")" + to_hex(keccak256(view_of("request"))) + R"("}})");
}

TEST_CASE("a payment in any other form is refused") {
    World world;
    CHECK(with(world, "7", "7").has_value());
    for (const auto& [from, to] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
             {"\"count\":\"7\"", "\"count\":\"07\""},
             {"\"count\":\"7\"", "\"count\":7"},
             {"\"count\":\"7\"", "\"count\":\"-7\""},
             {"\"count\":\"7\"", "\"count\":\"\""},
             {"\"count\":\"7\"", "\"count\":\"7.0\""},
             {"\"count\":\"7\"", "\"count\":\"18446744073709551616\""},
             {"\"count\":\"7\"", "\"count\":\"340282366920938463463374607431768211456\""},
             {"\"count\":\"7\"", "\"count\":\"7\",\"count\":\"8\""},
             {"\"x402Version\":2", "\"x402Version\":1"},
             {"gavel-channel", "exact"},
             {"eip155:1", "eip155:01"},
             {"\"0xab", "\"0xAB"},
             {"\"0xab", "\"ab"},
             {"\"0xabab", "\"0xab"},
             {"\"0xab", "\"0xabab"},
             {"\"0xab", "\"0xgb"},
             {"{\"x402", " {\"x402"},
             {"\"}}", "\"}}\n"},
             {"\"}}", "\"} }"},
             {"\"accepted\":{", "\"accepted\":{\"amount\":\"1\","}}) {
        INFO(to);
        CHECK_FALSE(with(world, from, to));
    }
    // Whatever a bit turns into is another payment, or none.
    const std::string sound = to_header(payment_of(world));
    for (size_t i = 0; i < sound.size(); ++i)
        for (int bit = 0; bit < 8; ++bit) {
            std::string header = sound;
            header[i] = static_cast<char>(header[i] ^ (1 << bit));
            const auto read = payment_from_header(header);
            if (read) CHECK(to_header(*read) == header);
            if (read) CHECK_FALSE(*read == payment_of(world));
        }
    for (size_t size = 0; size < sound.size(); ++size) CHECK_FALSE(payment_from_header(sound.substr(0, size)));
}

TEST_CASE("a header longer than its bound is refused before it is looked at") {
    const std::string huge(10'000'000, 'A');
    // To decode one takes tens of milliseconds, so that all would take a quarter of a minute.
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 200; ++i) {
        CHECK_FALSE(payment_from_header(huge));
        CHECK_FALSE(required_from_header(huge));
        CHECK_FALSE(receipt_from_header(huge));
        CHECK_FALSE(question_from_header(huge));
        CHECK_FALSE(voucher_from_header(huge));
    }
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
    World world;
    PaymentRequired required = required_of(world);
    required.url = std::string(kMaxUrl, 'u');
    const std::string longest = to_header(required);
    CHECK(longest.size() <= kMaxHeader);
    CHECK(required_from_header(longest) == required);
    const std::string json = replaced(*from_base64(longest), "uu", "uuu");
    CHECK_FALSE(required_from_header(to_base64(json)));
    CHECK_FALSE(required_from_header(to_base64(replaced(json, "uuu", "u\\n"))));
}

TEST_CASE("what a refused receipt says why") {
    World world;
    Receipt receipt = receipt_of(world);
    receipt.reason = "EXPIRY_NEAR";
    const std::string json = *from_base64(to_header(receipt));
    CHECK_FALSE(receipt_from_header(to_base64(replaced(json, "EXPIRY_NEAR", ""))));
    CHECK_FALSE(receipt_from_header(to_base64(replaced(json, "EXPIRY_NEAR", std::string(65, 'A')))));
    CHECK_FALSE(receipt_from_header(to_base64(replaced(json, "EXPIRY_NEAR", "A\\u0041"))));
}

TEST_CASE("base64 has one form") {
    // RFC 4648, section 10.
    for (const auto& [bytes, text] :
         std::initializer_list<std::pair<std::string_view, std::string_view>>{{"", ""},
                                                                              {"f", "Zg=="},
                                                                              {"fo", "Zm8="},
                                                                              {"foo", "Zm9v"},
                                                                              {"foob", "Zm9vYg=="},
                                                                              {"fooba", "Zm9vYmE="},
                                                                              {"foobar", "Zm9vYmFy"}}) {
        CHECK(to_base64(bytes) == text);
        CHECK(from_base64(text) == std::string(bytes));
    }
    CHECK(to_base64("\xff\xfe\xfd") == "//79");
    for (std::string_view text :
         {"Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n", "Zm-v", "Zm_v", " Zm9", "Zg=a", "=Zg="})
        CHECK_FALSE(from_base64(text));
}

TEST_CASE("refusals as HTTP has them") {
    using node::Code;
    auto status = [](Code code) { return http_status_of({code, "X", "", ""}); };
    CHECK(status(Code::kFailedPrecondition) == 402);
    CHECK(status(Code::kNotFound) == 402);
    CHECK(status(Code::kUnauthenticated) == 402);
    CHECK(status(Code::kInvalidArgument) == 400);
    CHECK(status(Code::kAlreadyExists) == 409);
    CHECK(status(Code::kAborted) == 409);
    CHECK(status(Code::kResourceExhausted) == 429);
    CHECK(status(Code::kUnavailable) == 503);
    CHECK(status(Code::kInternal) == 500);
}
