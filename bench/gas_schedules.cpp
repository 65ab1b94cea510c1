#include "bench/gas_schedules.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "l1-bridge/chain/gas_schedule.hpp"

namespace gavel::bench {
namespace {

namespace today = l1::gas;

// EIP-2780, EIP-8037, EIP-8038: the names are theirs.
constexpr uint64_t kTxBaseCost = 12'000, kTxValueCost = 6'000, kColdAccountAccess = 3'000, kWarmAccess = 100;
constexpr uint64_t kAccountWrite = 9'000, kStorageWrite = 10'000, kCreateAccess = 12'000;
constexpr uint64_t kCpsb = 1'530, kStorageSet = 64 * kCpsb, kNewAccount = 120 * kCpsb, kCodeWord = 6;

constexpr uint64_t kWriteMore = kWarmAccess + kStorageWrite - today::kSlotReset;
constexpr uint64_t kSetMore = kWarmAccess + kStorageWrite + kStorageSet - today::kSlotSet;
constexpr uint64_t kCallMore = kWarmAccess;  // EXTCODESIZE
constexpr uint64_t kColdMore = kColdAccountAccess - today::kColdAccount;
constexpr uint64_t kValueMore = kAccountWrite + today::kCallStipend - today::kCallValue;
constexpr uint64_t kNewAccountMore = kNewAccount - today::kNewAccount;
constexpr uint64_t kCreateMore = kCreateAccess + kNewAccount - today::kCreate;
constexpr uint64_t kCodeByteMore = kCpsb - today::kCodeByte;
static_assert(today::kColdSlot + kStorageWrite + kStorageSet == 110'020 && today::kColdSlot + kStorageWrite == 12'100);

bool is_precompile(const std::string& address) { return address.compare(2, 36, std::string(36, '0')) == 0; }

bool is_zero(const std::string& quantity) { return quantity.find_first_not_of("0x") == std::string::npos; }

// Empty if it isn't there: what a creation that failed has made, what a call without an answer has answered.
std::string text_of(const nlohmann::json& call, const char* name) {
    return call.contains(name) && call[name].is_string() ? call[name].get<std::string>() : std::string();
}

class CallReading {
public:
    CallReading(Repriced& out, const nlohmann::json& top, const nlohmann::json& before) : out_(out), before_(before) {
        warm_ = {top.at("from"), text_of(top, "to")};
        read(top, true);
    }

private:
    void read(const nlohmann::json& call, bool is_top) {
        const std::string type = call.at("type"), to = text_of(call, "to");
        if (type == "CREATE" || type == "CREATE2") {
            const uint64_t bytes = std::max<uint64_t>(text_of(call, "output").size() / 2, 1) - 1;
            out_.code_bytes += bytes;
            out_.code_words += (bytes + 31) / 32;
            if (!is_top) ++out_.creations;
        } else if (!is_top && !is_precompile(to)) {
            ++out_.calls;
            if (warm_.insert(to).second) ++out_.cold_accounts;
            if (!is_zero(text_of(call, "value"))) {
                ++out_.value_calls;
                // What wasn't there has no state before it.
                if (!before_.contains(to)) ++out_.new_accounts;
            }
        }
        for (const nlohmann::json& inner : call.value("calls", nlohmann::json::array())) read(inner, false);
    }

    Repriced& out_;
    const nlohmann::json& before_;
    std::set<std::string> warm_;
};

}  // namespace

Repriced Repriced::read(const nlohmann::json& call, const nlohmann::json& diff) {
    Repriced out;
    const nlohmann::json &before = diff.at("pre"), &after = diff.at("post");
    CallReading(out, call, before);
    // A slot that was zero isn't in `pre`; one that became zero isn't in `post`.
    auto slots = [](const nlohmann::json& accounts, const std::string& address) {
        std::set<std::string> found;
        if (!accounts.contains(address) || !accounts[address].contains("storage")) return found;
        const nlohmann::json& storage = accounts[address]["storage"];
        for (const auto& [slot, word] : storage.items()) {
            if (!is_zero(word)) found.insert(slot);
        }
        return found;
    };
    for (const auto& [address, account] : before.items()) out.changed_slots += slots(before, address).size();
    for (const auto& [address, account] : after.items()) {
        const std::set<std::string> known = slots(before, address);
        for (const std::string& slot : slots(after, address)) out.new_slots += !known.contains(slot);
    }
    return out;
}

GasBySchedule gas_by_schedule(const l1::Transaction& body, uint64_t gas, const Repriced& did) {
    GasBySchedule out;
    out.today = gas;
    out.eip7976 = std::max(gas, floor_of_7976(body.data.size()));
    uint64_t base = kTxBaseCost, more = 0;
    if (body.to) {
        base += kColdAccountAccess + (body.value == 0 ? 0 : kTxValueCost);
    } else {
        base += kCreateAccess;
        more = kNewAccount - today::kCreate;
    }
    more += kSetMore * did.new_slots + kWriteMore * did.changed_slots + kCallMore * (did.calls + 1);
    more += kColdMore * did.cold_accounts + kValueMore * did.value_calls + kNewAccountMore * did.new_accounts;
    more += kCreateMore * did.creations + kCodeByteMore * did.code_bytes + kCodeWord * did.code_words;
    out.glamsterdam = std::max(gas - today::kTransaction + base + more, floor_of_7976(body.data.size(), base));
    return out;
}

}  // namespace gavel::bench
