// The way back from a store that can't be opened, or not be read: what is still readable of it.
#pragma once

#include <string>
#include <vector>

namespace gavel::node {

// Makes of what can be read of the store in folder `from` a sound one in folder `to`, which is replaced if it is there; `from`
// isn't changed. Of a key the newest value that is readable is taken: whoever reads the new store checks what it says. Returns
// the names of files of which something was left out. Throws StoreError if another process has `from` open, or `to` can't be
// made.
std::vector<std::string> salvage_store(const std::string& from, const std::string& to);

// Moves a folder out of the way, to "PATH.damaged-1" or the first free number; returns the name. Throws StoreError.
std::string set_aside(const std::string& path);

}  // namespace gavel::node
