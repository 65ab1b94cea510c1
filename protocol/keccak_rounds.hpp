// Keccak-f[1600] and one padded block of Keccak-256, over as many states at once as a Lane has words. No header of its own: it is
// included by keccak_lanes.cpp in a namespace for each kind of Lane, whose functions all have the attribute GAVEL_LANES (a
// template can't take the machine's instructions as a parameter). There are `load`, `store`, `splat`, `exor`, `exor3`,
// `rotated<R>` and `chi` of Lanes, too.
//
// Names and constants are those of "The Keccak reference", version 3.0, 1.2; a[x + 5 * y] is its A[x, y].

// The plane of one y behind theta, rotated by rho, and moved by pi: chi of it.
template <int R0, int R1, int R2, int R3, int R4>
GAVEL_LANES void plane(Lane* out, Lane b0, Lane b1, Lane b2, Lane b3, Lane b4) {
    b0 = rotated<R0>(b0);
    b1 = rotated<R1>(b1);
    b2 = rotated<R2>(b2);
    b3 = rotated<R3>(b3);
    b4 = rotated<R4>(b4);
    out[0] = chi(b0, b1, b2);
    out[1] = chi(b1, b2, b3);
    out[2] = chi(b2, b3, b4);
    out[3] = chi(b3, b4, b0);
    out[4] = chi(b4, b0, b1);
}

GAVEL_LANES Lane column(const Lane* a, int x) { return exor3(exor3(a[x], a[x + 5], a[x + 10]), a[x + 15], a[x + 20]); }

GAVEL_LANES void round(const Lane* a, Lane* out, uint64_t constant) {
    const Lane c0 = column(a, 0), c1 = column(a, 1), c2 = column(a, 2), c3 = column(a, 3), c4 = column(a, 4);
    const Lane d0 = exor(c4, rotated<1>(c1)), d1 = exor(c0, rotated<1>(c2)), d2 = exor(c1, rotated<1>(c3)),
               d3 = exor(c2, rotated<1>(c4)), d4 = exor(c3, rotated<1>(c0));
    plane<0, 44, 43, 21, 14>(out, exor(a[0], d0), exor(a[6], d1), exor(a[12], d2), exor(a[18], d3), exor(a[24], d4));
    plane<28, 20, 3, 45, 61>(out + 5, exor(a[3], d3), exor(a[9], d4), exor(a[10], d0), exor(a[16], d1), exor(a[22], d2));
    plane<1, 6, 25, 8, 18>(out + 10, exor(a[1], d1), exor(a[7], d2), exor(a[13], d3), exor(a[19], d4), exor(a[20], d0));
    plane<27, 36, 10, 15, 56>(out + 15, exor(a[4], d4), exor(a[5], d0), exor(a[11], d1), exor(a[17], d2), exor(a[23], d3));
    plane<62, 55, 39, 41, 2>(out + 20, exor(a[2], d2), exor(a[8], d3), exor(a[14], d4), exor(a[15], d0), exor(a[21], d1));
    out[0] = exor(out[0], splat(constant));
}

GAVEL_LANES void permute(Lane* a) {
    Lane between[25];
    for (int i = 0; i < 24; i += 2) {
        round(a, between, kRoundConstants[i]);
        round(between, a, kRoundConstants[i + 1]);
    }
}

// The hashes of as many inputs as a Lane has words, of 8 * `words` bytes each, fewer than kRate.
GAVEL_LANES void hash_block(const uint8_t* const* inputs, size_t words, uint8_t* const* outputs) {
    Lane a[25];
    for (size_t i = 0; i < 25; ++i) a[i] = i < words ? load(inputs, 8 * i) : splat(0);
    a[words] = splat(0x01);
    a[kRate / 8 - 1] = exor(a[kRate / 8 - 1], splat(uint64_t{0x80} << 56));
    permute(a);
    for (size_t i = 0; i < 4; ++i) store(a[i], outputs, 8 * i);
}
