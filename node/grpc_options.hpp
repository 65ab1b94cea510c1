// How a gRPC server and a gRPC channel are set up, as plain values: for programs' options. grpc_server.hpp uses them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "node/config.hpp"

namespace gavel::node {

struct GrpcServerOptions {
    std::string listen = "127.0.0.1:0";  // host:port; port 0 takes a free one
    std::string tls_cert{};              // PEM file with the certificate and its chain; empty: no TLS
    std::string tls_key{};               // PEM file with its private key
    std::string tls_client_ca{};         // PEM file; if given, a client must show a certificate signed by it (mutual TLS)
    uint64_t max_message_bytes = 1 << 20;
    // Connections above these are closed as they come. A peer is an IPv4 address or the first half of an IPv6 address. Fewer in
    // all if the process may not hold so many descriptors (node/listener.hpp).
    uint64_t max_connections = 1024;
    uint64_t max_per_peer = 128;
    // For what gRPC itself holds: buffers of what comes and goes, messages not yet whole. Near it, calls are ended.
    uint64_t memory_bytes = 256 << 20;
};

struct GrpcChannelOptions {
    std::string target{};  // host:port
    bool tls = false;
    std::string tls_ca{};    // PEM file of who signs servers; empty: the system's. Implies tls
    std::string tls_cert{};  // PEM files for mutual TLS, both or none. Imply tls
    std::string tls_key{};
    std::string tls_name{};                // the name expected in the server's certificate, if it isn't the target's
    uint64_t max_message_bytes = 8 << 20;  // of an answer
};

// --listen, --tls-cert, --tls-key, --tls-client-ca, --max-message, --max-connections, --max-connections-per-peer, --grpc-memory.
void add_grpc_server_options(Options& options, GrpcServerOptions& server);
// --NAME for the target (NAME is "sequencer", say), and --NAME-tls, --NAME-tls-ca, --NAME-tls-cert, --NAME-tls-key,
// --NAME-tls-name.
void add_grpc_channel_options(Options& options, const std::string& name, const std::string& help, GrpcChannelOptions& channel);

}  // namespace gavel::node
