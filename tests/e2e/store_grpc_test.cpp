// Disks that fail beneath real programs, and the way back.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/e2e/load.hpp"

using namespace gavel;
using namespace gavel::e2e;

namespace fs = std::filesystem;

namespace {

// Files that programs started meanwhile write may not grow beyond `bytes`.
class SmallFiles {
public:
    explicit SmallFiles(rlim_t bytes) {
        getrlimit(RLIMIT_FSIZE, &before_);
        rlimit small{bytes, before_.rlim_max};
        REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    }
    ~SmallFiles() { setrlimit(RLIMIT_FSIZE, &before_); }

private:
    rlimit before_{};
};

std::string data_of(World& world, const std::string& daemon) { return world.folder().file(daemon + ".db"); }

// Turns a bit in each table at these parts of a thousand of its length.
void spoil_tables(const std::string& folder, const std::vector<unsigned>& places) {
    int spoilt = 0;
    for (const auto& file : fs::directory_iterator(folder)) {
        if (file.path().extension() != ".ldb") continue;
        std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
        for (unsigned place : places) {
            auto at = static_cast<std::streamoff>(file.file_size() * place / 1000);
            bytes.seekg(at);
            int byte = bytes.get();
            bytes.seekp(at);
            bytes.put(static_cast<char>(byte ^ 16));
        }
        ++spoilt;
    }
    REQUIRE(spoilt > 0);
}

}  // namespace

TEST_CASE("a sequencer whose files may not grow any more ends by itself, and has all that it acknowledged") {
    World world;
    {
        SmallFiles limit(700'000);
        world.start_sequencer();
    }
    world.start_verifier("");
    world.deposit("alice", kEther);
    std::map<uint64_t, Hash> acknowledged;
    {
        Load load(world, "alice", address_of("bob"));
        world.eventually("the sequencer ends", [&] { return !world.sequencer().is_alive(); });
        load.stop();
        CHECK(load.complaint() == "");
        acknowledged = load.acknowledged();
    }
    CHECK(world.sequencer().has_logged("File too large"));
    REQUIRE(acknowledged.size() > 100);

    world.start_sequencer();
    CHECK(world.nonce(address_of("alice")) > acknowledged.rbegin()->first);
    size_t found = 0;
    for (const auto& [nonce, hash] : acknowledged) found += world.at_sequencer().operation(hash).ok();
    CHECK(found == acknowledged.size());
    world.wait_for_agreement();
    world.stop_all();
}

TEST_CASE("damage to a table ends a daemon by name, and --repair is the way back") {
    World world;
    world.start_sequencer();
    world.start_verifier("");
    world.deposit("alice", kEther);
    std::map<uint64_t, Hash> acknowledged;
    {
        Load load(world, "alice", address_of("bob"));
        load.wait_for_acknowledged(300);
        load.stop();
        acknowledged = load.acknowledged();
    }
    world.wait_for_agreement();
    const Amount balance = world.balance(world.at_sequencer(), address_of("bob"));
    // A start makes tables of what the logs hold.
    for (int i = 0; i < 2; ++i) {
        CHECK(world.sequencer().stop() == 0);
        CHECK(world.verifier().stop() == 0);
        if (i == 1) break;
        world.start_sequencer();
        world.start_verifier("");
    }

    // One bit among the entries, which a start doesn't read: whoever asks for them gets no answer, and the daemon ends.
    spoil_tables(data_of(world, "sequencer"), {500});
    world.launch_sequencer();
    for (const auto& [nonce, hash] : acknowledged) static_cast<void>(world.at_sequencer().operation(hash));
    world.eventually("the sequencer ends", [&] { return !world.sequencer().is_alive(); });
    CHECK(world.sequencer().has_logged("it is damaged"));

    world.set_sequencer_flags({"--eth-fee-percent", "0", "--repair"});
    world.start_sequencer();
    CHECK(fs::exists(data_of(world, "sequencer") + ".damaged-1"));
    CHECK(world.balance(world.at_sequencer(), address_of("bob")) == balance);
    size_t found = 0;
    for (const auto& [nonce, hash] : acknowledged) found += world.at_sequencer().operation(hash).ok();
    CHECK(found == acknowledged.size());

    // Bits all over: the verifier doesn't start.
    spoil_tables(data_of(world, "verifier"), {10, 100, 200, 300, 400, 500, 600, 700, 800});
    std::vector<std::string> verifier = {program("gavel-verifier"),
                                         "--listen",
                                         "127.0.0.1:" + world.port("verifier"),
                                         "--l1",
                                         world.l1_url(),
                                         "--rollup",
                                         to_checksum(world.domain().rollup),
                                         "--data-dir",
                                         data_of(world, "verifier")};
    Finished refused = run(verifier, world.folder().path());
    CHECK(refused.exit_status == 1);
    CHECK(refused.errors.find("it is damaged") != std::string::npos);
    verifier.push_back("--repair");
    {
        Process repaired(verifier, world.folder().file("repair.log"));
        REQUIRE(repaired.wait_for("grpc_port=", kPatience) == world.port("verifier"));
        world.eventually("the verifier has read all again",
                         [&] { return world.balance(world.at_verifier(), address_of("bob")) == balance; });
        CHECK(repaired.has_logged("everything is read from the L1 again"));
        CHECK(repaired.stop() == 0);
    }
    world.start_verifier("");
    CHECK(fs::exists(data_of(world, "verifier") + ".damaged-1"));
    world.stop_all();
}
