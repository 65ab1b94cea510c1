// docs/protocol.md, "Batches".
import { bytesToHex } from "viem";
import { cat, H, OutOfBytes, Reader, uint, type Hex } from "./bytes.js";
import { commitment, decodeFields, encodeFields, FIELDS_SIZE, type Fields } from "./state.js";
import { smallRoot } from "./trees.js";

export const HEADER_SIZE = 194;

export interface Header {
  number: bigint;
  parentHash: Hex;
  chunkCount: number;
  chunksRoot: Hex;
  sigsRoot: Hex;
  last: Fields;
}

export function decodeHeader(bytes: Uint8Array): Header {
  const reader = new Reader(bytes);
  const [number, parentHash, chunkCount] = [reader.big(8), reader.hash(), reader.number(2)];
  const [chunksRoot, sigsRoot] = [reader.hash(), reader.hash()];
  return { number, parentHash, chunkCount, chunksRoot, sigsRoot, last: decodeFields(reader.take(FIELDS_SIZE)) };
}

export function encodeHeader(header: Header): Hex {
  return bytesToHex(
    cat(
      uint(header.number, 8),
      header.parentHash,
      uint(header.chunkCount, 2),
      header.chunksRoot,
      header.sigsRoot,
      encodeFields(header.last),
    ),
  );
}

export const chunkLeaf = (ops: Uint8Array, before: Hex, after: Hex): Hex => H(H(ops), before, after);
export const sigsLeaf = (sigs: Uint8Array): Hex => H(H(sigs));

export interface Batch {
  header: Header;
  l1QueueHash: Hex;
  chunks: { ops: Uint8Array; sigs: Uint8Array }[];
  claims: { before: Hex; after: Hex }[];
  chunkLeaves: Hex[];
  sigsLeaves: Hex[];
}

// The batch, or the name of the error.
export function decodeBatch(bytes: Uint8Array): Batch | string {
  try {
    return readBatch(new Reader(bytes));
  } catch (why) {
    if (why instanceof OutOfBytes) return "Truncated";
    throw why;
  }
}

function readBatch(reader: Reader): Batch | string {
  const number = reader.big(8);
  const parentBytes = reader.take(HEADER_SIZE);
  const l1QueueHash = reader.hash();
  const chunkCount = reader.number(2);
  const last = decodeFields(reader.take(FIELDS_SIZE));
  if (chunkCount < 1 || chunkCount > 256) return "ChunkCount";
  const chunks: Batch["chunks"] = [];
  for (let i = 0; i < chunkCount; ++i) {
    const [opsLength, sigsLength] = [reader.number(2), reader.number(2)];
    if (opsLength > 4096) return "OpsTooLong";
    if (sigsLength > 3072) return "SigsTooLong";
    chunks.push({ ops: reader.take(opsLength), sigs: reader.take(sigsLength) });
  }
  const posted = reader.hashes(chunkCount - 1);
  if (reader.left() !== 0) return "TrailingBytes";

  const commitments = [commitment(decodeHeader(parentBytes).last), ...posted, commitment(last)];
  const claims = chunks.map((_, i) => ({ before: commitments[i], after: commitments[i + 1] }));
  const chunkLeaves = chunks.map(({ ops }, i) => chunkLeaf(ops, claims[i].before, claims[i].after));
  const sigsLeaves = chunks.map(({ sigs }) => sigsLeaf(sigs));
  const [chunksRoot, sigsRoot] = [smallRoot(chunkLeaves), smallRoot(sigsLeaves)];
  const header = { number, parentHash: H(parentBytes), chunkCount, chunksRoot, sigsRoot, last };
  return { header, l1QueueHash, chunks, claims, chunkLeaves, sigsLeaves };
}
