// Configuration of a program: flags, environment, file, defaults, in this order of precedence.
//
// An option "--max-batch" is also the variable GAVEL_MAX_BATCH and the line `max-batch = ...` of the file that --config (or
// GAVEL_CONFIG) names. The file is TOML of the simple kind (key = value; a command's own options stand under [command]). A key
// that no option has is an error, so that a typing mistake doesn't pass as a default.
//
//     std::string listen = "127.0.0.1:7700";
//     uint64_t window_s = 7 * 86400;
//     Options options("gavel-l1", "A simulated L1.");
//     options.text("--listen", listen, "host:port to serve JSON-RPC on");
//     options.seconds("--challenge-window", window_s, "how long a batch can be proven wrong");
//     if (auto status = options.parse(argc, argv)) return *status;
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/status.hpp"

namespace CLI {
class Option;
}

namespace gavel::node {

// Gavel's own version, "0.1.0".
std::string_view version();

// Whole seconds: digits and one of s, m, h, d; bare digits are seconds. "90", "90s", "15m", "7d". At most 100 years.
Result<uint64_t> parse_seconds(std::string_view text);
// The same with ms too: "250ms".
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
// Digits and one of B, K, M, G, KiB, MiB, GiB, powers of 1024; bare digits are bytes. At most 2^50.
Result<uint64_t> parse_byte_size(std::string_view text);
// Base-ten digits only, within 64 bits.
Result<uint64_t> parse_number(std::string_view text);

// OPTION_INVALID (kInvalidArgument), for what is found wrong after parse(): a value, or that options exclude each other.
Status invalid_option(const std::string& option, const std::string& message);

// Options of one program, or of one command of it. Each function binds a name to a variable, whose value at that moment is the
// default that --help shows; the variable must outlive parse(). A name is written as on the command line: "--listen",
// "-j,--json", or without dashes for a positional argument (which has neither environment nor file). Names are told once; twice
// is a bug. A variable of the environment that is empty counts as not set.
class Options {
public:
    // What parse() found to do instead of running the program.
    struct Outcome {
        bool run = true;      // go on; else print `text` and end with `exit_status`
        int exit_status = 0;  // 0 after --help and --version, 2 after an error
        std::string text;     // to standard output if exit_status is 0, else to standard error
    };

    // A handle on an option just added.
    class Option {
    public:
        // Must be given by flag, environment or file.
        Option& required();
        // Stays out of --help.
        Option& hidden();

    private:
        friend class Options;
        explicit Option(CLI::Option* impl) : impl_(impl) {}
        CLI::Option* impl_;
    };

    // Has --help, --version and --config.
    Options(std::string program, std::string description);
    ~Options();
    Options(Options&&) noexcept;
    Options& operator=(Options&&) noexcept;

    Option text(const std::string& name, std::string& value, const std::string& help);
    Option number(const std::string& name, uint64_t& value, const std::string& help, uint64_t min = 0,
                  uint64_t max = std::numeric_limits<uint64_t>::max());
    // A flag: given or not on the command line; true/false (or 1/0, yes/no, on/off) in environment and file, and by --name=false.
    Option toggle(const std::string& name, bool& value, const std::string& help);
    Option seconds(const std::string& name, uint64_t& value, const std::string& help, uint64_t min = 0);
    Option duration(const std::string& name, std::chrono::milliseconds& value, const std::string& help);
    Option byte_size(const std::string& name, uint64_t& value, const std::string& help, uint64_t min = 0,
                     uint64_t max = uint64_t{1} << 50);
    // One of `allowed`.
    Option choice(const std::string& name, std::string& value, const std::vector<std::string>& allowed, const std::string& help);
    // Several values: the option repeated, or commas between them. As a positional it takes all that is left.
    Option list(const std::string& name, std::vector<std::string>& value, const std::string& help);
    // Anything else: `assign` gets the text and tells what is wrong with it. `kind` is the word for the value in --help.
    Option custom(const std::string& name, const std::string& kind, const std::string& default_text,
                  std::function<Status(std::string_view)> assign, const std::string& help);

    // Lines that --help shows at its end, under "Examples".
    void examples(const std::vector<std::string>& lines);

    // The options added from here on stand under this heading in --help.
    void group(const std::string& heading);

    // A command of the program ("gavel send ..."), with options of its own; the reference lives as long as this object. With
    // commands there, one must be given. Options of the program may stand before or after the command's name.
    Options& command(const std::string& name, const std::string& description);
    // The name of the command given; empty without commands. For a command: that of its own command.
    std::string chosen() const;

    // Reads everything; `arguments` without the program's name.
    Outcome parse(const std::vector<std::string>& arguments);
    // The same, printing the text; nullopt means go on, a number is the exit status to end with.
    std::optional<int> parse(int argc, const char* const* argv);

private:
    struct Impl;
    explicit Options(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace gavel::node
