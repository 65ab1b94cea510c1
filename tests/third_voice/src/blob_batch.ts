// docs/protocol.md, "Batches", "In blobs".
import {
  claimsOf,
  encodeBeginning,
  firstBefore,
  IN_BLOBS,
  orTruncated,
  readBeginning,
  type Batch,
  type Beginning,
  type Header,
  type Plan,
  type Posted,
} from "./batch.js";
import { cat, H, Reader, uint, type Hex } from "./bytes.js";

export const SLOTS = 32;
export const SLOT_ELEMENTS = 128;
export const MOST_CHUNKS = 192;
const ELEMENT_DATA = 31;
export const SLOT_DATA = SLOT_ELEMENTS * ELEMENT_DATA;
export const MOST_POSTED = 3932; // ops and sigs together

export const blobsNeeded = (chunkCount: number): number => Math.ceil(chunkCount / SLOTS);

// What the contract learns of a batch in blobs.
export interface BlobPost {
  beginning: Beginning;
  header: Header;
  blobHashes: Hex[];
}

export function decodeBlobPost(bytes: Uint8Array, blobHashes: Hex[]): BlobPost | string {
  return orTruncated(() => readBlobPost(new Reader(bytes), blobHashes));
}

function readBlobPost(reader: Reader, blobHashes: Hex[]): BlobPost | string {
  const beginning = readBeginning(reader);
  const { number, parentBytes, chunkCount, last } = beginning;
  if (chunkCount < 1 || chunkCount > MOST_CHUNKS) return "ChunkCount";
  if (reader.left() !== 0) return "TrailingBytes";
  if (blobHashes.length !== blobsNeeded(chunkCount)) return "BlobHashes";
  if (blobHashes.some((hash) => !hash.startsWith("0x01"))) return "BlobHashes";
  const [dataRoot, sigsRoot] = [H(...blobHashes), firstBefore(beginning)];
  const header = { number, parentHash: H(parentBytes), chunkCount, source: IN_BLOBS, dataRoot, sigsRoot, last };
  return { beginning, header, blobHashes };
}

// Without the byte of each element that is ignored.
export function dataOf(elements: Uint8Array): Uint8Array {
  return elements.filter((_, i) => i % (ELEMENT_DATA + 1) !== 0);
}

export interface Slot {
  after: Hex;
  posted: Posted;
}

// Of 128 elements' bytes.
export function readSlot(elements: Uint8Array): Slot {
  const reader = new Reader(dataOf(elements));
  const [after, opsLength, sigsLength] = [reader.hash(), reader.number(2), reader.number(2)];
  if (opsLength + sigsLength > MOST_POSTED) return { after, posted: null };
  return { after, posted: { ops: reader.take(opsLength), sigs: reader.take(sigsLength) } };
}

// The batch that stands in these blobs, each its bytes.
export function batchIn({ beginning, header }: BlobPost, blobs: Uint8Array[]): Batch {
  const size = 32 * SLOT_ELEMENTS;
  const slots = Array.from({ length: header.chunkCount }, (_, i) => {
    const blob = blobs[Math.floor(i / SLOTS)];
    return readSlot(blob.subarray(size * (i % SLOTS), size * (i % SLOTS) + size));
  });
  const between = slots.slice(0, -1).map(({ after }) => after);
  const claims = claimsOf(beginning, between);
  return { header, l1QueueHash: beginning.l1QueueHash, chunks: slots.map(({ posted }) => posted), claims };
}

// The argument of appendBlobs.
export const encodeBlobPost = (plan: Plan, chunkCount: number): Uint8Array => encodeBeginning(plan, chunkCount);

// A slot's data, whatever its lengths say; zeros behind it.
export function slotData(after: Hex, opsLength: number, sigsLength: number, rest: Uint8Array): Uint8Array {
  const used = cat(after, uint(opsLength, 2), uint(sigsLength, 2), rest);
  if (used.length > SLOT_DATA) throw new Error("more than a slot holds");
  return cat(used, new Uint8Array(SLOT_DATA - used.length));
}

// Elements of a slot's data, each with the top byte that `top` gives it.
export function elementsOfData(data: Uint8Array, top: (element: number) => number = () => 0): bigint[] {
  return Array.from({ length: SLOT_ELEMENTS }, (_, i) => {
    const part = data.subarray(ELEMENT_DATA * i, ELEMENT_DATA * (i + 1));
    return part.reduce((value, byte) => (value << 8n) | BigInt(byte), BigInt(top(i)));
  });
}
