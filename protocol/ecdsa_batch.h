// Many ECDSA signatures on secp256k1 checked at once, for signature_batch.cpp alone. The curve is libsecp256k1's.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// What is claimed of one signature: that the public key that recovers from it is `key`.
typedef struct {
    uint8_t digest[32];
    uint8_t r[32];
    uint8_t s[32];
    int parity;          // of the y of the point whose x is r
    uint8_t key[64];     // x, then y; big-endian
    uint8_t factor[16];  // drawn at random after everything else was given; not zero
} GavelEcdsaClaim;

// What every call needs: a megabyte of the generator's multiples, read only, for the life of the process.
typedef struct GavelEcdsaTables GavelEcdsaTables;
const GavelEcdsaTables* gavel_ecdsa_tables(void);

// 1 if all claims hold. 0: at least one is false or malformed, or there is no memory. A false claim passes with a chance of 2^-127.
// Thread-safe.
int gavel_ecdsa_batch_holds(const GavelEcdsaTables* tables, const GavelEcdsaClaim* claims, size_t count);

#ifdef __cplusplus
}
#endif
