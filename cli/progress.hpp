// A progress bar on a terminal; nothing elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace gavel::cli {

// Thread-safe. Draws on standard error at most ten times a second; cleared by the destructor.
class Progress {
public:
    Progress(std::string what, uint64_t total);
    ~Progress();
    void set(uint64_t done);

private:
    void draw(uint64_t done);

    std::string what_;
    uint64_t total_;
    bool on_terminal_;
    std::mutex mutex_;
    std::chrono::steady_clock::time_point started_, drawn_;
};

}  // namespace gavel::cli
