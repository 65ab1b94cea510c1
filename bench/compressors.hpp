// General compressors, as other rollups and archives use them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/bytes.hpp"

namespace gavel::bench {

class Compressor {
public:
    virtual ~Compressor() = default;
    virtual std::string name() const = 0;
    virtual Bytes pack(ByteView plain) const = 0;
    // nullopt for bytes that pack() doesn't make.
    virtual std::optional<Bytes> unpack(ByteView packed) const = 0;
};

std::unique_ptr<Compressor> plain();
std::unique_ptr<Compressor> zlib_best();          // RFC 1950, level 9
std::unique_ptr<Compressor> brotli(int quality);  // RFC 7932, window of 2^22
std::unique_ptr<Compressor> zstd(int level);      // RFC 8878, one frame with its size
// With a dictionary that both sides have; its bytes aren't counted.
std::unique_ptr<Compressor> zstd_with(int level, Bytes dictionary);
// Of at most 112,640 bytes; empty if the samples are too few to train one.
Bytes train_dictionary(const std::vector<Bytes>& samples);

}  // namespace gavel::bench
