#include "l1-bridge/client/key_file.hpp"

#include <cctype>

#include "node/secret.hpp"

namespace gavel::l1 {

node::Result<PrivateKey> key_from_text(std::string_view text, const std::string& field) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
    if (auto key = PrivateKey::from_hex(text)) return *key;
    return node::Status{node::Code::kInvalidArgument, "KEY_INVALID", field, "not a private key of 64 hex digits"};
}

node::Result<PrivateKey> read_key_file(const std::string& path, bool allow_readable) {
    auto text = node::read_secret_file(path, 1024, allow_readable);
    if (!text) return text.status();
    return key_from_text(text->view(), "key-file");
}

void add_key_file_flag(node::Options& options, bool& allow_readable) {
    options.toggle("--allow-readable-key", allow_readable, "take a key file that others than its owner may read");
}

}  // namespace gavel::l1
