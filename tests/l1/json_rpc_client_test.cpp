// Client and wallet against the simulated chain's JSON-RPC over real HTTP.
#include <catch2/catch.hpp>

#include "l1-bridge/chain/in_process_client.hpp"
#include "l1-bridge/chain/rpc_service.hpp"
#include "l1-bridge/chain/test_token.hpp"
#include "l1-bridge/client/deployment.hpp"
#include "l1-bridge/client/json_rpc_client.hpp"
#include "l1-bridge/client/l1_wallet.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "l1-bridge/wire/rpc_values.hpp"
#include "node/http_server.hpp"
#include "node/store.hpp"
#include "tests/l1/rpc_server.hpp"

using namespace gavel;
using namespace gavel::l1;
using namespace gavel::test;
using nlohmann::json;

namespace {

template <class T>
bool same(const node::Result<T>& a, const node::Result<T>& b) {
    if (a.ok() != b.ok()) return false;
    return a.ok() ? *a == *b : a.status().reason == b.status().reason;
}

}  // namespace

TEST_CASE("a wallet over HTTP deploys, sends, waits, tells reverts by name") {
    RpcServer s;
    L1Wallet wallet(*s.client, s.alice);
    Address token = s.deploy_token(wallet);
    CHECK(wallet.run(token, 0, mint(s.bob.address(), 50)).ok());
    auto balance = s.client->call(token, AbiWriter("balanceOf(address)").word(s.bob.address()).take());
    REQUIRE(balance.ok());
    CHECK(low_u128(Hash::from(*balance)) == 50);

    Bytes too_much = AbiWriter("transfer(address,uint256)").word(s.bob.address()).word(u128{1}).take();
    auto refused = wallet.send(token, 0, too_much);  // in the estimate
    CHECK(refused.status().code == node::Code::kAborted);
    CHECK(refused.status().reason == "ERC20InsufficientBalance");
    auto hash = wallet.send(token, 0, too_much, 100'000);  // in the block
    REQUIRE(hash.ok());
    auto receipt = wallet.wait(*hash);
    REQUIRE(receipt.ok());
    CHECK(!receipt->success);
    CHECK(wallet.explain(*receipt).reason == "ERC20InsufficientBalance");
    CHECK(s.client->call(token, too_much, s.alice.address()).status().reason == "ERC20InsufficientBalance");

    L1Wallet poor(*s.client, s.bob);
    CHECK(poor.send(token, 0, mint(s.bob.address(), 1)).status().reason == "TX_INSUFFICIENT_FUNDS");
    CHECK(poor.send(s.alice.address(), kEther, {}).status().reason == "TX_INSUFFICIENT_FUNDS");
    L1WalletOptions capped;
    capped.max_fee_cap = 1;
    CHECK(L1Wallet(*s.client, s.alice, capped).send(token, 0, mint(s.bob.address(), 1)).status().reason == "L1_FEE_OVER_CAP");
    CHECK(wallet.wait(Hash{}, std::chrono::milliseconds(1)).status().reason == "TX_NOT_KNOWN");
}

TEST_CASE("a contract with a Solidity twin is deployed by the twin's creation code, and pays for it") {
    RpcServer s;
    L1Wallet wallet(*s.client, s.alice);
    const Bytes creation = test_token_creation("T", "TST", 6);
    CHECK(wallet.send(std::nullopt, 0, creation).status().reason == "TX_UNKNOWN_CONTRACT");
    s.registry.add(TestToken::kName, std::make_shared<TestToken>(), test_token_creation_code());
    Bytes by_tag = NativeRegistry::creation_data(TestToken::kName, TestToken::constructor_args("T", "TST", 6));
    CHECK(wallet.send(std::nullopt, 0, by_tag).status().reason == "TX_UNKNOWN_CONTRACT");
    Bytes damaged = creation;
    damaged[100] ^= 1;
    CHECK(wallet.send(std::nullopt, 0, damaged).status().reason == "TX_UNKNOWN_CONTRACT");
    Bytes cut(creation.begin(), creation.begin() + 1000);
    CHECK(wallet.send(std::nullopt, 0, cut).status().reason == "TX_UNKNOWN_CONTRACT");

    auto made = wallet.run(std::nullopt, 0, creation);
    INFO(node::to_string(made.status()));
    REQUIRE(made.ok());
    Erc20Client token(*s.client, *made->contract_address);
    CHECK(*token.decimals() == 6);
    CHECK(*token.symbol() == "TST");
    // EIP-2028, 3860 and 170: calldata, words of init code, bytes of code.
    const uint64_t code_bytes = test_token_creation_code().size();
    CHECK(made->gas_used > 53'000 + 2 * (creation.size() / 32) + 200 * code_bytes + 4 * creation.size());
    CHECK(made->gas_used < 53'000 + 2 * (creation.size() / 32) + 200 * code_bytes + 16 * creation.size() + 150'000);
}

TEST_CASE("the clients over HTTP and in process answer the same") {
    RpcServer s;
    L1Wallet wallet(*s.client, s.alice);
    Address token = s.deploy_token(wallet);
    Hash hash = *wallet.send(token, 0, mint(s.bob.address(), 7));
    REQUIRE(wallet.run(s.bob.address(), 3 * kEther, {}).ok());
    JsonRpcClient& a = *s.client;
    InProcessClient& b = *s.direct;
    CHECK(same(a.chain_id(), b.chain_id()));
    CHECK(same(a.head(), b.head()));
    for (uint64_t number : {0, 1, 2, 3, 4, 1000}) {
        CHECK(same(a.block_at(number), b.block_at(number)));
        CHECK(same(a.summary_at(number), b.summary_at(number)));
    }
    auto at = [&](uint64_t last) { return LogFilter{0, last, {token}, {}}; };
    CHECK(same(a.logs(at(3)), b.logs(at(3))));
    CHECK(a.logs(at(3))->size() == 1);
    CHECK(same(a.logs(at(9)), b.logs(at(9))));
    LogFilter by_hash{0, 0, {token}, {}, a.block_at(2)->value().hash};
    CHECK(a.logs(by_hash)->size() == 1);
    CHECK(same(a.logs(by_hash), b.logs(by_hash)));
    by_hash.block_hash = hash;
    CHECK(same(a.logs(by_hash), b.logs(by_hash)));
    const BlockSummary with_log = **a.summary_at(2);
    CHECK(a.logs_by_receipts(with_log, at(3))->size() == 1);
    CHECK(same(a.logs_by_receipts(with_log, at(3)), b.logs_by_receipts(with_log, at(3))));
    CHECK(same(a.transaction_in_block(hash, 2), b.transaction_in_block(hash, 2)));
    CHECK(same(a.transaction_in_block(hash, 1), b.transaction_in_block(hash, 1)));
    CHECK((**a.transaction_in_block(hash, 2)).input == mint(s.bob.address(), 7));
    CHECK(same(a.is_syncing(), b.is_syncing()));
    CHECK(same(a.receipt(hash), b.receipt(hash)));
    CHECK((**a.receipt(hash)).logs.size() == 1);
    CHECK(same(a.receipt(Hash{}), b.receipt(Hash{})));
    CHECK(same(a.transaction_input(hash), b.transaction_input(hash)));
    CHECK((**a.transaction_input(hash)).input == mint(s.bob.address(), 7));
    CHECK(same(a.transaction_input(Hash{}), b.transaction_input(Hash{})));
    CHECK(same(a.balance(s.alice.address()), b.balance(s.alice.address())));
    CHECK(*a.balance(s.bob.address()) == 3 * kEther);
    CHECK(same(a.nonce(s.alice.address(), true), b.nonce(s.alice.address(), true)));
    CHECK(same(a.code(token), b.code(token)));
    CHECK(string_of(*a.code(token)) == "\xfetoken");
    CHECK(a.fees()->base_fee == b.fees()->base_fee);
    CHECK(a.fees()->priority_fee == b.fees()->priority_fee);
    CallRequest request;
    request.to = token;
    request.from = s.alice.address();
    request.data = mint(s.bob.address(), 9);
    CHECK(same(a.estimate_gas(request), b.estimate_gas(request)));
    request.data = Bytes{1, 2, 3, 4};
    CHECK(same(a.estimate_gas(request), b.estimate_gas(request)));
    CHECK(a.estimate_gas(request).status().reason == "BadCalldata");
    CHECK(a.try_call(request)->data == b.try_call(request)->data);
    CHECK(!a.try_call(request)->success);
    request.data = AbiWriter("totalSupply()").take();
    request.block = 1;
    CHECK(low_u128(Hash::from(a.try_call(request)->data)) == 0);
    request.block = 2;
    CHECK(low_u128(Hash::from(a.try_call(request)->data)) == 7);
    CHECK(same(a.send_raw(Bytes{2, 1}), b.send_raw(Bytes{2, 1})));
    CHECK(a.send_raw(Bytes{2, 1}).status().reason == "TX_MALFORMED");
    SignedTransaction old = sign({31'337, 0, 1, 2'000'000'000, 21'000, Address{}, 0, {}, {}}, s.alice);
    CHECK(a.send_raw(old.raw).status().reason == "TX_NONCE_TOO_LOW");
    CHECK(a.send_raw(old.raw).status().field == "nonce");
}

TEST_CASE("a client without a node says so") {
    JsonRpcOptions options;
    options.url = "http://127.0.0.1:1";
    CHECK(JsonRpcClient(options).head().status().reason == "L1_UNREACHABLE");
    options.url = "file:///etc/passwd";
    CHECK(JsonRpcClient(options).head().status().reason == "L1_UNREACHABLE");

    std::string answer;
    int http_status = 200;
    node::HttpServer http(node::HttpServerOptions{});
    http.route(node::HttpMethod::kPost, "/", [&](const std::string&) {
        return node::HttpResponse{http_status, "text/plain", answer};
    });
    REQUIRE(http.start().ok());
    options.url = "http://127.0.0.1:" + std::to_string(http.port());
    JsonRpcClient client(options);
    auto reason = [&](const std::string& text) {
        answer = text;
        return client.chain_id().status().reason;
    };
    CHECK(reason("nonsense") == "L1_ANSWER_INVALID");
    CHECK(reason("[]") == "L1_ANSWER_INVALID");
    CHECK(reason(R"({"id":1,"result":"0x1"})") == "L1_ANSWER_INVALID");  // an id of before
    CHECK(reason(R"({"id":4,"result":"0x01"})") == "L1_ANSWER_INVALID");
    CHECK(reason(R"({"id":5,"result":{}})") == "L1_ANSWER_INVALID");
    CHECK(reason(R"({"id":6,"error":{"code":-32000,"message":"nonce too low"}})") == "L1_ERROR");
    CHECK(reason(R"({"id":7,"error":{"code":"x","message":7,"data":[]}})") == "L1_ANSWER_INVALID");
    CHECK(reason(R"({"id":8,"result":"0x539"})").empty());
    http_status = 503;
    CHECK(reason("busy") == "L1_UNREACHABLE");
}
