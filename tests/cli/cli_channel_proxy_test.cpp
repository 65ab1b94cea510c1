// gavel channel serve and get: a paid service in front of a small one, its clients, honest and not.
#include <atomic>
#include <filesystem>
#include <mutex>

#include "channel/http_payment.hpp"
#include "cli/http_exchange.hpp"
#include "node/http_server.hpp"
#include "tests/cli/channel_world.hpp"

using namespace gavel;
using namespace gavel::e2e;
using nlohmann::json;

namespace {

// The service that does the work: tells how often it was asked, and by what.
class Upstream {
public:
    Upstream() {
        server_.route_rest([this](const node::HttpWholeRequest& request) {
            std::lock_guard lock(mutex_);
            last_ = request;
            ++asked;
            node::HttpWholeResponse out{200, {{"Content-Type", "text/plain"}, {"X-Own", "1"}}, {}};
            if (request.target == "/broken" && broken) out.status = 500;
            out.body = request.target == "/long" ? std::string(5'000, 'x') : "answer " + std::to_string(asked) + request.body;
            return out;
        });
        REQUIRE(server_.start().ok());
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
    node::HttpWholeRequest last() {
        std::lock_guard lock(mutex_);
        return last_;
    }

    std::atomic<int> asked{0};
    std::atomic<bool> broken{true};

private:
    std::mutex mutex_;
    node::HttpWholeRequest last_;
    node::HttpServer server_{{}};
};

class PaidWorld : public ChannelWorld {
public:
    PaidWorld() {
        channel = open();
        world.wait_for_agreement();
        serve();
    }
    void serve() {
        service_ = std::make_unique<Process>(
            std::vector<std::string>{program("gavel"), "--private-key", to_hex(key_of("bob").scalar()), "--l1", world.l1_url(),
                                     "--sequencer", world.sequencer_address(), "--verifier",
                                     "127.0.0.1:" + world.port("verifier"), "channel", "serve", "--upstream", upstream.url(),
                                     "--price", "0.001", "--listen", "127.0.0.1:0", "--books", books("bob")},
            world.folder().file("serve.log"));
        url = "http://127.0.0.1:" + service_->wait_for("listening on port ", kPatience);
    }
    Process& service() { return *service_; }
    cli::HttpAnswer ask(const std::string& target, const cli::HttpHeaders& headers, const std::string& body = "",
                        const std::string& method = "GET") {
        auto answer = http.run(method, url + target, headers, body);
        INFO(node::to_string(answer.status()));
        REQUIRE(answer.ok());
        return *answer;
    }
    cli::HttpAnswer paid(const std::string& target, const std::string& voucher, const std::string& body = "",
                         const std::string& method = "GET") {
        return ask(target, {{std::string(channel::kPaymentHeader), voucher}}, body, method);
    }
    static channel::Receipt receipt(const cli::HttpAnswer& answer) {
        const auto values = cli::header_values(answer.headers, channel::kReceiptHeader);
        REQUIRE(values.size() == 1);
        const auto out = channel::receipt_from_header(values[0]);
        REQUIRE(out.has_value());
        return *out;
    }

    Upstream upstream;
    cli::HttpExchange http{{.timeout = std::chrono::milliseconds(20'000)}};
    std::string channel, url;

private:
    std::unique_ptr<Process> service_;
};

}  // namespace

TEST_CASE("a paid service is asked, paid and answers with a receipt") {
    PaidWorld w;
    const cli::HttpAnswer unpaid = w.ask("/weather", {});
    CHECK(unpaid.status == 402);
    const auto values = cli::header_values(unpaid.headers, channel::kRequiredHeader);
    REQUIRE(values.size() == 1);
    const auto required = channel::required_from_header(values[0]);
    REQUIRE(required.has_value());
    CHECK(required->reason == "PAYMENT_MISSING");
    CHECK(required->payee == address_of("bob"));
    CHECK(required->price == Amount{kMilli});
    CHECK(w.upstream.asked == 0);

    const json got = w.done("alice", {"get", w.url + "/weather?town=1"});
    CHECK(got["body"] == "answer 1");
    CHECK(got["receipt"]["count"] == "1");
    CHECK(w.upstream.last().target == "/weather?town=1");
    CHECK(cli::header_values(w.upstream.last().headers, channel::kPaymentHeader).empty());
    const json posted = w.done("alice", {"get", w.url + "/say", "--method", "POST", "--data", "hello"});
    CHECK(posted["body"] == "answer 2hello");
    CHECK(posted["receipt"]["count"] == "2");
    CHECK(w.refusal("alice", {"get", w.url + "/weather", "--max-price", "0.0009"}) == "PRICE_TOO_HIGH");

    // A lost book: the service has the last voucher, and tells it to the payer alone.
    std::filesystem::remove_all(w.books("alice"));
    CHECK(w.done("alice", {"recover", w.channel, "--url", w.url})["count"] == "2");
    CHECK(w.done("alice", {"get", w.url + "/weather"})["receipt"]["count"] == "3");
    CHECK(w.service().stop() == 0);
    CHECK(w.done("bob", {"redeem", w.channel})["units"] == "3");
}

TEST_CASE("who asks before the funding is seen on the L1 waits for it, with the same voucher") {
    PaidWorld w;
    w.world.verifier().kill_now();
    // Another channel, which expires first, so that it is used.
    w.open("3h");
    const auto begin = std::chrono::steady_clock::now();
    const Finished early = w.run("alice", {"get", w.url + "/weather", "--wait", "2s"});
    CHECK(early.exit_status == 1);
    CHECK(json::parse(early.output)["receipt"]["reason"] == "UNPOSTED_FUNDING");
    CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::seconds(2));
    CHECK(w.upstream.asked == 0);
    w.world.start_verifier();
    const json got = w.done("alice", {"get", w.url + "/weather"});
    CHECK(got["body"] == "answer 1");
    CHECK(got["receipt"]["count"] == "2");
    CHECK(got["receipt"]["credit"] == "1");  // of the voucher that wasn't taken
    CHECK(w.service().stop() == 0);
}

TEST_CASE("a voucher pays for one request, whatever a client makes of it") {
    PaidWorld w;
    const std::string voucher = w.pay(w.channel, "0.001");
    const cli::HttpAnswer first = w.paid("/a", voucher);
    CHECK(first.status == 200);
    CHECK(first.body == "answer 1");
    CHECK(w.receipt(first).reason.empty());
    // Once more: the same answer, and the service isn't asked.
    const cli::HttpAnswer again = w.paid("/a", voucher);
    CHECK(again.body == "answer 1");
    CHECK(w.upstream.asked == 1);
    // Another target, method or body is another request.
    CHECK(w.paid("/b", voucher).status == 409);
    CHECK(w.paid("/a?x=1", voucher).status == 409);
    CHECK(w.paid("/a", voucher, "body", "POST").status == 409);
    CHECK(w.receipt(w.paid("/b", voucher)).reason == "VOUCHER_SPENT");
    // Reordered: the later one came first, and both paid.
    const std::string third = w.pay(w.channel, "0.001"), fourth = w.pay(w.channel, "0.001");
    CHECK(w.paid("/c", fourth).status == 200);
    CHECK(w.paid("/d", third).status == 200);
    CHECK(w.upstream.asked == 3);
    CHECK(w.paid("/e", third).status == 409);
    // Too long to be kept: the receipt alone, and nothing is done twice.
    const std::string fifth = w.pay(w.channel, "0.001");
    CHECK(w.paid("/long", fifth).body.size() == 5'000);
    CHECK(w.paid("/long", fifth).status == 204);
    CHECK(w.upstream.asked == 4);
    // After kill -9 the book still knows.
    w.service().kill_now();
    w.serve();
    CHECK(w.paid("/a", voucher).body == "answer 1");
    CHECK(w.paid("/b", voucher).status == 409);
    CHECK(w.upstream.asked == 4);
}

TEST_CASE("what a service that fails was paid is the payer's for another request") {
    PaidWorld w;
    const std::string voucher = w.pay(w.channel, "0.001");
    const cli::HttpAnswer failed = w.paid("/broken", voucher);
    CHECK(failed.status == 500);
    CHECK(w.receipt(failed).credit == 1);
    const cli::HttpAnswer other = w.paid("/other", voucher);
    CHECK(other.status == 200);
    CHECK(w.receipt(other).credit == 0);
    CHECK(w.paid("/third", voucher).status == 409);
}

TEST_CASE("headers and bodies beyond their bounds are refused, and cost nobody anything") {
    PaidWorld w;
    const std::string name(channel::kPaymentHeader);
    CHECK(w.ask("/", {{name, std::string(5'000, 'A')}}).status == 400);
    CHECK(w.ask("/", {{name, "AAAA"}}).status == 400);
    const std::string voucher = w.pay(w.channel, "0.001");
    CHECK(w.ask("/", {{name, voucher}, {name, voucher}}).status == 400);
    const auto huge = w.http.run("GET", w.url + "/", {{"X-Huge", std::string(10 << 20, 'A')}}, "");
    CHECK((!huge.ok() || huge->status >= 400));
    CHECK(w.paid("/", voucher, std::string((1 << 20) + 1, 'b'), "POST").status == 413);
    CHECK(w.paid("/" + std::string(1'100, 'l'), voucher).status == 414);
    CHECK(w.upstream.asked == 0);
    // The voucher is as good as before.
    CHECK(w.paid("/", voucher).status == 200);
}

TEST_CASE("one process has the payee's book") {
    PaidWorld w;
    CHECK(w.refusal("bob", {"redeem", w.channel}) == "BOOK_IN_USE");
    CHECK(w.refusal("bob", {"receive", w.pay(w.channel, "0.001")}) == "BOOK_IN_USE");
    CHECK(w.done("bob", {"list"}).size() == 1);
}
