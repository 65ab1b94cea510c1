// When the blobs are gone: claims, a new verifier and exits from a snapshot, with the real programs.
#include <catch2/catch.hpp>
#include <filesystem>

#include "node/file.hpp"
#include "tests/cli/lone_commands.hpp"

using namespace gavel;
using namespace gavel::e2e;
using nlohmann::json;

namespace {

constexpr uint64_t kDay = 86'400;

class Story : public LoneCommands {
public:
    Story() {
        world.set_sequencer_flags({"--eth-fee-percent", "0", "--data", "blobs", "--snapshot-every", "60s"});
        world.set_verifier_flags({"--snapshot-every", "60s"});
        world.start_sequencer();
        world.start_verifier("");
    }
    // Until that daemon has a snapshot of that batch.
    void wait_for_snapshot(const std::string& daemon, uint64_t batch) {
        world.eventually("a snapshot of batch " + std::to_string(batch), [&] {
            return world.metrics(daemon).find("\ngavel_snapshot_batch " + std::to_string(batch) + "\n") != std::string::npos;
        });
    }
    std::string file(uint64_t batch, const std::string& daemon = "verifier") const {
        return world.folder().file(daemon + ".db-snapshots/snapshot-" + std::to_string(batch));
    }
    u128 ether_of(const std::string& who) { return *world.l1_client().balance(address_of(who)); }
};

}  // namespace

TEST_CASE("the blobs are gone and the operator too: with a snapshot and the L1 everybody claims, verifies and leaves") {
    Story story;
    World& world = story.world;
    const std::string bob = to_checksum(address_of("bob")), carol = to_checksum(address_of("carol"));
    story.served("alice", {"deposit", "3", "--wait"});
    story.served("alice", {"send", bob, "1.25", "--fee", "0"});
    const json receipt = story.served("alice", {"withdraw", "0.5", "--to", carol, "--fee", "0"});
    story.served("alice", {"tx", receipt["hash"].get<std::string>(), "--wait", "posted", "--timeout", "60s"});
    world.wait_for_agreement();
    const uint64_t batch = world.at_verifier().chain_info()->head_batch;
    story.pass(kChallenge + 60);
    for (const char* daemon : {"verifier", "sequencer"}) story.wait_for_snapshot(daemon, batch);
    CHECK(*node::read_file(story.file(batch)) == *node::read_file(story.file(batch, "sequencer")));
    world.sequencer().kill_now();
    story.pass(20 * kDay);

    const json gone = story.error_of("carol", {"claim", "--from-l1"});
    CHECK(gone["reason"] == "BLOB_UNKNOWN");
    CHECK(gone["message"].get<std::string>().find("--snapshot URL|FILE") != std::string::npos);
    const std::string url = "http://127.0.0.1:" + world.metrics_port("verifier");
    const u128 before = story.ether_of("carol");
    story.alone("alice", {"claim", "--recipient", carol, "--snapshot", url});
    CHECK(story.ether_of("carol") == before + kEther / 2);
    const json final = story.error_of("bob", {"proof", "make", "1", "--snapshot", url});
    CHECK(final["reason"] == "BatchFinal");

    // A new verifier without it says why it can't, and with it agrees.
    world.verifier().stop();
    for (const char* folder : {"verifier.db", "verifier.db-blobs"})
        std::filesystem::rename(world.folder().file(folder), world.folder().file(std::string("old-") + folder));
    world.start_verifier("");
    world.eventually("BLOBS_MISSING", [&] { return world.verifier().has_logged("\"reason\":\"BLOBS_MISSING\""); });
    world.verifier().stop();
    std::filesystem::remove_all(world.folder().file("verifier.db"));
    world.set_verifier_flags({"--snapshot-every", "60s", "--snapshot", story.file(batch)});
    world.start_verifier("");
    world.eventually("agreement", [&] { return world.health("verifier") == "ok\n"; });
    const auto info = world.at_verifier().chain_info();
    REQUIRE(info.ok());
    CHECK(info->since_batch == batch);
    CHECK(info->head_hash == world.rollup().head()->hash);
    CHECK(world.balance(world.at_verifier(), address_of("bob")) == Amount{5 * kEther / 4});
    world.verifier().stop();

    // The L1's queue isn't served, so the rollup can be frozen; then they leave.
    story.alone("bob", {"force", "withdraw", "--all"});
    story.pass(kChallenge + kInclusion + 7 * kDay + 60);
    story.alone("bob", {"freeze"});
    story.pass(kChallenge);
    const u128 bobs = story.ether_of("bob");
    story.alone("alice", {"exit", "--for", bob, "--snapshot", story.file(batch), "--data-dir", world.folder().file("mine")});
    CHECK(story.ether_of("bob") == bobs + 5 * kEther / 4);
    CHECK_FALSE(std::filesystem::exists(world.folder().file("mine-snapshot.part")));
    const json rest = story.alone("alice", {"exit", "--all-mine", "--snapshot", url, "--data-dir", world.folder().file("mine")});
    CHECK(rest.dump().find("1250000000000000000") != std::string::npos);  // begun once, the URL isn't asked
}
