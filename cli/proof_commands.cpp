// gavel proof: fraud proofs made, checked and sent by hand. The L1 suffices for all of it.
#include <nlohmann/json.hpp>

#include "cli/l1_state.hpp"
#include "cli/rollup_facts.hpp"
#include "cli/show.hpp"
#include "cli/table.hpp"
#include "node/file.hpp"
#include "protocol/fraud_proof.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;
using node::Code;
using node::Result;
using node::Status;

constexpr uint64_t kMaxProofFile = 1 << 20;

struct ProofOptions {
    std::string batch;
    std::string file;
    bool from_l1 = false;
    bool no_commit = false;
    bool offline = false;
    uint64_t chain_id = 0;
    L1StateOptions state;
};

// ---- make ----

struct Made {
    Bytes proof;
    uint32_t chunk = 0;
    std::string refusal;
    std::string stage;  // what the verifier has done with it; empty: made here
};

Result<Made> ask_verifier(Session& session, uint64_t number) {
    auto remote = session.verifier();
    if (!remote) return remote.status();
    auto proof = (*remote)->fraud_proof(number, std::nullopt);
    if (!proof) return proof.status();
    return Made{proof->proof, proof->chunk, name_of(proof->refusal), name_of(proof->stage)};
}

Result<Made> build(Session& session, uint64_t number, const L1StateOptions& options) {
    auto rollup = session.rollup();
    if (!rollup) return rollup.status();
    auto state = L1State::rebuild(session, *rollup, options);
    if (!state) return state.status();
    const auto& found = (*state)->false_batch();
    const std::string which = "batch " + std::to_string(number);
    if (number > (*state)->view().batch_head()) {
        return Status{Code::kNotFound, "UNKNOWN_BATCH", "batch", "no " + which + " stands on the L1"};
    }
    if (const uint64_t first = (*state)->ledger().base().number(); number <= first) {
        return Status{Code::kFailedPrecondition, "BatchFinal", "batch",
                      which + " is final: the snapshot that was begun with is of batch " + std::to_string(first)};
    }
    if (!found || number < found->verdict.number) {
        return Status{Code::kFailedPrecondition, "BATCH_TRUE", "batch", which + " is true"};
    }
    if (number > found->verdict.number) {
        return Status{Code::kFailedPrecondition, "ON_FALSE_BATCH", "batch",
                      which + " stands on batch " + std::to_string(found->verdict.number) + ", which is false: prove that one"};
    }
    auto proof = (*state)->fraud_proof();
    if (!proof) return proof.status();
    return Made{*std::move(proof), found->verdict.chunk, name_of(found->verdict.refusal), ""};
}

Status make_proof(Session& session, const ProofOptions& options) {
    auto number = node::parse_number(options.batch);
    if (!number || *number == 0) return {Code::kInvalidArgument, "BATCH_INVALID", "batch", "needs a batch's number, from 1"};
    const bool from_l1 = options.from_l1 || !options.state.snapshots.empty();
    auto made = from_l1 ? build(session, *number, options.state) : ask_verifier(session, *number);
    if (!made && made.status().code == Code::kUnavailable && !from_l1) {
        session.warn("no verifier answers; reading the L1 instead");
        made = build(session, *number, options.state);
    }
    if (!made) return made.status();
    const std::string file = options.file.empty() ? "fraud-proof-" + std::to_string(*number) + ".hex" : options.file;
    Status written = node::write_file(file, to_hex(made->proof) + "\n");
    if (!written.ok()) return written;
    if (session.json()) {
        session.print(json{{"batch", *number},
                           {"chunk", made->chunk},
                           {"refusal", made->refusal},
                           {"bytes", made->proof.size()},
                           {"stage", made->stage.empty() ? json() : json(made->stage)},
                           {"file", file}});
        return {};
    }
    const bool right = made->refusal == "None";
    session.print(facts({{"batch", std::to_string(*number) + ", chunk " + std::to_string(made->chunk)},
                         {"the chunk", right ? "is right, its commitment is not" : "breaks " + made->refusal},
                         {"bytes", grouped(made->proof.size())},
                         {"on the L1", made->stage.empty() ? "not yet: gavel proof send " + file : made->stage},
                         {"file", file}}));
    return {};
}

