// The contract OpeningHarness on a node, and transactions with blobs (EIP-4844, EIP-7594).
import {
  bytesToHex,
  createPublicClient,
  decodeEventLog,
  encodeFunctionData,
  fromRlp,
  http,
  keccak256,
  parseAbi,
  toRlp,
  type Hex,
  type PublicClient,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Blob } from "./blob.js";
import { cat, uint, type Part } from "./bytes.js";

export const ABI = parseAbi([
  "function post()",
  "function open(uint256 batch, uint256 chunkIndex, bytes hashes, bytes opening)",
  "function evaluate(bytes32 hash, uint256 z, bytes commitment, bytes value) view",
  "event Opened(bytes32 slot, bytes32 afterBefore, uint256 gasUsed)",
  "error Element()",
  "error Opening()",
  "error TruncatedOpening()",
  "error TrailingOpening()",
  "error UnknownBatch()",
]);
const ERRORS = new Map(
  ["Element", "Opening", "TruncatedOpening", "TrailingOpening", "UnknownBatch"].map((name) => [selector(name), name]),
);
const GAS = 1n << 24n; // EIP-7825
const GWEI = 10n ** 9n;

function selector(name: string): string {
  return keccak256(new TextEncoder().encode(`${name}()`)).slice(0, 10);
}

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
  private readonly account = privateKeyToAccount(keccak256("0x01"));
  private nonce = 0;
  private batches = 0;
  private address: Hex = "0x";
  private chainId = 0;

  private constructor(readonly node: PublicClient) {}

  static async deploy(url: string, creation: Hex): Promise<Harness> {
    const made = new Harness(
      createPublicClient({ transport: http(url, { timeout: 120_000, retryCount: 0 }), pollingInterval: 50 }) as PublicClient,
    );
    await made.rpc("anvil_setBalance", [made.account.address, `0x${(10n ** 24n).toString(16)}`]);
    made.chainId = await made.node.getChainId();
    const receipt = await made.send({ data: creation });
    if (receipt.status !== "success") throw new Error("the harness isn't deployed");
    made.address = receipt.contractAddress as Hex;
    return made;
  }

  rpc(method: string, params: unknown[]): Promise<unknown> {
    return this.node.request({ method, params } as never);
  }

  private fees() {
    return { chainId: this.chainId, gas: GAS, maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI };
  }

  private async receiptOf(raw: Hex) {
    const hash = (await this.rpc("eth_sendRawTransaction", [raw])) as Hex;
    this.nonce++;
    return this.node.waitForTransactionReceipt({ hash });
  }

  private async send(call: { to?: Hex; data: Hex }) {
    return this.receiptOf(await this.account.signTransaction({ ...call, ...this.fees(), type: "eip1559", nonce: this.nonce }));
  }

  // The blobs in a transaction of their own. `proofs` are each blob's 128 cell proofs.
  async post(blobs: Blob[], proofs: Hex[][]): Promise<Batch> {
    const blobVersionedHashes = blobs.map((blob) => blob.versionedHash);
    const data = encodeFunctionData({ abi: ABI, functionName: "post" });
    const call = { to: this.address, data, ...this.fees(), maxFeePerBlobGas: 1000n * GWEI, nonce: this.nonce };
    const plain = await this.account.signTransaction({
      ...call,
      type: "eip4844",
      blobVersionedHashes,
      sidecars: undefined as never,
    });
    const fields = fromRlp(`0x${plain.slice(4)}`, "hex");
    const sidecar = [blobs.map((blob) => bytesToHex(blob.bytes)), blobs.map((blob) => blob.commitment), proofs.flat()];
    const receipt = await this.receiptOf(`0x03${toRlp([fields, "0x01", ...sidecar]).slice(2)}`);
    if (receipt.status !== "success" || receipt.type !== "eip4844") throw new Error("the blobs aren't posted");
    return { number: this.batches++, block: receipt.blockNumber, hashes: bytesToHex(cat(...blobVersionedHashes)) };
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
    const fields = { from: this.account.address, to: this.address, data, gas: `0x${gas.toString(16)}` };
    try {
      await this.rpc("eth_call", [fields, "latest"]);
      return "";
    } catch (error) {
      const reverted = revertedWith(error);
      if (reverted === undefined) throw new Error(`${error}`.slice(0, 300));
      return ERRORS.get(reverted) ?? reverted;
    }
  }

  // Gas of a transaction that has to fail.
  async failing(data: Hex): Promise<bigint> {
    const receipt = await this.send({ to: this.address, data });
    if (receipt.status === "success") throw new Error("a transaction succeeds that has to fail");
    return receipt.gasUsed;
  }

  // A transaction that opens, with what it has shown; undefined if it fails.
  async open(data: Hex): Promise<Opened | undefined> {
    const receipt = await this.send({ to: this.address, data });
    if (receipt.status !== "success") return undefined;
    const log = receipt.logs[0]!;
    const { args } = decodeEventLog({ abi: ABI, eventName: "Opened", data: log.data, topics: log.topics });
    const { slot, afterBefore, gasUsed } = args;
    return { slot, afterBefore, gasOpening: gasUsed, gasTransaction: receipt.gasUsed, calldata: (data.length - 2) / 2 };
  }
}

// What is behind viem's layers of errors: the bytes that the node says the call reverted with.
function revertedWith(error: unknown): string | undefined {
  for (let one = error as { data?: unknown; message?: string; cause?: unknown } | undefined; one; one = one.cause as typeof one) {
    if (typeof one.data === "string") return one.data;
    if (/OutOfGas|out of gas/i.test(one.message ?? "")) return "out of gas";
  }
  return undefined;
}
