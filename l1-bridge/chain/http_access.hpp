// Who may call gavel-l1 over HTTP: programs, and no page in a browser of the machine that it runs on. Its development calls
// change the chain, and it asks for no password.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "node/http_server.hpp"

namespace gavel::l1 {

// Nullopt if the request may go on, else what is answered:
// 403 if it carries an Origin, which only browsers send, or if its Host is a name other than localhost and those allowed (a page
// can make any name mean 127.0.0.1; an address stands for itself); 415 if its Content-Type isn't application/json, which a page
// can't send elsewhere without asking first.
// `reads_only`: a GET that changes nothing, which has no Content-Type.
std::optional<node::HttpResponse> refuse_browsers(const node::HttpRequest& request, const std::vector<std::string>& allowed_hosts,
                                                  bool reads_only = false);

}  // namespace gavel::l1
