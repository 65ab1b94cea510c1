// Openings of a chunk's slot: docs/protocol.md, "Openings".
import { stringToBytes, type Hex } from "viem";
import { cat, H, uint } from "./bytes.js";
import { SLOT_ELEMENTS, SLOTS } from "./blob_batch.js";
import { commitmentTo, evaluate, pointOf, type Blob, type Commit, type Value } from "./blob.js";
import { inverse, mod, power, quotient, R, throughPoints } from "./field.js";

export const SLOT = SLOT_ELEMENTS;
export const AFTER = 2; // elements
const TAG = stringToBytes("Gavel blob opening");

// What an opening says that the blobs hold: elements as they are sent, 32 bytes each, whatever they are.
export interface Shown {
  index: number; // of the chunk
  slot: bigint[];
  after: bigint[]; // of the slot before; none for the first chunk
}

export interface Opening {
  shown: Shown;
  commitments: Hex[]; // A's; B's, if it is another blob's
  q: Hex;
  values: Value[]; // as the commitments
  valueOfQ: Value;
}

export const firstOf = (chunk: number): number => (chunk % SLOTS) * SLOT; // element of its blob
export const blobIndex = (chunk: number): number => Math.floor(chunk / SLOTS);
export const crosses = (chunk: number): boolean => chunk > 0 && chunk % SLOTS === 0;

export function truth(blobs: Blob[], index: number): Shown {
  const run = (chunk: number, length: number) => blobs[blobIndex(chunk)]!.elements.slice(firstOf(chunk), firstOf(chunk) + length);
  return { index, slot: run(index, SLOT), after: index === 0 ? [] : run(index - 1, AFTER) };
}

function hashed(one: Opening): Uint8Array {
  const { shown } = one;
  const elements = [...shown.slot, ...shown.after].map((element) => uint(element, 32));
  return cat(...one.commitments, one.q, ...elements);
}

export function encode(one: Opening): Uint8Array {
  const values = [...one.values, one.valueOfQ].map(({ value, proof }) => cat(uint(value, 32), proof));
  return cat(hashed(one), ...values);
}

export function challenge(one: Opening): bigint {
  return BigInt(H(TAG, uint(one.shown.index, 2), hashed(one))) % R;
}

// The constant of a run's vanishing polynomial X^n - c.
export const constant = (chunk: number, n: number): bigint => power(pointOf(firstOf(chunk)), BigInt(n));

interface Quotient {
  q: bigint[];
  commitment: Hex;
}
const quotients = new WeakMap<Blob[], Map<number, Quotient>>();

// What is left over of a polynomial divided so is the polynomial through the run: it needn't be taken away before. So q is the same
// whatever is shown, and remembered.
function quotientOf(blobs: Blob[], { index, after }: Shown, commit: Commit): Quotient {
  const known = quotients.get(blobs) ?? new Map<number, Quotient>();
  quotients.set(blobs, known);
  const part = (chunk: number, n: number) => quotient(blobs[blobIndex(chunk)]!.coefficients, n, constant(chunk, n));
  let one = known.get(index);
  if (!one) {
    let q = part(index, SLOT);
    if (after.length > 0) q = part(index - 1, AFTER).map((coefficient, k) => mod(coefficient + (q[k] ?? 0n)));
    one = { q, commitment: commitmentTo(q, commit) };
    known.set(index, one);
  }
  return one;
}

// The opening of what is shown, true or not: with everything in it as it would be if it were true.
export function open(blobs: Blob[], shown: Shown, commit: Commit): Opening {
  const own = blobs[blobIndex(shown.index)]!;
  const used = crosses(shown.index) ? [own, blobs[blobIndex(shown.index - 1)]!] : [own];
  const commitments = used.map((blob) => blob.commitment);
  const { q, commitment } = quotientOf(blobs, shown, commit);
  const draft: Opening = { shown, commitments, q: commitment, values: [], valueOfQ: { value: 0n, proof: "0x" } };
  const z = challenge(draft);
  const values = used.map((blob) => evaluate(blob.coefficients, z, commit));
  return { ...draft, values, valueOfQ: evaluate(q, z, commit) };
}

// What q has to be at z, for what is shown to be true.
export function wanted(one: Opening): bigint {
  const z = challenge(one);
  const { index, slot, after } = one.shown;
  const part = (chunk: number, elements: bigint[], value: bigint) => {
    const points = elements.map((_, i) => pointOf(firstOf(chunk) + i));
    const rest = mod(value - throughPoints(points, elements.map(mod), z));
    return mod(rest * inverse(power(z, BigInt(elements.length)) - constant(chunk, elements.length)));
  };
  const a = part(index, slot, one.values[0]!.value);
  if (after.length === 0) return a;
  return mod(a + part(index - 1, after, one.values[crosses(index) ? 1 : 0]!.value));
}
