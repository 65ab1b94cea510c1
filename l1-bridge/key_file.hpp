// The L1 account of a daemon or tool, from a file.
#pragma once

#include <string>

#include "node/status.hpp"
#include "protocol/keys.hpp"

namespace gavel::l1 {

// A private key of 64 hex digits, with or without 0x. Warns in the log if others than the owner may read or write the file.
// Reasons: node::read_file's, KEY_INVALID (kInvalidArgument).
node::Result<PrivateKey> read_key_file(const std::string& path);
// The same from the text itself; `field` is where it came from.
node::Result<PrivateKey> key_from_text(std::string text, const std::string& field);

}  // namespace gavel::l1
