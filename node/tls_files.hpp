// Whether what was read from TLS files is what it should be, before a server takes connections with it.
#pragma once

#include <string>

namespace gavel::node {

// A certificate in PEM, and the private key that belongs to it.
bool is_key_of_certificate(const std::string& key_pem, const std::string& certificate_pem);
// At least one certificate in PEM.
bool holds_certificate(const std::string& pem);

}  // namespace gavel::node
