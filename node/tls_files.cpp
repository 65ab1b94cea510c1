#include "node/tls_files.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace gavel::node {
namespace {

struct Free {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

std::unique_ptr<BIO, Free> reader(const std::string& pem) {
    return std::unique_ptr<BIO, Free>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

std::unique_ptr<X509, Free> certificate_of(const std::string& pem) {
    return std::unique_ptr<X509, Free>(PEM_read_bio_X509(reader(pem).get(), nullptr, nullptr, nullptr));
}

// A key under a password isn't taken: nobody is there to type it.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

bool is_key_of_certificate(const std::string& key_pem, const std::string& certificate_pem) {
    auto certificate = certificate_of(certificate_pem);
    std::unique_ptr<EVP_PKEY, Free> key(PEM_read_bio_PrivateKey(reader(key_pem).get(), nullptr, no_password, nullptr));
    const bool fits = certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
    ERR_clear_error();
    return fits;
}

bool holds_certificate(const std::string& pem) {
    const bool holds = certificate_of(pem) != nullptr;
    ERR_clear_error();
    return holds;
}

}  // namespace gavel::node
