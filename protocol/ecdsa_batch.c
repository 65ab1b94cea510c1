// A signature (r, s) with parity v over the digest z recovers to Q if, R being the point with x = r and y of parity v,
//
//     s R = z G + r Q.
//
// For many signatures each equation is multiplied by a factor a drawn at random, and all are added:
//
//     sum(a z) G + sum(a r Q) - sum(a s R) = 0,
//
// one sum over many points, which costs a fraction of as many sums of three. The group's order is a prime, so if one equation
// is false, at most one of 2^128 values of its factor hides that. What recovery refuses besides is refused here too: r or s
// zero or not below the order, s above half of it, an r that is no x of a point.
//
// Of libsecp256k1 the inner files are included, whose functions are all local: Debian's library is in the same programs.
#define ECMULT_WINDOW_SIZE 15
#define USE_ENDOMORPHISM 1
#define USE_NUM_NONE 1
#define USE_FIELD_INV_BUILTIN 1
#define USE_SCALAR_INV_BUILTIN 1
#if defined(__SIZEOF_INT128__)
#define HAVE___INT128 1
#define USE_FIELD_5X52 1
#define USE_SCALAR_4X64 1
#else
#define USE_FIELD_10X26 1
#define USE_SCALAR_8X32 1
#endif
#if defined(__x86_64__)
#define USE_ASM_X86_64 1
#endif
#include "include/secp256k1.h"
#include "src/util.h"

#include "src/num_impl.h"
#include "src/field_impl.h"
#include "src/scalar_impl.h"
#include "src/group_impl.h"
#include "src/ecmult_impl.h"
#include "src/scratch_impl.h"

#include "protocol/ecdsa_batch.h"

typedef struct {
    secp256k1_scalar* scalars;
    secp256k1_ge* points;
} Terms;

struct GavelEcdsaTables {
    secp256k1_ecmult_context ecmult;
};

// The library calls it where it meets what it takes for a bug: also, in 2019's version, where memory isn't to be had.
static void fail(const char* text, void* data) { abort(); }
static const secp256k1_callback failed = {fail, NULL};

const GavelEcdsaTables* gavel_ecdsa_tables(void) {
    GavelEcdsaTables* tables = checked_malloc(&failed, sizeof *tables);
    void* place = checked_malloc(&failed, SECP256K1_ECMULT_CONTEXT_PREALLOCATED_SIZE);
    secp256k1_ecmult_context_init(&tables->ecmult);
    secp256k1_ecmult_context_build(&tables->ecmult, &place);
    return tables;
}

static int give_term(secp256k1_scalar* scalar, secp256k1_ge* point, size_t index, void* data) {
    const Terms* terms = data;
    *scalar = terms->scalars[index];
    *point = terms->points[index];
    return 1;
}

// In [1, n-1].
static int read_scalar(secp256k1_scalar* out, const uint8_t* bytes) {
    int overflow = 0;
    secp256k1_scalar_set_b32(out, bytes, &overflow);
    return !overflow && !secp256k1_scalar_is_zero(out);
}

static int read_key(secp256k1_ge* out, const uint8_t* key) {
    secp256k1_fe x, y;
    if (!secp256k1_fe_set_b32(&x, key) || !secp256k1_fe_set_b32(&y, key + 32)) return 0;
    secp256k1_ge_set_xy(out, &x, &y);
    return secp256k1_ge_is_valid_var(out);
}

// A claim's two terms, and its part of G's scalar.
static int add_claim(const GavelEcdsaClaim* claim, Terms* terms, size_t index, secp256k1_scalar* of_generator) {
    secp256k1_scalar r, s, z, factor, product;
    uint8_t wide[32] = {0};
    for (int i = 0; i < 16; ++i) wide[16 + i] = claim->factor[i];
    if (!read_scalar(&factor, wide) || !read_scalar(&r, claim->r) || !read_scalar(&s, claim->s)) return 0;
    if (secp256k1_scalar_is_high(&s)) return 0;
    secp256k1_fe x;
    if (!secp256k1_fe_set_b32(&x, claim->r)) return 0;
    if (!secp256k1_ge_set_xo_var(&terms->points[2 * index], &x, claim->parity)) return 0;
    if (!read_key(&terms->points[2 * index + 1], claim->key)) return 0;
    secp256k1_scalar_mul(&product, &factor, &s);
    secp256k1_scalar_negate(&terms->scalars[2 * index], &product);
    secp256k1_scalar_mul(&terms->scalars[2 * index + 1], &factor, &r);
    secp256k1_scalar_set_b32(&z, claim->digest, NULL);  // modulo the order, as recovery takes it
    secp256k1_scalar_mul(&product, &factor, &z);
    secp256k1_scalar_add(of_generator, of_generator, &product);
    return 1;
}

// The larger of what the library's two ways of adding up take.
static size_t scratch_size(size_t points) {
    size_t few = secp256k1_strauss_scratch_size(points < ECMULT_PIPPENGER_THRESHOLD ? points : ECMULT_PIPPENGER_THRESHOLD) +
                 STRAUSS_SCRATCH_OBJECTS * ALIGNMENT;
    size_t many = secp256k1_pippenger_scratch_size(points, secp256k1_pippenger_bucket_window(points)) +
                  PIPPENGER_SCRATCH_OBJECTS * ALIGNMENT;
    return few > many ? few : many;
}

static int adds_up(const secp256k1_ecmult_context* ecmult, Terms* terms, const secp256k1_scalar* of_generator, size_t points) {
    secp256k1_scratch* scratch = secp256k1_scratch_create(&failed, scratch_size(points));
    if (scratch == NULL) return 0;
    secp256k1_gej sum;
    int holds =
        secp256k1_ecmult_multi_var(&failed, ecmult, scratch, &sum, of_generator, give_term, terms, points) &&
        secp256k1_gej_is_infinity(&sum);
    secp256k1_scratch_destroy(&failed, scratch);
    return holds;
}

int gavel_ecdsa_batch_holds(const GavelEcdsaTables* tables, const GavelEcdsaClaim* claims, size_t count) {
    if (count == 0) return 1;
    Terms terms = {malloc(2 * count * sizeof(secp256k1_scalar)), malloc(2 * count * sizeof(secp256k1_ge))};
    secp256k1_scalar of_generator;
    secp256k1_scalar_set_int(&of_generator, 0);
    int holds = terms.scalars != NULL && terms.points != NULL;
    for (size_t i = 0; holds && i < count; ++i) holds = add_claim(&claims[i], &terms, i, &of_generator);
    holds = holds && adds_up(&tables->ecmult, &terms, &of_generator, 2 * count);
    free(terms.scalars);
    free(terms.points);
    return holds;
}
