// Questions on the terminal whose answers aren't shown.
#pragma once

#include <optional>
#include <string>

#include "node/secret.hpp"

namespace gavel::cli {

// A line typed on the process's terminal, without its end. nullopt: there is no terminal, or its end was typed (Ctrl-D). Whatever
// ends or stops the program meanwhile (Ctrl-C, Ctrl-Z, SIGTERM), the terminal shows again what is typed on it.
std::optional<node::Secret> ask_secret(const std::string& prompt);

}  // namespace gavel::cli
