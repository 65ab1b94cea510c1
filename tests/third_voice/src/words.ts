// What users sign (docs/protocol.md, "Keys and signatures", "Operations", "Channels") and what they ask of the L1 ("L1 operations").
import { recoverAddress } from "viem";
import { cat, H, Reader, uint, ZERO_HASH, type Hex } from "./bytes.js";

export const ZERO_ADDRESS: Hex = `0x${"00".repeat(20)}`;

export interface Domain {
  chainId: bigint;
  rollup: Hex;
}
export interface Payment {
  to: Hex;
  amount: bigint;
}
export interface Paying {
  kind: "transfer" | "withdraw" | "payout";
  token: Hex;
  payments: Payment[];
  fee: bigint;
  nonce: bigint;
  memo: Hex;
}
export interface Fund {
  kind: "fund";
  token: Hex;
  payee: Hex;
  unit: bigint;
  expiry: bigint;
  salt: bigint;
  amount: bigint;
  fee: bigint;
  nonce: bigint;
}
export interface Redeem {
  kind: "redeem";
  channel: Hex;
  token: Hex;
  claimed: bigint;
  count: bigint;
  take: boolean;
  close: boolean;
  fee: bigint;
}
export type Operation = Paying | Fund | Redeem;
export type Kind = Operation["kind"];

// A channel's.
export interface Terms {
  payer: Hex;
  payee: Hex;
  unit: bigint;
  expiry: bigint;
  salt: bigint;
}
export interface Voucher {
  channel: Hex;
  token: Hex;
  count: bigint;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
// A word of 32 bytes: of an address, a number, a truth value, a hash.
const word = (value: Hex | bigint | boolean): Uint8Array => uint(BigInt(value), 32);

const PAYMENT = "Payment(address to,uint128 amount)";
const TYPES: Record<Kind, string> = {
  transfer: "Transfer(address token,address to,uint128 amount,uint128 fee,uint64 nonce,bytes32 memo)",
  withdraw: "Withdraw(address token,address to,uint128 amount,uint128 fee,uint64 nonce)",
  payout: "Payout(address token,Payment[] payments,uint128 fee,uint64 nonce,bytes32 memo)" + PAYMENT,
  fund: "Fund(address token,address payee,uint128 unit,uint64 expiry,uint64 salt,uint128 amount,uint128 fee,uint64 nonce)",
  redeem: "Redeem(address channel,address token,uint64 claimed,uint64 count,bool take,bool close,uint128 fee)",
};
const CHANNEL = "Channel(address payer,address payee,uint128 unit,uint64 expiry,uint64 salt)";
const VOUCHER = "Voucher(address channel,address token,uint64 count)";

const hashStruct = (type: string, ...fields: (Hex | bigint | boolean)[]): Hex => H(H(text(type)), ...fields.map(word));
const typed = (separator: Hex, struct: Hex): Hex => H("0x1901", separator, struct);

export function domainSeparator(domain: Domain): Hex {
  const type = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
  return hashStruct(type, H(text("Gavel")), H(text("1")), domain.chainId, domain.rollup);
}

function operationStruct(op: Operation): Hex {
  const type = TYPES[op.kind];
  switch (op.kind) {
    case "transfer":
    case "withdraw": {
      const [{ to, amount }] = op.payments;
      const memo = op.kind === "transfer" ? [op.memo] : [];
      return hashStruct(type, op.token, to, amount, op.fee, op.nonce, ...memo);
    }
    case "payout": {
      const lines = H(...op.payments.map(({ to, amount }) => hashStruct(PAYMENT, to, amount)));
      return hashStruct(type, op.token, lines, op.fee, op.nonce, op.memo);
    }
    case "fund":
      return hashStruct(type, op.token, op.payee, op.unit, op.expiry, op.salt, op.amount, op.fee, op.nonce);
    case "redeem":
      return hashStruct(type, op.channel, op.token, op.claimed, op.count, op.take, op.close, op.fee);
  }
}

export const digestOf = (separator: Hex, op: Operation): Hex => typed(separator, operationStruct(op));

export function termsDigest(separator: Hex, { payer, payee, unit, expiry, salt }: Terms): Hex {
  return typed(separator, hashStruct(CHANNEL, payer, payee, unit, expiry, salt));
}

export function channelAddress(separator: Hex, terms: Terms): Hex {
  return `0x${termsDigest(separator, terms).slice(-40)}`;
}

export function voucherDigest(separator: Hex, { channel, token, count }: Voucher): Hex {
  return typed(separator, hashStruct(VOUCHER, channel, token, count));
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
  FORCED_WITHDRAWAL = 2,
  L1_REDEEM = 3,
  RECLAIM = 4;
export const ENTRY_SIZE = 93;
export interface Entry {
  kind: number;
  caller: Hex;
  to: Hex;
  token: Hex;
  amount: bigint;
  time: bigint;
  count: bigint;
}

export function decodeEntry(bytes: Uint8Array): Entry {
  const reader = new Reader(bytes);
  const [kind, caller, to, token] = [reader.number(1), reader.hex(20), reader.hex(20), reader.hex(20)];
  const [amount, time, count] = [reader.big(16), reader.big(8), reader.big(8)];
  if (reader.left() !== 0) throw new Error("an entry has 93 bytes");
  return { kind, caller, to, token, amount, time, count };
}

export function encodeEntry({ kind, caller, to, token, amount, time, count }: Entry): Uint8Array {
  return cat(uint(kind, 1), caller, to, token, uint(amount, 16), uint(time, 8), uint(count, 8));
}

export const GENESIS_QUEUE_HASH = ZERO_HASH;
export function nextQueueHash(hash: Hex, entry: Uint8Array): Hex {
  return H(hash, H(entry));
}
