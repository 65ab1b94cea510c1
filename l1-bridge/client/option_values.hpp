// What the options of several programs name: addresses, amounts of tokens. Reason of each: OPTION_INVALID.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "node/config.hpp"
#include "protocol/amount.hpp"
#include "protocol/bytes.hpp"

namespace gavel::l1 {

// As address_from_string.
node::Result<Address> address_option(const std::string& option, const std::string& text);

// Each text TOKEN=UNITS: an address (zero: ETH), and base units of it.
node::Result<std::map<Address, Amount>> token_amounts_option(const std::string& option, const std::vector<std::string>& texts);

}  // namespace gavel::l1
