#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/table.hpp"

namespace gavel::cli {
namespace {

constexpr uint64_t kWidth = 30;
constexpr std::chrono::milliseconds kInterval{100};

}  // namespace

Progress::Progress(std::string what, uint64_t total)
    : what_(std::move(what)),
      total_(total),
      on_terminal_(isatty(STDERR_FILENO) == 1),
      started_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
    if (on_terminal_) std::fputs("\r\x1b[K", stderr);
}

void Progress::set(uint64_t done) {
    if (!on_terminal_) return;
    std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now - drawn_ < kInterval) return;
    drawn_ = now;
    draw(done);
}

void Progress::draw(uint64_t done) {
    const uint64_t filled = total_ == 0 ? 0 : std::min(done, total_) * kWidth / total_;
    const double seconds = std::chrono::duration<double>(drawn_ - started_).count();
    const std::string bar = std::string(filled, '#') + std::string(kWidth - filled, '.');
    const uint64_t rate = seconds > 0 ? static_cast<uint64_t>(static_cast<double>(done) / seconds) : 0;
    std::fprintf(stderr, "\r\x1b[K%s [%s] %s of %s, %s/s", what_.c_str(), bar.c_str(), grouped(done).c_str(),
                 grouped(total_).c_str(), grouped(rate).c_str());
    std::fflush(stderr);
}

}  // namespace gavel::cli
