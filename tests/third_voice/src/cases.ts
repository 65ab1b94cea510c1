// How each kind of case is checked, but those of batches (batch_cases.ts) and of wallets (wallets.ts). The shapes are those of tests/export/export.hpp.
import { hexToBytes } from "viem";
import { apply, RunningView } from "./apply.js";
import { encodeHeader } from "./batch.js";
import { bytesOf, H, ZERO_HASH, type Hex } from "./bytes.js";
import { decodeChunk, Refusal, type Chunk, type PostedOperation } from "./codec.js";
import { same } from "./expect.js";
import { exitHolds, withdrawalHolds } from "./proof.js";
import { commitment, decodeFields, decodeLeaf, encodeFields, encodeLeaf, leafHash, type Fields, type Leaf } from "./state.js";
import { emptyRoot, fold, Frontier, smallFold, smallPath, smallRoot, Tree, withdrawalLeaf } from "./trees.js";
import { decodeEntry, domainSeparator, encodeEntry, GENESIS_QUEUE_HASH, nextQueueHash, recover, type Domain } from "./words.js";
import { genesis, State } from "./whole.js";

// As JSON.parse gives it: the checks find out what is missing.
export type Json = any;
export type Check = (one: Json) => void | Promise<void>;

export const domainOf = (json: Json): Domain => ({ chainId: BigInt(json.chainId), rollup: json.rollup });

export async function checkSignature(one: Json): Promise<void> {
  same("signer", (await recover(one.digest, one.signature)) ?? "none", one.signer);
}

// ---- chunks.json

const inDecimals = (object: object): Json =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, typeof value === "bigint" ? `${value}` : value]));

// Nonces and amounts in decimals; of a redeem without take no count; recipients by index or by address.
function operationJson(op: PostedOperation): Json {
  if (op.kind === "fund") return inDecimals(op);
  if (op.kind === "redeem") {
    const { count, ...rest } = op;
    return inDecimals(op.take ? op : rest);
  }
  return { ...inDecimals(op), payments: op.payments.map(inDecimals) };
}

function chunkJson({ l1, operations, feeLeaves, weight }: Chunk): Json {
  return { l1, operations: operations.map(operationJson), feeLeaves, weight };
}

// The chunk, if it is one.
export function checkOps(one: Json): Json {
  let refusal = "None";
  let chunk: Json;
  try {
    chunk = chunkJson(decodeChunk(hexToBytes(one.ops)));
  } catch (why) {
    if (!(why instanceof Refusal)) throw why;
    refusal = why.rule;
  }
  same("refusal", refusal, one.refusal);
  return chunk;
}

export function checkChunk(one: Json): void {
  same("chunk", checkOps(one), one.chunk);
}

// ---- applies.json

class TraceView extends RunningView {
  private next = 0;
  private written: Leaf | undefined;
  constructor(
    private readonly accesses: Json[],
    before: Fields,
    frontier: Frontier,
  ) {
    super(before, frontier);
  }
  // That the access before was written as the trace says.
  private closeLast(): void {
    if (this.next > 0)
      same(`access ${this.next}, written`, this.written && encodeLeaf(this.written), this.accesses[this.next - 1].after);
    this.written = undefined;
  }
  private take(kind: string, index?: number): Json {
    this.closeLast();
    const access = this.accesses[this.next++];
    if (access === undefined) throw new Error(`a ${kind} that the trace doesn't have`);
    same(`access ${this.next}, kind`, kind, access.kind);
    if (index !== undefined) same(`access ${this.next}, index`, index, access.index);
    return access;
  }
  end(): void {
    this.closeLast();
    same("accesses", this.next, this.accesses.length);
  }
  protected nextRead(index: number): { leaf: Leaf; path: Hex[] } {
    const access = this.take("read", index);
    return { leaf: decodeLeaf(access.leaf), path: access.path };
  }
  protected nextFind(count: number): { index: number; leaf: Leaf; path: Hex[] } {
    const access = this.take("find");
    if (access.index >= count) throw new Error("a find beyond the count");
    return { index: access.index, leaf: decodeLeaf(access.leaf), path: access.path };
  }
  protected nextAppend(count: number): { path: Hex[] } {
    return { path: this.take("append", count).path };
  }
  protected fail(error: string): never {
    throw new Error(`access ${this.next}: ${error}`);
  }
  write(leaf: Leaf): void {
    this.written = leaf;
    super.write(leaf);
  }
}

