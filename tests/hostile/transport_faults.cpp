#include "tests/hostile/fault.hpp"

namespace gavel::hostile {
namespace {

Fault by_transport(const char* name, Transport transport) {
    return {name, [transport](Exchange& exchange) {
                exchange.transport = transport;
                return true;
            }};
}

}  // namespace

Fault drops() { return by_transport("drops", Transport::kDropped); }
Fault truncates() { return by_transport("truncates", Transport::kTruncated); }
Fault drips() { return by_transport("drips", Transport::kDripping); }

Fault cuts_json() {
    return {"cuts-json", [](Exchange& exchange) {
                std::string body = exchange.body();
                body.resize(body.size() / 2);
                exchange.raw_body = std::move(body);
                return true;
            }};
}

Fault delays(std::chrono::milliseconds most) {
    return {"delays", [most](Exchange& exchange) {
                exchange.delay = std::chrono::milliseconds(exchange.random_below(static_cast<uint64_t>(most.count()) + 1));
                return true;
            }};
}

Fault stalls(std::chrono::milliseconds time) {
    return {"stalls", [time](Exchange& exchange) {
                exchange.delay = time;
                return true;
            }};
}

Fault says_http(int status) {
    return {"says-http-" + std::to_string(status), [status](Exchange& exchange) {
                exchange.http_status = status;
                exchange.raw_body = status == 429 ? "Too Many Requests\n" : "<html><body>upstream is not well</body></html>";
                return true;
            }};
}

Fault talks_html() {
    return {"talks-html", [](Exchange& exchange) {
                exchange.raw_body = "<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in.</body></html>";
                return true;
            }};
}

}  // namespace gavel::hostile
