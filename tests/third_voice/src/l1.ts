// Transactions on a node, with and without blobs (EIP-4844, EIP-7594), and what calls revert with.
import { bytesToHex, createPublicClient, fromRlp, http, keccak256, toRlp, type Hex, type PublicClient } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Blob } from "./blob.js";
import { cellProofsOf } from "./kzg.js";

export const GAS = 1n << 24n; // EIP-7825
const GWEI = 10n ** 9n;

export interface Call {
  to?: Hex;
  data: Hex;
  value?: bigint;
}

export class L1 {
  readonly account = privateKeyToAccount(keccak256("0x01"));
  private nonce = 0;

  private constructor(
    readonly node: PublicClient,
    readonly chainId: number,
  ) {}

  static async at(url: string): Promise<L1> {
    const transport = http(url, { timeout: 300_000, retryCount: 0 });
    const node = createPublicClient({ transport, pollingInterval: 50 }) as PublicClient;
    const made = new L1(node, await node.getChainId());
    await made.rpc("anvil_setBalance", [made.account.address, `0x${(10n ** 24n).toString(16)}`]);
    return made;
  }

  // Errors without the request, which may hold blobs.
  async rpc(method: string, params: unknown[]): Promise<unknown> {
    try {
      return await this.node.request({ method, params } as never);
    } catch (error) {
      const data = revertedWith(error);
      if (data !== undefined) throw new Reverted(data);
      throw new Error(`${method}: ${/Details: .*/.exec(`${error}`)?.[0] ?? `${error}`.slice(0, 300)}`);
    }
  }

  private fees() {
    return { chainId: this.chainId, gas: GAS, maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI };
  }

  private async receiptOf(raw: Hex) {
    const hash = (await this.rpc("eth_sendRawTransaction", [raw])) as Hex;
    this.nonce++;
    return this.node.waitForTransactionReceipt({ hash });
  }

  async send(call: Call) {
    return this.receiptOf(await this.account.signTransaction({ ...call, ...this.fees(), type: "eip1559", nonce: this.nonce }));
  }

  async deploy(creation: Hex): Promise<Hex> {
    const receipt = await this.send({ data: creation });
    if (receipt.status !== "success") throw new Error("the contract isn't deployed");
    return receipt.contractAddress as Hex;
  }

  // A type-3 transaction, its blobs with their proofs of cells beside it.
  async sendBlobs(call: Call, blobs: Blob[]) {
    const plain = await this.account.signTransaction({
      ...(call as { to: Hex; data: Hex }),
      ...this.fees(),
      maxFeePerBlobGas: 1000n * GWEI,
      nonce: this.nonce,
      type: "eip4844",
      blobVersionedHashes: blobs.map((blob) => blob.versionedHash),
      sidecars: undefined as never,
    });
    const fields = fromRlp(`0x${plain.slice(4)}`, "hex");
    const proofs = blobs.flatMap(cellProofsOf);
    const sidecar = [blobs.map((blob) => bytesToHex(blob.bytes)), blobs.map((blob) => blob.commitment), proofs];
    const receipt = await this.receiptOf(`0x03${toRlp([fields, "0x01", ...sidecar]).slice(2)}`);
    if (receipt.type !== "eip4844") throw new Error("no transaction with blobs");
    return receipt;
  }

  // Undoes what happens after it was called.
  async snapshot(): Promise<() => Promise<void>> {
    const [id, nonce] = [await this.rpc("evm_snapshot", []), this.nonce];
    return async () => {
      await this.rpc("evm_revert", [id]);
      this.nonce = nonce;
    };
  }

  async passTime(seconds: bigint): Promise<void> {
    await this.rpc("evm_increaseTime", [`0x${seconds.toString(16)}`]);
    await this.rpc("evm_mine", []);
  }

  // What a call reverts with; undefined if it succeeds. With hashes it is a type-3 transaction's.
  async reverted(call: Call, gas: bigint = GAS, blobVersionedHashes?: Hex[]): Promise<string | undefined> {
    const ofBlobs = blobVersionedHashes && { blobVersionedHashes, maxFeePerBlobGas: `0x${(1000n * GWEI).toString(16)}` };
    const fields = { from: this.account.address, to: call.to, data: call.data, gas: `0x${gas.toString(16)}`, ...ofBlobs };
    try {
      await this.rpc("eth_call", [fields, "latest"]);
      return undefined;
    } catch (error) {
      if (error instanceof Reverted) return error.data;
      throw error;
    }
  }
}

class Reverted extends Error {
  constructor(readonly data: string) {
    super(`reverted with ${data.slice(0, 300)}`);
  }
}

// What is behind viem's layers of errors: the bytes that the node says the call reverted with.
function revertedWith(error: unknown): string | undefined {
  for (let one = error as { data?: unknown; message?: string; cause?: unknown } | undefined; one; one = one.cause as typeof one) {
    if (typeof one.data === "string") return one.data;
    if (/OutOfGas|OOG|out of gas/i.test(one.message ?? "")) return "out of gas";
  }
  return undefined;
}

// Names of errors without arguments, by their selectors.
export function errorNames(names: string[]): Map<string, string> {
  return new Map(names.map((name) => [keccak256(new TextEncoder().encode(`${name}()`)).slice(0, 10), name]));
}
