// A fraud proof about a batch in blobs, damaged in what batches in calldata don't have, each with the error that names the fault.
#pragma once

#include <string>
#include <vector>

#include "protocol/fraud_proof.hpp"

namespace gavel::test {

struct BlobDamage {
    std::string what;
    Bytes proof;
    std::string error;
};

// The proof proves a lie. With `all` it is cut at each of its fields' ends, and just before, instead of some.
std::vector<BlobDamage> damages(const FraudProof& proof, bool all);

}  // namespace gavel::test
