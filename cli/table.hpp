// What a command prints: aligned columns for people, or one JSON document for programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gavel::cli {

// Columns as wide as their widest cell, two spaces between them; columns named right are aligned right.
class Table {
public:
    struct Column {
        std::string title;
        bool right = false;
    };
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    // As many cells as columns. A cell's control characters are shown as '?': it stays a line.
    void add(std::vector<std::string> cells);
    // With a line of titles; each line ends with a newline.
    std::string text() const;
    bool empty() const { return rows_.empty(); }

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

// Name and value of each.
using Lines = std::vector<std::pair<std::string, std::string>>;
// Lines "name  value", the values aligned.
std::string facts(const Lines& lines);

// "2026-01-02 03:04:05 UTC"; "-" for zero.
std::string format_time(uint64_t seconds);
// "12 s", "5 min", "3 h 20 min", "2 d 4 h": the two largest units, rounded down.
std::string format_span(uint64_t seconds);
// "2026-01-02 03:04:05 UTC (in 5 min)", "... (5 min ago)", "... (now)".
std::string format_when(uint64_t seconds, uint64_t now);
// "1.25 s".
std::string format_seconds(double seconds);
// "12,345".
std::string grouped(uint64_t number);

}  // namespace gavel::cli
