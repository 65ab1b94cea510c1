// docs/protocol.md, "Views" and "Applying a chunk".
import { bytesToHex } from "viem";
import type { Posted } from "./batch.js";
import { MAX_128, MAX_64, ZERO_HASH, type Hex } from "./bytes.js";
import { decodeChunk, Refusal, refuse, type Chunk } from "./codec.js";
import type { PostedFund, PostedOperation, PostedPayment, PostedPaying, PostedRedeem, Recipient } from "./codec.js";
import { CLOSED, isLowLeaf, keyOf, LAST_NONCE, leafHash, MARK, MAX_COUNT, MAX_UNITS, ownerOf, tokenOf } from "./state.js";
import type { Fields, Leaf } from "./state.js";
import { fold, withdrawalLeaf, type Frontier } from "./trees.js";
import { channelAddress, DEPOSIT, digestOf, FORCED_TRANSFER, FORCED_WITHDRAWAL, L1_REDEEM, recover } from "./words.js";
import { voucherDigest, ZERO_ADDRESS, type Entry, type Operation, type Payment } from "./words.js";

export interface View {
  accountCount(): number;
  withdrawalCount(): number;
  read(index: number): Leaf;
  // The key's leaf, or its low leaf.
  find(key: Hex): Leaf;
  // Replaces the leaf just given.
  write(leaf: Leaf): void;
  append(leaf: Leaf): void;
  appendWithdrawal(hash: Hex): void;
  save(): unknown;
  restore(saved: unknown): void;
  roots(): { accountsRoot: Hex; withdrawalsRoot: Hex };
}

export interface Env {
  separator: Hex;
  limit: bigint;
  // Entries first to first + count - 1, count above zero.
  l1(first: bigint, count: number): Entry[];
}

export interface Applied {
  refusal: string; // "None" if the chunk is right
  after: Fields;
}

export async function apply(env: Env, view: View, before: Fields, posted: Posted): Promise<Applied> {
  const saved = view.save();
  const state = { ...before };
  try {
    if (posted === null) refuse("SlotLengths");
    await new Step(env, view, state).run(decodeChunk(posted.ops), posted.sigs);
  } catch (why) {
    if (!(why instanceof Refusal)) throw why;
    view.restore(saved);
    return { refusal: why.rule, after: before };
  }
  const counts = { accountCount: view.accountCount(), withdrawalCount: view.withdrawalCount() };
  return { refusal: "None", after: { ...state, ...view.roots(), ...counts } };
}

async function signedBy(owner: Hex, digest: Hex, signature: Hex): Promise<void> {
  const signer = await recover(digest, signature);
  if (signer === undefined) refuse("SignatureInvalid");
  if (signer !== owner) refuse("SignerNotOwner");
}

// How many of the units that a voucher for `count` asks of the channel's leaf it has not paid yet, and can pay.
function payable(count: bigint, { nonce, balance }: Leaf, unit: bigint): bigint {
  const due = count - (nonce - MARK);
  const there = balance / unit;
  return due <= 0n ? 0n : due < there ? due : there;
}

function taken({ count, unit, close }: PostedRedeem, s: Leaf): bigint {
  if (count > MAX_UNITS) refuse("ChannelCount");
  const units = payable(count, s, unit);
  if (units === 0n) refuse("NothingToRedeem");
  if (close && units < count - (s.nonce - MARK)) refuse("InsufficientBalance");
  return units;
}

class Step {
  private readonly fees: { token: Hex; total: bigint }[] = [];
  constructor(
    private readonly env: Env,
    private readonly view: View,
    private readonly state: Fields,
  ) {}

