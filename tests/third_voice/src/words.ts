// What users sign (docs/protocol.md, "Keys and signatures", "Operations") and what they ask of the L1 ("L1 operations").
import { recoverAddress } from "viem";
import { cat, H, Reader, uint, ZERO_HASH, type Hex } from "./bytes.js";

export const ZERO_ADDRESS: Hex = `0x${"00".repeat(20)}`;

export interface Domain {
  chainId: bigint;
  rollup: Hex;
}
export type Kind = "transfer" | "withdraw" | "payout";
export interface Payment {
  to: Hex;
  amount: bigint;
}
export interface Operation {
  kind: Kind;
  token: Hex;
  payments: Payment[];
  fee: bigint;
  nonce: bigint;
  memo: Hex;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const number = (value: bigint): Uint8Array => uint(value, 32);
const address = (value: Hex): Uint8Array => uint(BigInt(value), 32);

const PAYMENT = "Payment(address to,uint128 amount)";
const TYPES: Record<Kind, string> = {
  transfer: "Transfer(address token,address to,uint128 amount,uint128 fee,uint64 nonce,bytes32 memo)",
  withdraw: "Withdraw(address token,address to,uint128 amount,uint128 fee,uint64 nonce)",
  payout: "Payout(address token,Payment[] payments,uint128 fee,uint64 nonce,bytes32 memo)" + PAYMENT,
};

export function domainSeparator(domain: Domain): Hex {
  const type = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
  return H(H(text(type)), H(text("Gavel")), H(text("1")), number(domain.chainId), address(domain.rollup));
}

export function digestOf(separator: Hex, op: Operation): Hex {
  const type = H(text(TYPES[op.kind]));
  const [first] = op.payments;
  let struct: Hex;
  if (op.kind === "payout") {
    const lines = op.payments.map((line) => H(H(text(PAYMENT)), address(line.to), number(line.amount)));
    struct = H(type, address(op.token), H(...lines), number(op.fee), number(op.nonce), op.memo);
  } else {
    const common = [type, address(op.token), address(first.to), number(first.amount), number(op.fee), number(op.nonce)];
    struct = op.kind === "transfer" ? H(...common, op.memo) : H(...common);
  }
  return H("0x1901", separator, struct);
}

export function operationHash(digest: Hex, sender: Hex): Hex {
  return H(digest, sender);
}

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const recovered = new Map<string, Hex | undefined>();

// The signer, or undefined for an invalid signature of 64 bytes.
export async function recover(digest: Hex, signature: Hex): Promise<Hex | undefined> {
  const key = digest + signature;
  if (!recovered.has(key)) recovered.set(key, await recoverAnew(digest, signature));
  return recovered.get(key);
}

async function recoverAnew(digest: Hex, signature: Hex): Promise<Hex | undefined> {
  if (signature.length !== 2 + 128) throw new Error("a signature has 64 bytes");
  const r = BigInt(signature.slice(0, 66));
  const second = BigInt(`0x${signature.slice(66)}`);
  const s = second & ((1n << 255n) - 1n);
  if (s < 1n || s > ORDER / 2n || r < 1n || r >= ORDER) return undefined;
  const hex = (value: bigint): Hex => `0x${value.toString(16).padStart(64, "0")}`;
  let signer: Hex;
  try {
    signer = await recoverAddress({ hash: digest, signature: { r: hex(r), s: hex(s), yParity: Number(second >> 255n) } });
  } catch {
    return undefined; // no such point, or one at infinity
  }
  const lower = signer.toLowerCase() as Hex;
  return lower === ZERO_ADDRESS ? undefined : lower;
}

// An entry of the contract's queue.
export const DEPOSIT = 0,
  FORCED_TRANSFER = 1,
  FORCED_WITHDRAWAL = 2;
export const ENTRY_SIZE = 85;
export interface Entry {
  kind: number;
  caller: Hex;
  to: Hex;
  token: Hex;
  amount: bigint;
  time: bigint;
}

export function decodeEntry(bytes: Uint8Array): Entry {
  const reader = new Reader(bytes);
  const [kind, caller, to, token] = [reader.number(1), reader.hex(20), reader.hex(20), reader.hex(20)];
  const [amount, time] = [reader.big(16), reader.big(8)];
  if (reader.left() !== 0) throw new Error("an entry has 85 bytes");
  return { kind, caller, to, token, amount, time };
}

export function encodeEntry({ kind, caller, to, token, amount, time }: Entry): Uint8Array {
  return cat(uint(kind, 1), caller, to, token, uint(amount, 16), uint(time, 8));
}

export const GENESIS_QUEUE_HASH = ZERO_HASH;
export function nextQueueHash(hash: Hex, entry: Uint8Array): Hex {
  return H(hash, H(entry));
}
