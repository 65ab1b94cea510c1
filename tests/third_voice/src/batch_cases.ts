// How cases about batches are checked, of both kinds, and proofs against them.
import { bytesToHex, hexToBytes } from "viem";
import { decodeBatch, encodeHeader, IN_BLOBS, type Header } from "./batch.js";
import { versionedHashOf } from "./blob.js";
import { batchIn, decodeBlobPost } from "./blob_batch.js";
import { H, type Hex } from "./bytes.js";
import { domainOf, type Json } from "./cases.js";
import { same } from "./expect.js";
import { commit } from "./kzg.js";
import { checkProof, type Verdict } from "./proof.js";
import { encodeFields } from "./state.js";
import { domainSeparator } from "./words.js";

function checkHeader(header: Header, one: Json): void {
  same("header", encodeHeader(header), one.header);
  same("hash", H(encodeHeader(header)), one.hash);
  same("parentHash", header.parentHash, one.parentHash);
}

// ---- batches.json

export function checkBatch(one: Json): void {
  const batch = decodeBatch(hexToBytes(one.bytes));
  if (typeof batch === "string") return same("error", batch, one.error);
  same("error", "None", one.error);
  checkHeader(batch.header, one);
  for (const name of ["l1QueueHash", "claims", "chunkLeaves", "sigsLeaves"] as const) same(name, batch[name], one[name]);
}

// ---- blob_batches.json

export function checkBlobBatch(one: Json): void {
  const post = decodeBlobPost(hexToBytes(one.bytes), one.blobHashes);
  if (typeof post === "string") {
    same("kind", "refused", one.kind);
    return same("error", post, one.error);
  }
  same("kind", "batch", one.kind);
  same("error", "None", one.error ?? "None");
  checkHeader(post.header, one);
  same("l1QueueHash", post.beginning.l1QueueHash, one.l1QueueHash);
  const blobs: Uint8Array[] = one.blobs.map((blob: Hex) => hexToBytes(blob));
  const hashes = blobs.map((blob) => versionedHashOf(commit(blob)));
  same("blobs' hashes", hashes, one.blobHashes);
  const { chunks, claims } = batchIn(post, blobs);
  same("claims", claims, one.claims);
  const inHex = chunks.map((posted) => posted && { ops: bytesToHex(posted.ops), sigs: bytesToHex(posted.sigs) });
  same("chunks", inHex, one.chunks);
}

// ---- proofs.json

function checkCourt(batch: Json): void {
  const header = hexToBytes(batch.header);
  same("source", header[42], batch.source);
  same("hash", H(header), batch.hash);
  if (batch.source === IN_BLOBS) same("dataRoot", H(...batch.blobHashes), bytesToHex(header.subarray(43, 75)));
}

async function verdictOn(one: Json): Promise<Verdict> {
  checkCourt(one.batch);
  const court = {
    separator: domainSeparator(domainOf(one.domain)),
    batch: { number: BigInt(one.batch.header.slice(0, 18)), hash: one.batch.hash },
    queueHash: (index: bigint): Hex | undefined => one.queueHashes[index.toString()],
  };
  const verdict = await checkProof(court, hexToBytes(one.proof));
  same("error", verdict.error, one.error);
  if (verdict.error !== "None" && verdict.error !== "ClaimIsTrue") return verdict;
  same("refusal", verdict.refusal, one.refusal);
  same("result", verdict.result && encodeFields(verdict.result), one.result);
  return verdict;
}

export async function checkFraudProof(one: Json): Promise<void> {
  const { error, accesses } = await verdictOn(one);
  if (error === "None" || error === "ClaimIsTrue") same("accesses", accesses, one.accesses);
}

// ---- channels.json

export async function checkChannelProof(one: Json): Promise<void> {
  await verdictOn(one);
}
