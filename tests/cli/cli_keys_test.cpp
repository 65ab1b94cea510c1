// Keystores: this program's and others', passwords in every form, and the terminal on which they are typed.
#include <openssl/evp.h>
#include <poll.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <nlohmann/json.hpp>

#include "cli/keystore.hpp"
#include "cli/unicode.hpp"
#include "node/file.hpp"
#include "protocol/keccak.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/vectors.hpp"

using namespace gavel;
using namespace gavel::cli;
using gavel::test::TempDir;
using nlohmann::json;

namespace {

const std::string kKeystores = "address/ethereum__tests/KeyStoreTests/basic_tests.json";
const std::string kWallets = "address/ethers-io__ethers.js/testcases/wallets.json.gz";
constexpr KeystoreCost kCheap{4};

// One password, as keyboards and wallets give it: with a composed and a decomposed accent, with a ligature and without.
const std::string kNfc = "caf\xc3\xa9 \xef\xac\x81", kNfd = "cafe\xcc\x81 \xef\xac\x81", kNfkc = "caf\xc3\xa9 fi",
                  kNfkd = "cafe\xcc\x81 fi";

// A keystore as another program writes it: the password's bytes as they are.
json keystore_of(const PrivateKey& key, const std::string& password) {
    const Bytes salt(8, 1), iv(16, 2);
    Bytes derived(32), ciphertext(32);
    REQUIRE(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt.data(), 8, 2, EVP_sha256(), 32,
                              derived.data()) == 1);
    EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
    int length = 0;
    REQUIRE(EVP_EncryptInit_ex(context, EVP_aes_128_ctr(), nullptr, derived.data(), iv.data()) == 1);
    REQUIRE(EVP_EncryptUpdate(context, ciphertext.data(), &length, key.scalar().data(), 32) == 1);
    EVP_CIPHER_CTX_free(context);
    const Hash mac = keccak256({ByteView(derived).subspan(16), ByteView(ciphertext)});
    return {{"version", 3},
            {"address", to_hex(key.address()).substr(2)},
            {"crypto",
             {{"cipher", "aes-128-ctr"},
              {"cipherparams", {{"iv", to_hex(iv)}}},
              {"ciphertext", to_hex(ciphertext)},
              {"kdf", "pbkdf2"},
              {"kdfparams", {{"dklen", 32}, {"c", 2}, {"prf", "hmac-sha256"}, {"salt", to_hex(salt)}}},
              {"mac", to_hex(mac)}}}};
}

