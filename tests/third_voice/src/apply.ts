// docs/protocol.md, "Views" and "Applying a chunk".
import type { Posted } from "./batch.js";
import { MAX_128, MAX_64, ZERO_HASH, type Hex } from "./bytes.js";
import { decodeChunk, Refusal, refuse, type Chunk, type PostedOperation } from "./codec.js";
import { isLowLeaf, keyOf, leafHash, MAX_COUNT, ownerOf, tokenOf, type Fields, type Leaf } from "./state.js";
import { fold, withdrawalLeaf, type Frontier } from "./trees.js";
import { DEPOSIT, digestOf, FORCED_WITHDRAWAL, recover, ZERO_ADDRESS, type Entry, type Payment } from "./words.js";

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

class Step {
  private readonly fees: { token: Hex; total: bigint }[] = [];
  constructor(
    private readonly env: Env,
    private readonly view: View,
    private readonly state: Fields,
  ) {}

  async run(chunk: Chunk, sigs: Uint8Array): Promise<void> {
    const n = chunk.operations.length;
    if (sigs.length !== 64 * n) refuse("SignatureCount");
    if (this.state.opCount + BigInt(n) > MAX_64) refuse("OpCountOverflow");
    if (this.state.l1OpsConsumed + BigInt(chunk.l1) > this.env.limit) refuse("L1LimitExceeded");
    if (chunk.l1 > 0) {
      for (const entry of this.env.l1(this.state.l1OpsConsumed, chunk.l1)) {
        this.l1Operation(entry);
        this.state.l1OpsConsumed += 1n;
      }
    }
    for (let i = 0; i < n; ++i) {
      const signature = `0x${Buffer.from(sigs.subarray(64 * i, 64 * i + 64)).toString("hex")}` as Hex;
      await this.operation(chunk.operations[i], signature);
    }
    this.feeLeaves(chunk.feeLeaves);
    this.state.opCount += BigInt(n);
  }

  private insert(low: Leaf, key: Hex, balance: bigint): void {
    const next = low.next;
    this.view.write({ ...low, next: key });
    this.view.append({ key, nonce: 0n, balance, next });
  }

  private l1Operation(entry: Entry): void {
    if (entry.kind === DEPOSIT) this.deposit(entry);
    else this.forced(entry);
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
    if (f.nonce === MAX_64 || f.balance < amount) return;
    const debited = { ...f, balance: f.balance - amount, nonce: f.nonce + 1n };
    if (entry.kind === FORCED_WITHDRAWAL) {
      if (amount === 0n || this.view.withdrawalCount() === MAX_COUNT) return;
      this.view.write(debited);
      this.view.appendWithdrawal(withdrawalLeaf(entry.to, entry.token, amount));
      return;
    }
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

  private readExisting(index: number, rule: string): Leaf {
    if (index === 0 || index >= this.view.accountCount()) refuse(rule);
    return this.view.read(index);
  }

  private async operation(op: PostedOperation, signature: Hex): Promise<void> {
    const s = this.readExisting(op.sender, "SenderIndex");
    const token = tokenOf(s);
    if (s.nonce === MAX_64) refuse("NonceExhausted");
    const total = op.payments.reduce((sum, line) => sum + line.amount, op.fee);
    if (s.balance < total) refuse("InsufficientBalance");
    this.view.write({ ...s, balance: s.balance - total, nonce: s.nonce + 1n });
    const payments = op.kind === "withdraw" ? this.withdraw(op, token) : this.credit(op, token);
    if (op.fee > 0n) this.addFee(token, op.fee);
    const words = { kind: op.kind, token, payments, fee: op.fee, nonce: s.nonce, memo: op.memo };
    const signer = await recover(digestOf(this.env.separator, words), signature);
    if (signer === undefined) refuse("SignatureInvalid");
    if (signer !== ownerOf(s)) refuse("SignerNotOwner");
  }

  private credit(op: PostedOperation, token: Hex): Payment[] {
    return op.payments.map(({ index, address, amount }) => {
      if (index !== undefined) {
        const r = this.readExisting(index, "RecipientIndex");
        if (tokenOf(r) !== token) refuse("RecipientToken");
        if (r.balance + amount > MAX_128) refuse("BalanceOverflow");
        this.view.write({ ...r, balance: r.balance + amount });
        return { to: ownerOf(r), amount };
      }
      const to = address!;
      if (to === ZERO_ADDRESS) refuse("RecipientZero");
      if (this.view.accountCount() === MAX_COUNT) refuse("AccountTreeFull");
      const key = keyOf(to, token);
      const f = this.view.find(key);
      if (f.key === key) refuse("RecipientHasLeaf");
      this.insert(f, key, amount);
      return { to, amount };
    });
  }

  private withdraw(op: PostedOperation, token: Hex): Payment[] {
    const to = op.payments[0].address!;
    const amount = op.payments[0].amount;
    if (to === ZERO_ADDRESS) refuse("RecipientZero");
    if (amount === 0n) refuse("WithdrawalOfZero");
    if (this.view.withdrawalCount() === MAX_COUNT) refuse("WithdrawalTreeFull");
    this.view.appendWithdrawal(withdrawalLeaf(to, token, amount));
    return [{ to, amount }];
  }

  private addFee(token: Hex, fee: bigint): void {
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
