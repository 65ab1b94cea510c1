#include "bench/codec_figures.hpp"

#include <algorithm>

#include "protocol/bits.hpp"
#include "protocol/chunk_model.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::bench {
namespace {

// What is no payment that Gavel could carry, in the words of cli::read_corpus.
constexpr std::string_view kSkips[] = {"zero address", "amount of zero", "amount of 2^128 or more"};

// The last eight bytes of the hash, as an integer.
uint64_t low_bits(const Hash& hash) { return ByteReader(ByteView(hash).subspan(24)).u64(); }

void count(CodecFigures& figures, const std::optional<Chunk>& chunk) {
    if (!chunk) return;
    Bytes ops = encode_ops(*chunk);
    auto decoded = decode_ops(ops);
    const Chunk* again = std::get_if<Chunk>(&decoded);
    figures.decoded_alike &= again && *again == *chunk && chunk->weight() <= kMaxChunkWeight;
    figures.bytes += ops.size();
    ++figures.chunks;
}

}  // namespace

uint64_t CodecFigures::rows() const {
    uint64_t sum = payments;
    for (const auto& [reason, count] : skipped) sum += count;
    return sum;
}

double CodecFigures::bytes_per_payment() const { return payments == 0 ? 0 : double(bytes) / double(payments); }

double CodecFigures::limit() const { return payments == 0 ? 0 : double(mantissa_bits) / double(payments) / 8 + 6.5; }

Amount fee_of(const Address& token, FeeDigits digits) {
    if (token.is_zero()) return Amount{2 * chunk_model::kPowersOfTen[13]};
    uint64_t drawn = low_bits(keccak256(token));
    uint64_t count = digits == FeeDigits::kOne ? 3 : 99;
    uint64_t number = drawn % count;
    u128 digit = digits == FeeDigits::kOne ? std::array{1u, 2u, 5u}[number] : 1 + number;
    return Amount{digit * chunk_model::kPowersOfTen[drawn / count % 17]};
}

CodecFigures measure_codec(std::string name, const cli::Corpus& corpus, FeeDigits digits) {
    CodecFigures figures;
    figures.name = std::move(name);
    figures.payments = corpus.payments.size();
    figures.skipped = corpus.skipped;
    ChunkCutter cutter;
    for (const cli::CorpusPayment& payment : corpus.payments) {
        figures.mantissa_bits += bit_length(chunk_model::split(payment.amount).mantissa);
        PostedOperation transfer;
        transfer.sender = account_index(payment.from, payment.token);
        transfer.payments = {{Recipient{account_index(payment.to, payment.token), {}}, payment.amount}};
        transfer.fee = fee_of(payment.token, digits);
        count(figures, cutter.add(std::move(transfer), payment.token));
    }
    count(figures, cutter.cut());
    return figures;
}

CodecFigures pooled(std::string name, const std::vector<const CodecFigures*>& parts) {
    CodecFigures sum;
    sum.name = std::move(name);
    for (const CodecFigures* part : parts) {
        sum.payments += part->payments;
        sum.chunks += part->chunks;
        sum.bytes += part->bytes;
        sum.mantissa_bits += part->mantissa_bits;
        sum.decoded_alike &= part->decoded_alike;
        for (const auto& [reason, count] : part->skipped) sum.skipped[reason] += count;
    }
    return sum;
}

node::Result<std::vector<CodecFigures>> measure_folder(const std::string& folder, FeeDigits digits) {
    std::vector<CodecFigures> all;
    for (const CorpusFile& file : kCorpusFiles) {
        auto corpus = cli::read_corpus(folder + "/" + file.file, 0);
        if (!corpus) return corpus.status();
        for (const auto& [reason, count] : corpus->skipped) {
            if (std::find(std::begin(kSkips), std::end(kSkips), reason) != std::end(kSkips)) continue;
            std::string message = std::string(file.file) + ": " + std::to_string(count) + " rows: " + reason;
            return node::Status{node::Code::kInvalidArgument, "CORPUS_MALFORMED", "file", message};
        }
        all.push_back(measure_codec(file.name, *corpus, digits));
    }
    return all;
}

}  // namespace gavel::bench
