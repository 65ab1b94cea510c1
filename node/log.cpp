#include "node/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cmath>
#include <ctime>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "node/clock.hpp"

namespace gavel::node {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warn", "error", "off"};
constexpr spdlog::level::level_enum kSpdlogLevels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                       spdlog::level::err, spdlog::level::off};

std::string_view name_of(LogLevel level) { return kLevelNames[static_cast<size_t>(level)]; }

struct Sink {
    std::shared_ptr<spdlog::logger> logger = make_logger();
    std::atomic<LogLevel> level{LogLevel::kInfo};
    std::mutex mutex;  // guards what follows
    LogFormat format = LogFormat::kText;
    std::string program;
    std::function<void(std::string_view)> output;

    static std::shared_ptr<spdlog::logger> make_logger() {
        auto logger = std::make_shared<spdlog::logger>("gavel", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        logger->set_pattern("%v");
        logger->set_level(spdlog::level::trace);
        return logger;
    }
};

// Never destroyed: threads may log while the process ends.
Sink& sink() {
    static Sink* instance = new Sink;
    return *instance;
}

std::string utc_time(uint64_t time_ms) {
    std::time_t seconds = static_cast<std::time_t>(time_ms / 1000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[64];
    size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(text + length, sizeof text - length, ".%03uZ", static_cast<unsigned>(time_ms % 1000));
    return text;
}

nlohmann::ordered_json json_of(const LogValue& value) {
    return std::visit(
        [](auto content) -> nlohmann::ordered_json {
            if constexpr (std::is_same_v<decltype(content), double>) {
                if (!std::isfinite(content)) return std::to_string(content);  // JSON has no such number
            }
            return content;
        },
        value.content());
}

// Bytes that are no UTF-8 become U+FFFD.
std::string dump(const nlohmann::ordered_json& json) {
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// As it is if it is plain, else as a JSON string: so a line can be split again.
std::string quoted_if_needed(std::string_view text) {
    bool plain = !text.empty();
    for (char c : text) plain = plain && c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
    return plain ? std::string(text) : dump(std::string(text));
}

std::string without_control(std::string_view text) {
    std::string line(text);
    for (char& c : line) {
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
    }
    return line;
}

}  // namespace

void add_log_options(Options& options, LogOptions& log) {
    options.choice("--log-level", log.level, {"debug", "info", "warn", "error", "off"}, "the least level that is written");
    options.choice("--log-format", log.format, {"text", "json"}, "for people or for programs");
}

void init_log(const LogOptions& log, std::string_view program) {
    Sink& to = sink();
    for (size_t i = 0; i < std::size(kLevelNames); ++i) {
        if (kLevelNames[i] == log.level) to.level = static_cast<LogLevel>(i);
    }
    std::lock_guard lock(to.mutex);
    to.format = log.format == "json" ? LogFormat::kJson : LogFormat::kText;
    to.program = program;
}

bool log_enabled(LogLevel level) { return level != LogLevel::kOff && level >= sink().level.load(std::memory_order_relaxed); }

std::string format_log_line(LogFormat format, uint64_t time_ms, LogLevel level, std::string_view program,
                            std::string_view message, LogFields fields) {
    if (format == LogFormat::kJson) {
        nlohmann::ordered_json line = {{"time", utc_time(time_ms)}, {"level", name_of(level)}};
        if (!program.empty()) line["program"] = program;
        line["message"] = message;
        for (const LogField& field : fields) line[std::string(field.key)] = json_of(field.value);
        return dump(line);
    }
    std::string line = utc_time(time_ms) + " " + std::string(name_of(level));
    line.resize(line.size() + 6 - name_of(level).size(), ' ');
    line += without_control(message);
    for (const LogField& field : fields) {
        const auto* text = std::get_if<std::string_view>(&field.value.content());
        line += " " + std::string(field.key) + "=" + (text ? quoted_if_needed(*text) : dump(json_of(field.value)));
    }
    return line;
}

void log(LogLevel level, std::string_view message, LogFields fields) {
    if (!log_enabled(level)) return;
    Sink& to = sink();
    LogFormat format;
    std::string program;
    std::function<void(std::string_view)> output;
    {
        std::lock_guard lock(to.mutex);
        format = to.format;
        program = to.program;
        output = to.output;
    }
    std::string line = format_log_line(format, SystemClock{}.now_ms(), level, program, message, fields);
    if (output) {
        output(line);
    } else {
        to.logger->log(kSpdlogLevels[static_cast<size_t>(level)], spdlog::string_view_t(line.data(), line.size()));
    }
}

void log_status(LogLevel level, std::string_view message, const Status& status) {
    log(level, message,
        {{"code", code_name(status.code)}, {"reason", status.reason}, {"field", status.field}, {"detail", status.message}});
}

void set_log_output(std::function<void(std::string_view line)> output) {
    std::lock_guard lock(sink().mutex);
    sink().output = std::move(output);
}

}  // namespace gavel::node
