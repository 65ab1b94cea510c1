// docs/protocol.md, "Batches": headers, and batches in calldata. Those in blobs are in blob_batch.ts.
import { bytesToHex } from "viem";
import { cat, H, OutOfBytes, Reader, uint, type Hex } from "./bytes.js";
import { commitment, decodeFields, encodeFields, FIELDS_SIZE, type Fields } from "./state.js";
import { smallRoot } from "./trees.js";

export const HEADER_SIZE = 195;
// Where a batch's data are.
export const IN_CALLDATA = 0,
  IN_BLOBS = 1;

export interface Header {
  number: bigint;
  parentHash: Hex;
  chunkCount: number;
  source: number;
  dataRoot: Hex;
  sigsRoot: Hex; // of a batch in blobs: the commitment before its first chunk
  last: Fields;
}

export function decodeHeader(bytes: Uint8Array): Header {
  const reader = new Reader(bytes);
  const [number, parentHash] = [reader.big(8), reader.hash()];
  const [chunkCount, source] = [reader.number(2), reader.number(1)];
  const [dataRoot, sigsRoot] = [reader.hash(), reader.hash()];
  return { number, parentHash, chunkCount, source, dataRoot, sigsRoot, last: decodeFields(reader.take(FIELDS_SIZE)) };
}

export function encodeHeader(header: Header): Hex {
  return bytesToHex(
    cat(
      uint(header.number, 8),
      header.parentHash,
      uint(header.chunkCount, 2),
      uint(header.source, 1),
      header.dataRoot,
      header.sigsRoot,
      encodeFields(header.last),
    ),
  );
}

export const chunkLeaf = (ops: Uint8Array, before: Hex, after: Hex): Hex => H(H(ops), before, after);
export const sigsLeaf = (sigs: Uint8Array): Hex => H(H(sigs));

// A chunk as it is posted; null is one in a slot whose lengths don't fit.
export interface Bytes {
  ops: Uint8Array;
  sigs: Uint8Array;
}
export type Posted = Bytes | null;

export interface Claim {
  before: Hex;
  after: Hex;
}

export interface Batch {
  header: Header;
  l1QueueHash: Hex;
  chunks: Posted[];
  claims: Claim[];
}

export interface CalldataBatch extends Batch {
  chunks: Bytes[];
  chunkLeaves: Hex[];
  sigsLeaves: Hex[];
}

// What both kinds of batch begin with.
export interface Beginning {
  number: bigint;
  parentBytes: Uint8Array;
  l1QueueHash: Hex;
  chunkCount: number;
  last: Fields;
}

export function readBeginning(reader: Reader): Beginning {
  const number = reader.big(8);
  const parentBytes = reader.take(HEADER_SIZE);
  const [l1QueueHash, chunkCount] = [reader.hash(), reader.number(2)];
  return { number, parentBytes, l1QueueHash, chunkCount, last: decodeFields(reader.take(FIELDS_SIZE)) };
}

export const firstBefore = ({ parentBytes }: Beginning): Hex => commitment(decodeHeader(parentBytes).last);

// `between` are the commitments claimed after each chunk but the last.
export function claimsOf(beginning: Beginning, between: Hex[]): Claim[] {
  const all = [firstBefore(beginning), ...between, commitment(beginning.last)];
  return all.slice(1).map((after, i) => ({ before: all[i], after }));
}

// What `read` makes, or the name of the error.
export function orTruncated<Made>(read: () => Made | string): Made | string {
  try {
    return read();
  } catch (why) {
    if (why instanceof OutOfBytes) return "Truncated";
    throw why;
  }
}

export const decodeBatch = (bytes: Uint8Array): CalldataBatch | string => orTruncated(() => readBatch(new Reader(bytes)));

function readBatch(reader: Reader): CalldataBatch | string {
  const beginning = readBeginning(reader);
  const { number, parentBytes, l1QueueHash, chunkCount, last } = beginning;
  if (chunkCount < 1 || chunkCount > 256) return "ChunkCount";
  const chunks: Bytes[] = [];
  for (let i = 0; i < chunkCount; ++i) {
    const [opsLength, sigsLength] = [reader.number(2), reader.number(2)];
    if (opsLength > 4096) return "OpsTooLong";
    if (sigsLength > 3072) return "SigsTooLong";
    chunks.push({ ops: reader.take(opsLength), sigs: reader.take(sigsLength) });
  }
  const between = reader.hashes(chunkCount - 1);
  if (reader.left() !== 0) return "TrailingBytes";

  const claims = claimsOf(beginning, between);
  const chunkLeaves = chunks.map(({ ops }, i) => chunkLeaf(ops, claims[i].before, claims[i].after));
  const sigsLeaves = chunks.map(({ sigs }) => sigsLeaf(sigs));
  const [dataRoot, sigsRoot] = [smallRoot(chunkLeaves), smallRoot(sigsLeaves)];
  const header = { number, parentHash: H(parentBytes), chunkCount, source: IN_CALLDATA, dataRoot, sigsRoot, last };
  return { header, l1QueueHash, chunks, claims, chunkLeaves, sigsLeaves };
}

export interface Plan {
  number: bigint;
  parent: Header;
  l1QueueHash: Hex;
  last: Fields;
}

export function encodeBeginning({ number, parent, l1QueueHash, last }: Plan, chunkCount: number): Uint8Array {
  return cat(uint(number, 8), encodeHeader(parent), l1QueueHash, uint(chunkCount, 2), encodeFields(last));
}

// The argument of append.
export function encodeBatch(plan: Plan, chunks: Bytes[], between: Hex[]): Uint8Array {
  const posted = chunks.map(({ ops, sigs }) => cat(uint(ops.length, 2), uint(sigs.length, 2), ops, sigs));
  return cat(encodeBeginning(plan, chunks.length), ...posted, ...between);
}
