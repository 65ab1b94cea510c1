// The forms in which one text can be typed. The only place that meets ICU.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/secret.hpp"

namespace gavel::cli {

// The text itself first, then its Unicode forms (NFC, NFKC, NFD, NFKD), each once: keyboards and systems differ in which they
// give, and wallets in which they take ("é" is one character or two). A text that isn't UTF-8: itself alone.
std::vector<node::Secret> unicode_forms(std::string_view text);
// Its NFC, in which most systems type; itself if it isn't UTF-8.
node::Secret composed(std::string_view text);

}  // namespace gavel::cli
