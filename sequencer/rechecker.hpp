// The last look at a batch before it is posted: it is decoded from its bytes and run again on a state of its own, which nothing
// but such batches has ever changed. Signatures that were checked when their operations came in may come from a cache, nothing
// else.
#pragma once

#include <string>

#include "follow/l1_view.hpp"
#include "protocol/batch.hpp"
#include "protocol/state.hpp"

namespace gavel::sequencer {

class Rechecker {
public:
    // `state` is the state after batch `header`.
    Rechecker(State state, const BatchHeader& header, const Hash& domain_separator);

    // The header of the last batch that was found right.
    const BatchHeader& header() const { return header_; }
    // Whether `posted`, the argument of an append, is the next batch and each of its claims true. If not, says why, and the state
    // is as before. `view` answers for the L1 operations.
    bool check(const PostedData& posted, const follow::L1View& view, const SignatureJudge& judge, std::string& why);

private:
    bool run(StateRunner& runner, const Batch& batch, const follow::L1View& view, const SignatureJudge& judge, std::string& why);

    State state_;
    BatchHeader header_;
    Hash domain_separator_;
};

}  // namespace gavel::sequencer
