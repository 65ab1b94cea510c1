// A gRPC server with what each daemon wants of one (TLS and mutual TLS, health, reflection, limits, a clean end), a client's
// channel, and how a Status travels: as gRPC's code, as the text "REASON: message (field)", and, for programs, as trailing
// metadata `gavel-reason` and `gavel-field`. The only file of node/ whose users see gRPC: target gavel_node_grpc.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <vector>

#include "node/grpc_options.hpp"
#include "node/status.hpp"

namespace gavel::node {

class GrpcServer {
public:
    // Binds and serves; `services` must outlive the server. Health (grpc.health.v1) and reflection are there too.
    // Reasons: TLS_FILE_UNREADABLE, TLS_OPTIONS_INCOMPLETE, LISTEN_FAILED.
    static Result<std::unique_ptr<GrpcServer>> start(const GrpcServerOptions& options,
                                                     const std::vector<grpc::Service*>& services);
    ~GrpcServer();
    GrpcServer(const GrpcServer&) = delete;
    GrpcServer& operator=(const GrpcServer&) = delete;

    uint16_t port() const { return port_; }
    // What the health service answers, overall and for each service. True from the start.
    void set_serving(bool serving);
    // Takes no new call, gives the running ones until the deadline, then cancels them (streams see IsCancelled). Returns when
    // every handler has returned. Does nothing the second time.
    void stop(std::chrono::milliseconds deadline = std::chrono::milliseconds(1000));

private:
    GrpcServer() = default;
    std::unique_ptr<grpc::Server> server_;
    uint16_t port_ = 0;
};

// A channel, not yet connected. Reasons: TLS_FILE_UNREADABLE, TLS_OPTIONS_INCOMPLETE.
Result<std::shared_ptr<grpc::Channel>> make_channel(const GrpcChannelOptions& options);

// What a handler returns: sets the trailing metadata and gives gRPC's status. Also for callback handlers. Bytes outside printable
// ASCII are replaced by '?', and the text is cut at 1,000 bytes.
grpc::Status finish(grpc::ServerContextBase& context, const Status& status);
// The status alone, without metadata.
grpc::Status to_grpc(const Status& status);
// The other way, once the call has ended. A status that isn't Gavel's (no connection, say) has its code's name as the reason; a
// code that Gavel doesn't use becomes kInternal.
Status from_grpc(const grpc::Status& status, const grpc::ClientContext& context);

}  // namespace gavel::node
