// docs/protocol.md, "Accounts" and "Commitment".
import { bytesToHex } from "viem";
import { bytesOf, cat, H, MAX_64, Reader, uint, type Hex, type Part } from "./bytes.js";

export const LEAF_SIZE = 104;
export const FIELDS_SIZE = 88;
export const MAX_COUNT = 2 ** 32 - 1;

export interface Leaf {
  key: Hex; // owner, token
  nonce: bigint;
  balance: bigint;
  next: Hex; // the next larger key in use
}

// Nonces: of a channel's leaf 2^63 and what its payee has been paid; the last of an owner's leaf; a closed channel's.
export const MARK = 1n << 63n;
export const LAST_NONCE = MARK - 1n;
export const CLOSED = MAX_64;
export const MAX_UNITS = MARK - 2n; // that a voucher can be for

export const keyOf = (owner: Hex, token: Hex): Hex => bytesToHex(cat(owner, token));
export const ownerOf = (leaf: Leaf): Hex => leaf.key.slice(0, 42) as Hex;
export const tokenOf = (leaf: Leaf): Hex => `0x${leaf.key.slice(42)}`;

export function decodeLeaf(part: Part): Leaf {
  const reader = new Reader(bytesOf(part));
  const leaf = { key: reader.hex(40), nonce: reader.big(8), balance: reader.big(16), next: reader.hex(40) };
  if (reader.left() !== 0) throw new Error("a leaf has 104 bytes");
  return leaf;
}

export function encodeLeaf(leaf: Leaf): Hex {
  return bytesToHex(cat(leaf.key, uint(leaf.nonce, 8), uint(leaf.balance, 16), leaf.next));
}

export const leafHash = (leaf: Leaf): Hex => H(encodeLeaf(leaf));

// Whether `leaf` shows that `key` has no leaf.
export function isLowLeaf(leaf: Leaf, key: Hex): boolean {
  const next = BigInt(leaf.next);
  return BigInt(leaf.key) < BigInt(key) && (next === 0n || BigInt(key) < next);
}

export interface Fields {
  accountsRoot: Hex;
  withdrawalsRoot: Hex;
  accountCount: number;
  withdrawalCount: number;
  l1OpsConsumed: bigint;
  opCount: bigint;
}

export function decodeFields(part: Part): Fields {
  const reader = new Reader(bytesOf(part));
  const [accountsRoot, withdrawalsRoot] = [reader.hash(), reader.hash()];
  const [accountCount, withdrawalCount] = [reader.number(4), reader.number(4)];
  const [l1OpsConsumed, opCount] = [reader.big(8), reader.big(8)];
  if (reader.left() !== 0) throw new Error("state fields have 88 bytes");
  return { accountsRoot, withdrawalsRoot, accountCount, withdrawalCount, l1OpsConsumed, opCount };
}

export function encodeFields(fields: Fields): Hex {
  const counts = [uint(fields.accountCount, 4), uint(fields.withdrawalCount, 4)];
  const counters = [uint(fields.l1OpsConsumed, 8), uint(fields.opCount, 8)];
  return bytesToHex(cat(fields.accountsRoot, fields.withdrawalsRoot, ...counts, ...counters));
}

export const commitment = (fields: Fields): Hex => H(encodeFields(fields));
