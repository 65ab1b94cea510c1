#include "cli/keystore.hpp"

#include <cryptopp/scrypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <tuple>

#include "cli/unicode.hpp"
#include "node/config.hpp"
#include "node/file.hpp"
#include "protocol/check.hpp"
#include "protocol/keccak.hpp"

namespace gavel::cli {
namespace {

using nlohmann::json;
using node::Code;
using node::Result;
using node::Status;

constexpr uint64_t kMaxScryptMemory = uint64_t{1} << 30;
constexpr uint64_t kMaxScryptWork = uint64_t{1} << 26;  // n * r * p: 64 times Ethereum's usual cost
constexpr uint64_t kMaxRounds = 10'000'000;
constexpr uint64_t kMaxFileBytes = 64 << 10;
constexpr size_t kKeyLength = 32;  // first half encrypts, second half authenticates

Status invalid(const std::string& field, const std::string& message) {
    return {Code::kInvalidArgument, "KEYSTORE_INVALID", field, message};
}

Status unsupported(const std::string& field, const std::string& message) {
    return {Code::kInvalidArgument, "KEYSTORE_UNSUPPORTED", field, message};
}

Bytes random_bytes(size_t count) {
    Bytes out(count);
    GAVEL_CHECK(RAND_bytes(out.data(), static_cast<int>(count)) == 1);
    return out;
}

// Derived keys and plain keys don't stay in memory.
struct Secret {
    Bytes bytes;
    explicit Secret(Bytes content) : bytes(std::move(content)) {}
    Secret(Secret&&) = default;  // a vector's content moves as a whole
    ~Secret() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

// Crypto++'s, since OpenSSL's refuses the small block sizes that old wallets have used with a large n. The cost must be allowed.
Bytes scrypt(std::string_view password, ByteView salt, uint64_t n, uint64_t r, uint64_t p) {
    Bytes out(kKeyLength);
    CryptoPP::Scrypt().DeriveKey(out.data(), out.size(), view_of(password).data(), password.size(), salt.data(), salt.size(), n,
                                 r, p);
    return out;
}

// Encryption and decryption are the same in counter mode.
Bytes aes_128_ctr(ByteView key, ByteView iv, ByteView data) {
    Bytes out(data.size());
    EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
    int length = 0;
    const bool ok = context != nullptr && EVP_EncryptInit_ex(context, EVP_aes_128_ctr(), nullptr, key.data(), iv.data()) == 1 &&
                    EVP_EncryptUpdate(context, out.data(), &length, data.data(), static_cast<int>(data.size())) == 1;
    EVP_CIPHER_CTX_free(context);
    GAVEL_CHECK(ok);
    return out;
}

std::string bare_hex(ByteView bytes) { return to_hex(bytes).substr(2); }

std::string uuid() {
    Bytes raw = random_bytes(16);
    raw[6] = static_cast<uint8_t>((raw[6] & 0x0f) | 0x40);  // RFC 4122: version 4, random
    raw[8] = static_cast<uint8_t>((raw[8] & 0x3f) | 0x80);
    std::string hex = bare_hex(raw);
    for (size_t at : {20u, 16u, 12u, 8u}) hex.insert(at, "-");
    return hex;
}

// Reads members of one object, of the right type or not at all; remembers the first that failed.
class Members {
public:
    Members(const json& object, std::string path) : object_(object), path_(std::move(path)) {}

