// Blobs whose elements are drawn from a name, so that other software can draw the same.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "protocol/blob.hpp"
#include "protocol/encoding.hpp"
#include "protocol/keccak.hpp"

namespace gavel::test {

// r - 1 and r.
inline const Element kLast = *fixed_from_hex<Element>("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000");
inline const Element kOrder = *fixed_from_hex<Element>("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");

// H(name || index(4)) mod r
inline Fr drawn(const std::string& name, uint32_t index = 0) {
    return Fr::reduced(keccak256({view_of(name), ByteWriter{}.u32(index).take()}));
}

inline Blob blob_of(const std::vector<Element>& elements) {
    Bytes bytes;
    for (const Element& element : elements) append(bytes, element);
    return Blob::from(bytes).value();
}

inline Blob drawn_blob(const std::string& name) {
    std::vector<Element> elements;
    for (uint32_t i = 0; i < kBlobElements; ++i) elements.push_back(drawn(name, i).bytes());
    return blob_of(elements);
}

inline Blob flat_blob(const Element& element) { return blob_of(std::vector<Element>(kBlobElements, element)); }

inline Element element_at(ByteView elements, size_t index) { return Element::from(elements.subspan(index * kElementBytes)); }

// The sum as a 256-bit integer, modulo 2^256: e + r is no element of the field, and to a careless reader it is e.
inline Element plus(const Element& left, const Element& right) {
    Element out;
    unsigned carry = 0;
    for (size_t i = kElementBytes; i-- > 0; carry >>= 8) {
        carry += static_cast<unsigned>(left.bytes[i]) + right.bytes[i];
        out.bytes[i] = static_cast<uint8_t>(carry);
    }
    return out;
}

inline std::vector<Hash> hashes_of(std::span<const Blob> blobs) {
    std::vector<Hash> out;
    for (const Blob& blob : blobs) out.push_back(versioned_hash(Kzg::get().commitment(blob.view()).value()));
    return out;
}

}  // namespace gavel::test
