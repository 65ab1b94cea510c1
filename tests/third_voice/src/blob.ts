// Blobs, their polynomials and their commitments (EIP-4844). Of the KZG library only the commitment to a blob is used: proofs are
// commitments to quotients, which are made here.
import { bytesToHex, hexToBytes, sha256, type Hex } from "viem";
import { cat, uint } from "./bytes.js";
import { at, coefficientsOf, mod, quotient, reversed, root, valuesAtRoots } from "./field.js";

export const ELEMENTS = 4096;
const BITS = 12;

export type Commit = (blob: Uint8Array) => Hex;

export interface Blob {
  elements: bigint[]; // in the blob's order
  coefficients: bigint[];
  bytes: Uint8Array;
  commitment: Hex;
  versionedHash: Hex;
}

// The point of the domain at which the blob's polynomial has its element `index` for its value.
export const pointOf = (index: number): bigint => POINTS[index]!;
const POINTS = domain();

function domain(): bigint[] {
  const w = root(ELEMENTS);
  const powers = [1n];
  while (powers.length < ELEMENTS) powers.push(mod(powers[powers.length - 1]! * w));
  return powers.map((_, i) => powers[reversed(i, BITS)]!);
}

const inReverse = (list: bigint[]): bigint[] => list.map((_, i) => list[reversed(i, BITS)]!);

export const bytesOfElements = (elements: bigint[]): Uint8Array => cat(...elements.map((one) => uint(one, 32)));

export function versionedHashOf(commitment: Hex): Hex {
  return `0x01${sha256(commitment).slice(4)}`;
}

export function blobOf(elements: bigint[], commit: Commit): Blob {
  const bytes = bytesOfElements(elements);
  const commitment = commit(bytes);
  const coefficients = coefficientsOf(inReverse(elements));
  return { elements, coefficients, bytes, commitment, versionedHash: versionedHashOf(commitment) };
}

export function elementsOf(bytes: Hex): bigint[] {
  const all = hexToBytes(bytes);
  if (all.length !== 32 * ELEMENTS) throw new Error(`${all.length} bytes are no blob`);
  return Array.from({ length: ELEMENTS }, (_, i) => BigInt(bytesToHex(all.subarray(32 * i, 32 * i + 32))));
}

export function commitmentTo(coefficients: bigint[], commit: Commit): Hex {
  const all = [...coefficients, ...Array<bigint>(ELEMENTS - coefficients.length).fill(0n)];
  return commit(bytesOfElements(inReverse(valuesAtRoots(all))));
}

export interface Value {
  value: bigint;
  proof: Hex;
}

// The polynomial's value at z, and its KZG proof.
export function evaluate(coefficients: bigint[], z: bigint, commit: Commit): Value {
  return { value: at(coefficients, z), proof: commitmentTo(quotient(coefficients, 1, z), commit) };
}