// ---- check ----

// The queue's hashes as the contract has them; remembers a failure to ask.
class ContractQueue final : public QueueHashes {
public:
    explicit ContractQueue(const l1::RollupClient& contract) : contract_(contract) {}
    std::optional<Hash> queue_hash(uint64_t index) const override {
        auto length = contract_.queue_length();
        if (length && *length < index) return std::nullopt;
        auto hash = length ? contract_.queue_hash(index) : Result<Hash>(length.status());
        if (hash) return *hash;
        failure_ = hash.status();
        return std::nullopt;
    }
    const Status& failure() const { return failure_; }

private:
    const l1::RollupClient& contract_;
    mutable Status failure_;
};

Result<Bytes> read_proof(const std::string& file) {
    auto text = node::read_file(file, kMaxProofFile);
    if (!text) return text.status();
    const size_t end = text->find_last_not_of(" \t\r\n");
    auto bytes = from_hex(std::string_view(*text).substr(0, end == std::string::npos ? 0 : end + 1));
    if (!bytes) return Status{Code::kInvalidArgument, "PROOF_FILE_INVALID", "file", file + " doesn't hold a proof in hex"};
    return *bytes;
}

// Without an L1: remembers that it was asked.
class NoQueue final : public QueueHashes {
public:
    std::optional<Hash> queue_hash(uint64_t) const override {
        was_asked_ = true;
        return std::nullopt;
    }
    bool was_asked() const { return was_asked_; }

private:
    mutable bool was_asked_ = false;
};

// A proof and what the contract would say of it.
struct Judged {
    Bytes proof;
    std::optional<BatchHeader> header;
    ProofVerdict verdict;
    bool stands = false;
    bool is_final = false;
    uint64_t posted_at = 0;
    uint64_t term = 0;                     // that posted it
    std::optional<Status> contract;        // what it says itself, by a call
    bool is_open = false;                  // hangs on the queue, which nobody was asked for
    std::vector<std::string> not_checked;  // "whether ..."
    bool holds() const { return verdict.error == ProofError::kNone; }
};

// What is on the L1 of it: record, finality, and the contract's own run of the proof.
Status judge_by_l1(const l1::RollupClient& contract, Judged& out) {
    if (out.header) {
        auto record = contract.batch(out.header->number);
        if (!record) return record.status();
        auto is_final = contract.is_final(out.header->number);
        if (!is_final) return is_final.status();
        out.stands = record->hash == out.header->hash();
        out.is_final = out.stands && *is_final;
        out.posted_at = record->posted_at;
        out.term = record->term;
    }
    l1::CallRequest request;
    request.to = contract.address();
    request.data = l1::rollup_call::prove(out.proof);
    auto reply = contract.l1().try_call(request);
    if (reply) {
        out.contract = reply->success ? Status{} : l1::L1Client::revert_status(contract.l1().error_names(), reply->data);
    } else {
        out.not_checked.push_back("what the contract itself says: " + node::to_string(reply.status()));
    }
    return {};
}

Result<Judged> judge(Session& session, const l1::RollupClient& contract, const std::string& file) {
    auto proof = read_proof(file);
    if (!proof) return proof.status();
    Judged out;
    out.proof = *std::move(proof);
    out.header = header_of_proof(out.proof);
    if (Status asked = judge_by_l1(contract, out); !asked.ok()) return asked;
    auto chain_id = session.l1().chain_id();
    if (!chain_id) return chain_id.status();
    ContractQueue queue(contract);
    out.verdict = check_fraud_proof(out.proof, Domain{*chain_id, contract.address()}.separator(), queue);
    if (!queue.failure().ok()) return queue.failure();
    return out;
}

// By its bytes alone.
Result<Judged> judge_offline(const Domain& domain, const std::string& file) {
    auto proof = read_proof(file);
    if (!proof) return proof.status();
    Judged out;
    out.proof = *std::move(proof);
    out.header = header_of_proof(out.proof);
    NoQueue queue;
    out.verdict = check_fraud_proof(out.proof, domain.separator(), queue);
    out.not_checked = {"whether the batch stands on the L1", "whether it is final"};
    out.is_open = queue.was_asked();
    if (out.is_open) out.not_checked.push_back("whether its L1 operations are those of the queue, and what follows from them");
    return out;
}

