// What is told of Gavel's payments in blobs, beside the other systems'.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "bench/compression_blobs.hpp"

namespace gavel::bench {
namespace {

constexpr double kTransferGas = 21'000;
constexpr double kTimesReserve[] = {1, 10};

// In the order of a slot, what is empty last. Bytes of all blobs.
std::vector<std::pair<const char*, double>> parts_of(const BlobFigures& blobs) {
    const GavelBytes& said = blobs.said;
    return {{"after", said.commitments},
            {"lengths", said.lengths},
            {"chunk header", said.header},
            {"kinds", said.kinds},
            {"fees", said.fees},
            {"senders", said.senders},
            {"recipients", said.recipients},
            {"amounts", said.amounts},
            {"memos", said.memos},
            {"fee leaves", said.fee_leaves},
            {"padding", said.padding},
            {"signatures", said.signatures},
            {"empty behind them", blobs.empty_in_slots},
            {"empty slots", blobs.empty_slots},
            {"top bytes", blobs.top_bytes}};
}

void print_gas(const std::vector<BlobFigures>& sets) {
    fmt::print(
        "\n### Gavel in blobs: what the simulated chain charged\n\nBatches of up to {} blobs, each posted by a transaction of "
        "type "
        "3, read out of the chain's blobs again and compared. Gas is a payment's part. Each batch makes a record of its own, as "
        "a rollup's first 131,072 do.\n\n"
        "| corpus | payments | batches | blobs | payments a slot | a blob | of its bytes used | execution gas | blob gas | gas "
        "in all, blobs at the reserve | at ten times it | full batches alone: execution gas | in all, at the reserve | an ETH "
        "transfer on the L1 is so many |\n"
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |\n",
        kUsualBlobs);
    for (const BlobFigures& one : sets) {
        fmt::print("| {} | {} | {} | {} | {:.2f} | {:.0f} | {:.1f}% | {:.1f} | {:.1f} | {:.1f} | {:.1f} |", one.set,
                   one.all.payments, one.batches, one.blobs, one.payments_per_slot(), one.payments_per_blob(),
                   100 * one.share_used(), one.all.execution_each(), one.per_payment(double(one.all.blob_gas)),
                   one.all.gas_each(1), one.all.gas_each(10));
        if (one.full.payments == 0) fmt::print(" | | |\n");
        else
            fmt::print(" {:.1f} | {:.1f} | {:.0f} |\n", one.full.execution_each(), one.full.gas_each(1),
                       kTransferGas / one.full.gas_each(1));
    }
}

void print_parts(const std::vector<BlobFigures>& sets) {
    fmt::print("\n### Where a blob's bytes go, bytes a payment\n\n| corpus |");
    for (const auto& [part, unused] : parts_of({})) fmt::print(" {} |", part);
    fmt::print(" all |\n| --- |");
    for (size_t i = 0; i < parts_of({}).size() + 1; ++i) fmt::print(" --: |");
    fmt::print("\n");
    for (const BlobFigures& one : sets) {
        fmt::print("| {} |", one.set);
        for (const auto& [unused, bytes] : parts_of(one)) fmt::print(" {:.3f} |", one.per_payment(bytes));
        fmt::print(" {:.3f} |\n", one.per_payment(double(kBlobBytes * one.blobs)));
    }
}

// A payment at each price.
struct FeeRow {
    std::string what;
    double gas = 0, blob_gas = 0;
};

void print_fee(const std::string& set, const FeeRow& row, const Prices& prices) {
    fmt::print("| {} | {} |", set, row.what);
    for (double gwei : prices.gas_gwei) {
        for (double times : kTimesReserve) {
            if (row.blob_gas == 0 && times != 1) fmt::print(" |");
            else fmt::print(" {:.6f} |", prices.usd(row.gas + kReserve * times * row.blob_gas, gwei));
        }
    }
    fmt::print("\n");
}

void print_fees(const std::vector<BlobFigures>& sets, const std::vector<FormRow>& rows, const Prices& prices) {
    fmt::print("\n### Fee of a payment, USD, at {} USD an ETH\n\nThe base fee is in gwei; a blob gas's reserve is 1/16 of it "
               "(EIP-7918). Gavel's is what the chain charged, whole blobs and execution. The others' is arithmetic over the "
               "bytes that they pack, x 32/31, and nothing for execution: in their favour.\n\n| corpus | what |",
               prices.eth_usd);
    for (double gwei : prices.gas_gwei) fmt::print(" {} gwei, blobs at the reserve | blobs at ten times it |", gwei);
    fmt::print("\n| --- | --- |");
    for (size_t i = 0; i < prices.gas_gwei.size(); ++i) fmt::print(" --: | --: |");
    fmt::print("\n");
    for (const BlobFigures& one : sets) {
        print_fee(one.set, {"a transfer of ETH on the L1", kTransferGas}, prices);
        for (const FormRow* row : posted_rows(rows, one.set)) {
            if (row->form == GavelForm().name()) {
                print_fee(one.set, {"Gavel in calldata", row->per_payment(row->gas)}, prices);
                continue;
            }
            const std::string what = row->form + (row->posts_signatures ? "" : " †") + ", " + row->compressor;
            print_fee(one.set, {what + ", in blobs", 0, row->blob_gas_each()}, prices);
        }
        print_fee(one.set, {"Gavel in blobs", one.all.execution_each(), one.per_payment(double(one.all.blob_gas))}, prices);
    }
}

nlohmann::json json_of(const BlobCost& cost) {
    return {{"payments", cost.payments},         {"gas", cost.gas},
            {"blobGas", cost.blob_gas},          {"gasEachAtReserve", cost.gas_each(1)},
            {"gasEachAtTen", cost.gas_each(10)}, {"executionEach", cost.execution_each()}};
}

}  // namespace

void print_blobs(const std::vector<BlobFigures>& sets, const std::vector<FormRow>& rows, const Prices& prices) {
    print_gas(sets);
    print_fees(sets, rows, prices);
    print_parts(sets);
}

nlohmann::json json_of(const BlobFigures& figures) {
    nlohmann::json parts;
    for (const auto& [part, bytes] : parts_of(figures)) parts[part] = figures.per_payment(bytes);
    return {{"set", figures.set},
            {"all", json_of(figures.all)},
            {"full", json_of(figures.full)},
            {"batches", figures.batches},
            {"blobs", figures.blobs},
            {"chunks", figures.chunks},
            {"calldata", figures.calldata},
            {"shareUsed", figures.share_used()},
            {"paymentsPerSlot", figures.payments_per_slot()},
            {"paymentsPerBlob", figures.payments_per_blob()},
            {"parts", parts}};
}

nlohmann::json json_of(const std::vector<CostPoint>& points) {
    nlohmann::json out = nlohmann::json::array();
    for (const CostPoint& point : points) {
        out.push_back({{"batch", point.batch},
                       {"calldata", point.calldata},
                       {"blobsAtReserve", point.blobs_at_reserve},
                       {"blobsAtTen", point.blobs_at_ten}});
    }
    return out;
}

}  // namespace gavel::bench
