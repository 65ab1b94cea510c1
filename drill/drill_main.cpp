// gavel-drill: posts a lie on a test chain, so that operators see their verifier catch it.
#include <cstdio>

#include "drill/drill.hpp"
#include "follow/l1_sync.hpp"
#include "l1-bridge/client/blob_sources.hpp"
#include "l1-bridge/client/key_file.hpp"
#include "l1-bridge/client/l1_sources.hpp"
#include "l1-bridge/client/option_values.hpp"
#include "l1-bridge/client/rollup_client.hpp"
#include "node/config.hpp"
#include "node/log.hpp"
#include "node/secret.hpp"

namespace {

using namespace gavel;

constexpr uint64_t kMainnet = 1;

struct Settings {
    l1::L1Flags l1;
    std::string rollup;
    follow::L1SyncOptions sync;
    l1::BlobFlags blobs;
    std::string key_file;
    bool allow_readable_key = false;
    std::string key;
    std::string lie;
    std::string data = "calldata";
    std::string data_dir;
    bool take_seat = false;
    node::LogOptions log{.level = "warn"};
};

void add_options(node::Options& options, Settings& s) {
    options.choice("--lie", s.lie, drill::lie_names(), "which lie to post").required();
    options.choice("--data", s.data, {"calldata", "blobs"}, "where it is posted");
    l1::add_l1_flags(options, s.l1);
    options.text("--rollup", s.rollup, "address of the rollup contract").required();
    options.text("--key-file", s.key_file, "file with the private key (hex) of the account that holds the seat");
    l1::add_key_file_flag(options, s.allow_readable_key);
    options.text("--key", s.key, "the key itself, for throw-away accounts");
    options.toggle("--take-seat", s.take_seat, "take the seat, with the stake, if it is free");
    options.text("--data-dir", s.data_dir, "folder to keep what was read from the L1; empty: in memory");
    follow::add_l1_sync_flags(options, s.sync);
    l1::add_blob_flags(options, s.blobs);
    node::add_log_options(options, s.log);
}

node::Status refused(std::string reason, std::string field, std::string message) {
    return {node::Code::kFailedPrecondition, std::move(reason), std::move(field), std::move(message)};
}

class Drill {
public:
    Drill(const Settings& settings, l1::L1Client& client, const PrivateKey& key)
        : settings_(settings), client_(client), key_(key), wallet_(client, key) {}

    node::Status run(const Address& rollup) {
        auto chain_id = client_.chain_id();
        if (!chain_id) return chain_id.status();
        if (*chain_id == kMainnet) return refused("MAINNET", "l1", "this is Ethereum's main chain: no lies there");
        store_ = node::open_store(settings_.data_dir);
        auto blobs = l1::open_blob_sources(settings_.blobs, settings_.l1, clock_);
        if (!blobs) return blobs.status();
        blobs_ = *std::move(blobs);
        follow::L1SyncOptions reading = settings_.sync;
        reading.blobs = blobs_.get();
        auto sync = follow::L1Sync::open(*store_, client_, rollup, reading);
        if (!sync) return sync.status();
        sync_ = std::move(*sync);
        ledger_.emplace(*store_, sync_->domain());
        replayer_.emplace(*ledger_, sync_->view(), sync_->batch_source(), clock_, follow::Replayer::Options{false});
        if (node::Status status = catch_up(); !status.ok()) return status;
        if (node::Status status = hold_seat(); !status.ok()) return status;
        return lie();
    }

private:
    const Address& rollup() const { return sync_->view().rollup(); }

    node::Status catch_up() {
        ledger::writing.assume();  // this program has one thread
        for (bool up_to_date = false; !up_to_date;) {
            auto step = sync_->step();
            if (!step) return step.status();
            up_to_date = *step;
        }
        for (;;) {
            switch (replayer_->step()) {
                case follow::Replayer::Progress::kWantsBatch:
                case follow::Replayer::Progress::kWorked: continue;
                case follow::Replayer::Progress::kCaughtUp: return {};
                case follow::Replayer::Progress::kUnavailable: return replayer_->status();
                case follow::Replayer::Progress::kFalseBatch:
                    return refused("HEAD_IS_FALSE", "", "a false batch stands on the L1 already; a drill needs a true head");
            }
        }
    }

    // Sends, waits for the block, reads it.
    node::Result<l1::Receipt> act(Bytes calldata, u128 value = 0) {
        auto receipt = wallet_.run(rollup(), value, std::move(calldata));
        if (!receipt) return receipt;
        if (node::Status status = catch_up(); !status.ok()) return status;
        return receipt;
    }

