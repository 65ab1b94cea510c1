// Base64 with padding (RFC 4648, section 4), as x402's headers have it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gavel::channel {

std::string to_base64(std::string_view bytes);
// nullopt unless it is the one encoding of something: no line breaks, padding complete, unused bits zero.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace gavel::channel
