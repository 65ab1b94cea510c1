// Small files, whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "node/status.hpp"

namespace gavel::node {

// Reasons: FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE.
Result<std::string> read_file(const std::string& path, uint64_t max_bytes = 16 << 20);
// A new or regular file: either the old content or the new one, whole, is there after a crash (writes beside it, syncs, renames);
// `mode` as chmod takes it. A symbolic link stays, what it points to is written so. A terminal, pipe or other stream of
// characters
// (/dev/stdout, /dev/null) just takes the content, behind what is there already; a block device is refused. Reason:
// FILE_UNWRITABLE.
[[nodiscard]] Status write_file(const std::string& path, std::string_view content, unsigned mode = 0644);

}  // namespace gavel::node