  async run(chunk: Chunk, sigs: Uint8Array): Promise<void> {
    const n = chunk.operations.length;
    const needed = chunk.operations.map((op) => (op.kind === "redeem" && op.take ? 2 : 1));
    if (sigs.length !== 64 * needed.reduce((sum, count) => sum + count, 0)) refuse("SignatureCount");
    if (this.state.opCount + BigInt(n) > MAX_64) refuse("OpCountOverflow");
    if (this.state.l1OpsConsumed + BigInt(chunk.l1) > this.env.limit) refuse("L1LimitExceeded");
    if (chunk.l1 > 0) {
      for (const entry of this.env.l1(this.state.l1OpsConsumed, chunk.l1)) {
        this.l1Operation(entry);
        this.state.l1OpsConsumed += 1n;
      }
    }
    let at = 0;
    const next = (): Hex => bytesToHex(sigs.subarray(at, (at += 64)));
    for (const [i, op] of chunk.operations.entries()) await this.operation(op, Array.from({ length: needed[i] }, next));
    this.feeLeaves(chunk.feeLeaves);
    this.state.opCount += BigInt(n);
  }

  private insert(low: Leaf, key: Hex, balance: bigint, nonce = 0n): void {
    const next = low.next;
    this.view.write({ ...low, next: key });
    this.view.append({ key, nonce, balance, next });
  }

  private l1Operation(entry: Entry): void {
    if (entry.kind === DEPOSIT) this.deposit(entry);
    else if (entry.kind === FORCED_TRANSFER || entry.kind === FORCED_WITHDRAWAL) this.forced(entry);
    else this.settle(entry);
  }

  private deposit(entry: Entry): void {
    const key = keyOf(entry.to, entry.token);
    const f = this.view.find(key);
    const present = f.key === key;
    if (present && f.balance + entry.amount <= MAX_128) {
      this.view.write({ ...f, balance: f.balance + entry.amount });
    } else if (!present && this.view.accountCount() < MAX_COUNT) {
      this.insert(f, key, entry.amount);
    } else {
      if (this.view.withdrawalCount() === MAX_COUNT) refuse("WithdrawalTreeFull");
      this.view.appendWithdrawal(withdrawalLeaf(entry.to, entry.token, entry.amount));
    }
  }

  private forced(entry: Entry): void {
    const from = keyOf(entry.caller, entry.token);
    const f = this.view.find(from);
    if (f.key !== from) return;
    const amount = entry.amount === MAX_128 ? f.balance : entry.amount;
    if (f.nonce >= LAST_NONCE || f.balance < amount) return;
    const debited = { ...f, balance: f.balance - amount, nonce: f.nonce + 1n };
    if (entry.kind === FORCED_WITHDRAWAL) {
      if (amount === 0n || this.view.withdrawalCount() === MAX_COUNT) return;
      this.view.write(debited);
      this.view.appendWithdrawal(withdrawalLeaf(entry.to, entry.token, amount));
      return;
    }
    this.move(debited, entry, amount);
  }

  // The debited leaf is written, and the amount goes to the entry's receiver; neither if that can't be.
  private move(debited: Leaf, entry: Entry, amount: bigint): void {
    const saved = this.view.save();
    this.view.write(debited);
    const to = keyOf(entry.to, entry.token);
    const g = this.view.find(to);
    if (g.key === to) {
      if (g.balance + amount > MAX_128) return this.view.restore(saved);
      this.view.write({ ...g, balance: g.balance + amount });
    } else {
      if (this.view.accountCount() === MAX_COUNT) return this.view.restore(saved);
      this.insert(g, to, amount);
    }
  }

  // Redeem or reclaim.
  private settle(entry: Entry): void {
    const channel = keyOf(entry.caller, entry.token);
    const f = this.view.find(channel);
    if (f.key !== channel || f.nonce < MARK) return;
    if (entry.kind !== L1_REDEEM) {
      const emptied = { ...f, balance: 0n, nonce: CLOSED };
      return f.balance === 0n ? this.view.write(emptied) : this.move(emptied, entry, f.balance);
    }
    if (f.nonce === CLOSED || entry.amount === 0n || entry.count > MAX_UNITS) return;
    const units = payable(entry.count, f, entry.amount);
    if (units === 0n) return;
    const amount = units * entry.amount;
    this.move({ ...f, balance: f.balance - amount, nonce: f.nonce + units }, entry, amount);
  }

  private readExisting(index: number, rule: string): Leaf {
    if (index === 0 || index >= this.view.accountCount()) refuse(rule);
    return this.view.read(index);
  }

