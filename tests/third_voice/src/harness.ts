// The contract OpeningHarness on a node.
import { bytesToHex, decodeEventLog, encodeFunctionData, parseAbi, type Hex } from "viem";
import type { Blob } from "./blob.js";
import { cat, uint, type Part } from "./bytes.js";
import { errorNames, GAS, L1 } from "./l1.js";

const ABI = parseAbi([
  "function post()",
  "function open(uint256 batch, uint256 chunkIndex, bytes hashes, bytes opening)",
  "function evaluate(bytes32 hash, uint256 z, bytes commitment, bytes value) view",
  "event Opened(bytes32 slot, bytes32 afterBefore, uint256 gasUsed)",
]);
const ERRORS = errorNames(["Element", "Opening", "TruncatedOpening", "TrailingOpening", "UnknownBatch"]);

// What the type-3 transaction of a batch showed: its place among the batches, and what is proven from.
export interface Batch {
  number: number;
  block: bigint;
  hashes: Hex;
}

export interface Opened {
  slot: Hex;
  afterBefore: Hex;
  gasOpening: bigint;
  gasTransaction: bigint;
  calldata: number;
}

export class Harness {
  private batches = 0;

  private constructor(
    private readonly l1: L1,
    private readonly address: Hex,
  ) {}

  static async deploy(url: string, creation: Hex): Promise<Harness> {
    const l1 = await L1.at(url);
    return new Harness(l1, await l1.deploy(creation));
  }

  // The blobs in a transaction of their own.
  async post(blobs: Blob[]): Promise<Batch> {
    const data = encodeFunctionData({ abi: ABI, functionName: "post" });
    const receipt = await this.l1.sendBlobs({ to: this.address, data }, blobs);
    if (receipt.status !== "success") throw new Error("the blobs aren't posted");
    const hashes = bytesToHex(cat(...blobs.map((blob) => blob.versionedHash)));
    return { number: this.batches++, block: receipt.blockNumber, hashes };
  }

  calldata(batch: Batch, index: number, opening: Part, hashes: Hex = batch.hashes): Hex {
    const args = [BigInt(batch.number), BigInt(index), hashes, bytesToHex(cat(opening))] as const;
    return encodeFunctionData({ abi: ABI, functionName: "open", args });
  }

  evaluation(hash: Hex, z: bigint, commitment: Hex, value: bigint, proof: Hex): Hex {
    const args = [hash, z, commitment, bytesToHex(cat(uint(value, 32), proof))] as const;
    return encodeFunctionData({ abi: ABI, functionName: "evaluate", args });
  }

  // What a call comes to: "" if it succeeds, the error's name, or what it reverted with.
  async refusal(data: Hex, gas: bigint = GAS): Promise<string> {
    const reverted = await this.l1.reverted({ to: this.address, data }, gas);
    return reverted === undefined ? "" : (ERRORS.get(reverted) ?? reverted);
  }

  // Gas of a transaction that has to fail.
  async failing(data: Hex): Promise<bigint> {
    const receipt = await this.l1.send({ to: this.address, data });
    if (receipt.status === "success") throw new Error("a transaction succeeds that has to fail");
    return receipt.gasUsed;
  }

  // A transaction that opens, with what it has shown; undefined if it fails.
  async open(data: Hex): Promise<Opened | undefined> {
    const receipt = await this.l1.send({ to: this.address, data });
    if (receipt.status !== "success") return undefined;
    const log = receipt.logs[0]!;
    const { args } = decodeEventLog({ abi: ABI, eventName: "Opened", data: log.data, topics: log.topics });
    const { slot, afterBefore, gasUsed } = args;
    return { slot, afterBefore, gasOpening: gasUsed, gasTransaction: receipt.gasUsed, calldata: (data.length - 2) / 2 };
  }
}
