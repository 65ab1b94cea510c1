#include "cli/child_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

#include "node/signals.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;

// Between fork and exec: nothing here may allocate.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment, int log, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);
    node::restore_signals();
    setpgid(0, 0);  // Ctrl-C on the terminal reaches the parent alone, which stops its children in order
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    const int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0) dup2(nothing, STDIN_FILENO);
    execve(program, arguments, environment);
    _exit(127);
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(const std::string& program, const std::vector<std::string>& arguments,
                                                          const std::string& log) {
    if (access(program.c_str(), X_OK) != 0) {
        return Status{Code::kNotFound, "PROGRAM_MISSING", "", program + " isn't there; it is built beside gavel"};
    }
    const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (output < 0) return Status{Code::kInternal, "FILE_UNWRITABLE", "", log + ": " + std::strerror(errno)};
    std::vector<char*> list = {const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments) list.push_back(const_cast<char*>(argument.c_str()));
    list.push_back(nullptr);
    // What configures this program isn't meant for the child.
    std::vector<char*> environment;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        if (!std::string_view(*variable).starts_with("GAVEL_")) environment.push_back(*variable);
    }
    environment.push_back(nullptr);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) become(program.c_str(), list.data(), environment.data(), output, parent);
    close(output);
    if (pid < 0) return Status{Code::kInternal, "START_FAILED", "", program + ": " + std::strerror(errno)};
    return std::unique_ptr<ChildProcess>(new ChildProcess(pid));
}

ChildProcess::~ChildProcess() { stop(); }

bool ChildProcess::is_running() {
    if (!ended_) ended_ = waitpid(pid_, nullptr, WNOHANG) != 0;
    return !ended_;
}

void ChildProcess::stop(std::chrono::milliseconds patience) {
    if (!is_running()) return;
    kill(pid_, SIGTERM);
    const auto end = std::chrono::steady_clock::now() + patience;
    while (is_running()) {
        if (std::chrono::steady_clock::now() > end) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
            ended_ = true;
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

std::string program_folder() {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

Result<uint16_t> free_port() {
    const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const bool ok = socket_fd >= 0 && bind(socket_fd, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                    getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    if (socket_fd >= 0) close(socket_fd);
    if (!ok) return Status{Code::kInternal, "NO_PORT", "", "no free port"};
    return ntohs(address.sin_port);
}

}  // namespace gavel::cli
