// The L1 account of a daemon or tool, from a file.
#pragma once

#include <string>
#include <string_view>

#include "node/config.hpp"
#include "protocol/keys.hpp"

namespace gavel::l1 {

// A private key of 64 hex digits, with or without 0x. A file that others than its owner may read or write is refused, unless
// `allow_readable`. Reasons: node::read_secret_file's, KEY_INVALID (kInvalidArgument).
node::Result<PrivateKey> read_key_file(const std::string& path, bool allow_readable = false);
// The flag for it, --allow-readable-key.
void add_key_file_flag(node::Options& options, bool& allow_readable);
// The same from the text itself; `field` is where it came from.
node::Result<PrivateKey> key_from_text(std::string_view text, const std::string& field);

}  // namespace gavel::l1
