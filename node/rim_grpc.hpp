// What a daemon shows to the outside while it works: gRPC, /metrics and /healthz.
#pragma once

#include <functional>

#include "node/config.hpp"
#include "node/grpc_server.hpp"
#include "node/http_server.hpp"
#include "node/loop.hpp"
#include "node/metrics.hpp"
#include "node/signals.hpp"
#include "node/store.hpp"
#include "node/troubles.hpp"

namespace gavel::node {

struct RimOptions {
    GrpcServerOptions grpc;
    std::string metrics_listen;  // empty: none
};
// --metrics-listen, and those of a gRPC server.
void add_rim_options(Options& options, RimOptions& rim);

class Rim {
public:
    // Serves from now on; all that is named must outlive it. `health`: of the daemon's work; the rim adds whether its own gRPC
    // port answers. `more`: adds routes to the HTTP server before it starts. Reasons: GrpcServer::start's and
    // HttpServer::start's.
    static Result<std::unique_ptr<Rim>> open(const RimOptions& options, const std::vector<grpc::Service*>& services,
                                             Metrics& metrics, std::function<Status()> health,
                                             const std::function<void(HttpServer&)>& more = {});

    uint16_t grpc_port() const { return grpc_->port(); }
    // Until the daemon is asked to stop; then ends everything in order: `close` (what keeps calls and loops waiting), gRPC, the
    // loops, HTTP. Not OK: STORE_FAILED.
    Status serve(StopSignals& signals, Troubles& troubles, Loops& loops, const LevelDbStore& store,
                 const std::function<void()>& close);

private:
    Rim() = default;
    std::unique_ptr<GrpcServer> grpc_;
    std::unique_ptr<HttpServer> http_;
};

}  // namespace gavel::node
