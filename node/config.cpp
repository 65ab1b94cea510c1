#include "node/config.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <span>

namespace gavel::node {
namespace {

constexpr uint64_t kMaxSeconds = uint64_t{100} * 366 * 86400;
constexpr uint64_t kMaxByteSize = uint64_t{1} << 50;

struct Unit {
    std::string_view suffix;
    uint64_t factor;
};

Status bad_value(const char* reason, std::string_view text, const std::string& expected) {
    return {Code::kInvalidArgument, reason, "", "'" + std::string(text) + "' is not " + expected};
}

// Digits and a suffix of `units`, of which the first is meant when there is none; nullopt for anything else, or over `max`.
std::optional<uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units, uint64_t max) {
    size_t digits = text.find_first_not_of("0123456789");
    if (digits == std::string_view::npos) digits = text.size();
    uint64_t count = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + digits, count);
    if (error != std::errc{} || end != text.data() + digits) return std::nullopt;
    std::string_view suffix = text.substr(digits);
    for (const Unit& unit : units) {
        if (suffix != unit.suffix && !(suffix.empty() && &unit == units.data())) continue;
        if (count > max / unit.factor) return std::nullopt;
        return count * unit.factor;
    }
    return std::nullopt;
}

std::string write_with_unit(uint64_t count, std::span<const Unit> units) {
    const Unit* best = units.data();
    for (const Unit& unit : units) {
        if (count != 0 && count % unit.factor == 0 && unit.factor > best->factor) best = &unit;
    }
    return std::to_string(count / best->factor) + std::string(best->suffix);
}

