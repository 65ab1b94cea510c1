// docs/protocol.md, "Chunk codec" and "Weights".
import { bytesToHex } from "viem";
import { uint, ZERO_HASH, type Hex } from "./bytes.js";
import { ZERO_ADDRESS, type Paying } from "./words.js";

// Why a chunk is wrong, by its name on the page.
export class Refusal extends Error {
  constructor(public readonly rule: string) {
    super(rule);
  }
}
export function refuse(rule: string): never {
  throw new Refusal(rule);
}

// One of the two.
export interface Recipient {
  index?: number;
  address?: Hex;
}
export interface PostedPayment extends Recipient {
  amount: bigint;
}
export interface PostedPaying {
  kind: Paying["kind"];
  sender: number;
  payments: PostedPayment[];
  fee: bigint;
  memo: Hex;
}
export interface PostedFund {
  kind: "fund";
  sender: number;
  payee: Hex;
  unit: bigint;
  expiry: bigint;
  salt: bigint;
  amount: bigint;
  fee: bigint;
}
export interface PostedRedeem {
  kind: "redeem";
  sender: number; // the channel's leaf
  payee: Recipient;
  payer: number;
  unit: bigint;
  expiry: bigint;
  salt: bigint;
  count: bigint; // zero without take
  take: boolean;
  close: boolean;
  fee: bigint;
}
export type PostedOperation = PostedPaying | PostedFund | PostedRedeem;
export interface Chunk {
  l1: number;
  operations: PostedOperation[];
  feeLeaves: number[];
  weight: number;
}

const MAX_WEIGHT = 96;

class BitReader {
  private at = 0;
  constructor(private readonly data: Uint8Array) {}

  left(): number {
    return 8 * this.data.length - this.at;
  }
  big(width: number): bigint {
    let value = 0n;
    for (let i = 0; i < width; ++i) {
      if (this.left() === 0) refuse("Truncated");
      const bit = (this.data[Math.floor(this.at / 8)] >> (7 - (this.at % 8))) & 1;
      ++this.at;
      value = (value << 1n) | BigInt(bit);
    }
    return value;
  }
  // At most 48 bits.
  u(width: number): number {
    return Number(this.big(width));
  }
  flag(): boolean {
    return this.u(1) === 1;
  }
  bytes(width: number): Hex {
    return bytesToHex(uint(this.big(8 * width), width));
  }
  gamma(k = 0): number {
    let zeros = 0;
    while (!this.flag()) if (++zeros > 6) refuse("CodeTooLong");
    const q = 2 ** zeros + this.u(zeros);
    return (q - 1) * 2 ** k + this.u(k);
  }
}

// The newest in front.
class RecentList<T> {
  private readonly items: T[];
  constructor(items: T[] = []) {
    this.items = [...items];
  }
  size(): number {
    return this.items.length;
  }
  front(): T {
    return this.items[0];
  }
  add(item: T): void {
    this.items.unshift(item);
  }
  take(position: number): T {
    if (position >= this.items.length) refuse("BadReference");
    const [item] = this.items.splice(position, 1);
    this.items.unshift(item);
    return item;
  }
  item(bits: BitReader, literal: () => T): T {
    if (this.items.length > 0 && bits.flag()) return this.take(bits.gamma());
    const value = literal();
    if (this.items.includes(value)) refuse("RepeatedLiteral");
    this.add(value);
    return value;
  }
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

function checkedNumber(m: bigint, e: number): bigint {
  if (m === 0n ? e > 0 : m % 10n === 0n) refuse("LooseNumber");
  if (e > 38) refuse("NumberTooLarge");
  const value = m * 10n ** BigInt(e);
  if (value >= 1n << 128n) refuse("NumberTooLarge");
  return value;
}

class FeeClass {
  readonly accounts = new RecentList<number>();
  readonly amounts = new RecentList<bigint>();
  readonly exponents = new RecentList(Array.from({ length: 39 }, (_, e) => e));
  magnitude = 64;
  constructor(readonly fee: bigint) {}

