// gavel key: new, import, address, list.
#include <nlohmann/json.hpp>

#include "cli/keystore.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"
#include "l1-bridge/client/key_file.hpp"

namespace gavel::cli {
namespace {

using node::Result;
using node::Status;

struct ImportOptions {
    std::string file;
};

Status store_and_tell(Session& session, const PrivateKey& key) {
    auto password = session.password("New password for " + to_checksum(key.address()) + ": ", true);
    if (!password) return password.status();
    auto path = store_key(session.options().keystore, key, password->view());
    if (!path) return path.status();
    if (session.json()) {
        session.print(nlohmann::json{{"address", to_checksum(key.address())}, {"file", *path}});
    } else {
        session.print(facts({{"address", to_checksum(key.address())}, {"file", *path}}));
        session.warn("Keep the file and its password: without both, the money of this address is lost.");
    }
    return {};
}

// Hex digits of the key, or a keystore's JSON.
Result<PrivateKey> key_in_file(Session& session, const std::string& path) {
    auto text = node::read_secret_file(path, 64 << 10, true);
    if (!text) return text.status();
    if (text->text().find('{') != std::string::npos) {
        auto password = session.password("Password of " + path + ": ", false);
        if (!password) return password.status();
        return decrypt_key(text->view(), password->view());
    }
    auto key = l1::read_key_file(path, session.options().allow_readable_key);
    if (!key && key.status().reason == "KEY_INVALID") {
        return Status{node::Code::kInvalidArgument, "KEY_INVALID", "file",
                      path + " holds neither 64 hex digits of a key nor a keystore"};
    }
    return key;
}

Status import_key(Session& session, const ImportOptions& options) {
    if (options.file.empty()) {
        auto key = session.signer();
        if (!key) return key.status();
        return store_and_tell(session, *key);
    }
    auto key = key_in_file(session, options.file);
    if (!key) return key.status();
    return store_and_tell(session, *key);
}

Status show_address(Session& session) {
    auto address = session.own_address();
    if (!address) return address.status();
    if (session.json()) {
        session.print(nlohmann::json{{"address", to_checksum(*address)}});
    } else {
        session.print(to_checksum(*address) + "\n");
    }
    return {};
}

Status show_keys(Session& session) {
    Table table({{"ADDRESS"}, {"FILE"}});
    nlohmann::json list = nlohmann::json::array();
    for (const StoredKey& key : list_keys(session.options().keystore)) {
        nlohmann::json address;  // null: only its password tells
        if (key.address) address = to_checksum(*key.address);
        table.add({key.address ? to_checksum(*key.address) : "(its password tells)", key.path});
        list.push_back({{"address", address}, {"file", key.path}});
    }
    if (session.json()) {
        session.print(list);
    } else {
        session.print(table.empty() ? "No keys in " + session.options().keystore + ".\n" : table.text());
    }
    return {};
}

}  // namespace

void add_key_commands(Commands& commands) {
    commands.add_group("key", "encrypted keys: make, take over, show");
    commands.add("key", "new", "make a key and store it encrypted",
                 [](Session& session) { return store_and_tell(session, random_key()); });
    auto args = std::make_shared<ImportOptions>();
    node::Options& import = commands.add("key", "import", "store a key that exists already",
                                         [args](Session& session) { return import_key(session, *args); });
    import.text("file", args->file,
                "file with the key's hex digits, or another wallet's keystore; else GAVEL_PRIVATE_KEY is taken");
    commands.add("key", "address", "the address of the key that would sign", show_address);
    commands.add("key", "list", "the keys in the keystore", show_keys);
}

}  // namespace gavel::cli
