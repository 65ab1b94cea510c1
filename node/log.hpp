// Structured logs to standard error: one line each, a message that never varies and fields that do.
//
//     log_info("batch posted", {{"batch", number}, {"tx", to_hex(hash)}});
//
// text:  2026-01-02T03:04:05.678Z info  batch posted batch=5 tx=0xab..
// json:  {"time":"2026-01-02T03:04:05.678Z","level":"info","message":"batch posted","batch":5,"tx":"0xab.."}
//
// Values are escaped, whatever bytes they hold: a line stays a line. Thread-safe. What is logged before init_log goes by the
// defaults.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "node/config.hpp"
#include "node/status.hpp"

namespace gavel::node {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat : uint8_t { kText, kJson };

struct LogOptions {
    std::string level = "info";   // debug, info, warn, error, off
    std::string format = "text";  // text, json
};

// --log-level and --log-format.
void add_log_options(Options& options, LogOptions& log);
// To be called once the options are read. `program` is written into each JSON line as "program" if not empty.
void init_log(const LogOptions& log, std::string_view program = {});

// A field's value. Holds a view of a string: log at once, don't keep.
class LogValue {
public:
    LogValue(bool value) : content_(value) {}
    template <std::integral T>
    requires(!std::same_as<T, bool>) LogValue(T value) {
        if constexpr (std::signed_integral<T>) {
            content_ = static_cast<int64_t>(value);
        } else {
            content_ = static_cast<uint64_t>(value);
        }
    }
    LogValue(double value) : content_(value) {}
    LogValue(const char* value) : content_(std::string_view(value)) {}
    LogValue(std::string_view value) : content_(value) {}
    LogValue(const std::string& value) : content_(std::string_view(value)) {}

    using Content = std::variant<bool, int64_t, uint64_t, double, std::string_view>;
    const Content& content() const { return content_; }

private:
    Content content_;
};

struct LogField {
    std::string_view key;  // lower-case snake_case; not time, level, message, program
    LogValue value;
};
using LogFields = std::initializer_list<LogField>;

void log(LogLevel level, std::string_view message, LogFields fields);
inline void log_debug(std::string_view message, LogFields fields = {}) { log(LogLevel::kDebug, message, fields); }
inline void log_info(std::string_view message, LogFields fields = {}) { log(LogLevel::kInfo, message, fields); }
inline void log_warn(std::string_view message, LogFields fields = {}) { log(LogLevel::kWarn, message, fields); }
inline void log_error(std::string_view message, LogFields fields = {}) { log(LogLevel::kError, message, fields); }
// A refusal or failure, with code, reason, field and (as `detail`) message as fields.
void log_status(LogLevel level, std::string_view message, const Status& status);
// Whether a line of this level would be written: for fields that are dear to compute.
bool log_enabled(LogLevel level);

// The line, without its end, as it would be written.
std::string format_log_line(LogFormat format, uint64_t time_ms, LogLevel level, std::string_view program,
                            std::string_view message, LogFields fields);
// Sends lines elsewhere than to standard error, for tests; an empty function sends them back there.
void set_log_output(std::function<void(std::string_view line)> output);

}  // namespace gavel::node