  amount(bits: BitReader): bigint {
    return this.amounts.item(bits, () => {
      const e = this.exponents.take(bits.gamma());
      const z = bits.gamma(2);
      this.magnitude += z % 2 === 0 ? z / 2 : -(z + 1) / 2;
      const length = this.magnitude - Math.floor((3402 * e) / 1024);
      if (length < 0 || length > 128) refuse("BadMagnitude");
      const m = length === 0 ? 0n : (1n << BigInt(length - 1)) + bits.big(length - 1);
      return checkedNumber(m, e);
    });
  }
}

// What a kind's word says. A fund counts as two lines, a redeem as three.
type KindWord = { lines: number } & ({ kind: Paying["kind"] | "fund" } | { kind: "redeem"; take: boolean; close: boolean });

class Decoder {
  private readonly bits: BitReader;
  private readonly operations: PostedOperation[] = [];
  private readonly heads: KindWord[] = [];
  private classes: FeeClass[] = []; // by operation
  private weight = 0;
  private largestLiteral = 0;
  private w = 0;

  constructor(ops: Uint8Array) {
    this.bits = new BitReader(ops);
  }

  chunk(): Chunk {
    const bits = this.bits;
    const l1 = bits.gamma();
    if (l1 > 32) refuse("OverWeight");
    const n = bits.u(6);
    const f = bits.u(6);
    this.w = bits.u(5) + 1;
    const [mixed, byAddress, memos] = [bits.flag(), bits.flag(), bits.flag()];
    this.readKinds(n, mixed);
    this.weight = 3 * l1 + f + this.heads.reduce((sum, { lines }) => sum + 1 + lines, 0);
    if (this.weight > MAX_WEIGHT) refuse("OverWeight");
    if (mixed && this.heads.every(({ kind }) => kind === "transfer")) refuse("IdleFlag");
    if (n > 0) this.readFees(n);
    this.readSenders();
    this.readRecipients(byAddress);
    this.operations.forEach((op, i) => this.readAmounts(op, this.classes[i]));
    if (memos) this.readMemos();
    this.readTerms();
    const feeLeaves = Array.from({ length: f }, () => this.account());
    this.end();
    return { l1, operations: this.operations, feeLeaves, weight: this.weight };
  }

  private readKinds(n: number, mixed: boolean): void {
    for (let i = 0; i < n; ++i) {
      if (!mixed || !this.bits.flag()) this.heads.push({ kind: "transfer", lines: 1 });
      else if (!this.bits.flag()) this.heads.push({ kind: "withdraw", lines: 1 });
      else this.heads.push(this.longKind(this.bits.gamma()));
    }
  }

  private longKind(g: number): KindWord {
    const redeem = (take: boolean, close: boolean): KindWord => ({ kind: "redeem", lines: 3, take, close });
    if (g === 123) return { kind: "fund", lines: 2 };
    if (g === 124) return redeem(true, false);
    if (g === 125) return redeem(true, true);
    if (g === 126) return redeem(false, true);
    return { kind: "payout", lines: g + 1 };
  }

  private readFees(n: number): void {
    const bits = this.bits;
    const count = bits.u(6) + 1;
    const [wm, we] = [bits.u(8), bits.u(3)];
    if (wm > 128 || we > 6) refuse("BadFeeWidth");
    const table: bigint[] = [];
    let [largestM, largestE] = [0n, 0];
    for (let i = 0; i < count; ++i) {
      const e = bits.u(we);
      const m = bits.big(wm);
      const fee = checkedNumber(m, e);
      if (table.includes(fee)) refuse("RepeatedFee");
      table.push(fee);
      if (m > largestM) largestM = m;
      if (e > largestE) largestE = e;
    }
    if (wm !== bitLength(largestM) || we !== bitLength(BigInt(largestE))) refuse("LooseWidth");
    const seen = new RecentList<FeeClass>();
    for (let i = 0; i < n; ++i) this.classes.push(this.readClass(table, seen));
    if (seen.size() < count) refuse("UnusedFee");
  }

