#include "protocol/keccak.hpp"

#include <cryptopp/keccak.h>

namespace gavel {

Hash keccak256(std::initializer_list<ByteView> parts) {
    CryptoPP::Keccak_256 state;
    for (ByteView part : parts) state.Update(part.data(), part.size());
    Hash out;
    state.Final(out.data());
    return out;
}

Hash keccak256(ByteView data) { return keccak256({data}); }

Hash keccak256_pair(const Hash& left, const Hash& right) { return keccak256({ByteView{left}, ByteView{right}}); }

}  // namespace gavel
