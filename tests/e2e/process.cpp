#include "tests/e2e/process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace gavel::e2e {
namespace {

using std::chrono::steady_clock;

std::string read_whole(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

int open_log(const std::string& path) { return open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600); }

pid_t start(const std::vector<std::string>& command, int output, int errors) {
    std::vector<char*> arguments;
    for (const std::string& one : command) arguments.push_back(const_cast<char*>(one.c_str()));
    arguments.push_back(nullptr);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) throw std::runtime_error("fork failed");
    if (pid > 0) return pid;
    // Should the test itself be killed, nothing stays behind.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    dup2(open("/dev/null", O_RDONLY), 0);
    dup2(output, 1);
    dup2(errors, 2);
    execv(arguments[0], arguments.data());
    dprintf(2, "can't run %s: %s\n", arguments[0], std::strerror(errno));
    _exit(127);
}

// The wait status once it has ended, within the time.
std::optional<int> wait_for_end(pid_t pid, std::chrono::seconds time) {
    const auto end = steady_clock::now() + time;
    for (;;) {
        int status = 0;
        if (waitpid(pid, &status, WNOHANG) == pid) return status;
        if (steady_clock::now() > end) return std::nullopt;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

}  // namespace

Process::Process(const std::vector<std::string>& command, std::string log_path) : log_path_(std::move(log_path)) {
    const int log = open_log(log_path_);
    if (log < 0) throw std::runtime_error("can't write " + log_path_);
    log_begin_ = read_whole(log_path_).size();
    pid_ = start(command, log, log);
    close(log);
}

Process::~Process() { kill_now(); }

bool Process::is_alive() {
    if (pid_ < 0) return false;
    if (waitpid(pid_, nullptr, WNOHANG) != pid_) return true;
    pid_ = -1;
    return false;
}

void Process::kill_now() {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

std::optional<int> Process::stop() {
    if (pid_ < 0) return std::nullopt;
    kill(pid_, SIGTERM);
    auto status = wait_for_end(pid_, std::chrono::seconds(30));
    if (!status) {
        kill_now();
        return std::nullopt;
    }
    pid_ = -1;
    return WIFEXITED(*status) ? std::optional(WEXITSTATUS(*status)) : std::nullopt;
}

std::string Process::log() const { return read_whole(log_path_); }

bool Process::has_logged(const std::string& text) const { return log().find(text, log_begin_) != std::string::npos; }

std::string Process::wait_for(const std::string& mark, std::chrono::seconds time) {
    std::string found;
    within(time, [&] {
        const bool alive = is_alive();
        const std::string text = log();
        const size_t at = text.find(mark, log_begin_);
        const size_t end = at == text.npos ? text.npos : text.find_first_of(" ,}\"\n", at + mark.size());
        if (end != text.npos) found = text.substr(at + mark.size(), end - at - mark.size());
        return end != text.npos || !alive;
    });
    return found;
}

Finished run(const std::vector<std::string>& command, const std::string& folder, std::chrono::seconds time) {
    static std::atomic<int> number{0};
    const std::string stem = folder + "/run-" + std::to_string(++number);
    const int output = open_log(stem + ".out"), errors = open_log(stem + ".err");
    if (output < 0 || errors < 0) throw std::runtime_error("can't write into " + folder);
    const pid_t pid = start(command, output, errors);
    close(output);
    close(errors);
    auto status = wait_for_end(pid, time);
    if (!status) {
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
    return {status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1, read_whole(stem + ".out"), read_whole(stem + ".err")};
}

int free_port() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    const bool found = fd >= 0 && bind(fd, plain, size) == 0 && getsockname(fd, plain, &size) == 0;
    if (fd >= 0) close(fd);
    if (!found) throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
}

}  // namespace gavel::e2e
