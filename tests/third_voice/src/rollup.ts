// The rollup contract on a node, its sequencer sitting: docs/contract.md.
import { bytesToHex, decodeEventLog, encodeAbiParameters, encodeFunctionData, parseAbi, type Hex } from "viem";
import { encodeHeader, type Header } from "./batch.js";
import type { Blob } from "./blob.js";
import { H, ZERO_HASH } from "./bytes.js";
import { same } from "./expect.js";
import { errorNames, GAS, L1 } from "./l1.js";
import { domainSeparator, encodeEntry, nextQueueHash, type Entry } from "./words.js";

const ABI = parseAbi([
  "function becomeSequencer() payable",
  "function depositEth(address to) payable",
  "function append(bytes batch)",
  "function appendBlobs(bytes batch)",
  "function prove(bytes proof)",
  "function queueHash(uint64 i) view returns (bytes32)",
  "function head() view returns (uint64 number, bytes32 hash)",
  "event L1OperationQueued(uint64 indexed index, uint8 kind, address caller, address to, address token, uint128 amount, uint64 time, uint64 count)",
  "event BatchAppended(uint64 indexed number, bytes32 indexed batchHash, uint64 indexed term)",
  "event BatchStruck(uint64 indexed number, bytes32 indexed batchHash, uint64 indexed term, address prover)",
]);
const ERRORS = errorNames(
  `CalldataNotExact NotSequencer NotPlainAccount BatchNumber NotOnHead L1OpsDecrease L1OpsBeyondQueue QueueHash Truncated ChunkCount
  OpsTooLong SigsTooLong TrailingBytes BlobHashes UnknownBatch BatchFinal ChunkIndex OpsPath SigsPath DataRoot Element Opening
  BeforeState Frontier L1Operations HintRange LeafPath Lookup ClaimIsTrue`.split(/\s+/),
);
export const CHALLENGE_WINDOW = 24n * 3600n;
const [INCLUSION_WINDOW, FREEZE_AGE] = [CHALLENGE_WINDOW, 30n * CHALLENGE_WINDOW];
const STAKE = 10n ** 18n;
const NOBODY: Hex = `0x${"00".repeat(20)}`;

export interface Cost {
  gas: bigint;
  calldata: number;
}
type Name = "append" | "appendBlobs" | "prove";
export const calldataOf = (functionName: Name, bytes: Uint8Array): Hex =>
  encodeFunctionData({ abi: ABI, functionName, args: [bytesToHex(bytes)] });

export class Rollup {
  readonly entries: Entry[] = [];
  readonly separator: Hex;

  private constructor(
    readonly l1: L1,
    readonly address: Hex,
  ) {
    this.separator = domainSeparator({ chainId: BigInt(l1.chainId), rollup: address });
  }

  static async deploy(url: string, creation: Hex): Promise<Rollup> {
    const types = ["uint64", "uint64", "uint64", "uint256", "address"].map((type) => ({ type }));
    const words = encodeAbiParameters(types, [CHALLENGE_WINDOW, INCLUSION_WINDOW, FREEZE_AGE, STAKE, NOBODY]);
    const l1 = await L1.at(url);
    return new Rollup(l1, (await l1.deploy(`${creation}${words.slice(2)}`)).toLowerCase() as Hex);
  }

  private async succeeds(what: string, data: Hex, value = 0n) {
    const receipt = await this.l1.send({ to: this.address, data, value });
    if (receipt.status !== "success") throw new Error(`${what} fails`);
    return receipt;
  }

  async sit(): Promise<void> {
    await this.succeeds("becomeSequencer", encodeFunctionData({ abi: ABI, functionName: "becomeSequencer" }), STAKE);
  }

  async deposit(to: Hex, amount: bigint): Promise<void> {
    const data = encodeFunctionData({ abi: ABI, functionName: "depositEth", args: [to] });
    const log = (await this.succeeds("a deposit", data, amount)).logs[0]!;
    const { args } = decodeEventLog({ abi: ABI, eventName: "L1OperationQueued", data: log.data, topics: log.topics });
    const lower = (address: string) => address.toLowerCase() as Hex;
    this.entries.push({ ...args, caller: lower(args.caller), to: lower(args.to), token: lower(args.token) });
    const count = BigInt(this.entries.length);
    const asked = { address: this.address, abi: ABI, functionName: "queueHash", args: [count] } as const;
    same("the queue's hash", await this.l1.node.readContract(asked), this.queueHash(count));
  }

  queueHash = (index: bigint): Hex | undefined => {
    if (index > this.entries.length) return undefined;
    return this.entries.slice(0, Number(index)).reduce((hash, entry) => nextQueueHash(hash, encodeEntry(entry)), ZERO_HASH);
  };

  async head(): Promise<[number: bigint, hash: Hex]> {
    const [number, hash] = await this.l1.node.readContract({ address: this.address, abi: ABI, functionName: "head" });
    return [number, hash];
  }

  // Appends a batch, of which the contract has to tell this header's hash. Gas. With blobs it is a type-3 transaction.
  async append(name: "append" | "appendBlobs", bytes: Uint8Array, header: Header, blobs: Blob[]): Promise<bigint> {
    const call = { to: this.address, data: calldataOf(name, bytes) };
    const receipt = await (blobs.length > 0 ? this.l1.sendBlobs(call, blobs) : this.l1.send(call));
    if (receipt.status !== "success") throw new Error(`${name} fails: ${await this.appendRefusal(call.data, blobs)}`);
    const log = receipt.logs[0]!;
    const { args } = decodeEventLog({ abi: ABI, eventName: "BatchAppended", data: log.data, topics: log.topics });
    same("number and hash of the batch", [args.number, args.batchHash], [header.number, H(encodeHeader(header))]);
    return receipt.gasUsed;
  }

  private nameOf(reverted: string | undefined): string {
    return reverted === undefined ? "None" : (ERRORS.get(reverted) ?? reverted);
  }

  // The error's name, or "None".
  async appendRefusal(data: Hex, blobs: Blob[]): Promise<string> {
    const hashes = blobs.length > 0 ? blobs.map(({ versionedHash }) => versionedHash) : undefined;
    return this.nameOf(await this.l1.reverted({ to: this.address, data }, GAS, hashes));
  }

  // The transaction itself has to fail.
  async appendFails(data: Hex, blobs: Blob[]): Promise<void> {
    const call = { to: this.address, data };
    const receipt = await (blobs.length > 0 ? this.l1.sendBlobs(call, blobs) : this.l1.send(call));
    same("status", receipt.status, "reverted");
  }

  async proofError(proof: Uint8Array, gas = GAS): Promise<string> {
    return this.nameOf(await this.l1.reverted({ to: this.address, data: calldataOf("prove", proof) }, gas));
  }

  // A proof that strikes the batch: gas and bytes of the transaction.
  async strike(proof: Uint8Array, header: Header): Promise<Cost> {
    const data = calldataOf("prove", proof);
    const receipt = await this.succeeds("a proof", data);
    const log = receipt.logs[0]!;
    const { args } = decodeEventLog({ abi: ABI, eventName: "BatchStruck", data: log.data, topics: log.topics });
    same("number and hash of the struck batch", [args.number, args.batchHash], [header.number, H(encodeHeader(header))]);
    same("the head's number", (await this.head())[0], header.number - 1n);
    return { gas: receipt.gasUsed, calldata: (data.length - 2) / 2 };
  }
}
