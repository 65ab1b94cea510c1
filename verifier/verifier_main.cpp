// gavel-verifier: reads the L1, verifies every batch, proves false ones, tells of it over gRPC.
#include "follow/blob_keeper.hpp"
#include "follow/snapshot_keeper.hpp"
#include "l1-bridge/client/key_file.hpp"
#include "l1-bridge/client/l1_sources.hpp"
#include "l1-bridge/client/option_values.hpp"
#include "node/daemon.hpp"
#include "node/rim_grpc.hpp"
#include "node/scrub.hpp"
#include "node/store_salvage.hpp"
#include "query/query_grpc.hpp"
#include "verifier/verifier_grpc.hpp"

namespace {

using namespace gavel;

constexpr size_t kBatchesAhead = 4;

struct Settings {
    l1::L1Flags l1;
    std::string rollup;
    follow::L1SyncOptions sync;
    std::string key_file, claim_key_file;
    bool allow_readable_key = false;
    std::vector<std::string> claim_tokens, watched;
    l1::L1WalletFlags wallet;
    std::string data_dir = "gavel-verifier-data";
    follow::BlobKeeperOptions blobs;
    follow::SnapshotFlags snapshots;
    bool repair = false;
    std::chrono::milliseconds poll{1'000};
    std::chrono::milliseconds l1_stale_after{0};
    verifier::VerifierOptions verifier;
    node::RimOptions rim{.grpc = {.listen = "127.0.0.1:9546"}, .metrics_listen = {}};
    node::LogOptions log;
};

void add_options(node::Options& options, Settings& s) {
    options.group("L1");
    l1::add_l1_flags(options, s.l1);
    options.text("--rollup", s.rollup, "address of the rollup contract").required();
    options.number("--chain-id", s.sync.chain_id, "chain id that the L1 must have; 0: any");
    follow::add_l1_sync_flags(options, s.sync);
    options.duration("--poll", s.poll, "how often the L1 is asked");
    options.duration(
        "--l1-stale-after", s.l1_stale_after,
        "so long without a new L1 block is unhealthy; 0: four block times, at most an eighth of the inclusion window");
    options.toggle("--trust-final", s.verifier.trust_final,
                   "check no signatures in batches whose challenge window is over: whoever let them stand is trusted with them");
    options.group("Acting on the L1");
    options.text("--key-file", s.key_file, "file with the private key (hex) of the account that proves; empty: only watch");
    l1::add_key_file_flag(options, s.allow_readable_key);
    l1::add_wallet_flags(options, s.wallet);
    options.toggle("--claim", s.verifier.claim, "claim withdrawals for their recipients, at --claim-key-file's cost");
    options.text(
        "--claim-key-file", s.claim_key_file,
        "file with the private key of the account that claims; empty: --key-file's, which keeps what a commit and a proof "
        "cost at the fee cap");
    options.number("--claim-min-worth", s.verifier.claims.min_worth,
                   "ETH is claimed that is so many times what its claim costs; 0: any", 0, 1'000'000);
    options.list("--claim-token", s.claim_tokens,
                 "TOKEN=MIN_UNITS: withdrawals of it are claimed from so many base units on (repeat)");
    options.number("--claim-max-gas", s.verifier.claims.max_gas, "a claim that needs more gas isn't sent", 100'000,
                   uint64_t{1} << 24);
    options.group("Warnings");
    options.seconds("--stalled-after", s.verifier.warnings.stalled_after,
                    "warn when an L1 operation waits and no batch comes for so long; 0: a quarter of the inclusion window");
    options.seconds("--silent-after", s.verifier.warnings.silent_after,
                    "warn when no batch comes for so long; 0: an inclusion window");
    options.list("--watch", s.watched, "address of a payee: warn when one of his channels is about to expire (repeat)");
    options.seconds("--watch-before", s.verifier.warnings.expires_within, "how long before the expiry of a channel to warn");
    options.group("Server");
    options.text("--data-dir", s.data_dir, "folder of the database");
    follow::add_blob_keeper_flags(options, s.blobs);
    follow::add_snapshot_flag(options, s.snapshots.from);
    follow::add_snapshot_making_flags(options, s.snapshots);
    options.toggle("--repair", s.repair, "if the folder is damaged, put it aside and read everything from the L1 again");
    node::add_rim_options(options, s.rim);
    node::add_log_options(options, s.log);
}

// Set when they are read.
void add_metrics(node::Metrics& metrics, const verifier::Verifier& verifier) {
    auto gauge = [&](const char* name, const char* help) { return metrics.gauge(name, help); };
    auto lag = gauge("gavel_l1_lag_blocks", "Blocks of the L1 not yet read.");
    auto l1_age = gauge("gavel_l1_age_seconds", "Since the newest L1 block came.");
    auto verified = gauge("gavel_verified_batch", "The last batch that is true and stands on true ones only.");
    auto head = gauge("gavel_head_batch", "The newest batch on the L1.");
    auto verdicts = gauge("gavel_batches_checked", "Verdicts given since the start.");
    auto lies = gauge("gavel_false_batches", "Batches found false since the start.");
    auto proofs = gauge("gavel_proofs_sent", "Fraud proofs sent since the start.");
    auto waiting = gauge("gavel_oldest_l1_operation_seconds", "Age of the oldest L1 operation that no batch has consumed.");
    auto silence = gauge("gavel_last_batch_seconds", "Since the newest batch was posted.");
    auto balance = gauge("gavel_wallet_balance_ether", "ETH of the account that proves and claims.");
    auto claimed = gauge("gavel_withdrawals_claimed", "Withdrawals claimed since the start.");
    auto refused = gauge("gavel_withdrawals_refused", "Withdrawals whose claim the contract refuses for now.");
    auto given_up = gauge("gavel_withdrawals_given_up", "Withdrawals given up since the start, after all tries to claim them.");
    auto not_worth = gauge("gavel_withdrawals_not_worth_it", "Withdrawals that aren't worth what their claim costs now.");
    auto expiring =
        gauge("gavel_channels_expiring", "Channels of watched payees that expire soon, or have, with a balance left.");
    auto warnings = gauge("gavel_warnings", "Warnings that stand.");
    metrics.before_text([=, &verifier]() mutable {
        const verifier::VerifierStatus now = verifier.status();
        lag.set(static_cast<double>(now.l1_head - now.l1_block));
        l1_age.set(static_cast<double>(now.l1_age_s));
        verified.set(static_cast<double>(now.verified_batch));
        head.set(static_cast<double>(now.head_batch));
        verdicts.set(static_cast<double>(now.verdicts));
        lies.set(static_cast<double>(now.false_verdicts));
        proofs.set(static_cast<double>(now.proofs_sent));
        waiting.set(static_cast<double>(now.oldest_l1_operation_s));
        silence.set(static_cast<double>(now.last_batch_s));
        balance.set(static_cast<double>(now.wallet_balance) / 1e18);
        claimed.set(static_cast<double>(now.claimed));
        refused.set(static_cast<double>(now.claims_refused));
        given_up.set(static_cast<double>(now.claims_given_up));
        not_worth.set(static_cast<double>(now.claims_not_worth_it));
        expiring.set(static_cast<double>(now.channels_expiring));
        warnings.set(static_cast<double>(now.warnings.size()));
    });
}

// The wallet of a key file; none without one.
node::Status open_wallet(std::optional<l1::L1Wallet>& wallet, l1::L1Client& client, const std::string& key_file,
                         const Settings& s, const node::Clock& clock) {
    if (key_file.empty()) return {};
    auto key = l1::read_key_file(key_file, s.allow_readable_key);
    if (!key) return key.status();
    wallet.emplace(client, *key, s.wallet.options(), clock);
    return {};
}

// All that a verifier knows is on the L1.
void repair_folder(const std::string& path, const Address& rollup) {
    auto damage = ledger::damage_of_folder(path, rollup);
    if (!damage) return node::log_info("the data folder is sound, nothing is to be repaired", {{"folder", path}});
    node::log_warn("the data folder is damaged; it is put aside, and everything is read from the L1 again",
                   {{"damage", *damage}, {"old_folder", node::set_aside(path)}});
}

node::Status run(const Settings& s, node::StopSignals& signals) {
    auto rollup = l1::address_option("--rollup", s.rollup);
    if (!rollup) return rollup.status();
    if (s.verifier.claim && s.key_file.empty() && s.claim_key_file.empty())
        return node::invalid_option("--claim", "needs --claim-key-file or --key-file");
    auto claim_tokens = l1::token_amounts_option("--claim-token", s.claim_tokens);
    if (!claim_tokens) return claim_tokens.status();
    if (claim_tokens->contains({})) return node::invalid_option("--claim-token", "ETH is no token: see --claim-min-worth");
    std::vector<Address> payees;
    for (const std::string& text : s.watched) {
        auto payee = l1::address_option("--watch", text);
        if (!payee) return payee.status();
        payees.push_back(*payee);
    }
    node::SystemClock clock;
    auto client = l1::open_l1(s.l1, clock);
    if (!client) return client.status();
    std::optional<l1::L1Wallet> wallet, claim_wallet;
    if (node::Status status = open_wallet(wallet, **client, s.key_file, s, clock); !status.ok()) return status;
    if (node::Status status = open_wallet(claim_wallet, **client, s.claim_key_file, s, clock); !status.ok()) return status;
    if (wallet && claim_wallet && wallet->address() == claim_wallet->address())
        return node::invalid_option("--claim-key-file", "the key that proves: leave the option out, or name another");
    if (s.repair) repair_folder(s.data_dir, *rollup);
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
    auto begun = (*snapshots)->begin(store, **sync, **client, [&](auto time) { return signals.wait_for(time) == 0; });
    if (!begun || !*begun) return begun.status();

    node::Metrics metrics;
    verifier::VerifierOptions options = s.verifier;
    options.metrics = &metrics;
    options.threads = std::max(1u, std::thread::hardware_concurrency());
    options.batches_ahead = kBatchesAhead;
    options.warnings.payees = payees;
    options.claim_wallet = claim_wallet ? &*claim_wallet : nullptr;
    options.claims.tokens = *claim_tokens;
    options.snapshots = &(*snapshots)->shelf();
    options.snapshot_every = (*snapshots)->every();
    options.l1_stale_after_ms = static_cast<uint64_t>(s.l1_stale_after.count());
    verifier::Verifier verifier(store, **sync, **client, wallet ? &*wallet : nullptr, clock, options);
    verifier::VerifierService service(verifier);
    query::QueryService queries(verifier.queries(), "verifier");
    add_metrics(metrics, verifier);
    (*blobs)->count_in(metrics);
    auto rim = node::Rim::open(
        s.rim, {&service, &queries}, metrics, [&] { return verifier.health(); },
        [&](node::HttpServer& server) {
            (*blobs)->serve(server, [](const char*) { node::request_stop(); });
            follow::serve_snapshots(server, (*snapshots)->shelf());
        });
    if (!rim) return rim.status();
    node::log_info("serving", {{"grpc_port", (*rim)->grpc_port()},
                               {"rollup", to_checksum(*rollup)},
                               {"prover", wallet ? to_checksum(wallet->address()) : "none"},
                               {"claims", s.verifier.claim}});

    node::Loops loops(verifier.troubles());
    loops.start("VERIFYING_FAILED", [&] {
        auto more = verifier.step();
        if (!more) node::log_status(node::LogLevel::kDebug, "round with the L1", more.status());
        if (!more || !*more) loops.rest(s.poll);
    });
    loops.start("SNAPSHOTS_FAILED", [&] {
        if (!verifier.make_snapshot()) loops.rest(s.poll);
    });
    return (*rim)->serve(signals, verifier.troubles(), loops, store, [&] {
        (*client)->close();
        (*blobs)->close();
    });
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    return node::run_daemon({.name = "gavel-verifier",
                             .about = "Verifies every batch on the L1 and proves the false ones.",
                             .add_options = [&](node::Options& options) { add_options(options, settings); },
                             .log = &settings.log,
                             .run = [&](node::StopSignals& signals) { return run(settings, signals); }},
                            argc, argv);
}
