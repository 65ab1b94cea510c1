#include "sequencer/repair.hpp"

#include <filesystem>

#include "ledger/rows.hpp"
#include "ledger/salvage.hpp"
#include "node/log.hpp"
#include "node/store_salvage.hpp"
#include "protocol/keys.hpp"

namespace gavel::sequencer {
namespace {

namespace fs = std::filesystem;
namespace rows = ledger::rows;

// There from a store's making until the L1 was seen not to tell of an older one.
constexpr std::string_view kNewKey = "sequencer/new";
// There from the making of the new folder until its operations have been executed.
constexpr std::string_view kWaitingKey = "sequencer/salvage";
constexpr std::string_view kEntryPrefix = "sequencer/salvage/";  // and the entry's number: as the ledger encodes it
constexpr size_t kRowsAtOnce = 1'000;

std::string entry_key(uint64_t number) { return std::string(kEntryPrefix) + rows::u64_value(number); }

// How many could be read.
uint64_t copy_entries(const node::Store& from, node::Store& to) {
    node::WriteBatch batch;
    uint64_t count = 0;
    ledger::each_readable_entry(from, [&](const ledger::Entry& entry) {
        batch.put(entry_key(entry.number), ledger::encode_entry(entry));
        if (++count % kRowsAtOnce != 0) return;
        to.write(batch, node::Durability::kBuffered);
        batch.clear();
    });
    batch.put(kWaitingKey, "");
    to.write(batch, node::Durability::kSynced);
    return count;
}

}  // namespace

bool note_if_new(node::Store& store) {
    if (store.get(kNewKey)) return true;
    if (store.get(rows::kFormatKey) || has_salvage(store)) return false;
    node::WriteBatch batch;
    batch.put(kNewKey, "");
    store.write(batch, node::Durability::kSynced);
    return true;
}

void accept_as_old(node::Store& store) {
    node::WriteBatch batch;
    batch.erase(kNewKey);
    store.write(batch, node::Durability::kSynced);
}

void repair_folder(const std::string& folder, const Address& rollup) {
    std::string path = folder;
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    const std::string copy = path + ".salvage", made = path + ".repaired";
    std::error_code ignored;
    if (!fs::exists(path) && fs::exists(made)) fs::rename(made, path);  // cut short between the two last steps
    auto damage = ledger::damage_of_folder(path, rollup);
    if (!damage) return node::log_info("the data folder is sound, nothing is to be repaired", {{"folder", path}});
    node::log_warn("the data folder is damaged and is repaired", {{"folder", path}, {"damage", *damage}});

    for (const std::string& file : node::salvage_store(path, copy))
        node::log_warn("a part of a file can't be read", {{"file", file}});
    fs::remove_all(made, ignored);
    uint64_t entries = 0;
    {
        node::LevelDbStore from(copy), to(made);
        entries = copy_entries(from, to);
    }
    std::string aside = node::set_aside(path);
    fs::rename(made, path);
    fs::remove_all(copy, ignored);
    node::log_warn(
        "a new data folder was made; what is on the L1 is read again, then what was confirmed and not posted is executed "
        "again as far as it could be read",
        {{"folder", path}, {"entries_read", entries}, {"old_folder", aside}});
}

bool has_salvage(const node::Store& store) { return store.get(kWaitingKey).has_value(); }

namespace {

class Restorer {
public:
    Restorer(ledger::OpenLedger& ledger, Engine& engine) GAVEL_REQUIRES(ledger::writing) : ledger_(ledger), engine_(engine) {
        out_.end = begin_ = ledger.counters().op_count;
    }

    void take(const ledger::Entry& entry) GAVEL_REQUIRES(ledger::writing) {
        if (const auto* l1 = std::get_if<ledger::L1Entry>(&entry.what)) {
            uint64_t consumed = ledger_.counters().l1_ops_consumed;
            if (l1->index >= consumed) engine_.consume_l1_operations(l1->index + 1, l1->index + 1 - consumed);
        } else if (const auto* operation = std::get_if<ledger::OperationEntry>(&entry.what)) {
            take(*operation);
        }
    }
    Restored result() { return std::move(out_); }

private:
    void take(const ledger::OperationEntry& entry) GAVEL_REQUIRES(ledger::writing) {
        if (ledger_.newest_receipt(entry.hash)) {
            ++out_.posted;
        } else if (entry.position < begin_) {
            refuse(entry, "another operation stands in its place on the L1");
        } else {
            if (entry.position > out_.end) out_.missing.push_back({out_.end, entry.position - 1});
            execute(entry);
        }
        out_.end = std::max(out_.end, entry.position + 1);
    }
    void execute(const ledger::OperationEntry& entry) GAVEL_REQUIRES(ledger::writing) {
        Submission submission{entry.operation, entry.signature, entry.sender, ledger_.domain().chain_id, entry.voucher};
        auto checked = check_submission(submission, ledger_.domain(), ledger_.domain_separator());
        if (!checked) return refuse(entry, node::to_string(checked.status()));
        SubmitOutcome outcome = engine_.execute_again(*checked, entry.confirmed_at_ms);
        if (!outcome.status.ok()) return refuse(entry, node::to_string(outcome.status));
        ++out_.restored;
        out_.moved += outcome.receipt.position != entry.position;
    }
    void refuse(const ledger::OperationEntry& entry, std::string why) {
        out_.refused.push_back({entry.hash, entry.position, entry.sender, std::move(why)});
    }

    ledger::OpenLedger& ledger_;
    Engine& engine_;
    uint64_t begin_;
    Restored out_;
};

}  // namespace

Restored restore_salvage(node::Store& store, ledger::OpenLedger& ledger, Engine& engine) {
    Restorer restorer(ledger, engine);
    node::WriteBatch done;
    store.scan(kEntryPrefix, node::prefix_end(kEntryPrefix),
               [&](std::string_view key, std::string_view row) GAVEL_REQUIRES(ledger::writing) {
                   uint64_t number = rows::u64_at_end(key);
                   restorer.take(rows::required(ledger::decode_entry(number, row), "a salvaged entry"));
                   done.erase(key);
                   return true;
               });
    ledger.flush(node::Durability::kSynced);
    done.erase(kWaitingKey);
    store.write(done, node::Durability::kSynced);
    return restorer.result();
}

void tell(const Restored& restored) {
    for (const Restored::Gap& gap : restored.missing)
        node::log_error("operations were confirmed of which nothing can be found",
                        {{"first_position", gap.first}, {"last_position", gap.last}});
    for (const Restored::Refused& refused : restored.refused)
        node::log_error("an operation was confirmed and can't be executed again", {{"hash", to_hex(refused.hash)},
                                                                                   {"position", refused.position},
                                                                                   {"sender", to_checksum(refused.sender)},
                                                                                   {"why", refused.why}});
    node::log_warn("the data folder is repaired; nothing can be said of operations confirmed at 'end' or above",
                   {{"posted", restored.posted},
                    {"restored", restored.restored},
                    {"at_other_positions", restored.moved},
                    {"refused", restored.refused.size()},
                    {"gaps", restored.missing.size()},
                    {"end", restored.end}});
}

}  // namespace gavel::sequencer
