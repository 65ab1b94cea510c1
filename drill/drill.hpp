// Lies for a fire drill: batches that a contract takes and a verifier must catch.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "follow/l1_view.hpp"
#include "ledger/ledger.hpp"
#include "node/status.hpp"
#include "protocol/keys.hpp"

namespace gavel::verifier {

enum class LieKind : uint8_t {
    kMoneyFromNothing,       // a right chunk; the claimed state gives the operator a balance that nobody has deposited
    kForgedSignature,        // moves the richest account's ETH to the operator, signed by the operator
    kSkippedDeposit,         // consumes a deposit and credits nobody
    kWithdrawalWithoutBurn,  // a right chunk; the claimed state has one more withdrawal, which nobody paid for
    kGarbageBytes,           // ops that can't be decoded, with a claim that they changed something
    kReplayedNonce,          // a payment that was made already, once more, with its old signature
};
// "money-from-nothing" and so on.
const char* name_of(LieKind kind);
std::optional<LieKind> lie_from_name(std::string_view name);
std::vector<std::string> lie_names();

struct Lie {
    Batch batch;
    uint16_t chunk = 0;  // whose claim is false; those before it are honest
    std::string what;    // in a sentence
};

// A batch on the ledger's last one, which must be the L1's head and verified, with a few chunks that are right (they consume what
// waits of L1 operations, and move a little of the operator's own ETH if it has any), the lie, and one that builds on it. The
// ledger stays as it is. Reasons (kFailedPrecondition): NOTHING_TO_STEAL, NO_WAITING_DEPOSIT, NOTHING_TO_REPLAY; a payment or a
// deposit helps.
node::Result<Lie> make_lie(ledger::Ledger& ledger, const follow::L1View& view, LieKind kind, const PrivateKey& operator_key)
    GAVEL_REQUIRES(ledger::writing);

}  // namespace gavel::verifier
