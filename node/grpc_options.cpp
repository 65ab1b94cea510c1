#include "node/grpc_options.hpp"

namespace gavel::node {
namespace {

constexpr uint64_t kMinMessageBytes = 64 << 10;
constexpr uint64_t kMaxMessageBytes = 64 << 20;
constexpr uint64_t kMinMemory = 16 << 20;

}  // namespace

void add_grpc_server_options(Options& options, GrpcServerOptions& server) {
    options.text("--listen", server.listen, "host:port to serve gRPC on");
    options.text("--tls-cert", server.tls_cert, "PEM file with the server's certificate; without it no TLS");
    options.text("--tls-key", server.tls_key, "PEM file with the certificate's key");
    options.text("--tls-client-ca", server.tls_client_ca, "PEM file of who signs clients' certificates, which then are required");
    options.byte_size("--max-message", server.max_message_bytes, "longest gRPC message taken", kMinMessageBytes,
                      kMaxMessageBytes);
    options.number("--max-connections", server.max_connections, "connections served at a time", 1, 100'000);
    options.number("--max-connections-per-peer", server.max_per_peer,
                   "of these by one IPv4 address or IPv6 /64; more where many clients share a proxy", 1, 100'000);
    options.byte_size("--grpc-memory", server.memory_bytes, "for what gRPC buffers; near it calls are ended", kMinMemory);
}

void add_grpc_channel_options(Options& options, const std::string& name, const std::string& help, GrpcChannelOptions& channel) {
    std::string flag = "--" + name;
    options.text(flag, channel.target, help);
    options.toggle(flag + "-tls", channel.tls, "speak TLS with it");
    options.text(flag + "-tls-ca", channel.tls_ca, "PEM file of who signs its certificate, if not the system's; implies TLS");
    options.text(flag + "-tls-cert", channel.tls_cert, "PEM file with our certificate, for mutual TLS");
    options.text(flag + "-tls-key", channel.tls_key, "PEM file with that certificate's key");
    options.text(flag + "-tls-name", channel.tls_name, "name in its certificate, if not the one of the address");
}

}  // namespace gavel::node
