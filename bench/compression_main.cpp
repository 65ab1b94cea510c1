// gavel-bench-compression: bytes, speed, gas and fee of a payment in each rollup's form (bench/README.md).
// bench/compression.py runs it, and draws.
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "bench/codec_figures.hpp"
#include "bench/compression_blobs.hpp"
#include "bench/entropy.hpp"
#include "node/file.hpp"

using namespace gavel;
using namespace gavel::bench;
using nlohmann::json;

namespace {

struct Options {
    std::vector<std::string> corpora;
    std::string folder, json;
    size_t batch = 1'000;
    uint64_t max_payments = 0;
    bool strict = false;
    bool short_form = false;
    Prices prices;
};

void print_bad_rows(const PaymentSet& set) {
    constexpr size_t kShown = 10;
    for (size_t i = 0; i < std::min(kShown, set.bad.size()); ++i) {
        fmt::print(stderr, "{}: line {} is skipped: {}\n", set.name, set.bad[i].line, set.bad[i].reason);
    }
    if (set.bad.size() > kShown) fmt::print(stderr, "{}: and {} more lines\n", set.name, set.bad.size() - kShown);
}

// A user's own files; else the corpora of the folder; else payments drawn.
std::vector<PaymentSet> load(const Options& options) {
    std::vector<std::pair<std::string, std::string>> files;
    for (const std::string& path : options.corpora) files.emplace_back(std::filesystem::path(path).filename(), path);
    if (files.empty() && !options.folder.empty()) {
        for (const CorpusFile& file : kCorpusFiles) files.emplace_back(file.name, options.folder + "/" + file.file);
    }
    std::vector<PaymentSet> out;
    for (const auto& [name, path] : files) {
        auto set = load_payments(name, path, options.max_payments);
        if (!set) throw std::runtime_error(node::to_string(set.status()));
        if (!set->bad.empty() && options.strict) {
            throw std::runtime_error(fmt::format("{}, line {}: {}", path, set->bad[0].line, set->bad[0].reason));
        }
        print_bad_rows(*set);
        if (set->payments.empty()) throw std::runtime_error(path + " holds no payment");
        out.push_back(std::move(*set));
    }
    if (out.empty()) out.push_back(synthetic_payments(options.max_payments ? options.max_payments : 5'000, 1));
    return out;
}

void print_forms() {
    fmt::print("### The forms\n\n| form | specification | what to know |\n| --- | --- | --- |\n");
    auto print = [](const Form& form) {
        fmt::print("| {}{} | {} | {} |\n", form.name(), form.posts_signatures() ? "" : " †", form.specification(), form.label());
    };
    for (const auto& form : other_forms()) print(*form);
    print(GavelForm());
    fmt::print("\n† doesn't post a signature for each payment\n");
}

std::string title_of(const PaymentSet& set) {
    const char* kind = set.is_synthetic            ? "synthetic"
                       : set.has_real_transactions ? "transactions as signed on their chain"
                                                   : "transactions signed by derived keys";
    return fmt::format("{}: {} payments, {}", set.name, set.payments.size(), kind);
}

void print_rows(const PaymentSet& set, const std::vector<FormRow>& rows, const BlobFigures& in_blobs) {
    fmt::print("\n### {}\n\n", title_of(set));
    fmt::print("| form | packed by | bytes / payment | signature | rest | to RLP | MB/s in | out | gas | at 64 a byte | "
               "gas in blobs at the reserve | at ten times it |\n"
               "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n");
    double rlp = 0;
    for (const FormRow& row : rows) {
        if (row.form == "Ethereum RLP" && row.compressor == "plain") rlp = row.per_payment(row.bytes);
    }
    for (const FormRow& row : rows) {
        if (row.payments == 0) {
            fmt::print("| {} | {} | says none of these payments | | | | | | | | | |\n", row.form, row.compressor);
            continue;
        }
        double bytes = row.per_payment(row.bytes), signature = row.per_payment(row.signature_bytes);
        double said = 100 * double(row.payments) / double(row.payments + row.not_carried);
        std::string share = row.posts_signatures ? "" : " †";
        if (said != 100) share += fmt::format(" (says {:.0f}%)", said);
        const char* own = row.is_own ? " (own)" : "";
        fmt::print("| {}{} | {}{} | {:.2f} | {:.2f} | {:.2f} | {:.3f} |", row.form, share, row.compressor, own, bytes, signature,
                   bytes - signature, bytes / rlp);
        fmt::print(" {:.1f} | {:.1f} | {:.0f} | {:.0f} |", row.megabytes_in(), row.megabytes_out(), row.per_payment(row.gas),
                   row.per_payment(row.gas_later));
        if (row.form == GavelForm().name()) fmt::print(" | |\n");
        else fmt::print(" {:.1f} | {:.1f} |\n", kReserve * row.blob_gas_each(), 10 * kReserve * row.blob_gas_each());
    }
    const double bytes = in_blobs.per_payment(in_blobs.posted_bytes()),
                 signature = in_blobs.per_payment(in_blobs.said.signatures);
    fmt::print("| Gavel in blobs, measured | plain (own) | {:.2f} | {:.2f} | {:.2f} | {:.3f} | {:.1f} | {:.1f} | | | {:.1f} | "
               "{:.1f} |\n",
               bytes, signature, bytes - signature, bytes / rlp, in_blobs.megabytes_in(), in_blobs.megabytes_out(),
               in_blobs.all.gas_each(1), in_blobs.all.gas_each(10));
}

json json_of(const FormRow& row) {
    return {{"set", row.set},
            {"form", row.form},
            {"compressor", row.compressor},
            {"specification", row.specification},
            {"label", row.label},
            {"postsSignatures", row.posts_signatures},
            {"own", row.is_own},
            {"payments", row.payments},
            {"notCarried", row.not_carried},
            {"bytes", row.bytes},
            {"signatureBytes", row.signature_bytes},
            {"transactions", row.transactions},
            {"gas", row.gas},
            {"gasLater", row.gas_later},
            {"rlpBytes", row.rlp_bytes},
            {"mbPerSecondIn", row.megabytes_in()},
            {"mbPerSecondOut", row.megabytes_out()},
            {"blobGasEach", row.blob_gas_each()}};
}

json json_of(const std::vector<Point>& points) {
    json out = json::array();
    for (const Point& point : points) {
        out.push_back({{"form", point.form}, {"x", point.x}, {"bytes", point.bytes}, {"gas", point.gas}});
    }
    return out;
}

// In the order in which they are posted.
std::vector<std::pair<const char*, double>> parts_of(const GavelBytes& bytes) {
    return {{"chunk header", bytes.header},
            {"kinds", bytes.kinds},
            {"fees", bytes.fees},
            {"senders", bytes.senders},
            {"recipients", bytes.recipients},
            {"amounts", bytes.amounts},
            {"memos", bytes.memos},
            {"fee leaves", bytes.fee_leaves},
            {"padding", bytes.padding},
            {"signatures", bytes.signatures},
            {"chunk lengths", bytes.lengths},
            {"commitments", bytes.commitments},
            {"batch header", bytes.batch_header}};
}

void print_breakdown(const std::vector<std::pair<std::string, json>>& sets) {
    fmt::print("\n### Gavel's bytes a payment, by what they say\n\n| corpus |");
    for (const auto& [name, bytes] : parts_of({})) fmt::print(" {} |", name);
    fmt::print(" all |\n| --- |");
    for (size_t i = 0; i < parts_of({}).size() + 1; ++i) fmt::print(" --: |");
    fmt::print("\n");
    for (const auto& [name, parts] : sets) {
        fmt::print("| {} |", name);
        double sum = 0;
        for (const auto& [part, unused] : parts_of({})) {
            fmt::print(" {:.3f} |", parts[part].get<double>());
            sum += parts[part].get<double>();
        }
        fmt::print(" {:.3f} |\n", sum);
    }
}

json measure_entropy_of(const PaymentSet& set, size_t batch) {
    std::vector<std::vector<Bytes>> batches;
    for (size_t at = 0; at < set.payments.size(); at += batch) {
        batches.push_back(GavelForm().ops(Payments(set.payments).subspan(at, std::min(batch, set.payments.size() - at))));
    }
    EntropyFigures figures = measure_entropy(batches);
    auto saved = [&](uint64_t bytes) { return 100 - 100 * double(bytes) / double(figures.ops); };
    fmt::print("| {} | {} | {:+.2f}% | {:+.2f}% |\n", set.name, figures.ops, -saved(figures.fixed), -saved(figures.with_table));
    return {{"set", set.name},
            {"ops", figures.ops},
            {"fixedTable", figures.fixed},
            {"tableSent", figures.with_table},
            {"sample", to_hex(figures.sample)},
            {"sampleCode", to_hex(figures.sample_code)},
            {"sampleTable", figures.sample_table}};
}

// Gavel must be the smallest of all that post a signature for each payment. Told of any corpus; of one that doesn't fill a chunk,
// which a batch's header is too long for, it isn't a failure of the command.
bool is_smallest(const std::vector<FormRow>& rows) {
    constexpr uint64_t kChunk = 47;
    const FormRow& gavel = rows.back();
    bool smallest = true;
    for (const FormRow& row : rows) {
        if (&row == &gavel || !row.posts_signatures || row.per_payment(row.bytes) > gavel.per_payment(gavel.bytes)) continue;
        fmt::print(stderr, "{}: {} by {} is smaller than Gavel: {:.2f} bytes to {:.2f}\n", row.set, row.form, row.compressor,
                   row.per_payment(row.bytes), gavel.per_payment(gavel.bytes));
        smallest &= gavel.payments < kChunk;
    }
    return smallest;
}

int run(const Options& options) {
    std::vector<PaymentSet> sets = load(options);
    json out = {{"batch", options.batch},  {"gasGwei", options.prices.gas_gwei}, {"ethUsd", options.prices.eth_usd},
                {"rows", json::array()},   {"inBlobs", json::array()},           {"sets", json::array()},
                {"entropy", json::array()}};
    bool kept = true;
    print_forms();
    std::vector<std::pair<std::string, json>> breakdowns;
    std::vector<FormRow> all_rows;
    std::vector<BlobFigures> in_blobs;
    for (const PaymentSet& set : sets) {
        std::vector<FormRow> rows = measure_set(set, options.batch);
        fmt::print(stderr, "{}: Gavel in blobs ...\n", set.name);
        in_blobs.push_back(measure_in_blobs(set.name, set.payments));
        print_rows(set, rows, in_blobs.back());
        kept &= is_smallest(rows);
        for (const FormRow& row : rows) out["rows"].push_back(json_of(row));
        out["inBlobs"].push_back(json_of(in_blobs.back()));
        all_rows.insert(all_rows.end(), rows.begin(), rows.end());
        json parts;
        for (const auto& [name, bytes] : parts_of(breakdown_of(set.payments, options.batch))) {
            parts[name] = bytes / double(set.payments.size());
        }
        breakdowns.emplace_back(set.name, parts);
        out["sets"].push_back({{"name", set.name},
                               {"title", title_of(set)},
                               {"payments", set.payments.size()},
                               {"skipped", set.skipped},
                               {"synthetic", set.is_synthetic},
                               {"breakdown", parts}});
    }
    print_breakdown(breakdowns);
    print_blobs(in_blobs, all_rows, options.prices);
    fmt::print("\n### An entropy coder over `ops` (rANS over bytes): an experiment\n\n"
               "| corpus | bytes of ops | table fixed | table sent |\n| --- | --: | --: | --: |\n");
    for (const PaymentSet& set : sets) out["entropy"].push_back(measure_entropy_of(set, options.batch));
    if (!options.short_form) {
        fmt::print(stderr, "by size of batch, by new recipients, by payout lines ...\n");
        const PaymentSet& largest = *std::max_element(sets.begin(), sets.end(), [](const PaymentSet& a, const PaymentSet& b) {
            return a.payments.size() < b.payments.size();
        });
        out["lineSet"] = largest.name;
        out["byBatchSize"] = json_of(by_batch_size(largest.payments));
        out["byNewRecipients"] = json_of(by_new_recipients(largest.payments));
        out["byPayoutLines"] = json_of(by_payout_lines(largest.payments));
        fmt::print(stderr, "cost by size of batch ...\n");
        out["costByBatchSize"] = json_of(costs_by_batch_size(largest.payments));
    }
    if (!options.json.empty()) {
        node::Status written = node::write_file(options.json, out.dump(1) + "\n");
        if (!written.ok()) throw std::runtime_error(node::to_string(written));
    }
    return kept ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"What a payment costs in each rollup's form: bytes, speed, gas, fee.\n"
                 "Exit status: 0; 1 if a form that posts a signature for each payment is smaller than Gavel's; 2 if it can't be "
                 "measured."};
    Options options;
    app.add_option("--corpus", options.corpora, "CSV (or CSV.zst) with from, to, amount; token, fee, memo optional; repeatable");
    app.add_option("folder", options.folder, "the corpora, without --corpus; without either, payments are drawn")
        ->envname("GAVEL_CORPORA");
    app.add_option("--batch", options.batch, "payments of a batch")->check(CLI::Range(1, 100'000))->capture_default_str();
    app.add_option("--max", options.max_payments, "payments of each corpus; 0: all")->capture_default_str();
    app.add_flag("--strict", options.strict, "a bad row is fatal, and isn't skipped");
    app.add_flag("--short", options.short_form, "without the lines of the plots");
    app.add_option("--gas-price", options.prices.gas_gwei, "base fee, gwei; repeatable")->capture_default_str();
    app.add_option("--eth-price", options.prices.eth_usd, "USD")->capture_default_str();
    app.add_option("--json", options.json, "file for the figures");
    CLI11_PARSE(app, argc, argv);
    try {
        return run(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "gavel-bench-compression: {}\n", error.what());
        return 2;
    }
}
