#include "node/grpc_server.hpp"

#include <fcntl.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/health_check_service_interface.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "node/file.hpp"
#include "node/grpc_deadline.hpp"
#include "node/log.hpp"
#include "node/tls_files.hpp"

namespace gavel::node {
namespace {

constexpr const char* kReasonKey = "gavel-reason";
constexpr const char* kFieldKey = "gavel-field";
constexpr size_t kMaxMessageText = 1000;  // trailing metadata is bounded at 8 KiB by most clients
constexpr size_t kMaxNameText = 200;
constexpr int kMaxStreamsPerConnection = 100;
constexpr int kServerPing_ms = 60'000;  // a peer that vanished holds its streams no longer than this
constexpr int kClientPing_ms = 30'000;
constexpr int kMinPingInterval_ms = 10'000;
constexpr int kHandshake_ms = 10'000;   // until the client's HTTP/2 settings are there
constexpr int kMaxIdle_ms = 600'000;    // a connection without calls is closed; clients open a new one unseen
constexpr int kReflectionThreads = 16;  // nothing else holds a thread of gRPC's own; a reflection stream does
constexpr auto kOwnPortTime = std::chrono::milliseconds(2000);
constexpr auto kAnswerHolds = std::chrono::seconds(1);
constexpr auto kSweepInterval = std::chrono::milliseconds(10);
constexpr uint64_t kLinesPerMinute = 20;  // of gRPC's: anybody can cause one, by a bad TLS handshake

std::string printable(std::string_view text, size_t max) {
    std::string out(text.substr(0, max));
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return out;
}

// What gRPC itself has to say goes the way of all logs, its errors so many a minute.
void log_from_grpc(gpr_log_func_args* line) {
    if (line->severity != GPR_LOG_SEVERITY_ERROR) return log_debug("gRPC", {{"detail", line->message}});
    static std::mutex mutex;
    static std::optional<std::chrono::steady_clock::time_point> since;
    static uint64_t lines = 0;
    std::lock_guard lock(mutex);
    const auto now = std::chrono::steady_clock::now();
    if (!since || now - *since >= std::chrono::minutes(1)) {
        if (lines > kLinesPerMinute) log_warn("gRPC, lines left out", {{"lines", lines - kLinesPerMinute}});
        since = now;
        lines = 0;
    }
    if (++lines <= kLinesPerMinute) log_warn("gRPC", {{"detail", line->message}});
}

void set_up_grpc_once() {
    static std::once_flag done;
    std::call_once(done, [] {
        gpr_set_log_function(log_from_grpc);
        grpc::EnableDefaultHealthCheckService(true);
        grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    });
}

Status incomplete(const char* message) { return {Code::kInvalidArgument, "TLS_OPTIONS_INCOMPLETE", "", message}; }

// The file's content; nothing if no file is named.
Result<std::string> pem(const std::string& path) {
    if (path.empty()) return std::string();
    auto content = read_file(path);
    if (!content.ok()) return Status{Code::kInvalidArgument, "TLS_FILE_UNREADABLE", "", content.status().message};
    return content;
}

Result<std::shared_ptr<grpc::ServerCredentials>> server_credentials(const GrpcServerOptions& options) {
    if (options.tls_cert.empty() != options.tls_key.empty()) return incomplete("a certificate and its key are needed together");
    if (options.tls_cert.empty()) {
        if (!options.tls_client_ca.empty()) return incomplete("clients' certificates can be asked for only with TLS");
        return grpc::InsecureServerCredentials();
    }
    auto cert = pem(options.tls_cert);
    auto key = pem(options.tls_key);
    auto client_ca = pem(options.tls_client_ca);
    for (const auto* file : {&cert, &key, &client_ca}) {
        if (!file->ok()) return file->status();
    }
    // gRPC finds out only when a client comes.
    if (!is_key_of_certificate(*key, *cert) || !(options.tls_client_ca.empty() || holds_certificate(*client_ca)))
        return Status{Code::kInvalidArgument, "TLS_FILES_INVALID", "", "the TLS files are no certificate and its key"};
    grpc::SslServerCredentialsOptions tls(options.tls_client_ca.empty()
                                              ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                              : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    tls.pem_root_certs = *client_ca;
    tls.pem_key_cert_pairs.push_back({*key, *cert});
    return grpc::SslServerCredentials(tls);
}

Result<std::shared_ptr<grpc::ChannelCredentials>> channel_credentials(const GrpcChannelOptions& options) {
    if (options.tls_cert.empty() != options.tls_key.empty()) return incomplete("a certificate and its key are needed together");
    if (!options.tls && options.tls_ca.empty() && options.tls_cert.empty()) return grpc::InsecureChannelCredentials();
    auto ca = pem(options.tls_ca);
    auto cert = pem(options.tls_cert);
    auto key = pem(options.tls_key);
    for (const auto* file : {&ca, &cert, &key}) {
        if (!file->ok()) return file->status();
    }
    return grpc::SslCredentials({*ca, *key, *cert});
}

Code code_of(grpc::StatusCode code) {
    if (code == grpc::StatusCode::UNKNOWN || code == grpc::StatusCode::DATA_LOSS) return Code::kInternal;
    return static_cast<Code>(code);
}

std::string trailing(const grpc::ClientContext& context, const char* key) {
    const auto& metadata = context.GetServerTrailingMetadata();
    auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : std::string(found->second.data(), found->second.size());
}

void set_bounds(grpc::ServerBuilder& builder, const GrpcServerOptions& options) {
    builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kServerPing_ms);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kMinPingInterval_ms);
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshake_ms);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kMaxIdle_ms);
    // The window that a probe of the line would open, up to 16 MiB a stream, is memory that anybody may fill.
    builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    // A compressed call is refused as it begins; and should gRPC look away, it isn't able to unpack one.
    builder.AddChannelArgument(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1u << GRPC_COMPRESS_NONE);
    builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
    builder.SetResourceQuota(grpc::ResourceQuota("gavel").Resize(options.memory_bytes).SetMaxThreads(kReflectionThreads));
}

