#include "node/grpc_server.hpp"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <mutex>

#include "node/file.hpp"
#include "node/grpc_deadline.hpp"
#include "node/log.hpp"

namespace gavel::node {
namespace {

constexpr const char* kReasonKey = "gavel-reason";
constexpr const char* kFieldKey = "gavel-field";
constexpr size_t kMaxMessageText = 1000;  // trailing metadata is bounded at 8 KiB by most clients
constexpr size_t kMaxNameText = 200;
constexpr int kMaxStreamsPerConnection = 1000;
constexpr int kServerPing_ms = 60'000;  // a peer that vanished holds its streams no longer than this
constexpr int kClientPing_ms = 30'000;
constexpr int kMinPingInterval_ms = 10'000;

std::string printable(std::string_view text, size_t max) {
    std::string out(text.substr(0, max));
    std::replace_if(out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return out;
}

// What gRPC itself has to say goes the way of all logs.
void log_from_grpc(gpr_log_func_args* line) {
    LogLevel level = line->severity == GPR_LOG_SEVERITY_ERROR ? LogLevel::kWarn : LogLevel::kDebug;
    log(level, "gRPC", {{"detail", line->message}});
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

}  // namespace

Result<std::unique_ptr<GrpcServer>> GrpcServer::start(const GrpcServerOptions& options,
                                                      const std::vector<grpc::Service*>& services) {
    set_up_grpc_once();
    auto credentials = server_credentials(options);
    if (!credentials.ok()) return credentials.status();

    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(options.listen, *credentials, &port);
    builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // or a second daemon would share the port without a word
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kServerPing_ms);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kMinPingInterval_ms);
    builder.SetResourceQuota(grpc::ResourceQuota().SetMaxThreads(static_cast<int>(options.max_threads)));
    for (grpc::Service* service : services) builder.RegisterService(service);

    std::unique_ptr<GrpcServer> server(new GrpcServer);
    server->server_ = builder.BuildAndStart();
    if (!server->server_ || port == 0) {
        return Status{Code::kUnavailable, "LISTEN_FAILED", "listen",
                      "can't listen on " + options.listen + ": in use, no such address, or TLS files that don't fit"};
    }
    server->port_ = static_cast<uint16_t>(port);
    return server;
}

GrpcServer::~GrpcServer() { stop(); }

void GrpcServer::set_serving(bool serving) { server_->GetHealthCheckService()->SetServingStatus(serving); }

void GrpcServer::stop(std::chrono::milliseconds deadline) {
    if (!server_) return;
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
