// A fraud proof corrupted field by field, each with the error that names the fault.
#pragma once

#include <string>
#include <vector>

#include "protocol/fraud_proof.hpp"
#include "tests/generator/lies.hpp"
#include "tests/generator/trace.hpp"

namespace gavel::test {

// A chunk that comes to everything, from its starting state: three deposits (to person 0 and to strangers 1 and 2, of ETH),
// payments to leaves and to addresses, a withdrawal, fees of both tokens. Its proof holds every kind of field and access.
StartingState full_start(const LieSetting& setting);
Chunk full_chunk();

struct Corruption {
    std::string what;
    Bytes proof;
    std::string error;
};

// Of the proof against a false claim about chunk 1 of 3, which is full_chunk. `accesses` are the proof's in order, by kind and
// index, `before` the accounts before the chunk.
std::vector<Corruption> corruptions(const FraudProof& proof, const std::vector<Access>& accesses, const AccountTree& before);

}  // namespace gavel::test