// The command on a terminal of its own.
class OnTerminal {
public:
    explicit OnTerminal(const std::string& keystore) {
        pid_ = forkpty(&terminal_, nullptr, nullptr, nullptr);
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            // As a terminal's shell leaves them; what runs in the background may have them ignored.
            ::signal(SIGINT, SIG_DFL);
            ::signal(SIGQUIT, SIG_DFL);
            ::execl(GAVEL_PROGRAM, "gavel", "--keystore", keystore.c_str(), "key", "new", nullptr);
            ::_exit(127);
        }
    }
    ~OnTerminal() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
        ::close(terminal_);
    }
    // Reads until the text has come.
    bool sees(const std::string& text) {
        for (int i = 0; i < 600 && seen_.find(text) == std::string::npos; ++i) {
            pollfd ready{terminal_, POLLIN, 0};
            char buffer[1024];
            if (::poll(&ready, 1, 100) <= 0) continue;
            const ssize_t got = ::read(terminal_, buffer, sizeof buffer);
            if (got <= 0) break;
            seen_.append(buffer, static_cast<size_t>(got));
        }
        const bool found = seen_.find(text) != std::string::npos;
        seen_.clear();
        return found;
    }
    void type(const std::string& text) {
        REQUIRE(::write(terminal_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    bool shows_typing() {
        termios mode{};
        REQUIRE(tcgetattr(terminal_, &mode) == 0);
        return (mode.c_lflag & ECHO) != 0;
    }
    pid_t pid() const { return pid_; }
    int wait() {
        int status = 0;
        REQUIRE(::waitpid(pid_, &status, 0) == pid_);
        pid_ = -1;
        return status;
    }

private:
    pid_t pid_ = -1;
    int terminal_ = -1;
    std::string seen_;
};

}  // namespace

TEST_CASE("a key comes back from its keystore with the password only") {
    const PrivateKey key = random_key();
    const std::string text = encrypt_key(key, "correct horse", kCheap);
    auto back = decrypt_key(text, "correct horse");
    REQUIRE(back.ok());
    CHECK(back->scalar() == key.scalar());
    CHECK(decrypt_key(text, "wrong").status().reason == "PASSWORD_WRONG");
    CHECK(address_of_keystore(text) == key.address());
    CHECK(encrypt_key(key, "correct horse", kCheap) != text);
    CHECK(json::parse(encrypt_key(key, "", {}))["crypto"]["kdfparams"]["n"] == 1 << 17);
}

TEST_CASE("a keystore that isn't one is refused by name") {
    const json good = json::parse(encrypt_key(random_key(), "p", kCheap));
    auto reason_with = [&](const std::string& pointer, const json& value) {
        json bad = good;
        bad[json::json_pointer(pointer)] = value;
        return decrypt_key(bad.dump(), "p").status().reason;
    };
    CHECK(decrypt_key("", "p").status().reason == "KEYSTORE_INVALID");
    CHECK(decrypt_key("[1]", "p").status().reason == "KEYSTORE_INVALID");
    CHECK(reason_with("/version", 4) == "KEYSTORE_UNSUPPORTED");
    CHECK(reason_with("/crypto", "x") == "KEYSTORE_INVALID");
    CHECK(reason_with("/crypto/cipher", "aes-256-cbc") == "KEYSTORE_UNSUPPORTED");
    CHECK(reason_with("/crypto/cipherparams/iv", "00") == "KEYSTORE_INVALID");
    CHECK(reason_with("/crypto/ciphertext", "zz") == "KEYSTORE_INVALID");
    CHECK(reason_with("/crypto/ciphertext", "00") == "KEYSTORE_INVALID");
    CHECK(reason_with("/crypto/kdf", "argon2") == "KEYSTORE_UNSUPPORTED");
    CHECK(reason_with("/crypto/kdfparams/dklen", 16) == "KEYSTORE_UNSUPPORTED");
    CHECK(reason_with("/crypto/kdfparams/n", uint64_t{1} << 40) == "KEYSTORE_UNSUPPORTED");
    CHECK(reason_with("/crypto/kdfparams/n", 3) == "KEYSTORE_UNSUPPORTED");
    CHECK(reason_with("/crypto/kdfparams/r", uint64_t{1} << 62) == "KEYSTORE_UNSUPPORTED");
    CHECK(reason_with("/crypto/kdfparams/n", -1) == "KEYSTORE_INVALID");
    CHECK(reason_with("/crypto/mac", "00") == "PASSWORD_WRONG");
}

TEST_CASE("keystores of published vectors open") {
    auto text = test::vector_file(kKeystores);
    if (!text) return;
    const json cases = json::parse(*text);
    for (const auto& [name, item] : cases.items()) {
        INFO(name);
        auto key = decrypt_key(item["json"].dump(), item["password"].get<std::string>());
        INFO(to_string(key.status()));
        REQUIRE(key.ok());
        CHECK(to_hex(key->scalar()).substr(2) == item["priv"].get<std::string>());
    }
}

TEST_CASE("wallets' keystores of published vectors open") {
    auto text = test::vector_file(kWallets);
    if (!text) return;
    unsigned opened = 0;
    for (const json& item : json::parse(*text)) {
        if (item["type"] != "keystore") continue;
        INFO(item["name"]);
        const Bytes password = *from_hex(item["password"].get<std::string>());
        auto key = decrypt_key(item["content"].get<std::string>(), string_of(password));
        INFO(to_string(key.status()));
        REQUIRE(key.ok());
        CHECK(to_checksum(key->address()) == item["address"].get<std::string>());
        ++opened;
    }
    CHECK(opened >= 7);
}

TEST_CASE("keys are stored once, for their owner alone, and listed") {
    TempDir dir;
    const std::string folder = dir.file("keys");
    CHECK(list_keys(folder).empty());
    const PrivateKey key = random_key();
    auto path = store_key(folder, key, "p", kCheap);
    REQUIRE(path.ok());
    CHECK(std::filesystem::status(*path).permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    CHECK(store_key(folder, key, "p", kCheap).status().reason == "KEY_EXISTS");
    REQUIRE(list_keys(folder).size() == 1);
    CHECK(list_keys(folder)[0].address == key.address());
}

TEST_CASE("a keystore that claims another address than its key's is refused") {
    const PrivateKey key = random_key(), other = random_key();
    json document = keystore_of(key, "p");
    CHECK(decrypt_key(document.dump(), "p").ok());
    document["address"] = to_checksum(key.address());
    CHECK(decrypt_key(document.dump(), "p").ok());
    document["address"] = to_hex(other.address());
    CHECK(decrypt_key(document.dump(), "p").status().reason == "KEYSTORE_MISMATCH");
    CHECK(decrypt_key(document.dump(), "q").status().reason == "PASSWORD_WRONG");
    for (const json& nonsense : {json("0x12"), json(7), json::array()}) {
        document["address"] = nonsense;
        CHECK(decrypt_key(document.dump(), "p").status().reason == "KEYSTORE_INVALID");
    }
    for (const json& nothing : {json(), json("")}) {
        document["address"] = nothing;
        CHECK(decrypt_key(document.dump(), "p").ok());
    }
}

TEST_CASE("other programs' files in the keystore are found, whatever they are called") {
    TempDir dir;
    const PrivateKey inside = random_key(), named = random_key(), nameless = random_key();
    auto put = [&](const std::string& name, const std::string& text) { REQUIRE(node::write_file(dir.file(name), text).ok()); };
    json document = keystore_of(inside, "p");
    document["version"] = "3";
    put("wallet backup", document.dump());
    CHECK(decrypt_key(document.dump(), "p").ok());
    document = keystore_of(named, "p");
    document.erase("address");
    const std::string geth = "UTC--2016-03-22T12-57-55.920751759Z--" + to_hex(named.address()).substr(2);
    put(geth, document.dump());
    document = keystore_of(nameless, "p");
    document.erase("address");
    put("key.json", document.dump());
    put("notes.txt", "no keystore");
    put("package.json", R"({"version": 3})");
    REQUIRE(::mkfifo(dir.file("pipe").c_str(), 0600) == 0);  // would never end

    const auto keys = list_keys(dir.path());
    REQUIRE(keys.size() == 3);
    CHECK_FALSE(keys[0].address);
    CHECK(keys[0].path == dir.file("key.json"));
    for (const StoredKey& key : keys) {
        if (key.path == dir.file("wallet backup")) CHECK(key.address == inside.address());
        if (key.path == dir.file(geth)) CHECK(key.address == named.address());
    }
}

TEST_CASE("a password beyond ASCII opens a key whichever form it was typed in, and the file has it in") {
    const PrivateKey key = random_key();
    for (const std::string& typed : {kNfc, kNfd}) {
        for (const std::string& written : {kNfc, kNfd, kNfkc, kNfkd}) {
            INFO(typed << " for " << written);
            CHECK(decrypt_key(keystore_of(key, written).dump(), typed).ok());
        }
        CHECK(decrypt_key(encrypt_key(key, typed, kCheap), kNfc).ok());
        CHECK(decrypt_key(encrypt_key(key, kNfc, kCheap), typed).ok());
    }
    // The ligature can't be guessed from its letters, and nothing else opens it.
    CHECK(decrypt_key(keystore_of(key, kNfc).dump(), kNfkc).status().reason == "PASSWORD_WRONG");
    CHECK(decrypt_key(keystore_of(key, kNfc).dump(), "cafe fi").status().reason == "PASSWORD_WRONG");
    const std::string latin1 = "caf\xe9";
    CHECK(decrypt_key(keystore_of(key, latin1).dump(), latin1).ok());
    CHECK(decrypt_key(encrypt_key(key, latin1, kCheap), latin1).ok());
    CHECK(unicode_forms("plain").size() == 1);
    CHECK(unicode_forms(kNfc).size() == 4);
    CHECK(unicode_forms(latin1).size() == 1);
}

TEST_CASE("a password prompt hides what is typed, and whatever ends it gives the terminal its echo back") {
    TempDir dir;
    for (const std::string& end : {std::string("\x03"), std::string("\x1c"), std::string("terminated")}) {
        OnTerminal gavel(dir.file("keys"));
        REQUIRE(gavel.sees("New password"));
        CHECK_FALSE(gavel.shows_typing());
        auto limits = node::read_file("/proc/" + std::to_string(gavel.pid()) + "/limits");
        REQUIRE(limits.ok());
        CHECK(limits->find("Max core file size        0                    0") != std::string::npos);
        end == "terminated" ? (void)::kill(gavel.pid(), SIGTERM) : gavel.type("secret" + end);
        CHECK(WIFSIGNALED(gavel.wait()));
        CHECK(gavel.shows_typing());
    }
    CHECK(list_keys(dir.file("keys")).empty());
}

TEST_CASE("a new password is typed twice; Ctrl-Z and back asks again; Ctrl-D is none") {
    TempDir dir;
    {
        OnTerminal gavel(dir.file("keys"));
        REQUIRE(gavel.sees("New password"));
        gavel.type("\x04");
        CHECK(WEXITSTATUS(gavel.wait()) == 1);
    }
    {
        OnTerminal gavel(dir.file("keys"));
        REQUIRE(gavel.sees("New password"));
        gavel.type("one\n");
        REQUIRE(gavel.sees("Once more"));
        gavel.type("two\n");
        CHECK(WEXITSTATUS(gavel.wait()) == 1);
    }
    CHECK(list_keys(dir.file("keys")).empty());
    OnTerminal gavel(dir.file("keys"));
    REQUIRE(gavel.sees("New password"));
    gavel.type("half\x1a");  // without a shell above it, it goes on at once
    REQUIRE(gavel.sees("New password"));
    gavel.type("one\n");
    REQUIRE(gavel.sees("Once more"));
    gavel.type("one\n");
    CHECK(WEXITSTATUS(gavel.wait()) == 0);
    const auto keys = list_keys(dir.file("keys"));
    REQUIRE(keys.size() == 1);
    CHECK(decrypt_key(*node::read_file(keys[0].path), "one").ok());
}

TEST_CASE("an empty password of a new key has to be said twice; files that others may read are refused") {
    TempDir dir;
    auto run = [&](const std::string& arguments) {
        const std::string command =
            std::string(GAVEL_PROGRAM) + " --json --keystore " + dir.file("keys") + " " + arguments + " 2>/dev/null </dev/null";
        std::FILE* pipe = ::popen(command.c_str(), "r");
        REQUIRE(pipe != nullptr);
        std::string text;
        char buffer[4096];
        while (size_t size = std::fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, size);
        ::pclose(pipe);
        const json document = json::parse(text);
        return document.contains("error") ? document["error"]["reason"].get<std::string>() : "OK";
    };
    auto put = [&](const std::string& name, const std::string& text, unsigned mode) {
        REQUIRE(node::write_file(dir.file(name), text, mode).ok());
        return dir.file(name);
    };
    const std::string empty = put("empty", "\nbehind\n", 0600), open = put("open", "secret\n", 0640);
    const std::string good = put("good", "secret\n", 0600);
    CHECK(run("key new --password-file " + empty) == "PASSWORD_EMPTY");
    CHECK(run("key new --password-file " + open) == "SECRET_FILE_READABLE");
    CHECK(list_keys(dir.file("keys")).empty());
    CHECK(run("key new --password-file " + empty + " --empty-password") == "OK");
    CHECK(run("key new --password-file " + good) == "OK");
    CHECK(run("key new --password-file " + open + " --allow-readable-key") == "OK");
    const std::string digits = to_hex(random_key().scalar()) + "\n";
    CHECK(run("key import --password-file " + good + " " + put("bare", digits, 0644)) == "SECRET_FILE_READABLE");
    CHECK(run("key import --password-file " + good + " " + put("bare", digits, 0600)) == "OK");
    // Encrypted, it may be seen.
    CHECK(run("key import --password-file " + good + " " + put("kept", keystore_of(random_key(), "secret").dump(), 0644)) ==
          "OK");
    CHECK(list_keys(dir.file("keys")).size() == 5);
}
