#include "tests/generator/trace.hpp"

#include "protocol/check.hpp"

namespace gavel::test {

const char* name_of(Access::Kind kind) {
    switch (kind) {
        case Access::Kind::kRead: return "read";
        case Access::Kind::kFind: return "find";
        case Access::Kind::kAppend: return "append";
    }
    return "?";
}

bool TracingView::read(uint32_t index, Account& leaf) {
    if (!runner_.read(index, leaf)) return false;
    accesses_.push_back({Access::Kind::kRead, index, leaf, state_.accounts.path(index), std::nullopt});
    return true;
}

bool TracingView::find(const AccountKey& key, Found& found) {
    if (!runner_.find(key, found)) return false;
    accesses_.push_back({Access::Kind::kFind, found.index, found.leaf, state_.accounts.path(found.index), std::nullopt});
    return true;
}

bool TracingView::write(uint32_t index, const Account& leaf) {
    GAVEL_CHECK(!accesses_.empty() && accesses_.back().index == index);
    accesses_.back().after = leaf;
    return runner_.write(index, leaf);
}

bool TracingView::append(const Account& leaf) {
    uint32_t index = account_count();
    accesses_.push_back({Access::Kind::kAppend, index, std::nullopt, state_.accounts.path(index), leaf});
    return runner_.append(leaf);
}

}  // namespace gavel::test