  private async operation(op: PostedOperation, signatures: Hex[]): Promise<void> {
    const s = this.readExisting(op.sender, "SenderIndex");
    if (op.kind === "redeem") return this.redeem(op, s, signatures);
    const token = tokenOf(s);
    if (s.nonce >= LAST_NONCE) refuse("NonceExhausted");
    const amounts = op.kind === "fund" ? [op.amount] : op.payments.map(({ amount }) => amount);
    const total = amounts.reduce((sum, amount) => sum + amount, op.fee);
    if (s.balance < total) refuse("InsufficientBalance");
    this.view.write({ ...s, balance: s.balance - total, nonce: s.nonce + 1n });
    const words = op.kind === "fund" ? this.fund(op, s) : this.pay(op, s);
    this.addFee(token, op.fee);
    await signedBy(ownerOf(s), digestOf(this.env.separator, words), signatures[0]);
  }

  private pay(op: PostedPaying, s: Leaf): Operation {
    const { kind, fee, memo } = op;
    const token = tokenOf(s);
    const one = (line: PostedPayment) => ({ to: this.credit(line, token, line.amount), amount: line.amount });
    const payments = kind === "withdraw" ? this.withdraw(op, token) : op.payments.map(one);
    return { kind, token, payments, fee, nonce: s.nonce, memo };
  }

  // Its address.
  private credit({ index, address }: Recipient, token: Hex, amount: bigint): Hex {
    if (index !== undefined) {
      const r = this.readExisting(index, "RecipientIndex");
      if (tokenOf(r) !== token) refuse("RecipientToken");
      if (r.balance + amount > MAX_128) refuse("BalanceOverflow");
      this.view.write({ ...r, balance: r.balance + amount });
      return ownerOf(r);
    }
    const to = address!;
    if (to === ZERO_ADDRESS) refuse("RecipientZero");
    if (this.view.accountCount() === MAX_COUNT) refuse("AccountTreeFull");
    const key = keyOf(to, token);
    const f = this.view.find(key);
    if (f.key === key) refuse("RecipientHasLeaf");
    this.insert(f, key, amount);
    return to;
  }

  private fund({ payee, unit, expiry, salt, amount, fee }: PostedFund, s: Leaf): Operation {
    const [payer, token] = [ownerOf(s), tokenOf(s)];
    if (unit === 0n || payee === ZERO_ADDRESS || payee === payer) refuse("ChannelTerms");
    if (amount === 0n) refuse("FundOfZero");
    const key = keyOf(channelAddress(this.env.separator, { payer, payee, unit, expiry, salt }), token);
    const f = this.view.find(key);
    if (f.key === key) {
      if (f.nonce === CLOSED || (f.nonce > 0n && f.nonce < MARK)) refuse("ChannelNotOpen");
      if (f.balance + amount > MAX_128) refuse("BalanceOverflow");
      this.view.write({ ...f, balance: f.balance + amount, nonce: f.nonce > MARK ? f.nonce : MARK });
    } else {
      if (this.view.accountCount() === MAX_COUNT) refuse("AccountTreeFull");
      this.insert(f, key, amount, MARK);
    }
    return { kind: "fund", token, payee, unit, expiry, salt, amount, fee, nonce: s.nonce };
  }

  // s: the channel's leaf.
  private async redeem(op: PostedRedeem, s: Leaf, [own, ofVoucher]: Hex[]): Promise<void> {
    const [channel, token, separator] = [ownerOf(s), tokenOf(s), this.env.separator];
    const { unit, expiry, salt, count, take, close, fee } = op;
    if (s.nonce < MARK || s.nonce === CLOSED) refuse("ChannelNotOpen");
    if (unit === 0n) refuse("ChannelTerms");
    const units = take ? taken(op, s) : 0n;
    const amount = units * unit;
    if (fee > amount) refuse("InsufficientBalance");
    const rest = close ? s.balance - amount : 0n;
    this.view.write({ ...s, balance: s.balance - amount - rest, nonce: close ? CLOSED : s.nonce + units });
    const payee = this.credit(op.payee, token, amount - fee);
    const payer = this.credit({ index: op.payer }, token, rest);
    this.addFee(token, fee);
    if (channelAddress(separator, { payer, payee, unit, expiry, salt }) !== channel) refuse("ChannelTerms");
    const words: Operation = { kind: "redeem", channel, token, claimed: s.nonce - MARK, count, take, close, fee };
    await signedBy(payee, digestOf(separator, words), own);
    if (take) await signedBy(payer, voucherDigest(separator, { channel, token, count }), ofVoucher);
  }

