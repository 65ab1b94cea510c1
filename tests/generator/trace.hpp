// The accesses of a chunk as docs/protocol.md, "Views", counts them, written down in words rather than as a proof.
#pragma once

#include <optional>
#include <vector>

#include "protocol/state.hpp"

namespace gavel::test {

struct Access {
    enum class Kind : uint8_t { kRead, kFind, kAppend };
    Kind kind = Kind::kRead;
    uint32_t index = 0;            // of the leaf read, found or made
    std::optional<Account> leaf;   // as it was; none at an append
    std::vector<Hash> path;        // carried siblings at that moment
    std::optional<Account> after;  // as written, the made one too; none if it wasn't
};
// "read", "find", "append".
const char* name_of(Access::Kind kind);

// Runs over the full trees, and writes down each access.
class TracingView : public StateView {
public:
    explicit TracingView(State& state) : state_(state), runner_(state) {}
    const std::vector<Access>& accesses() const { return accesses_; }

    uint32_t account_count() const override { return runner_.account_count(); }
    uint32_t withdrawal_count() const override { return runner_.withdrawal_count(); }
    bool read(uint32_t index, Account& leaf) override;
    bool find(const AccountKey& key, Found& found) override;
    bool write(uint32_t index, const Account& leaf) override;
    bool append(const Account& leaf) override;
    bool append_withdrawal(const Withdrawal& withdrawal) override { return runner_.append_withdrawal(withdrawal); }
    Mark mark() override { return runner_.mark(); }
    void roll_back(Mark mark) override { runner_.roll_back(mark); }

private:
    State& state_;
    StateRunner runner_;
    std::vector<Access> accesses_;
};

}  // namespace gavel::test
