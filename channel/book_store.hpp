// Where a book lies, and whose it is.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "node/status.hpp"
#include "node/store.hpp"
#include "protocol/bytes.hpp"

namespace gavel::channel {

// The book in that folder, made if there is none. BOOK_IN_USE: another process has it, since two that sign or accept by one book
// would each undo what the other promised; BOOK_UNAVAILABLE: it can't be opened, with the reason.
node::Result<std::unique_ptr<node::Store>> open_book_store(const std::string& folder);

// Marks an empty store as this book, durably; OK also if it is marked so. BOOK_OF_ANOTHER: it is another kind of book, or is kept
// for another owner, chain or contract. Throws StoreError.
node::Status claim_book(node::Store& store, std::string_view kind, const Hash& domain, const Address& owner);

// A store's failure as what a caller is told: BOOK_FAILED. No yes may follow it.
node::Status book_failed(const node::StoreError& error);

}  // namespace gavel::channel
