// Batches in blobs of one's own making, true or not.
import type { Header, Plan } from "./batch.js";
import { ELEMENTS, blobOf, type Blob } from "./blob.js";
import { decodeBlobPost, elementsOfData, encodeBlobPost, slotData, SLOT_ELEMENTS, SLOTS } from "./blob_batch.js";
import { cat, H, uint, type Hex } from "./bytes.js";
import { R } from "./field.js";
import type { Step } from "./history.js";
import { commit } from "./kzg.js";

export interface InBlobs {
  header: Header;
  bytes: Uint8Array; // the argument of appendBlobs
  blobs: Blob[];
  steps: Step[];
}

export interface Dress {
  top(slot: number, element: number): number; // each element's top byte
  unused(slot: number, element: number): bigint; // elements of the slots that no chunk has
}
export const PLAIN: Dress = { top: () => 0, unused: () => 0n };
const noise = (...numbers: number[]): bigint => BigInt(H(cat(...numbers.map((one) => uint(one, 4)))));
// Nothing that may be anything is zero. All elements are below r, whose top byte is 0x73.
export const MOTLEY: Dress = {
  top: (slot, element) => 1 + Number(noise(slot, element) % 0x72n),
  unused: (slot, element) => noise(slot, element, 1) % R,
};

// Data of slots; `afters` are what they claim.
export function slotsOf(steps: Step[], afters: Hex[]): Uint8Array[] {
  return steps.map(({ posted }, i) => {
    if (posted === null) throw new Error("no such chunk has bytes");
    return slotData(afters[i]!, posted.ops.length, posted.sigs.length, cat(posted.ops, posted.sigs));
  });
}

// The slot with noise behind what is used.
export function withNoise(slot: Uint8Array, { posted }: Step): Uint8Array {
  const used = posted === null ? slot.length : 36 + posted.ops.length + posted.sigs.length;
  return slot.map((byte, i) => (i < used ? byte : Number(noise(i, byte) % 256n)));
}

export function blobsOf(slots: Uint8Array[], dress: Dress): Blob[] {
  const blobs = Array.from({ length: Math.ceil(slots.length / SLOTS) }, (_, blob) => {
    const elements = Array.from({ length: SLOTS }, (_, s) => SLOTS * blob + s).flatMap((i) => {
      const slot = slots[i];
      if (slot) return elementsOfData(slot, (element) => dress.top(i, element));
      return Array.from({ length: SLOT_ELEMENTS }, (_, element) => dress.unused(i, element));
    });
    return remembered(elements);
  });
  return blobs;
}

const known = new Map<Hex, Blob>();
function remembered(elements: bigint[]): Blob {
  if (elements.length !== ELEMENTS) throw new Error("a blob has 4096 elements");
  const made = H(cat(...elements.map((one) => uint(one, 32))));
  const blob = known.get(made) ?? blobOf(elements, commit);
  known.set(made, blob);
  return blob;
}

export function batchOf(plan: Plan, steps: Step[], slots: Uint8Array[], dress = PLAIN): InBlobs {
  const bytes = encodeBlobPost(plan, steps.length);
  const blobs = blobsOf(slots, dress);
  const post = decodeBlobPost(
    bytes,
    blobs.map(({ versionedHash }) => versionedHash),
  );
  if (typeof post === "string") throw new Error(`a batch that is none: ${post}`);
  return { header: post.header, bytes, blobs, steps };
}
