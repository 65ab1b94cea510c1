// gavel channel get: a client of services that are paid by vouchers.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/channel_books.hpp"
#include "cli/channel_serve.hpp"
#include "cli/paid_client.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"
#include "node/file.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;
using node::Code;
using node::Result;
using node::Status;

constexpr size_t kMaxUpload = 16 << 20;
constexpr uint64_t kKept_ms = 1'000;  // of what is known of a channel

struct GetOptions {
    ChannelOptions channel;
    PaidRequest request;
    std::vector<std::string> headers;
    std::string data_file, max_price, token, out;
    std::chrono::milliseconds timeout{60'000}, patience{60'000};
    uint64_t repeat = 1, parallel = 1;
};

Status complete(PaidRequest& request, const GetOptions& options) {
    for (const std::string& line : options.headers) {
        const size_t colon = line.find(':');
        const size_t value = line.find_first_not_of(' ', colon == std::string::npos ? colon : colon + 1);
        if (colon == std::string::npos || colon == 0 || line.find_first_of("\r\n") != std::string::npos)
            return {Code::kInvalidArgument, "OPTION_INVALID", "header", "a header is 'Name: value', not '" + line + "'"};
        request.headers.emplace_back(line.substr(0, colon), value == std::string::npos ? "" : line.substr(value));
    }
    if (options.data_file.empty()) return {};
    auto body = node::read_file(options.data_file, kMaxUpload);
    if (!body) return body.status();
    request.body = *std::move(body);
    return {};
}

json answer_json(const PaidAnswer& answer) {
    json out = {
        {"status", answer.http.status}, {"price", to_string(answer.price)}, {"body", answer.http.body}, {"receipt", json()}};
    if (!answer.receipt) return out;
    const channel::Receipt& receipt = *answer.receipt;
    out["receipt"] = {{"reason", receipt.reason},
                      {"channel", to_checksum(receipt.channel)},
                      {"token", to_checksum(receipt.token)},
                      {"count", std::to_string(receipt.count)},
                      {"credit", std::to_string(receipt.credit)},
                      {"request", to_hex(receipt.request)}};
    return out;
}

Status failure_of(const PaidAnswer& answer) {
    const std::string status = std::to_string(answer.http.status);
    const bool has_reason = answer.receipt && !answer.receipt->reason.empty();
    return {Code::kFailedPrecondition, has_reason ? answer.receipt->reason : "HTTP_" + status, "url",
            "the service answers " + status};
}

// The same request again and again, each paid; the first failure ends it.
Status get_many(Session& session, PaidClient& client, const PaidRequest& request, const GetOptions& options) {
    std::atomic<uint64_t> begun{0}, served{0};
    std::mutex mutex;
    Status failure;
    const auto start = std::chrono::steady_clock::now();
    const auto work = [&] {
        while (begun++ < options.repeat) {
            auto answer = client.get(request);
            if (answer && answer->http.status < 400) {
                ++served;
                continue;
            }
            begun = options.repeat;
            std::lock_guard lock(mutex);
            if (failure.ok()) failure = answer ? failure_of(*answer) : answer.status();
        }
    };
    std::vector<std::thread> threads;
    for (uint64_t i = 0; i < options.parallel; ++i) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double rate = static_cast<double>(served) / seconds;
    if (session.json()) session.print(json{{"served", served.load()}, {"seconds", seconds}, {"per_second", rate}});
    else
        session.print(facts({{"served", grouped(served)},
                             {"time", format_seconds(seconds)},
                             {"per second", grouped(static_cast<uint64_t>(rate))}}));
    return failure;
}

Status get(Session& session, const GetOptions& options) {
    PaidRequest request = options.request;
    if (Status whole = complete(request, options); !whole.ok()) return whole;
    std::optional<Amount> most;
    if (!options.max_price.empty()) {
        auto token = session.token(options.token);
        if (!token) return token.status();
        auto amount = parse_units(options.max_price, token->decimals, "max-price");
        if (!amount) return amount.status();
        most = *amount;
    }
    auto desk = open_desk(session, false, false);
    if (!desk) return desk.status();
    KeptSource kept(*desk->source, *desk->clock, kKept_ms);
    auto opened = open_payer_book(*desk, options.channel, &kept);
    if (!opened) return opened.status();
    HttpExchange http({.timeout = options.timeout});
    PaidClient client(*opened->book, desk->key, desk->domain, http, most, options.patience);
    if (options.repeat > 1) return get_many(session, client, request, options);
    auto answer = client.get(request);
    if (!answer) return answer.status();
    if (!options.out.empty())
        if (Status written = node::write_file(options.out, answer->http.body); !written.ok()) return written;
    if (session.json()) session.print(answer_json(*answer));
    else if (options.out.empty()) std::fwrite(answer->http.body.data(), 1, answer->http.body.size(), stdout);
    return answer->http.status < 400 ? Status{} : failure_of(*answer);
}

}  // namespace

void add_channel_http_commands(Commands& commands) {
    auto serve_args = std::make_shared<ServeOptions>();
    node::Options& service =
        commands.add("channel", "serve", "a reverse proxy that is paid for each request, and redeems by itself",
                     [serve_args](Session& session) { return serve_paid_service(session, *serve_args); });
    add_serve_options(service, *serve_args);
    service.examples({"gavel channel serve --upstream http://127.0.0.1:8000 --price 0.0001 --listen 127.0.0.1:8402"});

    auto args = std::make_shared<GetOptions>();
    node::Options& client = commands.add("channel", "get", "ask a paid service, and pay it by a voucher",
                                         [args](Session& session) { return get(session, *args); });
    client.text("url", args->request.url, "http:// or https://").required();
    client.text("--method", args->request.method, "of the request");
    client.text("--data", args->request.body, "its body");
    client.text("--data-file", args->data_file, "file that is its body");
    client.list("--header", args->headers, "'Name: value'");
    client.text("--max-price", args->max_price, "pay no more for it, in ether or the token's units; without it, a unit");
    client.text("--token", args->token, "the ERC-20 that --max-price counts in; without it, ETH");
    client.text("--out", args->out, "file for the answer's body; without it, it is printed");
    client.number("--repeat", args->repeat, "ask so often, and tell how fast it went", 1);
    client.number("--parallel", args->parallel, "so many at a time", 1, 256);
    client.duration("--timeout", args->timeout, "for the whole answer");
    client.duration("--wait", args->patience, "for the payee's verifier to see the channel's funding on the L1");
    add_books_option(client, args->channel);
    client.examples({"gavel channel get http://127.0.0.1:8402/weather"});
}

}  // namespace gavel::cli