    Bytes hex(const char* name) {
        const json* member = find(name);
        if (member != nullptr && member->is_string()) {
            if (auto bytes = from_hex(member->get_ref<const std::string&>())) return *bytes;
        }
        return fail(name, "needs hex digits"), Bytes{};
    }
    uint64_t number(const char* name) {
        const json* member = find(name);
        if (member != nullptr && member->is_number_unsigned()) return member->get<uint64_t>();
        return fail(name, "needs a whole number"), 0;
    }
    // The same, or a text of digits, as some programs write it.
    uint64_t number_or_text(const char* name) {
        const json* member = find(name);
        if (member == nullptr || !member->is_string()) return number(name);
        auto value = node::parse_number(member->get_ref<const std::string&>());
        return value ? *value : (fail(name, "needs a whole number"), 0);
    }
    std::string text(const char* name) {
        const json* member = find(name);
        if (member != nullptr && member->is_string()) return member->get<std::string>();
        return fail(name, "needs a text"), std::string();
    }
    const json& object(const char* name) {
        static const json empty = json::object();
        const json* member = find(name);
        if (member != nullptr && member->is_object()) return *member;
        return fail(name, "needs an object"), empty;
    }
    const Status& status() const { return status_; }
    std::string at(const char* name) const { return path_.empty() ? name : path_ + "." + name; }

private:
    const json* find(const char* name) const {
        auto member = object_.find(name);
        return member == object_.end() ? nullptr : &*member;
    }
    void fail(const char* name, const char* what) {
        if (status_.ok()) status_ = invalid(at(name), what);
    }
    const json& object_;
    std::string path_;
    Status status_;
};

Result<Bytes> derive_with_scrypt(Members& parameters, std::string_view password) {
    const Bytes salt = parameters.hex("salt");
    const uint64_t n = parameters.number("n"), r = parameters.number("r"), p = parameters.number("p");
    if (!parameters.status().ok()) return parameters.status();
    if (n < 2 || (n & (n - 1)) != 0 || n > kMaxScryptWork || r < 1 || r > 1024 || p < 1 || p > 1024 ||
        n * r * p > kMaxScryptWork || 128 * n * r > kMaxScryptMemory) {
        return unsupported(parameters.at("n"), "this scrypt cost is not allowed");
    }
    return scrypt(password, salt, n, r, p);
}

Result<Bytes> derive_with_pbkdf2(Members& parameters, std::string_view password) {
    const Bytes salt = parameters.hex("salt");
    const uint64_t rounds = parameters.number("c");
    const std::string prf = parameters.text("prf");
    if (!parameters.status().ok()) return parameters.status();
    if (prf != "hmac-sha256") return unsupported(parameters.at("prf"), "only hmac-sha256 is known");
    if (rounds < 1 || rounds > kMaxRounds) return unsupported(parameters.at("c"), "1 to 10 million rounds are allowed");
    Bytes key(kKeyLength);
    GAVEL_CHECK(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt.data(), static_cast<int>(salt.size()),
                                  static_cast<int>(rounds), EVP_sha256(), static_cast<int>(key.size()), key.data()) == 1);
    return key;
}

Result<Bytes> derive(Members& crypto, std::string_view password) {
    const std::string kdf = crypto.text("kdf");
    Members parameters(crypto.object("kdfparams"), "crypto.kdfparams");
    if (!crypto.status().ok()) return crypto.status();
    const uint64_t length = parameters.number("dklen");
    if (!parameters.status().ok()) return parameters.status();
    if (length != kKeyLength) return unsupported(parameters.at("dklen"), "only 32 is known");
    if (kdf == "scrypt") return derive_with_scrypt(parameters, password);
    if (kdf == "pbkdf2") return derive_with_pbkdf2(parameters, password);
    return unsupported("crypto.kdf", "only scrypt and pbkdf2 are known");
}

// Old files spell it "Crypto".
const json* crypto_of(const json& document) {
    for (const char* name : {"crypto", "Crypto"}) {
        auto member = document.find(name);
        if (member != document.end() && member->is_object()) return &*member;
    }
    return nullptr;
}

// What it says about its address: a text of 40 digits. Nothing, null and an empty text say nothing.
struct Claim {
    bool is_valid = true;
    std::optional<Address> address;
};
Claim claim_of(const json& document) {
    auto member = document.find("address");
    if (member == document.end() || member->is_null()) return {};
    if (!member->is_string()) return {false, {}};
    const std::string& text = member->get_ref<const std::string&>();
    if (text.empty()) return {};
    auto address = fixed_from_hex<Address>(text);
    return {address.has_value(), address};
}

// geth's "UTC--2020-01-01T00-00-00.0Z--<address>", Gavel's "0x<address>.json": the 40 digits at the name's end.
std::optional<Address> address_of_name(const std::filesystem::path& path) {
    std::string name = path.filename().string();
    if (name.ends_with(".json")) name.resize(name.size() - 5);
    constexpr size_t kDigits = 2 * Address::kSize;
    if (name.size() < kDigits) return std::nullopt;
    const std::string before = name.substr(0, name.size() - kDigits);
    if (!before.empty() && before != "0x" && !before.ends_with("-")) return std::nullopt;
    return fixed_from_hex<Address>(std::string_view(name).substr(before.size()));
}

// The derived key that the file's MAC confirms, from whichever form of the password.
Result<Secret> open_with(Members& crypto, std::string_view password, ByteView ciphertext, ByteView mac) {
    for (const node::Secret& form : unicode_forms(password)) {
        auto bytes = derive(crypto, form.view());
        if (!bytes) return bytes.status();
        Secret derived{std::move(*bytes)};
        const Hash expected = keccak256({ByteView(derived.bytes).subspan(16, 16), ciphertext});
        if (mac.size() == Hash::kSize && CRYPTO_memcmp(mac.data(), expected.data(), Hash::kSize) == 0) return derived;
    }
    return Status{Code::kUnauthenticated, "PASSWORD_WRONG", "", "the password doesn't open this key"};
}

}  // namespace

std::string encrypt_key(const PrivateKey& key, std::string_view password, const KeystoreCost& cost) {
    const Bytes salt = random_bytes(32), iv = random_bytes(16);
    const uint64_t n = uint64_t{1} << cost.scrypt_log2_n;
    const Secret derived{scrypt(composed(password).view(), salt, n, 8, 1)};
    const ByteView view(derived.bytes);
    const Bytes ciphertext = aes_128_ctr(view.first(16), iv, key.scalar());
    const Hash mac = keccak256({view.subspan(16, 16), ciphertext});
    json document = {
        {"version", 3},
        {"id", uuid()},
        {"address", bare_hex(key.address())},
        {"crypto",
         {{"cipher", "aes-128-ctr"},
          {"cipherparams", {{"iv", bare_hex(iv)}}},
          {"ciphertext", bare_hex(ciphertext)},
          {"kdf", "scrypt"},
          {"kdfparams", {{"dklen", kKeyLength}, {"n", n}, {"p", 1}, {"r", 8}, {"salt", bare_hex(salt)}}},
          {"mac", bare_hex(mac)}}},
    };
    return document.dump(2) + "\n";
}

Result<PrivateKey> decrypt_key(std::string_view text, std::string_view password) {
    const json document = json::parse(text, nullptr, false);
    if (!document.is_object()) return invalid("", "is no JSON object");
    Members top(document, "");
    if (top.number_or_text("version") != 3) return unsupported("version", "only version 3 is known");
    const json* object = crypto_of(document);
    if (object == nullptr) return invalid("crypto", "needs an object");
    Members crypto(*object, "crypto");
    if (crypto.text("cipher") != "aes-128-ctr") return unsupported("crypto.cipher", "only aes-128-ctr is known");
    Members cipher(crypto.object("cipherparams"), "crypto.cipherparams");
    const Bytes iv = cipher.hex("iv"), ciphertext = crypto.hex("ciphertext"), mac = crypto.hex("mac");
    if (!cipher.status().ok()) return cipher.status();
    if (!crypto.status().ok()) return crypto.status();
    if (iv.size() != 16) return invalid("crypto.cipherparams.iv", "needs 16 bytes");
    if (ciphertext.size() != Hash::kSize) return invalid("crypto.ciphertext", "needs 32 bytes");

    const Claim claim = claim_of(document);
    if (!claim.is_valid) return invalid("address", "is no address");
    auto derived = open_with(crypto, password, ciphertext, mac);
    if (!derived) return derived.status();
    Secret plain{aes_128_ctr(ByteView(derived->bytes).first(16), iv, ciphertext)};
    auto key = PrivateKey::from_bytes(plain.bytes);
    if (!key) return invalid("crypto.ciphertext", "holds no secp256k1 key");
    if (claim.address && *claim.address != key->address()) {
        return Status{
            Code::kFailedPrecondition, "KEYSTORE_MISMATCH", "address",
            "the file says that it is of " + to_checksum(*claim.address) + ", but its key is of " + to_checksum(key->address())};
    }
    return *key;
}

bool is_keystore(std::string_view text) {
    const json document = json::parse(text, nullptr, false);
    return document.is_object() && document.contains("version") && crypto_of(document) != nullptr;
}

std::optional<Address> address_of_keystore(std::string_view text) {
    const json document = json::parse(text, nullptr, false);
    if (!document.is_object() || crypto_of(document) == nullptr) return std::nullopt;
    return claim_of(document).address;
}

PrivateKey random_key() {
    for (;;) {
        Secret scalar{random_bytes(Hash::kSize)};
        if (auto key = PrivateKey::from_bytes(scalar.bytes)) return *key;
    }
}

std::string default_keystore_directory() {
    if (const char* named = std::getenv("GAVEL_KEYSTORE"); named != nullptr && *named != '\0') return named;
    const char* home = std::getenv("HOME");
    return std::string(home != nullptr ? home : ".") + "/.gavel/keystore";
}

std::vector<StoredKey> list_keys(const std::string& directory) {
    std::vector<StoredKey> out;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(directory, error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        // A pipe would be waited for.
        if (std::error_code odd; !entry->is_regular_file(odd)) continue;
        auto text = node::read_file(entry->path().string(), kMaxFileBytes);
        if (!text || !is_keystore(*text)) continue;
        auto address = address_of_keystore(*text);
        out.push_back({address ? address : address_of_name(entry->path()), entry->path().string()});
    }
    std::sort(out.begin(), out.end(),
              [](const StoredKey& a, const StoredKey& b) { return std::tie(a.address, a.path) < std::tie(b.address, b.path); });
    return out;
}

Result<std::string> store_key(const std::string& directory, const PrivateKey& key, std::string_view password,
                              const KeystoreCost& cost) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return Status{Code::kInternal, "FILE_UNWRITABLE", "keystore", directory + ": " + error.message()};
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
    const std::string path = directory + "/" + to_hex(key.address()) + ".json";
    if (std::filesystem::exists(path, error)) {
        return Status{Code::kAlreadyExists, "KEY_EXISTS", "keystore",
                      "the key of " + to_checksum(key.address()) + " is there already"};
    }
    Status written = node::write_file(path, encrypt_key(key, password, cost), 0600);
    if (!written.ok()) return written;
    return path;
}

}  // namespace gavel::cli