bool same_address(const sockaddr_storage& a, const sockaddr_storage& b) {
    if (a.ss_family != b.ss_family) return false;
    if (a.ss_family == AF_INET) {
        const auto &x = reinterpret_cast<const sockaddr_in&>(a), &y = reinterpret_cast<const sockaddr_in&>(b);
        return x.sin_port == y.sin_port && x.sin_addr.s_addr == y.sin_addr.s_addr;
    }
    const auto &x = reinterpret_cast<const sockaddr_in6&>(a), &y = reinterpret_cast<const sockaddr_in6&>(b);
    return x.sin6_port == y.sin6_port && std::memcmp(&x.sin6_addr, &y.sin6_addr, sizeof x.sin6_addr) == 0;
}

Status deaf(const char* message) { return {Code::kUnavailable, "GRPC_PORT_DEAF", "listen", message}; }

// SERVING of a HealthCheckResponse, or why not.
Status ask_health(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    context.set_deadline(grpc_deadline(kOwnPortTime));
    grpc::CompletionQueue queue;
    grpc::ByteBuffer request, response;
    grpc::Slice nothing;
    request = grpc::ByteBuffer(&nothing, 1);
    grpc::Status status;
    auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
    call->StartCall();
    call->Finish(&response, &status, &call);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status.ok() ? Status{} : deaf("the gRPC port doesn't answer its own health check");
}

}  // namespace

// The descriptors that gRPC holds, each with what it is the descriptor of: once that isn't there any more, the connection has
// gone, whatever has got its number.
struct GrpcServer::Connections {
    struct Held {
        ino_t socket = 0;
        PeerShare share;
    };
    std::mutex mutex;
    std::map<int, Held> held;
    std::chrono::steady_clock::time_point swept{};

    static ino_t socket_of(int fd) {
        struct stat status {};
        return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode) ? status.st_ino : 0;
    }
    void add(int fd, PeerShare share) {
        std::lock_guard lock(mutex);
        held[fd] = {socket_of(fd), std::move(share)};
    }
    void sweep() {
        std::lock_guard lock(mutex);
        const auto now = std::chrono::steady_clock::now();
        if (now - swept < kSweepInterval) return;
        swept = now;
        std::erase_if(held, [](const auto& one) { return socket_of(one.first) != one.second.socket; });
    }
};

GrpcServer::GrpcServer() : connections_(std::make_unique<Connections>()) {}

Result<std::unique_ptr<GrpcServer>> GrpcServer::start(const GrpcServerOptions& options,
                                                      const std::vector<grpc::Service*>& services) {
    using Acceptors = grpc::ServerBuilder::experimental_type;
    set_up_grpc_once();
    raise_descriptor_limit();
    auto credentials = server_credentials(options);
    if (!credentials.ok()) return credentials.status();
    auto listener = Listener::open({options.listen, options.max_connections, options.max_per_peer});
    if (!listener.ok()) return listener.status();

    std::unique_ptr<GrpcServer> out(new GrpcServer);
    out->listener_ = std::move(*listener);
    grpc::ServerBuilder builder;
    set_bounds(builder, options);
    out->clients_ =
        builder.experimental().AddExternalConnectionAcceptor(Acceptors::ExternalConnectionType::FROM_FD, *credentials);
    out->own_ = builder.experimental().AddExternalConnectionAcceptor(Acceptors::ExternalConnectionType::FROM_FD,
                                                                     grpc::InsecureServerCredentials());
    for (grpc::Service* service : services) builder.RegisterService(service);
    out->server_ = builder.BuildAndStart();
    if (!out->server_) return Status{Code::kInternal, "LISTEN_FAILED", "", "gRPC can't be started"};
    GrpcServer& server = *out;
    server.listener_->run([&server](Accepted accepted) { server.take(std::move(accepted)); },
                          [&server] { server.connections_->sweep(); },
                          [&server](const sockaddr_storage& from) { return server.is_own(from); });
    return out;
}

