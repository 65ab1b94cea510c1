// gavel status and batch: what stands on the L1, and what the servers say.
#include <nlohmann/json.hpp>

#include "cli/rollup_facts.hpp"
#include "cli/show.hpp"
#include "cli/table.hpp"
#include "protocol/kinds/kinds.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;
using node::Code;
using node::Result;
using node::Status;

// ---- status ----

constexpr std::chrono::seconds kStatusPatience{5};  // with each server

void add_server(json& document, Table& table, const char* name, const Result<api::ChainInfo>& info) {
    if (!info) {
        document[name] = {{"error", info.status().reason}};
        table.add({name, info.status().code == Code::kDeadlineExceeded ? "no answer" : "not there", "", "", "", ""});
        return;
    }
    document[name] = {{"version", info->version},
                      {"operations", info->op_count},
                      {"posted_operations", info->posted_op_count},
                      {"final_operations", info->final_op_count},
                      {"accounts", info->state.account_count},
                      {"withdrawals", info->state.withdrawal_count},
                      {"head_batch", info->head_batch},
                      {"final_batch", info->final_batch},
                      {"l1_block", info->l1_block},
                      {"l1_queue_length", info->l1_queue_length},
                      {"l1_operations_waiting", info->l1_ops_waiting},
                      {"frozen", info->frozen},
                      {"since_batch", info->since_batch}};
    const std::string since = info->since_batch == 0 ? "" : " (since batch " + std::to_string(info->since_batch) + ")";
    table.add({name + since, grouped(info->op_count), std::to_string(info->head_batch), std::to_string(info->final_batch),
               std::to_string(info->l1_ops_waiting), std::to_string(info->l1_block)});
}

// The contract's own word.
Status add_contract(Session& session, const Address& rollup, json& document, Lines& lines) {
    auto facts = read_facts(l1::RollupClient(session.l1(), rollup));
    if (!facts) return facts.status();
    document["contract"] = facts_json(*facts);
    for (auto& line : facts_lines(*facts)) lines.push_back(std::move(line));
    return {};
}

void add_verified(json& document, Lines& lines, const api::VerifierStatus& found) {
    document["verified_batch"] = found.verified_batch;
    document["synced"] = found.is_synced;
    document["can_prove"] = found.can_prove;
    json warnings = json::array();
    lines.emplace_back("verified",
                       "up to batch " + std::to_string(found.verified_batch) + (found.is_synced ? "" : ", catching up"));
    for (const api::Warning& warning : found.warnings) {
        warnings.push_back({{"reason", warning.reason}, {"message", warning.message}, {"since", warning.since}});
        lines.emplace_back("warning", warning.reason + ": " + warning.message);
    }
    document["warnings"] = warnings;
}

