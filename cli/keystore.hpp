// Keys on disk: Web3 Secret Storage, version 3, the form that Ethereum's wallets read and write.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/status.hpp"
#include "protocol/keys.hpp"

namespace gavel::cli {

struct KeystoreCost {
    unsigned scrypt_log2_n = 17;  // 128 MiB and about half a second
};

// JSON of the encrypted key: scrypt (r 8, p 1), AES-128-CTR, Keccak-256 MAC; salt, IV and id from the system's random source. A
// password beyond ASCII counts as its NFC.
std::string encrypt_key(const PrivateKey& key, std::string_view password, const KeystoreCost& cost = {});
// Takes scrypt and PBKDF2-HMAC-SHA256, within bounds that keep a hostile file from taking the machine (1 GiB of memory, 10
// million rounds). The password opens it in whichever Unicode form the file has it. Reasons: KEYSTORE_INVALID (not this form;
// field names the member), KEYSTORE_UNSUPPORTED, PASSWORD_WRONG, KEYSTORE_MISMATCH (the file says another address than its
// key's).
node::Result<PrivateKey> decrypt_key(std::string_view json, std::string_view password);
// Whether the text is a keystore, of whatever program; and what it says about its address, unproven; nullopt if it says nothing.
bool is_keystore(std::string_view json);
std::optional<Address> address_of_keystore(std::string_view json);

// A random key from the system's source.
PrivateKey random_key();

// The directory of keystore files: $GAVEL_KEYSTORE, else $HOME/.gavel/keystore.
std::string default_keystore_directory();
struct StoredKey {
    std::optional<Address> address;  // as the file or its name (geth's) says; nullopt: only its key knows
    std::string path;
};
// Keystore files in the directory, whatever they are called, ordered by address and path. None if there is no such directory.
std::vector<StoredKey> list_keys(const std::string& directory);
// Writes <directory>/<address>.json with mode 0600, the directory with 0700. Reasons: KEY_EXISTS, FILE_UNWRITABLE.
node::Result<std::string> store_key(const std::string& directory, const PrivateKey& key, std::string_view password,
                                    const KeystoreCost& cost = {});

}  // namespace gavel::cli
