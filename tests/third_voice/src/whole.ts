// The whole state, kept plainly, and what stands on the L1 replayed into it: the contract's events, its batches' calldata and blobs.
import { createPublicClient, decodeFunctionData, hexToBytes, http, type Abi } from "viem";
import { apply, type View } from "./apply.js";
import { decodeBatch, encodeHeader, IN_CALLDATA, type Batch, type Header } from "./batch.js";
import { batchIn, decodeBlobPost } from "./blob_batch.js";
import { blobsFrom } from "./blob_source.js";
import { H, ZERO_HASH, type Hex } from "./bytes.js";
import { commitment, isLowLeaf, leafHash, type Leaf } from "./state.js";
import { Tree } from "./trees.js";
import { domainSeparator, encodeEntry, nextQueueHash, type Entry } from "./words.js";

const NO_KEY: Hex = `0x${"00".repeat(40)}`;

export class State implements View {
  leaves: Leaf[] = [{ key: NO_KEY, nonce: 0n, balance: 0n, next: NO_KEY }];
  withdrawals: Hex[] = [];
  private at = 0; // of the leaf just given

  accountCount = (): number => this.leaves.length;
  withdrawalCount = (): number => this.withdrawals.length;
  read(index: number): Leaf {
    this.at = index;
    return this.leaves[index];
  }
  find(key: Hex): Leaf {
    return this.read(this.placeFor(key));
  }
  protected placeFor(key: Hex): number {
    return this.leaves.findIndex((leaf) => leaf.key === key || isLowLeaf(leaf, key));
  }
  write(leaf: Leaf): void {
    this.leaves[this.at] = leaf;
  }
  append(leaf: Leaf): void {
    this.leaves.push(leaf);
  }
  appendWithdrawal(hash: Hex): void {
    this.withdrawals.push(hash);
  }
  save(): unknown {
    return { leaves: [...this.leaves], withdrawals: [...this.withdrawals] };
  }
  restore(saved: unknown): void {
    Object.assign(this, saved);
  }
  accountTree = (): Tree => new Tree(new Map(this.leaves.map(leafHash).entries()));
  withdrawalTree = (): Tree => new Tree(new Map(this.withdrawals.entries()));
  roots(): { accountsRoot: Hex; withdrawalsRoot: Hex } {
    return { accountsRoot: this.accountTree().root(), withdrawalsRoot: this.withdrawalTree().root() };
  }
}

// The contract, asked by its ABI alone.
export class Contract {
  private readonly client;
  constructor(
    private readonly l1Url: string,
    private readonly rollup: Hex,
    private readonly abi: Abi,
  ) {
    this.client = createPublicClient({ transport: http(l1Url) });
  }
  async view<Answer>(functionName: string, ...args: unknown[]): Promise<Answer> {
    return (await this.client.readContract({ address: this.rollup, abi: this.abi, functionName, args })) as Answer;
  }
  private async events<Args>(eventName: string): Promise<{ args: Args; transactionHash: Hex }[]> {
    const logs = await this.client.getContractEvents({ address: this.rollup, abi: this.abi, eventName, fromBlock: 0n });
    return logs as unknown as { args: Args; transactionHash: Hex }[];
  }
  async separator(): Promise<Hex> {
    return domainSeparator({ chainId: BigInt(await this.client.getChainId()), rollup: this.rollup });
  }

  // Batches 1 to `last`, as they were posted.
  async batches(last: bigint): Promise<Batch[]> {
    const appended = (await this.events<{ batchHash: Hex }>("BatchAppended")).reverse();
    const out: Batch[] = [];
    for (let number = 1n; number <= last; ++number) {
      const [hash] = await this.view<[Hex]>("batch", number);
      const event = appended.find(({ args }) => args.batchHash === hash); // one that was struck has another hash
      if (event === undefined) throw new Error(`batch ${number} isn't among the events`);
      const batch = await this.posted(event.transactionHash);
      const isRight = typeof batch !== "string" && H(encodeHeader(batch.header)) === hash;
      if (!isRight) throw new Error(`batch ${number} has another hash`);
      out.push(batch);
    }
    return out;
  }

  private async posted(transaction: Hex): Promise<Batch | string> {
    const { input, blockNumber, blobVersionedHashes } = await this.client.getTransaction({ hash: transaction });
    const { functionName, args } = decodeFunctionData({ abi: this.abi, data: input });
    const bytes = hexToBytes(args![0] as Hex);
    if (functionName !== "appendBlobs") return decodeBatch(bytes);
    const hashes = [...(blobVersionedHashes ?? [])];
    const post = decodeBlobPost(bytes, hashes);
    return typeof post === "string" ? post : batchIn(post, await blobsFrom(this.l1Url, blockNumber, hashes));
  }

  async queue(): Promise<Entry[]> {
    const entries = (await this.events<Entry>("L1OperationQueued")).map(({ args }) => lowerCase(args));
    const hash = entries.reduce((before, entry) => nextQueueHash(before, encodeEntry(entry)), ZERO_HASH);
    if (hash !== (await this.view<Hex>("queueHash", BigInt(entries.length)))) throw new Error("the queue has another hash");
    return entries;
  }
}

const lowerCase = (entry: Entry): Entry => {
  const lower = (address: Hex) => address.toLowerCase() as Hex;
  return { ...entry, caller: lower(entry.caller), to: lower(entry.to), token: lower(entry.token) };
};

export function genesis(state: State): Header {
  const counts = { accountCount: 1, withdrawalCount: 0, l1OpsConsumed: 0n, opCount: 0n };
  const [parentHash, dataRoot, sigsRoot] = [ZERO_HASH, ZERO_HASH, ZERO_HASH];
  return {
    number: 0n,
    parentHash,
    chunkCount: 0,
    source: IN_CALLDATA,
    dataRoot,
    sigsRoot,
    last: { ...state.roots(), ...counts },
  };
}

// The state after the newest final batch, and its header.
export async function rebuild(contract: Contract): Promise<{ header: Header; state: State }> {
  let [last] = await contract.view<[bigint]>("head");
  while (!(await contract.view<boolean>("isFinal", last))) --last;
  const [entries, separator] = [await contract.queue(), await contract.separator()];
  const l1 = (first: bigint, count: number) => entries.slice(Number(first), Number(first) + count);
  const state = new State();
  let header = genesis(state);
  for (const batch of await contract.batches(last)) {
    let fields = header.last;
    const env = { separator, limit: batch.header.last.l1OpsConsumed, l1 };
    for (const [i, posted] of batch.chunks.entries()) {
      fields = (await apply(env, state, fields, posted)).after;
      if (commitment(fields) !== batch.claims[i].after) throw new Error(`batch ${batch.header.number} is false at chunk ${i}`);
    }
    header = batch.header;
  }
  return { header, state };
}
