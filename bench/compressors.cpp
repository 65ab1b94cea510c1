#include "bench/compressors.hpp"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <zdict.h>
#include <zlib.h>
#include <zstd.h>

#include <fmt/format.h>
#include <stdexcept>

namespace gavel::bench {
namespace {

constexpr size_t kMaxPlain = size_t{1} << 28;  // what unpack() gives at most
constexpr size_t kDictionary = 110 * 1024;     // zstd's own default

class Plain final : public Compressor {
public:
    std::string name() const override { return "plain"; }
    Bytes pack(ByteView plain) const override { return to_bytes(plain); }
    std::optional<Bytes> unpack(ByteView packed) const override { return to_bytes(packed); }
};

class Zlib final : public Compressor {
public:
    std::string name() const override { return "zlib 9"; }
    Bytes pack(ByteView plain) const override {
        uLongf size = compressBound(plain.size());
        Bytes out(size);
        if (compress2(out.data(), &size, plain.data(), plain.size(), 9) != Z_OK) throw std::runtime_error("zlib fails");
        out.resize(size);
        return out;
    }
    std::optional<Bytes> unpack(ByteView packed) const override {
        z_stream stream = {};
        if (inflateInit(&stream) != Z_OK) throw std::runtime_error("zlib fails");
        stream.next_in = const_cast<Bytef*>(packed.data());
        stream.avail_in = static_cast<uInt>(packed.size());
        Bytes out;
        int state = Z_OK;
        while (state == Z_OK && out.size() < kMaxPlain) {
            Bytes some(1 << 18);
            stream.next_out = some.data();
            stream.avail_out = static_cast<uInt>(some.size());
            state = inflate(&stream, Z_NO_FLUSH);
            some.resize(some.size() - stream.avail_out);
            append(out, some);
            // A batcher may leave the stream without its end, flushed.
            if (state == Z_BUF_ERROR && stream.avail_in == 0) state = Z_STREAM_END;
        }
        inflateEnd(&stream);
        if (state != Z_STREAM_END) return std::nullopt;
        return out;
    }
};

class Brotli final : public Compressor {
public:
    explicit Brotli(int quality) : quality_(quality) {}
    std::string name() const override { return fmt::format("brotli {}", quality_); }
    Bytes pack(ByteView plain) const override {
        size_t size = BrotliEncoderMaxCompressedSize(plain.size());
        Bytes out(size == 0 ? plain.size() + 1024 : size);
        size = out.size();
        if (!BrotliEncoderCompress(quality_, 22, BROTLI_MODE_GENERIC, plain.size(), plain.data(), &size, out.data())) {
            throw std::runtime_error("brotli fails");
        }
        out.resize(size);
        return out;
    }
    std::optional<Bytes> unpack(ByteView packed) const override {
        std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)> state(
            BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
        size_t left = packed.size();
        const uint8_t* in = packed.data();
        Bytes out;
        BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
        while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT && out.size() < kMaxPlain) {
            Bytes some(1 << 18);
            size_t room = some.size();
            uint8_t* at = some.data();
            result = BrotliDecoderDecompressStream(state.get(), &left, &in, &room, &at, nullptr);
            some.resize(some.size() - room);
            append(out, some);
        }
        if (result != BROTLI_DECODER_RESULT_SUCCESS || left != 0) return std::nullopt;
        return out;
    }

private:
    int quality_;
};

class Zstd final : public Compressor {
public:
    Zstd(int level, Bytes dictionary) : level_(level), dictionary_(std::move(dictionary)) {}
    std::string name() const override { return fmt::format("zstd {}{}", level_, dictionary_.empty() ? "" : " with dictionary"); }
    Bytes pack(ByteView plain) const override {
        std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
        Bytes out(ZSTD_compressBound(plain.size()));
        size_t size = ZSTD_compress_usingDict(context.get(), out.data(), out.size(), plain.data(), plain.size(),
                                              dictionary_.data(), dictionary_.size(), level_);
        if (ZSTD_isError(size)) throw std::runtime_error("zstd fails");
        out.resize(size);
        return out;
    }
    std::optional<Bytes> unpack(ByteView packed) const override {
        unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
        if (size > kMaxPlain) return std::nullopt;  // the values for "unknown" and "error" as well
        std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
        Bytes out(size);
        size_t got = ZSTD_decompress_usingDict(context.get(), out.data(), out.size(), packed.data(), packed.size(),
                                               dictionary_.data(), dictionary_.size());
        if (ZSTD_isError(got) || got != size) return std::nullopt;
        return out;
    }

private:
    int level_;
    Bytes dictionary_;
};

}  // namespace

std::unique_ptr<Compressor> plain() { return std::make_unique<Plain>(); }
std::unique_ptr<Compressor> zlib_best() { return std::make_unique<Zlib>(); }
std::unique_ptr<Compressor> brotli(int quality) { return std::make_unique<Brotli>(quality); }
std::unique_ptr<Compressor> zstd(int level) { return std::make_unique<Zstd>(level, Bytes()); }
std::unique_ptr<Compressor> zstd_with(int level, Bytes dictionary) {
    return std::make_unique<Zstd>(level, std::move(dictionary));
}

Bytes train_dictionary(const std::vector<Bytes>& samples) {
    Bytes all, out(kDictionary);
    std::vector<size_t> sizes;
    for (const Bytes& sample : samples) {
        append(all, sample);
        sizes.push_back(sample.size());
    }
    size_t size = ZDICT_trainFromBuffer(out.data(), out.size(), all.data(), sizes.data(), static_cast<unsigned>(sizes.size()));
    out.resize(ZDICT_isError(size) ? 0 : size);
    return out;
}

}  // namespace gavel::bench
