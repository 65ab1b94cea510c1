#include "ledger/ledger.hpp"
#include "ledger/rows.hpp"

namespace gavel::ledger {

std::optional<std::string> damage_of_folder(const std::string& path, const Address& rollup) {
    try {
        if (node::LevelDbStore::is_empty(path)) return std::nullopt;
        node::LevelDbStore store(path);
        store.scan("", std::string(1, '\xff'), [](std::string_view, std::string_view) { return true; });
        auto chain = store.get(rows::kChainKey);
        if (chain && store.get(rows::kFormatKey)) Ledger(store, Domain{rows::u64_at_end(*chain), rollup});
        return std::nullopt;
    } catch (const node::StoreError& error) {
        return error.what();
    }
}

}  // namespace gavel::ledger
