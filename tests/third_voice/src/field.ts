// The field of BLS12-381's scalars, its roots of unity, and polynomials over it: lists of coefficients, the constant one first.

export const R = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

export const mod = (x: bigint): bigint => ((x % R) + R) % R;

export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = mod(base); exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * square) % R;
    square = (square * square) % R;
  }
  return result;
}

export function inverse(x: bigint): bigint {
  if (mod(x) === 0n) throw new Error("nothing is the inverse of zero");
  return power(x, R - 2n);
}

// The n-th root of unity, n being a power of two.
export const root = (n: number): bigint => power(7n, (R - 1n) / BigInt(n));

// i with its `bits` bits in reverse order.
export function reversed(i: number, bits: number): number {
  let result = 0;
  for (let bit = 0; bit < bits; bit++) result |= ((i >> bit) & 1) << (bits - 1 - bit);
  return result;
}

// Values at w^0, w^1, ... of the polynomial with these coefficients, as many as there are.
function transform(coefficients: bigint[], w: bigint): bigint[] {
  const n = coefficients.length;
  const bits = Math.log2(n);
  const out = coefficients.map((_, i) => coefficients[reversed(i, bits)]!);
  for (let half = 1; half < n; half *= 2) {
    const step = power(w, BigInt(n / (2 * half)));
    const powers = [1n];
    while (powers.length < half) powers.push((powers[powers.length - 1]! * step) % R);
    for (let from = 0; from < n; from += 2 * half) {
      for (let i = from; i < from + half; i++) {
        const odd = (out[i + half]! * powers[i - from]!) % R;
        const even = out[i]!;
        out[i] = even + odd >= R ? even + odd - R : even + odd;
        out[i + half] = even >= odd ? even - odd : even - odd + R;
      }
    }
  }
  return out;
}

export const valuesAtRoots = (coefficients: bigint[]): bigint[] => transform(coefficients, root(coefficients.length));

export function coefficientsOf(values: bigint[]): bigint[] {
  const part = inverse(BigInt(values.length));
  return transform(values, inverse(root(values.length))).map((one) => (one * part) % R);
}

export function at(coefficients: bigint[], x: bigint): bigint {
  return coefficients.reduceRight((sum, coefficient) => (sum * x + coefficient) % R, 0n);
}

// The quotient by X^n - c; what is left over is dropped.
export function quotient(coefficients: bigint[], n: number, c: bigint): bigint[] {
  const left = [...coefficients];
  for (let k = left.length - 1; k >= n; k--) left[k - n] = (left[k - n]! + c * left[k]!) % R;
  return left.slice(n);
}

// The value at z of the polynomial of least degree through these points, z being none of them: Lagrange's formula, as it stands.
export function throughPoints(xs: bigint[], ys: bigint[], z: bigint): bigint {
  let sum = 0n;
  xs.forEach((x, i) => {
    let [above, below] = [ys[i]!, 1n];
    xs.forEach((other, j) => {
      if (j === i) return;
      above = (above * mod(z - other)) % R;
      below = (below * mod(x - other)) % R;
    });
    sum = (sum + above * inverse(below)) % R;
  });
  return mod(sum);
}
