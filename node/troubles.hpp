// What stands in a daemon's way. Each trouble is told in the log when it begins to stand, again at growing intervals, and when it
// is over; it is a reason in /healthz, and a metric: gavel_trouble_seconds{reason="..."}, how long it has stood, 0 for none.
//
//     troubles.settle("POSTING_FAILED", poster.send(), 2 * block_ms);      // noted now, stands once it has lasted two blocks
//     troubles.expect("L1_SILENT", 2 * block_ms, "no block has come");     // stands by itself unless said again in time
//
// By the monotonic clock, and independent of the loop that reports: what has come to a halt stands by itself (expect). Somebody
// has to call tick() about once a second for the log; health() and the metric need nobody.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "node/clock.hpp"
#include "node/metrics.hpp"
#include "node/status.hpp"

namespace gavel::node {

struct Trouble {
    std::string reason;     // UPPER_SNAKE, one of few: it is a metric's label
    std::string message;    // for people, never with secrets in it
    uint64_t since_ms = 0;  // by the monotonic clock
    bool is_grave = true;   // makes the daemon unhealthy
};

// Thread-safe.
class Troubles {
public:
    // Neither is owned. `metrics` may be null.
    explicit Troubles(const Clock& clock, Metrics* metrics = nullptr);

    // Something is in the way. It stands once it has lasted `grace_ms` without settled() in between.
    void raise(const std::string& reason, const std::string& message, uint64_t grace_ms = 0, bool is_grave = true);
    // It is out of the way.
    void settled(const std::string& reason);
    // raise() with the status's reason and message as the message, or settled() if it is OK.
    void settle(const std::string& reason, const Status& status, uint64_t grace_ms = 0, bool is_grave = true);
    // All is well, and will be said to be again within `within_ms`; otherwise it stands, with this message.
    void expect(const std::string& reason, uint64_t within_ms, const std::string& message, bool is_grave = true);

    // Those that stand, by the time since when.
    std::vector<Trouble> standing() const;
    // OK, or UNAVAILABLE with reason and message of the grave one that has stood longest.
    Status health() const;
    // Writes into the log what is due.
    void tick();

private:
    struct Entry {
        Trouble trouble;  // since_ms: when it was first noted, or when the time to say otherwise is over
        uint64_t stands_from_ms = 0;
        uint64_t told_ms = 0;   // when it was told last; 0: never
        uint64_t pause_ms = 0;  // until it is told again
    };
    bool stands(const Entry& entry, uint64_t now_ms) const { return now_ms >= entry.stands_from_ms; }
    void know(const std::string& reason);
    void set_gauges();

    const Clock& clock_;
    Metrics* metrics_;
    mutable std::mutex mutex_;
    std::map<std::string, Entry> entries_;  // by reason
    std::map<std::string, Gauge> gauges_;   // of each reason that was ever noted
};

}  // namespace gavel::node