    node::Status hold_seat() {
        auto sitting = sync_->view().sitting();
        if (sitting && sitting->sequencer == wallet_.address()) return {};
        if (sitting) {
            return refused("SEAT_TAKEN", "key",
                           to_checksum(sitting->sequencer) + " holds the seat, not " + to_checksum(wallet_.address()));
        }
        if (!settings_.take_seat) {
            return refused("SEAT_FREE", "take-seat", "nobody holds the seat; --take-seat takes it, with the stake");
        }
        auto receipt = act(l1::rollup_call::become_sequencer(), sync_->view().parameters().stake);
        if (!receipt) return receipt.status();
        std::printf("seat     taken by %s, stake %s wei\n", to_checksum(wallet_.address()).c_str(),
                    to_string(Amount{sync_->view().parameters().stake}).c_str());
        return {};
    }

    node::Result<l1::Receipt> post(const PostedData& data) {
        if (data.source == DataSource::kCalldata) return wallet_.run(rollup(), 0, l1::rollup_call::append(data.argument));
        auto sidecar = l1::make_sidecar(data.blobs);
        if (!sidecar) return refused("NO_SIDECAR", "", "the lie's blobs can't be posted");
        auto sent = wallet_.send_blobs(rollup(), l1::rollup_call::append_blobs(data.argument),
                                       std::make_shared<const l1::BlobSidecar>(*std::move(sidecar)));
        if (!sent) return sent.status();
        auto receipt = wallet_.wait(*sent);
        if (receipt && !receipt->success) return wallet_.explain(*receipt);
        return receipt;
    }

    node::Status lie() {
        ledger::writing.assume();  // the program has one thread
        auto kind = *drill::lie_from_name(settings_.lie);
        auto made = drill::make_lie(*ledger_, sync_->view(), kind, key_);
        if (!made && made.status().reason == "NO_WAITING_DEPOSIT") {
            const Address victim = PrivateKey::derived("drill " + std::to_string(clock_.now_ms())).address();
            auto receipt = act(l1::rollup_call::deposit_eth(victim), kGwei);
            if (!receipt) return receipt.status();
            std::printf("deposit  of 1 gwei to %s, made to be skipped\n", to_checksum(victim).c_str());
            made = drill::make_lie(*ledger_, sync_->view(), kind, key_);
        }
        if (!made) return made.status();
        const PostedBatch posted = settings_.data == "blobs" ? PostedBatch::in_blobs(made->batch) : PostedBatch(made->batch);
        auto receipt = post(posted.data());
        if (!receipt) return receipt.status();
        std::printf("lie      %s\n", settings_.lie.c_str());
        std::printf("batch    %llu, %zu chunks, %zu bytes\n", static_cast<unsigned long long>(made->batch.number),
                    made->batch.chunks.size(), posted.data().size());
        std::printf("hash     %s\n", to_hex(posted.hash()).c_str());
        std::printf("tx       %s, block %llu\n", to_hex(receipt->tx_hash).c_str(),
                    static_cast<unsigned long long>(receipt->block_number));
        std::printf("chunk    %u is false, those before it are true\n", made->chunk);
        std::printf("claims   %s\n", made->what.c_str());
        return {};
    }

    const Settings& settings_;
    l1::L1Client& client_;
    const PrivateKey& key_;
    l1::L1Wallet wallet_;
    node::SystemClock clock_;
    std::unique_ptr<node::Store> store_;
    std::unique_ptr<l1::BlobSources> blobs_;
    std::unique_ptr<follow::L1Sync> sync_;
    std::optional<ledger::Ledger> ledger_;
    std::optional<follow::Replayer> replayer_;
};

node::Status run(const Settings& s) {
    auto rollup = l1::address_option("--rollup", s.rollup);
    if (!rollup) return rollup.status();
    if (s.key.empty() == s.key_file.empty()) return node::invalid_option("--key-file", "give one of --key-file and --key");
    auto key = s.key.empty() ? l1::read_key_file(s.key_file, s.allow_readable_key) : l1::key_from_text(s.key, "key");
    if (!key) return key.status();
    node::SystemClock clock;
    auto client = l1::open_l1(s.l1, clock);
    if (!client) return client.status();
    return Drill(s, **client, *key).run(*rollup);
}

}  // namespace

int main(int argc, char** argv) {
    node::forbid_dumps();
    Settings settings;
    node::Options options("gavel-drill", "Fire drill: posts a lie on a test chain, for a verifier to catch. It costs the stake.");
    add_options(options, settings);
    if (auto status = options.parse(argc, argv)) return *status;
    node::init_log(settings.log, "gavel-drill");
    try {
        node::Status status = run(settings);
        if (status.ok()) return 0;
        std::fprintf(stderr, "gavel-drill: %s\n", node::to_string(status).c_str());
    } catch (const node::StoreError& error) {
        std::fprintf(stderr, "gavel-drill: %s\n", error.what());
    }
    return 1;
}