// Why the contract would refuse it, in the order of its checks.
Status refusal_of(const Judged& judged, bool offline) {
    const auto fails = [](const char* reason, const std::string& message) {
        return Status{Code::kFailedPrecondition, reason, "file", message};
    };
    if (!judged.header) return fails("PROOF_FAILS", "the proof proves nothing: too short");
    if (!offline && !judged.stands) return fails("UnknownBatch", "the batch that it is about doesn't stand (any more)");
    if (judged.is_final) return fails("BatchFinal", "the batch that it is about is final");
    if (judged.is_open)
        return fails("NOT_CHECKED", "the chunk consumes L1 operations: only with an L1 can this proof be checked");
    if (!judged.holds()) return fails("PROOF_FAILS", std::string("the proof proves nothing: ") + name_of(judged.verdict.error));
    if (judged.contract && !judged.contract->ok()) return *judged.contract;
    return {};
}

void tell(Session& session, const Judged& judged, bool offline) {
    const ProofVerdict& verdict = judged.verdict;
    const std::string contract = !judged.contract || judged.contract->ok() ? "accepts" : judged.contract->reason;
    if (session.json()) {
        session.print(json{{"holds", judged.is_open ? json() : json(judged.holds())},
                           {"error", name_of(verdict.error)},
                           {"refusal", name_of(verdict.refusal)},
                           {"batch", judged.header ? json(judged.header->number) : json()},
                           {"stands", offline ? json() : json(judged.stands)},
                           {"final", offline ? json() : json(judged.is_final)},
                           {"contract", judged.contract ? json(contract) : json()},
                           {"not_checked", judged.not_checked},
                           {"accesses", verdict.accesses},
                           {"bytes", judged.proof.size()}});
        return;
    }
    const bool right = judged.holds() && verdict.refusal == Refusal::kNone;
    const std::string holds =
        judged.holds() ? "holds: the claim is false" : "proves nothing: " + std::string(name_of(verdict.error));
    std::vector<std::pair<std::string, std::string>> lines = {
        {"proof", judged.is_open ? "not checked" : holds},
        {"the chunk", right ? "is right, its commitment is not" : name_of(verdict.refusal)},
        {"batch", judged.header ? std::to_string(judged.header->number) : "?"}};
    if (!offline) {
        lines.emplace_back("stands on the L1", judged.stands ? "yes" : "no");
        lines.emplace_back("final", judged.is_final ? "yes: too late" : "no");
    }
    if (judged.contract) lines.emplace_back("the contract", judged.contract->ok() ? "accepts it" : "refuses it: " + contract);
    for (const std::string& what : judged.not_checked) lines.emplace_back("not checked", what);
    lines.emplace_back("leaves", std::to_string(verdict.accesses));
    lines.emplace_back("bytes", grouped(judged.proof.size()));
    session.print(facts(lines));
}

Status check_proof(Session& session, const ProofOptions& options) {
    Result<Judged> judged = node::invalid_option("offline", "needs --rollup and --chain-id, too");
    if (options.offline) {
        if (options.chain_id == 0 || session.options().rollup.empty()) return judged.status();
        auto rollup = parse_address(session.options().rollup, "rollup");
        if (!rollup) return rollup.status();
        judged = judge_offline({options.chain_id, *rollup}, options.file);
    } else {
        auto rollup = session.rollup();
        if (!rollup) return rollup.status();
        judged = judge(session, l1::RollupClient(session.l1(), *rollup), options.file);
    }
    if (!judged) return judged.status();
    tell(session, *judged, options.offline);
    return refusal_of(*judged, options.offline);
}

// ---- send ----

// Makes a commit that counts when the next block comes. nullopt: there is one.
Result<std::optional<l1::Receipt>> commit(const ContractCaller& caller, const Judged& judged) {
    const Hash word = l1::proof_commitment(caller.address(), judged.proof, judged.term);
    auto time = caller.contract().committed_at(caller.address(), word);
    if (!time) return time.status();
    if (*time > judged.posted_at) return std::optional<l1::Receipt>();
    auto receipt = caller.run(l1::rollup_call::commit_proof(word));
    if (!receipt) return receipt.status();
    return std::optional(*std::move(receipt));
}

