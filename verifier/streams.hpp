// The verifier's streams: each gives its next value, if there is one now (node/stream.hpp). Whoever serves them asks again when
// there is news.
#pragma once

#include "node/stream.hpp"
#include "verifier/findings.hpp"

namespace gavel::verifier {

class VerdictStream {
public:
    VerdictStream(const Findings& findings, uint64_t from_batch) : findings_(findings), from_batch_(from_batch) {}

    node::Result<node::Next> operator()(api::Verdict& verdict) {
        if (told_ == page_.verdicts.size()) {
            page_ = findings_.verdicts(page_.next, from_batch_, kPage);
            told_ = 0;
        }
        if (page_.verdicts.empty()) return node::Next::kLater;
        verdict = page_.verdicts[told_++];
        return node::Next::kMessage;
    }

private:
    static constexpr size_t kPage = 100;

    const Findings& findings_;
    uint64_t from_batch_;
    Findings::VerdictPage page_;
    size_t told_ = 0;
};

// One proof at a time: they are large.
class FraudProofStream {
public:
    FraudProofStream(const Findings& findings, uint64_t from_batch) : findings_(findings), from_batch_(from_batch) {}

    node::Result<node::Next> operator()(api::FraudProof& proof) {
        auto change = findings_.next_changed_proof(known_, from_batch_);
        known_ = change.known;
        if (!change.proof) return node::Next::kLater;
        proof = *std::move(change.proof);
        return node::Next::kMessage;
    }

private:
    const Findings& findings_;
    uint64_t from_batch_;
    uint64_t known_ = 0;
};

}  // namespace gavel::verifier
