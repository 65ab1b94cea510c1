#include "cli/table.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iterator>
#include <utility>

#include "protocol/check.hpp"

namespace gavel::cli {
namespace {

// Columns on a terminal: UTF-8's continuation bytes take none.
size_t width_of(const std::string& text) {
    return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

void add_cell(std::string& line, const std::string& cell, size_t width, bool right) {
    const std::string padding(width - std::min(width, width_of(cell)), ' ');
    line += right ? padding + cell : cell + padding;
}

std::string one_line(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    }
    return text;
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
    GAVEL_CHECK(cells.size() == columns_.size());
    for (std::string& cell : cells) cell = one_line(std::move(cell));
    rows_.push_back(std::move(cells));
}

std::string Table::text() const {
    std::vector<size_t> widths;
    for (size_t i = 0; i < columns_.size(); ++i) {
        size_t width = width_of(columns_[i].title);
        for (const auto& row : rows_) width = std::max(width, width_of(row[i]));
        widths.push_back(width);
    }
    std::string out;
    auto add_line = [&](auto cell_at) {
        std::string line;
        for (size_t i = 0; i < columns_.size(); ++i) {
            if (i > 0) line += "  ";
            add_cell(line, cell_at(i), widths[i], columns_[i].right);
        }
        line.resize(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    };
    add_line([&](size_t i) { return columns_[i].title; });
    for (const auto& row : rows_) add_line([&](size_t i) { return row[i]; });
    return out;
}

std::string facts(const std::vector<std::pair<std::string, std::string>>& lines) {
    size_t width = 0;
    for (const auto& [name, value] : lines) width = std::max(width, width_of(name));
    std::string out;
    for (const auto& [name, value] : lines) {
        std::string line;
        add_cell(line, name, width, false);
        out += line + "  " + one_line(value) + "\n";
    }
    return out;
}

std::string format_time(uint64_t seconds) {
    if (seconds == 0) return "-";
    const time_t time = static_cast<time_t>(seconds);
    std::tm parts{};
    char text[64];
    if (gmtime_r(&time, &parts) == nullptr) return std::to_string(seconds);
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return text;
}

std::string format_span(uint64_t seconds) {
    constexpr std::pair<uint64_t, const char*> kUnits[] = {{86'400, " d"}, {3'600, " h"}, {60, " min"}, {1, " s"}};
    for (size_t i = 0; i < std::size(kUnits); ++i) {
        const auto [size, name] = kUnits[i];
        if (seconds < size) continue;
        std::string out = std::to_string(seconds / size) + name;
        // Seconds matter only where there are no minutes.
        if (i + 2 >= std::size(kUnits)) return out;
        const auto [small, small_name] = kUnits[i + 1];
        const uint64_t rest = seconds % size / small;
        return rest == 0 ? out : out + " " + std::to_string(rest) + small_name;
    }
    return "0 s";
}

std::string format_when(uint64_t seconds, uint64_t now) {
    const std::string distance = seconds > now   ? "in " + format_span(seconds - now)
                                 : seconds < now ? format_span(now - seconds) + " ago"
                                                 : "now";
    return format_time(seconds) + " (" + distance + ")";
}

std::string format_seconds(double seconds) {
    char text[64];
    std::snprintf(text, sizeof text, "%.2f s", seconds);
    return text;
}

std::string grouped(uint64_t number) {
    const std::string digits = std::to_string(number);
    std::string out;
    for (size_t i = 0; i < digits.size(); ++i) {
        if (i != 0 && (digits.size() - i) % 3 == 0) out += ',';
        out += digits[i];
    }
    return out;
}

}  // namespace gavel::cli
