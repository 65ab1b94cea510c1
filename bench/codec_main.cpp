// gavel-bench-codec: bytes of `ops` for each payment, over real payments (docs/protocol.md, "Codec figures").
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "bench/codec_figures.hpp"

using namespace gavel;
using namespace gavel::bench;

namespace {

void print_table(const std::vector<CodecFigures>& rows) {
    std::set<std::string> reasons;
    for (const CodecFigures& row : rows) {
        for (const auto& [reason, count] : row.skipped) reasons.insert(reason);
    }
    fmt::print("| corpus | rows |");
    for (const std::string& reason : reasons) fmt::print(" {} |", reason);
    fmt::print(" payments | chunks | bytes | bytes / payment | limit | margin |\n| --- |");
    for (size_t i = 0; i < reasons.size() + 7; ++i) fmt::print(" --: |");
    fmt::print("\n");
    for (const CodecFigures& row : rows) {
        fmt::print("| {} | {} |", row.name, row.rows());
        for (const std::string& reason : reasons) {
            auto count = row.skipped.find(reason);
            fmt::print(" {} |", count == row.skipped.end() ? 0 : count->second);
        }
        fmt::print(" {} | {} | {} | {:.3f} | {:.3f} | {:+.3f} |\n", row.payments, row.chunks, row.bytes, row.bytes_per_payment(),
                   row.limit(), row.margin());
    }
}

std::vector<const CodecFigures*> select(const std::vector<CodecFigures>& all, std::initializer_list<std::string_view> names) {
    std::vector<const CodecFigures*> out;
    for (const CodecFigures& row : all) {
        if (names.size() == 0 || std::find(names.begin(), names.end(), row.name) != names.end()) out.push_back(&row);
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Bytes of ops for each payment, over real payments.\n"
                 "Exit status: 0, or 1 if all together take over 10 bytes a payment, or if a chunk doesn't decode to itself; "
                 "2 if a file can't be read."};
    std::string folder;
    bool two_digits = false;
    app.add_option("folder", folder, "the corpora")->envname("GAVEL_CORPORA")->required();
    app.add_flag("--two-digit-fees", two_digits, "ERC-20 fees of 1 to 99 x 10^k, instead of 1, 2 or 5 x 10^k");
    CLI11_PARSE(app, argc, argv);

    auto figures = measure_folder(folder, two_digits ? FeeDigits::kTwo : FeeDigits::kOne);
    if (!figures) {
        fmt::print(stderr, "gavel-bench-codec: {}\n", node::to_string(figures.status()));
        return 2;
    }
    CodecFigures others = pooled("other rollups", select(*figures, {"scroll-batches", "scroll-blocks", "linea-blocks"}));
    CodecFigures all = pooled("all together", select(*figures, {}));
    std::vector<CodecFigures> rows = *figures;
    rows.push_back(others);
    rows.push_back(all);
    print_table(rows);
    if (!all.decoded_alike) fmt::print(stderr, "gavel-bench-codec: a chunk doesn't decode to itself\n");
    if (all.bytes_per_payment() > kPooledLimit) {
        fmt::print(stderr, "gavel-bench-codec: {:.3f} bytes a payment, over {}\n", all.bytes_per_payment(), kPooledLimit);
    }
    return all.decoded_alike && all.bytes_per_payment() <= kPooledLimit ? 0 : 1;
}
