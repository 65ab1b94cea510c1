#include "l1-bridge/key_file.hpp"

#include <sys/stat.h>

#include <cctype>

#include "node/file.hpp"
#include "node/log.hpp"

namespace gavel::l1 {

node::Result<PrivateKey> key_from_text(std::string text, const std::string& field) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
    auto scalar = fixed_from_hex<Hash>(text);
    auto key = scalar ? PrivateKey::from(*scalar) : std::nullopt;
    if (key) return *key;
    return node::Status{node::Code::kInvalidArgument, "KEY_INVALID", field, "not a private key of 64 hex digits"};
}

node::Result<PrivateKey> read_key_file(const std::string& path) {
    auto text = node::read_file(path, 1024);
    if (!text) return text.status();
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        node::log_warn("the key file is open to other users: chmod 600 it", {{"path", path}});
    return key_from_text(*text, "key-file");
}

}  // namespace gavel::l1