Status send_proof(Session& session, const ProofOptions& options) {
    auto caller = ContractCaller::open(session);
    if (!caller) return caller.status();
    auto judged = judge(session, caller->contract(), options.file);
    if (!judged) return judged.status();
    if (Status refused = refusal_of(*judged, false); !refused.ok()) return refused;
    std::optional<l1::Receipt> committed;
    if (!options.no_commit) {
        auto done = commit(*caller, *judged);
        if (!done) return done.status();
        committed = *std::move(done);
    }
    // A later block's time is larger: the commit counts in it.
    auto receipt = caller->run(l1::rollup_call::prove(judged->proof));
    if (!receipt) return receipt.status();
    auto struck = event_of<l1::BatchStruck>(*receipt, caller->contract().address());
    if (!struck) return {Code::kInternal, "EVENT_MISSING", "rollup", "the contract struck no batch: is it Gavel's?"};
    auto term = caller->contract().term(struck->term);
    auto facts = read_facts(caller->contract());
    if (!term || !facts) return term ? facts.status() : term.status();
    const bool pays = term->last_prover == caller->address();
    const uint64_t reward_at = facts->parameters.reward_at(term->first_proof_at);
    if (session.json()) {
        session.print(json{{"batch", struck->number},
                           {"term", struck->term},
                           {"commit_transaction", committed ? json(to_hex(committed->tx_hash)) : json()},
                           {"l1_transaction", to_hex(receipt->tx_hash)},
                           {"gas_used", receipt->gas_used},
                           {"reward", pays},
                           {"reward_at", pays ? json(reward_at) : json()}});
        return {};
    }
    session.print(cli::facts({{"struck", "batch " + std::to_string(struck->number) + " and all above it"},
                              {"slashed", "term " + std::to_string(struck->term) + ", " + to_checksum(term->sequencer)},
                              {"L1 transaction", to_hex(receipt->tx_hash)},
                              {"gas", grouped(receipt->gas_used)},
                              {"reward", pays ? format_when(reward_at, facts->now) + ", unless an earlier batch of the term is "
                                                                                     "proven false: gavel sequencer take-reward"
                                              : "none: no commit of yours counted"}}));
    return {};
}

}  // namespace

void add_proof_commands(Commands& commands) {
    commands.add_group("proof", "fraud proofs: made, checked, sent");
    auto make_args = std::make_shared<ProofOptions>();
    node::Options& make = commands.add("proof", "make", "a proof against a false batch: the verifier's, or from the L1 alone",
                                       [make_args](Session& session) { return make_proof(session, *make_args); });
    make.text("batch", make_args->batch, "the batch's number").required();
    make.text("--out", make_args->file, "the file; without it, fraud-proof-BATCH.hex");
    make.toggle("--from-l1", make_args->from_l1, "ask no verifier: replay the L1's batches");
    add_l1_state_options(make, make_args->state);
    make.examples({"gavel proof make 7 --from-l1 --l1 https://node.example --rollup 0xRollup"});

    auto check_args = std::make_shared<ProofOptions>();
    node::Options& check = commands.add("proof", "check", "check a proof as the contract would, and ask it, too",
                                        [check_args](Session& session) { return check_proof(session, *check_args); });
    check.text("file", check_args->file, "the file with the proof in hex").required();
    check.toggle("--offline", check_args->offline, "ask nobody: by its bytes alone, for the rollup and chain that are named");
    check.number("--chain-id", check_args->chain_id, "the L1's, for --offline");

    auto send_args = std::make_shared<ProofOptions>();
    node::Options& send = commands.add("proof", "send", "commit to a proof, then prove: the batch is struck, the reward yours",
                                       [send_args](Session& session) { return send_proof(session, *send_args); });
    send.text("file", send_args->file, "the file with the proof in hex").required();
    send.toggle("--no-commit", send_args->no_commit, "prove at once, without a reward: when the window is about to end");
    send.examples({"gavel proof send fraud-proof-7.hex --rollup 0xRollup"});
}

}  // namespace gavel::cli
