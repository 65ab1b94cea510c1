#include "node/rim_grpc.hpp"

#include "node/log.hpp"

namespace gavel::node {

void add_rim_options(Options& options, RimOptions& rim) {
    options.text("--metrics-listen", rim.metrics_listen, "host:port for /metrics, /healthz, blobs and snapshots (default: none)");
    add_grpc_server_options(options, rim.grpc);
}

Result<std::unique_ptr<Rim>> Rim::open(const RimOptions& options, const std::vector<grpc::Service*>& services, Metrics& metrics,
                                       std::function<Status()> health, const std::function<void(HttpServer&)>& more) {
    std::unique_ptr<Rim> out(new Rim);
    auto grpc = GrpcServer::start(options.grpc, services);
    if (!grpc) return grpc.status();
    out->grpc_ = *std::move(grpc);
    if (options.metrics_listen.empty()) return out;
    out->http_ = std::make_unique<HttpServer>(HttpServerOptions{.listen = options.metrics_listen});
    serve_metrics(*out->http_, metrics, [health = std::move(health), &grpc = *out->grpc_] {
        Status status = health();
        return status.ok() ? grpc.answers() : status;
    });
    if (more) more(*out->http_);
    if (Status status = out->http_->start(); !status.ok()) return status;
    return out;
}

Status Rim::serve(StopSignals& signals, Troubles& troubles, Loops& loops, const LevelDbStore& store,
                  const std::function<void()>& close) {
    while (signals.wait_for(std::chrono::seconds(1)) == 0) troubles.tick();
    log_info("stopping");
    close();
    grpc_->stop();
    loops.stop();
    if (http_) http_->stop();
    if (loops.has_failed() || store.failure())
        return {Code::kInternal, "STORE_FAILED", "data-dir", "the database failed; the log tells why"};
    return {};
}

}  // namespace gavel::node