  private withdraw(op: PostedPaying, token: Hex): Payment[] {
    const to = op.payments[0].address!;
    const amount = op.payments[0].amount;
    if (to === ZERO_ADDRESS) refuse("RecipientZero");
    if (amount === 0n) refuse("WithdrawalOfZero");
    if (this.view.withdrawalCount() === MAX_COUNT) refuse("WithdrawalTreeFull");
    this.view.appendWithdrawal(withdrawalLeaf(to, token, amount));
    return [{ to, amount }];
  }

  private addFee(token: Hex, fee: bigint): void {
    if (fee === 0n) return;
    let entry = this.fees.find((one) => one.token === token);
    if (entry === undefined) this.fees.push((entry = { token, total: 0n }));
    entry.total += fee;
    if (entry.total > MAX_128) refuse("FeeOverflow");
  }

  private feeLeaves(indexes: number[]): void {
    if (indexes.length < this.fees.length) refuse("FeeLeafMissing");
    if (indexes.length > this.fees.length) refuse("FeeLeafExtra");
    indexes.forEach((index, i) => {
      const { token, total } = this.fees[i];
      const r = this.readExisting(index, "FeeLeafIndex");
      if (tokenOf(r) !== token) refuse("FeeLeafToken");
      if (r.balance + total > MAX_128) refuse("BalanceOverflow");
      this.view.write({ ...r, balance: r.balance + total });
    });
  }
}

// Accesses against a running root; where the next leaf and its path come from is the derived class's to say.
export abstract class RunningView implements View {
  private root: Hex;
  private count: number;
  private at = { index: 0, count: 0, path: [] as Hex[] }; // of the latest access

  constructor(
    before: Fields,
    private withdrawals: Frontier,
  ) {
    this.root = before.accountsRoot;
    this.count = before.accountCount;
  }

  protected abstract nextRead(index: number, count: number): { leaf: Leaf; path: Hex[] };
  protected abstract nextFind(count: number): { index: number; leaf: Leaf; path: Hex[] };
  protected abstract nextAppend(count: number): { path: Hex[] };
  protected abstract fail(error: "LeafPath" | "Lookup"): never;

  accountCount = (): number => this.count;
  withdrawalCount = (): number => this.withdrawals.count;

  private check(hash: Hex, index: number, path: Hex[]): void {
    this.at = { index, count: this.count, path };
    if (fold(hash, index, this.count, path) !== this.root) this.fail("LeafPath");
  }
  read(index: number): Leaf {
    const { leaf, path } = this.nextRead(index, this.count);
    this.check(leafHash(leaf), index, path);
    return leaf;
  }
  find(key: Hex): Leaf {
    const { index, leaf, path } = this.nextFind(this.count);
    this.check(leafHash(leaf), index, path);
    if (leaf.key !== key && !isLowLeaf(leaf, key)) this.fail("Lookup");
    return leaf;
  }
  write(leaf: Leaf): void {
    this.root = fold(leafHash(leaf), this.at.index, this.at.count, this.at.path);
  }
  append(leaf: Leaf): void {
    const { path } = this.nextAppend(this.count);
    this.check(ZERO_HASH, this.count, path);
    this.write(leaf);
    ++this.count;
  }
  appendWithdrawal(hash: Hex): void {
    this.withdrawals.append(hash);
  }
  save(): unknown {
    return { root: this.root, count: this.count, withdrawals: this.withdrawals.copy() };
  }
  restore(saved: unknown): void {
    ({
      root: this.root,
      count: this.count,
      withdrawals: this.withdrawals,
    } = saved as { root: Hex; count: number; withdrawals: Frontier });
  }
  roots(): { accountsRoot: Hex; withdrawalsRoot: Hex } {
    return { accountsRoot: this.root, withdrawalsRoot: this.withdrawals.root() };
  }
}
