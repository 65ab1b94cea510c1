// gavel channel serve: a paid HTTP service before any other, and the collector beside it.
#pragma once

#include <chrono>
#include <string>

#include "cli/channel_books.hpp"

namespace gavel::cli {

struct ServeOptions {
    ChannelOptions channel;
    std::string upstream, price, unit, token;
    std::string listen = "127.0.0.1:8402";
    std::string unposted_limit, redeem_amount, redeem_least, l1_least;
    uint64_t redeem_age_s = 86400, lead_s = 21600, finality_s = kFinality_s, least_life_s = 0;
    uint64_t max_body = 1 << 20, max_answer = 16 << 20, max_connections = 1024, per_peer = 128;
    std::chrono::milliseconds timeout{60'000}, kept{1'000}, collect_every{5'000};
};
void add_serve_options(node::Options& options, ServeOptions& serve);

// Until a signal stops it.
node::Status serve_paid_service(Session& session, const ServeOptions& options);

}  // namespace gavel::cli