GrpcServer::~GrpcServer() { stop(); }

void GrpcServer::take(Accepted accepted) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.fd = accepted.fd;
    if (!accepted.share.ok()) return own_->HandleNewConnection(&parameters);
    connections_->add(accepted.fd, std::move(accepted.share));
    clients_->HandleNewConnection(&parameters);
}

void GrpcServer::set_serving(bool serving) { server_->GetHealthCheckService()->SetServingStatus(serving); }

Status GrpcServer::answers() {
    std::lock_guard lock(asking_mutex_);
    if (stopped_) return deaf("the gRPC port is closed");
    if (asked_at_ && std::chrono::steady_clock::now() - *asked_at_ < kAnswerHolds) return answer_;
    answer_ = ask_own_port();
    asked_at_ = std::chrono::steady_clock::now();
    return answer_;
}

bool GrpcServer::is_own(const sockaddr_storage& from) {
    std::lock_guard lock(own_mutex_);
    return own_address_ && same_address(*own_address_, from);
}

// The connection comes from the very address that it goes to, so nobody else can have made it.
Status GrpcServer::ask_own_port() {
    sockaddr_storage to = listener_->address(), from = to;
    (from.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(from).sin_port
                               : reinterpret_cast<sockaddr_in6&>(from).sin6_port) = 0;
    const socklen_t size = to.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    const int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return deaf("no descriptor is left");
    if (bind(fd, reinterpret_cast<sockaddr*>(&from), size) != 0) {
        close(fd);
        return deaf("no port is left to ask from");
    }
    {
        std::lock_guard lock(own_mutex_);
        own_address_ = local_address(fd);
    }
    pollfd connected{fd, POLLOUT, 0};
    int error = 0;
    socklen_t error_size = sizeof error;
    const bool reached = (connect(fd, reinterpret_cast<sockaddr*>(&to), size) == 0 || errno == EINPROGRESS) &&
                         poll(&connected, 1, static_cast<int>(kOwnPortTime.count())) == 1 &&
                         getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size) == 0 && error == 0;
    if (!reached) close(fd);
    Status status = reached ? ask_health(grpc::CreateInsecureChannelFromFd("own-port", fd)) : deaf("the gRPC port takes nobody");
    std::lock_guard lock(own_mutex_);
    own_address_.reset();
    return status;
}

void GrpcServer::stop(std::chrono::milliseconds deadline) {
    if (!server_) return;
    {
        std::lock_guard lock(asking_mutex_);
        stopped_ = true;
    }
    listener_->stop();
    set_serving(false);
    server_->Shutdown(grpc_deadline(deadline));
    server_->Wait();
    server_.reset();
}

Result<std::shared_ptr<grpc::Channel>> make_channel(const GrpcChannelOptions& options) {
    set_up_grpc_once();
    auto credentials = channel_credentials(options);
    if (!credentials.ok()) return credentials.status();
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kClientPing_ms);
    if (!options.tls_name.empty()) arguments.SetSslTargetNameOverride(options.tls_name);
    return grpc::CreateCustomChannel(options.target, *credentials, arguments);
}

grpc::Status to_grpc(const Status& status) {
    if (status.ok()) return grpc::Status::OK;
    return {static_cast<grpc::StatusCode>(status.code), printable(to_string(status), kMaxMessageText)};
}

grpc::Status finish(grpc::ServerContextBase& context, const Status& status) {
    if (!status.ok()) {
        context.AddTrailingMetadata(kReasonKey, printable(status.reason, kMaxNameText));
        if (!status.field.empty()) context.AddTrailingMetadata(kFieldKey, printable(status.field, kMaxNameText));
    }
    return to_grpc(status);
}

Status from_grpc(const grpc::Status& status, const grpc::ClientContext& context) {
    if (status.ok()) return {};
    Status out{code_of(status.error_code()), trailing(context, kReasonKey), trailing(context, kFieldKey), status.error_message()};
    if (out.reason.empty()) {
        out.reason = code_name(out.code);
        return out;
    }
    std::string before = out.reason + ": ";
    std::string after = out.field.empty() ? "" : " (" + out.field + ")";
    if (out.message.starts_with(before)) out.message.erase(0, before.size());
    if (out.message.ends_with(after)) out.message.erase(out.message.size() - after.size());
    return out;
}

}  // namespace gavel::node
