// docs/protocol.md, "Fraud proofs" and "Withdrawal and exit proofs".
import { apply, RunningView } from "./apply.js";
import { decodeHeader, HEADER_SIZE } from "./batch.js";
import { H, OutOfBytes, Reader, type Hex } from "./bytes.js";
import { readData } from "./proof_data.js";
import { commitment, decodeFields, decodeLeaf, FIELDS_SIZE, LEAF_SIZE, leafHash, type Fields, type Leaf } from "./state.js";
import { bitsSet, carried, fold, Frontier, withdrawalLeaf } from "./trees.js";
import { decodeEntry, ENTRY_SIZE, nextQueueHash, RECLAIM, type Entry } from "./words.js";

export class ProofError extends Error {}
function fails(name: string): never {
  throw new ProofError(name);
}

// What the contract knows.
export interface Court {
  separator: Hex;
  batch: { number: bigint; hash: Hex }; // the one recorded
  queueHash(index: bigint): Hex | undefined;
}

export interface Verdict {
  error: string;
  refusal?: string;
  result?: Fields;
  accesses?: number;
}

class ProofView extends RunningView {
  accesses = 0;
  constructor(
    private readonly reader: Reader,
    before: Fields,
    frontier: Frontier,
  ) {
    super(before, frontier);
  }
  private leafAndPath(index: number, count: number): { leaf: Leaf; path: Hex[] } {
    ++this.accesses;
    return { leaf: decodeLeaf(this.reader.take(LEAF_SIZE)), path: this.reader.hashes(carried(index, count)) };
  }
  protected nextRead(index: number, count: number): { leaf: Leaf; path: Hex[] } {
    return this.leafAndPath(index, count);
  }
  protected nextFind(count: number): { index: number; leaf: Leaf; path: Hex[] } {
    const index = this.reader.number(4);
    if (index >= count) fails("HintRange");
    return { index, ...this.leafAndPath(index, count) };
  }
  protected nextAppend(count: number): { path: Hex[] } {
    ++this.accesses;
    return { path: this.reader.hashes(carried(count, count)) };
  }
  protected fail(error: string): never {
    fails(error);
  }
}

export async function checkProof(court: Court, proof: Uint8Array): Promise<Verdict> {
  const verdict: Verdict = { error: "None" };
  try {
    await judge(court, new Reader(proof), verdict);
  } catch (why) {
    if (why instanceof OutOfBytes) return { error: "Truncated" };
    if (why instanceof ProofError) verdict.error = why.message;
    else throw why;
  }
  return verdict;
}

async function judge(court: Court, reader: Reader, verdict: Verdict): Promise<void> {
  const headerBytes = reader.take(HEADER_SIZE);
  const header = decodeHeader(headerBytes);
  if (header.number !== court.batch.number || H(headerBytes) !== court.batch.hash) fails("UnknownBatch");
  const chunkIndex = reader.number(2);
  const data = readData(reader, header, chunkIndex);
  const before = decodeFields(reader.take(FIELDS_SIZE));
  const frontier = new Frontier(before.withdrawalCount, reader.hashes(bitsSet(before.withdrawalCount)));

  if (chunkIndex >= header.chunkCount) fails("ChunkIndex");
  const wrong = data.error(commitment(before));
  if (wrong) fails(wrong);
  if (frontier.root() !== before.withdrawalsRoot) fails("Frontier");

  const l1 = (first: bigint, count: number): Entry[] => {
    const raw = reader.take(ENTRY_SIZE * count);
    let hash = court.queueHash(first);
    const entries: Entry[] = [];
    for (let i = 0; i < count; ++i) {
      const bytes = raw.subarray(ENTRY_SIZE * i, ENTRY_SIZE * (i + 1));
      entries.push(decodeEntry(bytes));
      if (hash === undefined || entries[i].kind > RECLAIM) fails("L1Operations");
      hash = nextQueueHash(hash, bytes);
    }
    if (hash !== court.queueHash(first + BigInt(count))) fails("L1Operations");
    return entries;
  };
  const view = new ProofView(reader, before, frontier);
  const env = { separator: court.separator, limit: header.last.l1OpsConsumed, l1 };
  const applied = await apply(env, view, before, data.posted);
  if (reader.left() !== 0) fails("TrailingBytes");
  verdict.refusal = applied.refusal;
  verdict.result = applied.after;
  verdict.accesses = view.accesses;
  if (commitment(applied.after) === data.claim) fails("ClaimIsTrue");
}

function leadsTo(root: Hex, leaf: Hex, index: number, count: number, path: Hex[]): boolean {
  return index < count && path.length === carried(index, count) && fold(leaf, index, count, path) === root;
}

export interface Withdrawal {
  recipient: Hex;
  token: Hex;
  amount: bigint;
}

export function withdrawalHolds(last: Fields, position: number, { recipient, token, amount }: Withdrawal, path: Hex[]): boolean {
  return leadsTo(last.withdrawalsRoot, withdrawalLeaf(recipient, token, amount), position, last.withdrawalCount, path);
}

export function exitHolds(last: Fields, index: number, leaf: Leaf, path: Hex[]): boolean {
  return index > 0 && leadsTo(last.accountsRoot, leafHash(leaf), index, last.accountCount, path);
}