  private readClass(table: bigint[], seen: RecentList<FeeClass>): FeeClass {
    const bits = this.bits;
    const s = seen.size();
    const fresh = (): FeeClass => {
      seen.add(new FeeClass(table[s]));
      return seen.front();
    };
    if (s === 0) return fresh();
    if (table.length === 1 || !bits.flag()) return seen.front();
    if (s === 1) return fresh();
    if (s < table.length && !bits.flag()) return fresh();
    return seen.take(bits.gamma() + 1);
  }

  private account(): number {
    const literal = this.bits.u(this.w);
    this.largestLiteral = Math.max(this.largestLiteral, literal);
    return literal;
  }

  private readSenders(): void {
    const terms = { unit: 0n, expiry: 0n, salt: 0n };
    this.heads.forEach((head, i) => {
      const { accounts, fee } = this.classes[i];
      const common = { sender: accounts.item(this.bits, () => this.account()), fee };
      if (head.kind === "fund") {
        this.operations.push({ kind: head.kind, ...common, ...terms, payee: ZERO_ADDRESS, amount: 0n });
      } else if (head.kind === "redeem") {
        const { kind, take, close } = head;
        this.operations.push({ kind, take, close, ...common, ...terms, payee: {}, payer: 0, count: 0n });
      } else {
        this.operations.push({ kind: head.kind, ...common, payments: [], memo: ZERO_HASH });
      }
    });
  }

  private readRecipients(byAddress: boolean): void {
    let addresses = 0;
    this.operations.forEach((op, i) => {
      const index = () => this.classes[i].accounts.item(this.bits, () => this.account());
      const recipient = (): Recipient => {
        if (!byAddress || !this.bits.flag()) return { index: index() };
        ++addresses;
        if (++this.weight > MAX_WEIGHT) refuse("OverWeight");
        return { address: this.bits.bytes(20) };
      };
      if (op.kind === "fund") return;
      if (op.kind === "redeem") {
        op.payee = recipient();
        op.payer = index();
        return;
      }
      for (let line = 0; line < this.heads[i].lines; ++line) {
        const to = op.kind === "withdraw" ? { address: this.bits.bytes(20) } : recipient();
        op.payments.push({ ...to, amount: 0n });
      }
    });
    if (byAddress && addresses === 0) refuse("IdleFlag");
  }

  private readAmounts(op: PostedOperation, feeClass: FeeClass): void {
    const amount = () => feeClass.amount(this.bits);
    if (op.kind === "fund") {
      op.amount = amount();
      op.unit = amount();
    } else if (op.kind === "redeem") {
      op.unit = amount();
      if (op.take) op.count = amount();
    } else {
      for (const line of op.payments) line.amount = amount();
    }
  }

  private readMemos(): void {
    let found = 0;
    for (const op of this.operations) {
      if ((op.kind !== "transfer" && op.kind !== "payout") || !this.bits.flag()) continue;
      op.memo = this.bits.bytes(32);
      if (op.memo === ZERO_HASH) refuse("ZeroMemo");
      ++found;
    }
    if (found === 0) refuse("IdleFlag");
  }

  private readTerms(): void {
    for (const op of this.operations) {
      if (op.kind !== "fund" && op.kind !== "redeem") continue;
      if (op.kind === "fund") op.payee = this.bits.bytes(20);
      op.expiry = this.bits.big(64);
      op.salt = this.bits.big(64);
    }
  }

  private end(): void {
    if (this.w !== Math.max(1, bitLength(BigInt(this.largestLiteral)))) refuse("LooseWidth");
    const left = this.bits.left();
    if (left >= 8) refuse("TrailingByte");
    if (this.bits.u(left) !== 0) refuse("NonzeroPadding");
  }
}

// The chunk; throws a Refusal.
export function decodeChunk(ops: Uint8Array): Chunk {
  return new Decoder(ops).chunk();
}
