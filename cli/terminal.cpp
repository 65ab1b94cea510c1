#include "cli/terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace gavel::cli {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU};
constexpr size_t kMaxLine = 4096;  // a terminal gives no longer one
constexpr int kPoll_ms = 200;      // a signal may come to another thread than the one that waits

volatile sig_atomic_t caught = 0;
void note_signal(int number) { caught = number; }

// While it lives, nothing that is typed is shown, and signals wait.
class Hidden {
public:
    explicit Hidden(int terminal) : terminal_(terminal), is_terminal_(tcgetattr(terminal, &before_) == 0) {
        struct sigaction noting {};
        noting.sa_handler = note_signal;
        sigemptyset(&noting.sa_mask);
        for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &noting, &actions_[i]);
        termios hidden = before_;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        set(hidden);
    }
    ~Hidden() {
        set(before_);
        for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &actions_[i], nullptr);
    }
    Hidden(const Hidden&) = delete;
    Hidden& operator=(const Hidden&) = delete;

private:
    void set(const termios& mode) const {
        // In the background SIGTTOU is the answer: then it is the shell's terminal, and the shell's business.
        while (is_terminal_ && tcsetattr(terminal_, TCSAFLUSH, &mode) != 0 && errno == EINTR && caught != SIGTTOU) {
        }
    }
    int terminal_;
    termios before_{};
    bool is_terminal_;
    std::array<struct sigaction, kSignals.size()> actions_{};
};

void show(int terminal, const std::string& text) {
    if (::write(terminal, text.data(), text.size()) < 0) return;  // who can't be asked can still answer
}

// The line; nullopt at the terminal's end, or when a signal has come.
std::optional<node::Secret> read_line(int terminal) {
    std::string line;
    line.reserve(kMaxLine);  // a text that grows leaves copies behind
    while (caught == 0) {
        pollfd ready{terminal, POLLIN, 0};
        if (::poll(&ready, 1, kPoll_ms) <= 0) continue;
        char c = 0;
        const ssize_t got = ::read(terminal, &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got > 0 && c == '\n') return node::Secret(std::move(line));
        if (got <= 0 || line.size() == kMaxLine) break;
        line += c;
    }
    node::wipe(line);
    return std::nullopt;
}

}  // namespace

std::optional<node::Secret> ask_secret(const std::string& prompt) {
    const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0) return std::nullopt;
    std::optional<node::Secret> line;
    do {
        caught = 0;
        {
            Hidden hidden(terminal);
            show(terminal, prompt);
            line = read_line(terminal);
        }
        show(terminal, "\n");
        if (caught != 0) ::raise(caught);  // now it does what it would have done; after Ctrl-Z and fg the question is put again
    } while (caught == SIGTSTP || caught == SIGTTIN || caught == SIGTTOU);
    ::close(terminal);
    return line;
}

}  // namespace gavel::cli