// Each server is asked once, and not for long: who asks for the status may do so because one is silent.
Status status(Session& session) {
    session.set_patience(kStatusPatience);
    json document;
    Lines lines;
    Table servers({{"SERVER"}, {"OPERATIONS", true}, {"HEAD", true}, {"FINAL", true}, {"L1 WAITING", true}, {"L1 BLOCK", true}});
    auto sequencer = session.sequencer();
    if (!sequencer) return sequencer.status();
    auto verifier = session.verifier();
    if (!verifier) return verifier.status();
    const auto confirmed = (*sequencer)->chain_info(), verified = (*verifier)->chain_info();
    auto domain = session.domain_by(confirmed, verified);
    if (!domain) return domain.status();
    document["chain_id"] = domain->chain_id;
    document["rollup"] = to_checksum(domain->rollup);
    lines.emplace_back("rollup", to_checksum(domain->rollup) + " on chain " + std::to_string(domain->chain_id));
    if (Status contract = add_contract(session, domain->rollup, document, lines); !contract.ok()) {
        document["contract"] = {{"error", contract.reason}};
        lines.emplace_back("L1", node::to_string(contract));
    }
    add_server(document, servers, "sequencer", confirmed);
    add_server(document, servers, "verifier", verified);
    if (verified) {
        if (auto found = (*verifier)->status()) add_verified(document["verifier"], lines, *found);
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

// The L1 transaction that appended a batch, by the contract's record of it: its event is in the block of that time.
Result<Hash> transaction_of(const l1::RollupClient& contract, uint64_t number, const l1::RollupRecord& record) {
    l1::L1Client& client = contract.l1();
    auto head = client.head();
    if (!head) return head.status();
    uint64_t first = 0;  // the first block that isn't older
    for (uint64_t end = head->number; first < end;) {
        const uint64_t middle = first + (end - first) / 2;
        auto block = client.block_at(middle);
        if (!block) return block.status();
        const bool is_older = !*block || (*block)->time < record.posted_at;  // a node may have let go of old ones
        (is_older ? first : end) = is_older ? middle + 1 : middle;
    }
    for (uint64_t at = first; at <= head->number; ++at) {
        auto block = client.block_at(at);
        if (!block) return block.status();
        if (!*block || (*block)->time > record.posted_at) break;
        auto events = contract.events(at, at);
        if (!events) return events.status();
        for (const l1::LocatedEvent& event : *events) {
            const auto* appended = std::get_if<l1::BatchAppended>(&event.event);
            if (appended && appended->number == number && appended->batch_hash == record.hash) return event.tx_hash;
        }
    }
    return Status{Code::kNotFound, "BATCH_TX_UNKNOWN", "l1",
                  "the node tells no append of batch " + std::to_string(number) + " at " + format_time(record.posted_at)};
}

std::string recipient_text(const Recipient& to) {
    return to.address ? to_checksum(*to.address) + " (new)" : "leaf " + std::to_string(to.index);
}

void add_operations(const Chunk& chunk, size_t index, Table& table, json& list) {
    for (const PostedOperation& operation : chunk.operations) {
        const bool on_l1 = traits_of(operation.kind).payees == Payees::kL1;
        for (const PostedPayment& payment : operation.payments) {
            const std::string to = on_l1 ? to_checksum(*payment.to.address) + " on the L1" : recipient_text(payment.to);
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
    auto blobs = session.blobs();
    if (!blobs) return blobs.status();
    l1::RollupClient contract(session.l1(), *rollup, {}, *blobs);
    auto record = contract.batch(*number);
    if (!record) return record.status();
    if (record->hash.is_zero()) return {Code::kNotFound, "UNKNOWN_BATCH", "number", "no such batch stands on the L1"};
    auto transaction = transaction_of(contract, *number, *record);
    if (!transaction) return transaction.status();
    auto batch = contract.fetch_batch(*transaction, *record);
    if (!batch) return batch.status();

    Table chunks({{"CHUNK", true},
                  {"L1 OPERATIONS", true},
                  {"OPERATIONS", true},
                  {"WEIGHT", true},
                  {"OPS BYTES", true},
                  {"SIGS BYTES", true},
                  {"COMMITMENT AFTER"}});
    Table operations({{"CHUNK", true}, {"KIND"}, {"SENDER", true}, {"TO"}, {"AMOUNT", true}, {"FEE", true}});
    json chunk_list = json::array(), operation_list = json::array();
    size_t operation_count = 0;
    for (size_t i = 0; i < batch->chunks.size(); ++i) {
        const BatchChunk& bytes = batch->chunks[i];
        const auto decoded = bytes.lengths_hold ? decode_ops(bytes.ops) : Refusal::kSlotLengths;
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

}  // namespace

void add_chain_commands(Commands& commands) {
    commands.add("status", "the rollup, its servers, and how far they are", status);

    auto batch_args = std::make_shared<BatchOptions>();
    node::Options& batch = commands.add("batch", "a posted batch, true or false, read and decoded from the L1 alone",
                                        [batch_args](Session& session) { return show_batch(session, *batch_args); });
    batch.text("number", batch_args->number, "the batch's number, from 1").required();
    batch.toggle("--operations", batch_args->operations, "each payment in it, too");
}

}  // namespace gavel::cli
