// Byte strings, and the hash of docs/protocol.md, "Notation".
import { bytesToHex, hexToBytes, keccak256, type Hex } from "viem";

export type { Hex };
export type Part = Uint8Array | Hex;

export const ZERO_HASH: Hex = `0x${"00".repeat(32)}`;
export const MAX_128 = (1n << 128n) - 1n;
export const MAX_64 = (1n << 64n) - 1n;

export function bytesOf(part: Part): Uint8Array {
  return typeof part === "string" ? hexToBytes(part) : part;
}

export function cat(...parts: Part[]): Uint8Array {
  const all = parts.map(bytesOf);
  const out = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

// A big-endian integer of `width` bytes.
export function uint(value: bigint | number, width: number): Uint8Array {
  const digits = BigInt(value)
    .toString(16)
    .padStart(2 * width, "0");
  if (digits.length !== 2 * width) throw new Error(`${value} doesn't fit ${width} bytes`);
  return hexToBytes(`0x${digits}`);
}

export function H(...parts: Part[]): Hex {
  return keccak256(cat(...parts));
}

// H of two hashes. Trees ask for the same ones over and over, so they are remembered.
const pairs = new Map<string, Hex>();
export function pair(left: Hex, right: Hex): Hex {
  const both = left + right.slice(2);
  let hash = pairs.get(both);
  if (hash === undefined) {
    hash = keccak256(hexToBytes(both as Hex));
    if (pairs.size > 400_000) pairs.clear();
    pairs.set(both, hash);
  }
  return hash;
}

// Thrown by whoever reads past the end.
export class OutOfBytes extends Error {}

export class Reader {
  private at = 0;
  constructor(private readonly data: Uint8Array) {}

  take(count: number): Uint8Array {
    if (count > this.left()) throw new OutOfBytes();
    this.at += count;
    return this.data.subarray(this.at - count, this.at);
  }
  hex(count: number): Hex {
    return bytesToHex(this.take(count));
  }
  hash(): Hex {
    return this.hex(32);
  }
  hashes(count: number): Hex[] {
    return Array.from({ length: count }, () => this.hash());
  }
  // At most 6 bytes.
  number(width: number): number {
    return this.take(width).reduce((value, byte) => value * 256 + byte, 0);
  }
  big(width: number): bigint {
    return BigInt(this.hex(width));
  }
  left(): number {
    return this.data.length - this.at;
  }
}