constexpr Unit kNumbers[] = {{"", 1}};
constexpr Unit kSeconds[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
constexpr Unit kMilliseconds[] = {{"s", 1000}, {"ms", 1}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit kByteSizes[] = {{"B", 1},       {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
                               {"K", 1 << 10}, {"M", 1 << 20},   {"G", 1 << 30}};

std::string duration_text(std::chrono::milliseconds value) {
    uint64_t ms = static_cast<uint64_t>(value.count());
    return ms % 1000 == 0 ? write_with_unit(ms / 1000, kSeconds) : std::to_string(ms) + "ms";
}

// The long name of "-j,--json", without dashes: the key in the file, and upper-case with GAVEL_ before it the variable.
std::string long_name(const std::string& name) {
    size_t at = name.find("--");
    if (at == std::string::npos) return {};
    size_t end = name.find(',', at);
    return name.substr(at + 2, end == std::string::npos ? end : end - at - 2);
}

std::string variable_of(const std::string& key) {
    std::string variable = "GAVEL_";
    for (char c : key) variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return variable;
}

bool set_in_environment(const std::string& variable) {
    const char* value = std::getenv(variable.c_str());
    return value != nullptr && *value != '\0';
}

// CLI11 takes the file before the environment. So what the environment sets is left out of the file.
class FileBelowEnvironment : public CLI::ConfigTOML {
public:
    std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
        std::vector<CLI::ConfigItem> found = CLI::ConfigTOML::from_config(input);
        std::erase_if(found, [](const CLI::ConfigItem& item) { return set_in_environment(variable_of(item.name)); });
        return found;
    }
};

}  // namespace

std::string_view version() { return GAVEL_VERSION; }

Result<uint64_t> parse_seconds(std::string_view text) {
    if (auto value = parse_with_unit(text, kSeconds, kMaxSeconds)) return *value;
    return bad_value("BAD_DURATION", text, "a time: whole seconds, or a number with s, m, h or d, up to 100 years");
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    if (auto value = parse_with_unit(text, kMilliseconds, kMaxSeconds * 1000)) return std::chrono::milliseconds(*value);
    return bad_value("BAD_DURATION", text, "a time: whole seconds, or a number with ms, s, m, h or d, up to 100 years");
}

Result<uint64_t> parse_byte_size(std::string_view text) {
    if (auto value = parse_with_unit(text, kByteSizes, kMaxByteSize)) return *value;
    return bad_value("BAD_SIZE", text, "a size: bytes, or a number with K, M, G, KiB, MiB or GiB, up to 2^50");
}

Result<uint64_t> parse_number(std::string_view text) {
    if (auto value = parse_with_unit(text, kNumbers, std::numeric_limits<uint64_t>::max())) return *value;
    return bad_value("BAD_NUMBER", text, "a whole number below 2^64");
}

struct Options::Impl {
    // Only the program's own Options owns an app; a command's belongs to its parent's.
    std::unique_ptr<CLI::App> owned;
    CLI::App* app = nullptr;
    std::string heading = "Options";
    std::vector<std::unique_ptr<Options>> commands;

    CLI::Option* finish(CLI::Option* option, const std::string& name, const std::string& kind, const std::string& default_text) {
        std::string key = long_name(name);
        if (!key.empty()) option->envname(variable_of(key))->group(heading);
        option->type_name(kind);
        if (!default_text.empty()) option->default_str(default_text);
        return option;
    }

    // `parse` is one of the functions above; the value has to lie in [min, max], which `write` can show.
    template <class T, class Parse, class Write>
    CLI::Option* bounded(const std::string& name, T& value, const std::string& kind, T min, T max, Parse parse, Write write,
                         const std::string& help) {
        auto assign = [&value, min, max, parse, write](std::string_view text) -> Status {
            auto parsed = parse(text);
            if (!parsed.ok()) return parsed.status();
            if (*parsed < min) return bad_value("TOO_SMALL", text, "enough: at least " + write(min));
            if (*parsed > max) return bad_value("TOO_LARGE", text, "allowed: at most " + write(max));
            value = *parsed;
            return {};
        };
        return custom(name, kind, write(value), assign, help);
    }

    CLI::Option* custom(const std::string& name, const std::string& kind, const std::string& default_text,
                        std::function<Status(std::string_view)> assign, const std::string& help) {
        auto take = [name, assign = std::move(assign)](const std::string& text) {
            Status status = assign(text);
            if (!status.ok()) throw CLI::ValidationError(name, status.message);
        };
        return finish(app->add_option_function<std::string>(name, take, help), name, kind, default_text);
    }
};

Options::Option& Options::Option::required() {
    impl_->required();
    return *this;
}

Options::Option& Options::Option::hidden() {
    impl_->group("");
    return *this;
}

Options::Options(std::string program, std::string description) : impl_(std::make_unique<Impl>()) {
    impl_->owned = std::make_unique<CLI::App>(std::move(description), std::move(program));
    impl_->app = impl_->owned.get();
    impl_->app->set_version_flag("--version", std::string(version()));
    impl_->app->config_formatter(std::make_shared<FileBelowEnvironment>());
    impl_->app->allow_config_extras(CLI::config_extras_mode::error);
    impl_->app->get_formatter()->column_width(40);
}

Options::Options(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Options::~Options() = default;
Options::Options(Options&&) noexcept = default;
Options& Options::operator=(Options&&) noexcept = default;

Options::Option Options::text(const std::string& name, std::string& value, const std::string& help) {
    auto assign = [&value](std::string_view text) {
        value = text;
        return Status{};
    };
    return custom(name, "TEXT", value, assign, help);
}

Options::Option Options::number(const std::string& name, uint64_t& value, const std::string& help, uint64_t min, uint64_t max) {
    auto write = [](uint64_t number) { return std::to_string(number); };
    return Option(impl_->bounded(name, value, "NUMBER", min, max, parse_number, write, help));
}

Options::Option Options::toggle(const std::string& name, bool& value, const std::string& help) {
    std::string shown = value ? help + "; on unless it is =false" : help;
    return Option(impl_->finish(impl_->app->add_flag(name, value, shown), name, "", ""));
}

Options::Option Options::seconds(const std::string& name, uint64_t& value, const std::string& help, uint64_t min) {
    auto write = [](uint64_t seconds) { return write_with_unit(seconds, kSeconds); };
    return Option(impl_->bounded(name, value, "TIME", min, kMaxSeconds, parse_seconds, write, help));
}

Options::Option Options::duration(const std::string& name, std::chrono::milliseconds& value, const std::string& help) {
    auto max = std::chrono::milliseconds(kMaxSeconds * 1000);
    return Option(impl_->bounded(name, value, "TIME", std::chrono::milliseconds(0), max, parse_duration, duration_text, help));
}

Options::Option Options::byte_size(const std::string& name, uint64_t& value, const std::string& help, uint64_t min,
                                   uint64_t max) {
    auto write = [](uint64_t bytes) { return write_with_unit(bytes, kByteSizes); };
    return Option(impl_->bounded(name, value, "SIZE", min, max, parse_byte_size, write, help));
}

Options::Option Options::choice(const std::string& name, std::string& value, const std::vector<std::string>& allowed,
                                const std::string& help) {
    std::string words;
    for (const std::string& word : allowed) words += (words.empty() ? "" : "|") + word;
    auto assign = [&value, allowed, words](std::string_view text) -> Status {
        if (std::find(allowed.begin(), allowed.end(), text) == allowed.end()) return bad_value("BAD_CHOICE", text, words);
        value = text;
        return {};
    };
    return custom(name, words, value, assign, help);
}

Options::Option Options::list(const std::string& name, std::vector<std::string>& value, const std::string& help) {
    std::string default_text;
    for (const std::string& item : value) default_text += (default_text.empty() ? "" : ",") + item;
    auto take = [&value](const std::vector<std::string>& items) { value = items; };
    CLI::Option* option = impl_->app->add_option_function<std::vector<std::string>>(name, take, help);
    option->delimiter(',');
    if (!long_name(name).empty()) option->allow_extra_args(false);
    return Option(impl_->finish(option, name, "LIST", default_text));
}

Options::Option Options::custom(const std::string& name, const std::string& kind, const std::string& default_text,
                                std::function<Status(std::string_view)> assign, const std::string& help) {
    return Option(impl_->custom(name, kind, default_text, std::move(assign), help));
}

void Options::group(const std::string& heading) { impl_->heading = heading; }

void Options::examples(const std::vector<std::string>& lines) {
    std::string text = "Examples:\n";
    for (const std::string& line : lines) text += "  " + line + "\n";
    impl_->app->footer(text);
}

Options& Options::command(const std::string& name, const std::string& description) {
    impl_->app->require_subcommand(1);
    auto impl = std::make_unique<Impl>();
    impl->app = impl_->app->add_subcommand(name, description);
    impl->app->fallthrough();
    impl_->commands.push_back(std::unique_ptr<Options>(new Options(std::move(impl))));
    return *impl_->commands.back();
}

std::string Options::chosen() const {
    auto given = impl_->app->get_subcommands();
    return given.empty() ? std::string() : given.front()->get_name();
}

Options::Outcome Options::parse(const std::vector<std::string>& arguments) {
    CLI::App& app = *impl_->app;
    const char* named = std::getenv("GAVEL_CONFIG");
    app.set_config("--config", named ? named : "", "file to read options from", set_in_environment("GAVEL_CONFIG"))
        ->option_text("FILE (Env:GAVEL_CONFIG)")
        ->group("Options");
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
        return {};
    } catch (const CLI::Success& asked) {
        std::ostringstream text;
        app.exit(asked, text, text);
        return {false, 0, text.str()};
    } catch (const CLI::ParseError& error) {
        return {false, 2, app.get_name() + ": " + error.what() + "\nRun with --help for what there is.\n"};
    }
}

std::optional<int> Options::parse(int argc, const char* const* argv) {
    Outcome outcome = parse(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
    if (outcome.run) return std::nullopt;
    std::fputs(outcome.text.c_str(), outcome.exit_status == 0 ? stdout : stderr);
    return outcome.exit_status;
}

}  // namespace gavel::node
