// Test data from outside the repository: published vectors under $GAVEL_VECTORS, real payments under $GAVEL_CORPORA.
// Without them a test says SKIPPED and goes on; where CI=true, it fails instead.
#pragma once

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

namespace gavel::test {

namespace detail {

inline std::string read_command(const std::string& command) {
    std::FILE* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string out;
    char buffer[65536];
    while (size_t size = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, size);
    if (::pclose(pipe) != 0 || out.empty()) FAIL("can't read it: " << command);
    return out;
}

inline std::optional<std::string> outside_file(const char* variable, const std::string& path) {
    const char* folder = std::getenv(variable);
    if (!folder || !*folder) {
        const char* ci = std::getenv("CI");
        if (ci && std::string(ci) == "true") FAIL(variable << " is not set, and " << path << " is needed");
        std::cout << "SKIPPED: " << path << " (" << variable << " is not set)" << std::endl;
        return std::nullopt;
    }
    const char* reader = path.ends_with(".gz") ? "zcat" : path.ends_with(".zst") ? "zstdcat" : "cat";
    return read_command(std::string(reader) + " '" + folder + "/" + path + "'");
}

}  // namespace detail

// The whole text of a file of vectors, unpacked; nothing if there are no vectors here.
inline std::optional<std::string> vector_file(const std::string& path) { return detail::outside_file("GAVEL_VECTORS", path); }
// The same for a file of real payments.
inline std::optional<std::string> corpus_file(const std::string& path) { return detail::outside_file("GAVEL_CORPORA", path); }

}  // namespace gavel::test
