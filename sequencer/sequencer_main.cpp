// gavel-sequencer: takes operations over gRPC, confirms them, posts them to the L1.
#include <fmt/format.h>

#include <thread>

#include "follow/blob_keeper.hpp"
#include "follow/snapshot_keeper.hpp"
#include "l1-bridge/client/key_file.hpp"
#include "l1-bridge/client/l1_sources.hpp"
#include "l1-bridge/client/option_values.hpp"
#include "node/daemon.hpp"
#include "node/rim_grpc.hpp"
#include "node/scrub.hpp"
#include "query/query_grpc.hpp"
#include "sequencer/repair.hpp"
#include "sequencer/sequencer_grpc.hpp"
#include "sequencer/trouble_names.hpp"

namespace {

using namespace gavel;

// Confirmations come before all of these (node/priority.hpp): rounds with the L1, answers to whoever reads, proofs for blobs.
constexpr int kL1Rounds = 4, kReaders = 12, kSidecars = 10;

struct Settings {
    l1::L1Flags l1;
    std::string rollup;
    follow::L1SyncOptions sync;
    std::string data_dir = "gavel-sequencer-data";
    std::string key_file;
    bool allow_readable_key = false;
    l1::L1WalletFlags wallet;
    std::string fee_recipient;
    std::vector<std::string> fees;
    follow::BlobKeeperOptions blobs;
    follow::SnapshotFlags snapshots;
    std::string data = "auto";
    uint64_t max_blobs = 3;
    uint64_t eth_fee_percent = 110;
    uint64_t l1_confirmations = 2;
    uint64_t batch_bytes = 120'000;
    uint64_t max_unposted = 64 << 20;
    uint64_t max_in_flight = 4;
    uint64_t signature_threads = std::max(1u, std::thread::hardware_concurrency());
    std::chrono::milliseconds batch_age{300'000};
    std::chrono::milliseconds poll{500};
    std::chrono::milliseconds l1_stale_after{0};
    bool no_seat = false;
    bool new_data = false;
    bool repair = false;
    node::RimOptions rim{.grpc = {.listen = "127.0.0.1:9545"}, .metrics_listen = {}};
    node::LogOptions log;
};

void add_options(node::Options& options, Settings& s) {
    options.group("L1");
    l1::add_l1_flags(options, s.l1);
    options.text("--rollup", s.rollup, "address of the rollup contract").required();
    options.text("--key-file", s.key_file, "file with the private key (hex) of the account that posts and sits").required();
    options.number("--l1-confirmations", s.l1_confirmations, "blocks on top before an L1 operation is consumed", 0, 1000);
    follow::add_l1_sync_flags(options, s.sync);
    options.toggle("--no-seat", s.no_seat, "don't take the seat when it is free: only follow");
    options.duration("--poll", s.poll, "how often the L1 is asked");
    l1::add_key_file_flag(options, s.allow_readable_key);
    options.duration("--l1-stale-after", s.l1_stale_after,
                     "so long without a new L1 block, and no operation is taken; 0: four block times, at most an eighth of the "
                     "inclusion window");
    l1::add_wallet_flags(options, s.wallet);
    options.group("Fees");
    options.list("--fee", s.fees, "TOKEN=UNITS: base units that a plain transfer of it costs (repeat); others are refused");
    options.number("--eth-fee-percent", s.eth_fee_percent, "fee of ETH, in percent of what the L1 asks for its bytes", 0, 10'000);
    options.text("--fee-recipient", s.fee_recipient, "owner of the accounts that take the fees (default: the key's address)");
    options.group("Batches");
    options.duration("--batch-age", s.batch_age,
                     "the oldest confirmed operation waits no longer for its batch, full or paid for or not");
    options.byte_size("--batch-bytes", s.batch_bytes, "a batch is posted at the latest at this size", 2'000, 130'000);
    options.choice("--data", s.data, {"auto", "blobs", "calldata"}, "where a batch's data go; auto: what costs less");
    options.number("--max-blobs", s.max_blobs, "blobs of a batch; builders of blocks pass over those with many", 1, kMaxBlobs);
    options.number("--max-in-flight", s.max_in_flight, "batches sent and not yet in a block", 1, 64);
    options.byte_size("--max-unposted", s.max_unposted, "bytes confirmed and not posted above which operations are refused",
                      4'096);
    options.group("Server");
    options.text("--data-dir", s.data_dir, "folder of the database");
    follow::add_blob_keeper_flags(options, s.blobs);
    follow::add_snapshot_making_flags(options, s.snapshots);
    options.toggle("--new-data", s.new_data, "begin with an empty folder although this key was the sequencer before");
    options.toggle("--repair", s.repair, "if the folder is damaged, make a new one of the L1 and of what can be read of it");
    options.number("--signature-threads", s.signature_threads, "threads that check signatures", 1, 256);
    node::add_rim_options(options, s.rim);
    node::add_log_options(options, s.log);
}

sequencer::PostingConfig posting_of(const Settings& s) {
    using sequencer::DataMode;
    const DataMode data = s.data == "blobs" ? DataMode::kBlobs : s.data == "calldata" ? DataMode::kCalldata : DataMode::kAuto;
    return {data, static_cast<uint16_t>(s.max_blobs)};
}

node::Result<sequencer::SequencerConfig> config_of(const Settings& s, const Address& poster) {
    sequencer::SequencerConfig config;
    config.engine.fee_recipient = poster;
    if (!s.fee_recipient.empty()) {
        auto address = l1::address_option("--fee-recipient", s.fee_recipient);
        if (!address) return address.status();
        if (address->is_zero()) return node::invalid_option("--fee-recipient", "the zero address takes nothing");
        config.engine.fee_recipient = *address;
    }
    auto fees = l1::token_amounts_option("--fee", s.fees);
    if (!fees) return fees.status();
    config.fees.per_transfer = *std::move(fees);
    config.fees.eth_percent = static_cast<unsigned>(s.eth_fee_percent);
    config.engine.batch_age_ms = static_cast<uint64_t>(s.batch_age.count());
    config.engine.batch_bytes = s.batch_bytes;
    config.engine.l1_confirmations = s.l1_confirmations;
    config.engine.max_unposted_bytes = s.max_unposted;
    config.posting.max_in_flight = s.max_in_flight;
    config.fees.posting = posting_of(s);
    config.take_seat = !s.no_seat;
    config.new_data = s.new_data;
    config.l1_stale_after_ms = static_cast<uint64_t>(s.l1_stale_after.count());
    config.signature_threads = static_cast<unsigned>(s.signature_threads);
    return config;
}

node::Status run(const Settings& s, node::StopSignals& signals) {
    auto rollup = l1::address_option("--rollup", s.rollup);
    if (!rollup) return rollup.status();
    auto key = l1::read_key_file(s.key_file, s.allow_readable_key);
    if (!key) return key.status();
    auto config = config_of(s, key->address());
    if (!config) return config.status();

    node::SystemClock clock;
    auto client = l1::open_l1(s.l1, clock);
    if (!client) return client.status();
    l1::L1Wallet wallet(**client, *key, s.wallet.options(), clock);
    if (s.repair) sequencer::repair_folder(s.data_dir, *rollup);
    node::LevelDbStore store(s.data_dir);
    node::Scrub scrub(store, node::request_stop);
    auto blobs = follow::BlobKeeper::open(s.blobs, s.l1, s.data_dir, clock);
    if (!blobs) return blobs.status();
    follow::L1SyncOptions reading = s.sync;
    reading.blobs = &(*blobs)->source();
    auto sync =
        follow::L1Sync::open_when_reachable(store, **client, *rollup, reading, [&] { return signals.wait_for(s.poll) == 0; });
    if (!sync) return sync.status();
    if (!*sync) return {};
    auto snapshots = follow::SnapshotKeeper::open(s.snapshots, s.data_dir, (*sync)->domain());
    if (!snapshots) return snapshots.status();
    config->snapshots = &(*snapshots)->shelf();
    config->snapshot_every = (*snapshots)->every();

    node::Metrics metrics;
    sequencer::Sequencer sequencer(store, **sync, **client, wallet, (*blobs)->archive(), clock, metrics, *config);
    (*blobs)->count_in(metrics);
    sequencer::SequencerService service(sequencer);
    query::QueryService queries(sequencer.queries(), "sequencer", {.niceness = kReaders});
    auto rim = node::Rim::open(
        s.rim, {&service, &queries}, metrics, [&] { return sequencer.health(); },
        [&](node::HttpServer& server) {
            (*blobs)->serve(server, [](const char*) { node::request_stop(); });
            follow::serve_snapshots(server, (*snapshots)->shelf());
        });
    if (!rim) return rim.status();
    node::log_info(
        "serving",
        {{"grpc_port", (*rim)->grpc_port()}, {"rollup", to_checksum(*rollup)}, {"poster", to_checksum(key->address())}});

    node::Loops loops(sequencer.troubles());
    loops.start(
        sequencer::trouble::kExecutingFailed,
        [&] {
            if (!sequencer.execute()) sequencer.wait_for_work(50);
        },
        [&] { sequencer.leave(); });
    loops.start(
        sequencer::trouble::kFollowingFailed,
        [&] {
            node::Status status = sequencer.follow();
            if (!status.ok()) node::log_status(node::LogLevel::kDebug, "round with the L1", status);
            loops.rest(s.poll);
        },
        [] {}, kL1Rounds);
    if (config->fees.posting.data != sequencer::DataMode::kCalldata)
        loops.start(
            sequencer::trouble::kSidecarsFailed, [&] { sequencer.make_sidecars(50); }, [&] { sequencer.leave_sidecars(); },
            kSidecars);
    loops.start(sequencer::trouble::kSnapshotsFailed, [&] {
        if (!sequencer.make_snapshot()) loops.rest(s.poll);
    });
    return (*rim)->serve(signals, sequencer.troubles(), loops, store, [&] {
        sequencer.stop();
        (*client)->close();
        (*blobs)->close();
    });
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    return node::run_daemon({.name = "gavel-sequencer",
                             .about = "Takes payments over gRPC, confirms them, and posts them to the L1 in batches.",
                             .add_options = [&](node::Options& options) { add_options(options, settings); },
                             .log = &settings.log,
                             .run = [&](node::StopSignals& signals) { return run(settings, signals); }},
                            argc, argv);
}
