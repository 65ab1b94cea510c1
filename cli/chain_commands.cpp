// gavel status, batch, proof: what stands on the L1, and whether it is true.
#include <nlohmann/json.hpp>

#include "cli/session.hpp"
#include "cli/show.hpp"
#include "cli/table.hpp"
#include "l1-bridge/rollup_client.hpp"
#include "node/file.hpp"
#include "proto/convert_grpc.hpp"
#include "protocol/chunk.hpp"
#include "protocol/fraud_proof.hpp"

namespace gavel::cli {
namespace {

using node::Code;
using node::Result;
using node::Status;
using nlohmann::json;

constexpr uint64_t kMaxProofFile = 1 << 20;

// ---- status ----

void add_server(json& document, Table& table, const char* name, const Result<v1::ChainInfo>& info) {
    if (!info) {
        document[name] = {{"error", info.status().reason}};
        table.add({name, "not there", "", "", "", ""});
        return;
    }
    document[name] = {{"version", info->version()},
                      {"operations", info->op_count()},
                      {"posted_operations", info->posted_op_count()},
                      {"final_operations", info->final_op_count()},
                      {"accounts", info->state().account_count()},
                      {"withdrawals", info->state().withdrawal_count()},
                      {"head_batch", info->head_batch()},
                      {"final_batch", info->final_batch()},
                      {"l1_block", info->l1_block()},
                      {"l1_queue_length", info->l1_queue_length()},
                      {"l1_operations_waiting", info->l1_ops_waiting()},
                      {"frozen", info->frozen()}};
    table.add({name, grouped(info->op_count()), std::to_string(info->head_batch()), std::to_string(info->final_batch()),
               std::to_string(info->l1_ops_waiting()), std::to_string(info->l1_block())});
}

using Lines = std::vector<std::pair<std::string, std::string>>;

// The contract's own word.
Status add_contract(Session& session, const Address& rollup, json& document, Lines& lines) {
    l1::RollupClient contract(session.l1(), rollup);
    auto head = contract.head();
    if (!head) return head.status();
    auto term = contract.current_term();
    if (!term) return term.status();
    std::string seat = "free";
    if (*term != 0) {
        auto record = contract.term(*term);
        if (!record) return record.status();
        seat = to_checksum(record->sequencer) + ", term " + std::to_string(*term);
    }
    auto frozen = contract.frozen();
    if (!frozen) return frozen.status();
    document["contract"] = {
        {"head_batch", head->number}, {"head_hash", to_hex(head->hash)}, {"term", *term}, {"frozen", *frozen}};
    lines.emplace_back("head on the L1", "batch " + std::to_string(head->number) + (*frozen ? ", FROZEN" : ""));
    lines.emplace_back("seat", seat);
    return {};
}

Status status(Session& session) {
    json document;
    Lines lines;
    Table servers({{"SERVER"}, {"OPERATIONS", true}, {"HEAD", true}, {"FINAL", true}, {"L1 WAITING", true}, {"L1 BLOCK", true}});
    auto domain = session.domain();
    if (!domain) return domain.status();
    document["chain_id"] = domain->chain_id;
    document["rollup"] = to_checksum(domain->rollup);
    lines.emplace_back("rollup", to_checksum(domain->rollup) + " on chain " + std::to_string(domain->chain_id));
    if (Status contract = add_contract(session, domain->rollup, document, lines); !contract.ok()) {
        document["contract"] = {{"error", contract.reason}};
        lines.emplace_back("L1", node::to_string(contract));
    }
    auto sequencer = session.sequencer(), verifier = session.verifier();
    if (!sequencer) return sequencer.status();
    if (!verifier) return verifier.status();
    add_server(document, servers, "sequencer", (*sequencer)->chain_info());
    add_server(document, servers, "verifier", (*verifier)->chain_info());
    if (auto found = (*verifier)->verifier_status()) {
        document["verifier"]["verified_batch"] = found->verified_batch();
        document["verifier"]["synced"] = found->synced();
        document["verifier"]["can_prove"] = found->can_prove();
        json warnings = json::array();
        lines.emplace_back("verified",
                           "up to batch " + std::to_string(found->verified_batch()) + (found->synced() ? "" : ", catching up"));
        for (const v1::Warning& warning : found->warnings()) {
            warnings.push_back({{"reason", warning.reason()}, {"message", warning.message()}, {"since", warning.since_s()}});
            lines.emplace_back("warning", warning.reason() + ": " + warning.message());
        }
        document["verifier"]["warnings"] = warnings;
    }
    if (session.json()) {
        session.print(document);
    } else {
        session.print(facts(lines) + "\n" + servers.text());
    }
    return {};
}

// ---- batch ----

struct BatchOptions {
    std::string number;
    bool operations = false;
};

// Which L1 transaction holds a batch: a daemon tells, the L1 is believed.
Result<Hash> transaction_of(Session& session, uint64_t number) {
    auto remote = session.sequencer();
    if (!remote) return remote.status();
    auto info = (*remote)->batch(number);
    if (!info) {
        auto verifier = session.verifier();
        if (!verifier) return verifier.status();
        auto second = (*verifier)->batch(number);
        if (second) info = std::move(second);
    }
    if (!info) return info.status();
    return proto::hash_from_pb(info->l1_transaction(), "l1_transaction");
}

std::string recipient_text(const Recipient& to) {
    return to.address ? to_checksum(*to.address) + " (new)" : "leaf " + std::to_string(to.index);
}

void add_operations(const Chunk& chunk, size_t index, Table& table, json& list) {
    for (const PostedOperation& operation : chunk.operations) {
        const bool withdrawal = operation.kind == OperationKind::kWithdraw;
        for (const PostedPayment& payment : operation.payments) {
            const std::string to = withdrawal ? to_checksum(*payment.to.address) + " on the L1" : recipient_text(payment.to);
            table.add({std::to_string(index), name_of(operation.kind), std::to_string(operation.sender), to,
                       to_string(payment.amount), to_string(operation.fee)});
            json line = {{"chunk", index},
                         {"kind", name_of(operation.kind)},
                         {"sender_index", operation.sender},
                         {"amount", to_string(payment.amount)},
                         {"fee", to_string(operation.fee)}};
            if (payment.to.address) line["to"] = to_checksum(*payment.to.address);
            if (!payment.to.address) line["to_index"] = payment.to.index;
            list.push_back(line);
        }
    }
}

Status show_batch(Session& session, const BatchOptions& options) {
    auto number = node::parse_number(options.number);
    if (!number || *number == 0) return {Code::kInvalidArgument, "BATCH_INVALID", "number", "needs a batch's number, from 1"};
    auto rollup = session.rollup();
    if (!rollup) return rollup.status();
    auto transaction = transaction_of(session, *number);
    if (!transaction) return transaction.status();
    l1::RollupClient contract(session.l1(), *rollup);
    auto record = contract.batch(*number);
    if (!record) return record.status();
    if (record->hash.is_zero()) return {Code::kNotFound, "UNKNOWN_BATCH", "number", "no such batch stands on the L1"};
    auto batch = contract.fetch_batch(*transaction, record->hash);
    if (!batch) return batch.status();

    Table chunks({{"CHUNK", true}, {"L1 OPERATIONS", true}, {"OPERATIONS", true}, {"WEIGHT", true}, {"OPS BYTES", true},
                  {"SIGS BYTES", true}, {"COMMITMENT AFTER"}});
    Table operations({{"CHUNK", true}, {"KIND"}, {"SENDER", true}, {"TO"}, {"AMOUNT", true}, {"FEE", true}});
    json chunk_list = json::array(), operation_list = json::array();
    size_t operation_count = 0;
    for (size_t i = 0; i < batch->chunks.size(); ++i) {
        const BatchChunk& bytes = batch->chunks[i];
        const auto decoded = decode_ops(bytes.ops);
        const Chunk* chunk = std::get_if<Chunk>(&decoded);
        const std::string fault = chunk ? "" : name_of(std::get<Refusal>(decoded));
        chunks.add({std::to_string(i), chunk ? std::to_string(chunk->l1_operations) : "?",
                    chunk ? std::to_string(chunk->operations.size()) : fault, chunk ? std::to_string(chunk->weight()) : "?",
                    std::to_string(bytes.ops.size()), std::to_string(bytes.sigs.size()), to_hex(batch->after(i))});
        chunk_list.push_back({{"ops_bytes", bytes.ops.size()},
                              {"sigs_bytes", bytes.sigs.size()},
                              {"after", to_hex(batch->after(i))},
                              {"refusal", fault.empty() ? json() : json(fault)},
                              {"l1_operations", chunk ? chunk->l1_operations : 0},
                              {"operations", chunk ? chunk->operations.size() : 0}});
        if (!chunk) continue;
        operation_count += chunk->operations.size();
        add_operations(*chunk, i, operations, operation_list);
    }
    const size_t size = batch->encode().size();
    if (session.json()) {
        json document = {{"number", *number},
                         {"hash", to_hex(record->hash)},
                         {"l1_transaction", to_hex(*transaction)},
                         {"posted_at", record->posted_at},
                         {"term", record->term},
                         {"bytes", size},
                         {"operations", operation_count},
                         {"chunks", chunk_list}};
        if (options.operations) document["payments"] = operation_list;
        session.print(document);
        return {};
    }
    session.print(facts({{"batch", std::to_string(*number)},
                         {"hash", to_hex(record->hash)},
                         {"L1 transaction", to_hex(*transaction)},
                         {"posted", format_time(record->posted_at) + ", term " + std::to_string(record->term)},
                         {"bytes", grouped(size)},
                         {"operations", grouped(operation_count)},
                         {"accounts after", grouped(batch->last.account_count)},
                         {"L1 operations after", grouped(batch->last.l1_ops_consumed)}}) +
                  "\n" + chunks.text() + (options.operations ? "\n" + operations.text() : std::string()));
    return {};
}

// ---- proof ----

struct ProofOptions {
    std::string batch;
    std::string file;
};

Status make_proof(Session& session, const ProofOptions& options) {
    auto number = node::parse_number(options.batch);
    if (!number) return {Code::kInvalidArgument, "BATCH_INVALID", "batch", "needs a batch's number"};
    auto remote = session.verifier();
    if (!remote) return remote.status();
    auto proof = (*remote)->fraud_proof(*number);
    if (!proof) return proof.status();
    const std::string file = options.file.empty() ? "fraud-proof-" + std::to_string(*number) + ".hex" : options.file;
    Status written = node::write_file(file, to_hex(view_of(proof->proof())) + "\n");
    if (!written.ok()) return written;
    if (session.json()) {
        session.print(json{{"batch", *number},
                           {"chunk", proof->chunk()},
                           {"refusal", proof->refusal()},
                           {"bytes", proof->proof().size()},
                           {"stage", stage_text(proof->stage())},
                           {"file", file}});
    } else {
        const bool right = proof->refusal() == "None";
        session.print(facts({{"batch", std::to_string(*number) + ", chunk " + std::to_string(proof->chunk())},
                             {"the chunk", right ? "is right, its commitment is not" : "breaks " + proof->refusal()},
                             {"bytes", grouped(proof->proof().size())},
                             {"on the L1", stage_text(proof->stage())},
                             {"file", file}}));
    }
    return {};
}

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

Status check_proof(Session& session, const ProofOptions& options) {
    auto proof = read_proof(options.file);
    if (!proof) return proof.status();
    auto domain = session.domain();
    if (!domain) return domain.status();
    l1::RollupClient contract(session.l1(), domain->rollup);
    auto header = header_of_proof(*proof);
    bool stands = false;
    if (header) {
        auto record = contract.batch(header->number);
        if (!record) return record.status();
        stands = record->hash == header->hash();
    }
    ContractQueue queue(contract);
    const ProofVerdict verdict = check_fraud_proof(*proof, domain->separator(), queue);
    if (!queue.failure().ok()) return queue.failure();
    const bool holds = verdict.error == ProofError::kNone;
    if (session.json()) {
        session.print(json{{"holds", holds},
                           {"error", name_of(verdict.error)},
                           {"refusal", name_of(verdict.refusal)},
                           {"batch", header ? json(header->number) : json()},
                           {"stands", stands},
                           {"accesses", verdict.accesses},
                           {"bytes", proof->size()}});
    } else {
        const bool right = holds && verdict.refusal == Refusal::kNone;
        session.print(facts(
            {{"proof", holds ? "holds: the claim is false" : std::string("proves nothing: ") + name_of(verdict.error)},
             {"the chunk", right ? "is right, its commitment is not" : name_of(verdict.refusal)},
             {"batch", header ? std::to_string(header->number) : "?"},
             {"stands on the L1", stands ? "yes" : "no"},
             {"leaves", std::to_string(verdict.accesses)},
             {"bytes", grouped(proof->size())}}));
    }
    if (holds) return {};
    return {Code::kFailedPrecondition, "PROOF_FAILS", "file", std::string("the proof proves nothing: ") + name_of(verdict.error)};
}

}  // namespace

void add_chain_commands(Commands& commands) {
    commands.add("status", "the rollup, its servers, and how far they are", status);

    auto batch_args = std::make_shared<BatchOptions>();
    node::Options& batch = commands.add("batch", "a posted batch, decoded from the L1's calldata",
                                        [batch_args](Session& session) { return show_batch(session, *batch_args); });
    batch.text("number", batch_args->number, "the batch's number, from 1").required();
    batch.toggle("--operations", batch_args->operations, "each payment in it, too");

    commands.add_group("proof", "fraud proofs in files");
    auto make_args = std::make_shared<ProofOptions>();
    node::Options& make = commands.add("proof", "make", "get the verifier's proof against a false batch",
                                       [make_args](Session& session) { return make_proof(session, *make_args); });
    make.text("batch", make_args->batch, "the batch's number").required();
    make.text("--out", make_args->file, "the file; without it, fraud-proof-BATCH.hex");
    auto check_args = std::make_shared<ProofOptions>();
    node::Options& check = commands.add("proof", "check", "check a proof as the contract would, against the L1",
                                        [check_args](Session& session) { return check_proof(session, *check_args); });
    check.text("file", check_args->file, "the file with the proof in hex").required();
}

}  // namespace gavel::cli
