// The sequencer as its clients see it (see query.hpp).
#pragma once

#include <memory>

#include "api/query.hpp"

namespace gavel::api {

struct Submission {
    Operation operation;
    Signature signature;
    // What the client believes; neither is signed. With them the answer can tell whether key, operation or domain is at fault.
    Address sender;
    uint64_t chain_id = 0;
    std::optional<Signature> voucher{};  // of a redeem that takes: the payer's, over the voucher
    friend bool operator==(const Submission&, const Submission&) = default;
};

struct Receipt {
    Hash hash;                     // the operation's
    uint64_t position = 0;         // among all operations ever applied, from 0
    uint64_t confirmed_at_ms = 0;  // when it was durable
    friend bool operator==(const Receipt&, const Receipt&) = default;
};

// Either a receipt, or why there is none.
struct SubmitOutcome {
    node::Status status;
    Receipt receipt;                         // meaningful if status is OK
    std::optional<uint64_t> expected_nonce;  // of a refusal for its nonce

    static SubmitOutcome refused(node::Code code, std::string reason, std::string field, std::string message) {
        return {{code, std::move(reason), std::move(field), std::move(message)}, {}, {}};
    }
    friend bool operator==(const SubmitOutcome&, const SubmitOutcome&) = default;
};

// What an operation costs to post depends on this alone.
struct OperationShape {
    OperationKind kind = OperationKind::kTransfer;
    unsigned lines = 1;           // of a payout
    unsigned new_recipients = 0;  // named by address; of a redeem: the payee, if he has no leaf
    bool memo = false;
    friend bool operator==(const OperationShape&, const OperationShape&) = default;
};

struct FeeQuote {
    Amount minimum;
    Amount suggested;  // holds while the L1's price moves a little; one digit, since fee digits are posted (1, 2 or 5 x 10^k)
    friend bool operator==(const FeeQuote&, const FeeQuote&) = default;
};

inline constexpr size_t kMaxSubmissions = 4096;  // in one message of a stream; at least one

// Many operations: one thread writes, another reads.
class SubmitStream {
public:
    virtual ~SubmitStream() = default;
    // False once the stream is broken; then finish() tells why.
    virtual bool write(const std::vector<Submission>& submissions) = 0;
    virtual void done_writing() = 0;
    // The outcomes of the next message, in order. False at the end.
    virtual bool read(std::vector<SubmitOutcome>& outcomes) = 0;
    // Once read() has returned false.
    virtual node::Status finish() = 0;
    // From any thread: ends the stream at once.
    virtual void cancel() = 0;
};

class Sequencer : public Query {
public:
    // Returns once the operation is durable, or refused, or no answer came: then it may have been taken all the same.
    virtual SubmitOutcome submit(const Submission& submission) = 0;
    virtual std::unique_ptr<SubmitStream> submit_stream() = 0;
    // INVALID_ARGUMENT/TOKEN_NOT_ACCEPTED token.
    virtual node::Result<FeeQuote> estimate_fee(const Address& token, const OperationShape& shape) = 0;
    // Operations that were acknowledged and rolled back later, oldest first.
    virtual node::Result<Page<OperationInfo>> rolled_back(const std::optional<Address>& sender, uint64_t cursor,
                                                          uint32_t limit) = 0;
};

}  // namespace gavel::api
