// What a payment costs in bytes of `ops` (docs/protocol.md, "Codec figures"): real payments, cut into chunks and encoded.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/chunk_cutter.hpp"
#include "workload/corpus.hpp"

namespace gavel::bench {

// How many significant digits the fees of ERC-20s have. Operators round fees; ETH's is 2 x 10^13 wei always.
enum class FeeDigits : uint8_t { kOne, kTwo };

struct CodecFigures {
    std::string name;
    size_t payments = 0;
    std::map<std::string, uint64_t> skipped;  // rows by reason
    size_t chunks = 0;
    size_t bytes = 0;           // of ops
    size_t mantissa_bits = 0;   // of all amounts' mantissas
    bool decoded_alike = true;  // every chunk, decoded, is what was encoded, and weighs no more than allowed

    uint64_t rows() const;
    double bytes_per_payment() const;
    // mean bits of m / 8 + 6.5: what the design asks of each corpus.
    double limit() const;
    double margin() const { return limit() - bytes_per_payment(); }
};

inline constexpr double kPooledLimit = 10.0;  // bytes for each payment over all corpora

// The files of a folder of corpora, in the order of the table, with their names in it.
struct CorpusFile {
    const char* name;
    const char* file;
};
inline constexpr CorpusFile kCorpusFiles[] = {
    {"frontier", "frontier.transfers.csv.zst"},
    {"homestead3.3m-unsigned", "homestead3.3m-unsigned.transfers.csv.zst"},
    {"modern-runs", "modern-runs.transfers.csv.zst"},
    {"modern-sampled", "modern-sampled.transfers.csv.zst"},
    {"scroll-batches", "scroll-batches.transfers.csv.zst"},
    {"scroll-blocks", "scroll-blocks.transfers.csv.zst"},
    {"linea-blocks", "linea-blocks.transfers.csv.zst"},
    {"erc20-transfer-events", "erc20-transfer-events.csv.zst"},
};

// 1, 2 or 5 (kTwo: 1 to 99) times 10^k, k in 0..16, drawn from keccak256(token).
Amount fee_of(const Address& token, FeeDigits digits);

// Encodes the payments in their order, all as transfers by index, in chunks of as many as the weight allows. Each chunk names the
// leaf of every token's fees: that of account (operator, token).
CodecFigures measure_codec(std::string name, const cli::Corpus& corpus, FeeDigits digits = FeeDigits::kOne);
// All payments of several together.
CodecFigures pooled(std::string name, const std::vector<const CodecFigures*>& parts);
// Every corpus of a folder, or why one could not be read. Skipped may be zero addresses, amounts of zero and of 2^128 or more; a
// row that is malformed fails (reason CORPUS_MALFORMED).
node::Result<std::vector<CodecFigures>> measure_folder(const std::string& folder, FeeDigits digits = FeeDigits::kOne);

}  // namespace gavel::bench
