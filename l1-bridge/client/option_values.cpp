#include "l1-bridge/client/option_values.hpp"

#include "protocol/keys.hpp"

namespace gavel::l1 {

node::Result<Address> address_option(const std::string& option, const std::string& text) {
    if (auto address = address_from_string(text)) return *address;
    return node::invalid_option(option, "not an address: " + text);
}

node::Result<std::map<Address, Amount>> token_amounts_option(const std::string& option, const std::vector<std::string>& texts) {
    std::map<Address, Amount> out;
    for (const std::string& text : texts) {
        const size_t equals = text.find('=');
        auto token = address_from_string(text.substr(0, equals));
        auto amount = equals == text.npos ? std::nullopt : amount_from_string(text.substr(equals + 1));
        if (!token || !amount) return node::invalid_option(option, "not TOKEN=UNITS: " + text);
        out[*token] = *amount;
    }
    return out;
}

}  // namespace gavel::l1
