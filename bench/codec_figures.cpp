#include "bench/codec_figures.hpp"

#include <algorithm>

#include "protocol/bits.hpp"
#include "protocol/chunk_model.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::bench {
namespace {

constexpr uint32_t kAccounts = 1 << 20;
constexpr unsigned kTransferWeight = 2;
// What is no payment that Gavel could carry, in the words of cli::read_corpus.
constexpr std::string_view kSkips[] = {"zero address", "amount of zero", "amount of 2^128 or more"};

// The last eight bytes of the hash, as an integer.
uint64_t low_bits(const Hash& hash) { return ByteReader(ByteView(hash).subspan(24)).u64(); }

Address operator_address() {
    Address address;
    address.bytes.fill(0xee);
    return address;
}

// Cuts chunks as a sequencer does: a payment that would make the chunk too heavy, its token's fee leaf counted, begins the next.
class Cutter {
public:
    Cutter(CodecFigures& figures, FeeDigits digits) : figures_(figures), digits_(digits) {}

    void add(const cli::CorpusPayment& payment) {
        if (weight_ + needed(payment.token) > kMaxChunkWeight) cut();
        weight_ += needed(payment.token);
        if (std::find(tokens_.begin(), tokens_.end(), payment.token) == tokens_.end()) {
            tokens_.push_back(payment.token);
            chunk_.fee_leaves.push_back(account_index(operator_address(), payment.token));
        }
        PostedOperation transfer;
        transfer.sender = account_index(payment.from, payment.token);
        transfer.payments = {{Recipient{account_index(payment.to, payment.token), {}}, payment.amount}};
        transfer.fee = fee_of(payment.token, digits_);
        chunk_.operations.push_back(std::move(transfer));
    }

    void cut() {
        if (chunk_.operations.empty()) return;
        Bytes ops = encode_ops(chunk_);
        auto decoded = decode_ops(ops);
        const Chunk* again = std::get_if<Chunk>(&decoded);
        figures_.decoded_alike &= again && *again == chunk_ && chunk_.weight() == weight_ && weight_ <= kMaxChunkWeight;
        figures_.bytes += ops.size();
        ++figures_.chunks;
        chunk_ = {};
        tokens_.clear();
        weight_ = 0;
    }

private:
    unsigned needed(const Address& token) const {
        bool known = std::find(tokens_.begin(), tokens_.end(), token) != tokens_.end();
        return kTransferWeight + (known ? 0 : kFeeLeafWeight);
    }

    CodecFigures& figures_;
    FeeDigits digits_;
    Chunk chunk_;
    std::vector<Address> tokens_;
    unsigned weight_ = 0;
};

}  // namespace

uint64_t CodecFigures::rows() const {
    uint64_t sum = payments;
    for (const auto& [reason, count] : skipped) sum += count;
    return sum;
}

double CodecFigures::bytes_per_payment() const { return payments == 0 ? 0 : double(bytes) / double(payments); }

double CodecFigures::limit() const { return payments == 0 ? 0 : double(mantissa_bits) / double(payments) / 8 + 6.5; }

uint32_t account_index(const Address& owner, const Address& token) {
    return static_cast<uint32_t>(low_bits(keccak256({owner, token})) % kAccounts);
}

Amount fee_of(const Address& token, FeeDigits digits) {
    if (token.is_zero()) return Amount{2 * chunk_model::kPowersOfTen[13]};
    uint64_t drawn = low_bits(keccak256(token));
    uint64_t count = digits == FeeDigits::kOne ? 3 : 99;
    uint64_t number = drawn % count;
    u128 digit = digits == FeeDigits::kOne ? std::array{1, 2, 5}[number] : 1 + number;
    return Amount{digit * chunk_model::kPowersOfTen[drawn / count % 17]};
}

CodecFigures measure_codec(std::string name, const cli::Corpus& corpus, FeeDigits digits) {
    CodecFigures figures;
    figures.name = std::move(name);
    figures.payments = corpus.payments.size();
    figures.skipped = corpus.skipped;
    Cutter cutter(figures, digits);
    for (const cli::CorpusPayment& payment : corpus.payments) {
        figures.mantissa_bits += bit_length(chunk_model::split(payment.amount).mantissa);
        cutter.add(payment);
    }
    cutter.cut();
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
