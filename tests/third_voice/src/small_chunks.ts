// Chunks of one operation at most, encoded: docs/protocol.md, "Chunk codec".
import { serializeCompactSignature, signatureToCompactSignature, parseSignature } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import type { Bytes } from "./batch.js";
import { bytesOf, ZERO_HASH, type Hex } from "./bytes.js";
import { digestOf } from "./words.js";

export interface SmallOperation {
  kind: "transfer" | "withdraw";
  sender: number;
  to: number | Hex; // a withdrawal's is an address
  amount: [m: bigint, e: number];
  fee: [m: bigint, e: number];
  feeLeaf?: number;
}

const bitLength = (value: bigint | number): number => (BigInt(value) === 0n ? 0 : BigInt(value).toString(2).length);

class BitWriter {
  private bits = "";
  u(value: bigint | number, width: number): this {
    if (width > 0) this.bits += BigInt(value).toString(2).padStart(width, "0");
    return this;
  }
  gamma(value: number, k = 0): this {
    const q = Math.floor(value / 2 ** k) + 1;
    return this.u(0, bitLength(q) - 1)
      .u(q, bitLength(q))
      .u(value % 2 ** k, k);
  }
  bytes(): Uint8Array {
    const padded = this.bits.padEnd(8 * Math.ceil(this.bits.length / 8), "0");
    return Uint8Array.from({ length: padded.length / 8 }, (_, i) => parseInt(padded.slice(8 * i, 8 * i + 8), 2));
  }
}

export function encodeSmall(l1: number, op?: SmallOperation): Uint8Array {
  const feeLeaves = op?.feeLeaf === undefined ? [] : [op.feeLeaf];
  const literals = [op?.sender ?? 0, typeof op?.to === "number" ? op.to : 0, ...feeLeaves];
  const w = Math.max(1, bitLength(Math.max(...literals)));
  const out = new BitWriter();
  out.gamma(l1).u(op ? 1 : 0, 6);
  out.u(feeLeaves.length, 6).u(w - 1, 5);
  out.u(op?.kind === "withdraw" ? 1 : 0, 1).u(0, 2);
  if (op) encodeOperation(out, op, w);
  for (const leaf of feeLeaves) out.u(leaf, w);
  return out.bytes();
}

function encodeOperation(
  out: BitWriter,
  { kind, sender, to, amount: [m, e], fee: [feeM, feeE] }: SmallOperation,
  w: number,
): void {
  if (kind === "withdraw") out.u(0b10, 2);
  const [wm, we] = [bitLength(feeM), bitLength(feeE)];
  out.u(0, 6).u(wm, 8).u(we, 3);
  out.u(feeE, we).u(feeM, wm);
  out.u(sender, w);
  if (typeof to === "string") out.u(BigInt(to), 160);
  else if (to === sender) out.u(1, 1).gamma(0);
  else out.u(0, 1).u(to, w);
  const length = bitLength(m);
  const grown = length + Math.floor((3402 * e) / 1024) - 64;
  out.gamma(e).gamma(grown >= 0 ? 2 * grown : -2 * grown - 1, 2);
  if (length > 0) out.u(m - (1n << BigInt(length - 1)), length - 1);
}

const whole = ([m, e]: [bigint, number]): bigint => m * 10n ** BigInt(e);

// The chunk with the operation that `signer` signs; `to` is the recipient's address.
export async function signedChunk(
  op: SmallOperation,
  words: { separator: Hex; token: Hex; to: Hex; nonce: bigint },
  signer: PrivateKeyAccount,
): Promise<Bytes> {
  const { separator, token, to, nonce } = words;
  const payments = [{ to, amount: whole(op.amount) }];
  const digest = digestOf(separator, { kind: op.kind, token, payments, fee: whole(op.fee), nonce, memo: ZERO_HASH });
  const signature = parseSignature(await signer.sign({ hash: digest }));
  return { ops: encodeSmall(0, op), sigs: bytesOf(serializeCompactSignature(signatureToCompactSignature(signature))) };
}