export async function checkApply(one: Json): Promise<void> {
  const before = decodeFields(one.before);
  const frontier = new Frontier(before.withdrawalCount, one.frontier);
  same("withdrawalsRoot of the frontier", frontier.root(), before.withdrawalsRoot);
  const view = new TraceView(one.accesses, before, frontier);
  const l1 = (_: bigint, count: number) => one.l1Operations.slice(0, count).map((entry: Hex) => decodeEntry(hexToBytes(entry)));
  const env = { separator: domainSeparator(domainOf(one.domain)), limit: BigInt(one.limit), l1 };
  const lengthsHold = one.lengthsHold ?? true;
  const posted = lengthsHold ? { ops: hexToBytes(one.ops), sigs: hexToBytes(one.sigs) } : null;
  const { refusal, after } = await apply(env, view, before, posted);
  same("refusal", refusal, one.refusal);
  same("after", encodeFields(after), one.after);
  view.end();
  let weight = Infinity;
  try {
    weight = decodeChunk(hexToBytes(one.ops)).weight;
  } catch {
    same("accesses of what is no chunk", one.accesses.length, 0);
  }
  same("accesses within the weight", one.accesses.length <= weight, true);
}

// ---- trees.json

export function checkAccounts(one: Json): void {
  const leaves: [number, Leaf][] = one.leaves.map(({ index, leaf }: Json) => [index, decodeLeaf(leaf)]);
  // They come in the order of their keys.
  const none: Hex = `0x${"00".repeat(40)}`;
  leaves.forEach(([index, leaf], i) => {
    same(`next key of leaf ${index}`, leaf.next, leaves[i + 1]?.[1].key ?? none);
    if (i > 0) same(`leaf ${index} above the one before`, BigInt(leaf.key) > BigInt(leaves[i - 1][1].key), true);
  });
  const hashes = new Map(leaves.map(([index, leaf]) => [index, leafHash(leaf)]));
  const tree = new Tree(hashes);
  same("root", tree.root(), one.root);
  for (const { index, path } of one.paths) {
    same(`path of ${index}`, tree.path(index, one.count), path);
    same(`fold of ${index}`, fold(hashes.get(index) ?? ZERO_HASH, index, one.count, path), one.root);
  }
}

const withdrawalOf = (json: Json) => ({ recipient: json.recipient, token: json.token, amount: BigInt(json.amount) });

export function checkWithdrawals(one: Json): void {
  const leaves: Hex[] = one.withdrawals.map(withdrawalOf).map((w: Json) => withdrawalLeaf(w.recipient, w.token, w.amount));
  const tree = new Tree(new Map(leaves.entries()));
  if (leaves.length === 0) same("root of nothing", emptyRoot, one.root);
  same("root", tree.root(), one.root);
  same("frontier", tree.frontier(leaves.length), one.frontier);
  const appended = new Frontier(0, []);
  for (const leaf of leaves) appended.append(leaf);
  same("frontier by appending", appended.hashes(), one.frontier);
  same("root by appending", appended.root(), one.root);
  same("number of paths", one.paths.length, leaves.length);
  for (const { index, path } of one.paths) same(`path of ${index}`, tree.path(index, leaves.length), path);
}

export function checkFrontier(one: Json): void {
  const frontier = new Frontier(one.count, one.frontier);
  same("root", frontier.root(), one.root);
  for (const step of one.appended) {
    frontier.append(step.leaf);
    same("root after appending", frontier.root(), step.root);
    same("frontier after appending", frontier.hashes(), step.frontier);
  }
}

export function checkSmallTree(one: Json): void {
  same("root", smallRoot(one.leaves), one.root);
  for (const { index, path } of one.paths) {
    same(`path of ${index}`, smallPath(one.leaves, index), path);
    same(`fold of ${index}`, smallFold(one.leaves[index], index, path), one.root);
  }
}

export function checkWithdrawalProof(one: Json): void {
  same("holds", withdrawalHolds(decodeFields(one.fields), one.position, withdrawalOf(one.withdrawal), one.path), one.holds);
}

export function checkExitProof(one: Json): void {
  same("holds", exitHolds(decodeFields(one.fields), one.index, decodeLeaf(one.leaf), one.path), one.holds);
}

export function checkQueue(one: Json): void {
  const hashes: Hex[] = [GENESIS_QUEUE_HASH];
  for (const entry of one.entries) {
    const bytes = encodeEntry({ ...entry, amount: BigInt(entry.amount), time: BigInt(entry.time), count: BigInt(entry.count) });
    same("entry", bytes, bytesOf(entry.entry));
    hashes.push(nextQueueHash(hashes[hashes.length - 1], bytes));
  }
  same("hashes", hashes, one.hashes);
}

// What the page's worked example says of genesis.
export function checkGenesis(): void {
  const header = genesis(new State());
  const root = "0xa2258d47489d55d3bcecd5aa0f1f9ab6f3f7d2d0ca1cbaad0ea547ee9cfe88e3";
  same("genesis accountsRoot", header.last.accountsRoot, root);
  same("genesis withdrawalsRoot", header.last.withdrawalsRoot, emptyRoot);
  same("genesis commitment", commitment(header.last), "0xedc34e8c148c911284630a75cfacc753464bd58889f62574e36b7f228328b4bd");
  same("genesis batch hash", H(encodeHeader(header)), "0x1589835aac520e8e9153b1f603e0f6c9d1f68296f80f2bc74285a699f107553f");
}
