// A gRPC server with what each daemon wants of one (TLS and mutual TLS, health, reflection, bounds, a clean end), a client's
// channel, and how a Status travels: as gRPC's code, as the text "REASON: message (field)", and, for programs, as trailing
// metadata `gavel-reason` and `gavel-field`. With grpc_calls.hpp the only files of node/ whose users see gRPC: target
// gavel_node_grpc.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "node/grpc_options.hpp"
#include "node/listener.hpp"
#include "node/status.hpp"

namespace gavel::node {

// Compressed messages are refused. Connections come through a Listener of our own: gRPC's stops listening for ever when it once
// gets no descriptor, and has no bounds.
class GrpcServer {
public:
    // Binds and serves; `services` must outlive the server. Health (grpc.health.v1) and reflection are there too.
    // Reasons: TLS_FILE_UNREADABLE, TLS_OPTIONS_INCOMPLETE, TLS_FILES_INVALID, LISTEN_ADDRESS_INVALID, LISTEN_FAILED.
    static Result<std::unique_ptr<GrpcServer>> start(const GrpcServerOptions& options,
                                                     const std::vector<grpc::Service*>& services);
    ~GrpcServer();
    GrpcServer(const GrpcServer&) = delete;
    GrpcServer& operator=(const GrpcServer&) = delete;

    uint16_t port() const { return listener_->port(); }
    // Connections that are open, but for those that have just gone.
    uint64_t connections() const { return listener_->connections().used(); }
    // What the health service answers, overall and for each service. True from the start.
    void set_serving(bool serving);
    // Asks the own port for its health, over a connection of its own. Reason: GRPC_PORT_DEAF. An answer holds for a second.
    // From any thread.
    Status answers();
    // Takes no new connection or call, gives the running ones until the deadline, then cancels them. Returns when every handler
    // has returned. Does nothing the second time. Clocks that jump don't matter to it.
    void stop(std::chrono::milliseconds deadline = std::chrono::milliseconds(1000));

private:
    struct Connections;

    GrpcServer();
    void take(Accepted accepted);
    bool is_own(const sockaddr_storage& from);
    Status ask_own_port();

    std::unique_ptr<Listener> listener_;  // outlives what it has let in
    // Handed over to gRPC, which tells nobody when one ends.
    std::unique_ptr<Connections> connections_;
    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> clients_, own_;
    std::unique_ptr<grpc::Server> server_;

    std::mutex asking_mutex_;  // one asks at a time
    std::optional<std::chrono::steady_clock::time_point> asked_at_;
    Status answer_;
    bool stopped_ = false;
    std::mutex own_mutex_;
    std::optional<sockaddr_storage> own_address_;  // from which the own port is being asked
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
