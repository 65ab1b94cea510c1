// docs/protocol.md, "Fraud proofs": what was posted of the disputed chunk, in one of two forms.
import { chunkLeaf, IN_BLOBS, sigsLeaf, type CalldataBatch, type Header, type Posted } from "./batch.js";
import { bytesOfElements, type Blob, type Commit } from "./blob.js";
import { blobsNeeded, readSlot } from "./blob_batch.js";
import { cat, H, uint, type Hex, type Reader } from "./bytes.js";
import { encode, open, truth, type Opening } from "./opening.js";
import { openingError, readOpening } from "./opening_check.js";
import { commitment } from "./state.js";
import { smallDepth, smallFold, smallPath } from "./trees.js";

export interface Data {
  posted: Posted;
  claim: Hex; // after the chunk
  // The name of the first error, if it isn't the batch's data or doesn't follow `before`.
  error(before: Hex): string | undefined;
}

export function readData(reader: Reader, header: Header, index: number): Data {
  return header.source === IN_BLOBS ? fromBlobs(reader, header, index) : fromCalldata(reader, header, index);
}

function fromCalldata(reader: Reader, header: Header, index: number): Data {
  const ops = reader.take(reader.number(2));
  const sigs = reader.take(reader.number(2));
  const depth = smallDepth(header.chunkCount);
  const [opsPath, sigsPath] = [reader.hashes(depth), reader.hashes(depth)];
  const claim = reader.hash();
  const error = (before: Hex) => {
    if (smallFold(chunkLeaf(ops, before, claim), index, opsPath) !== header.dataRoot) return "OpsPath";
    if (smallFold(sigsLeaf(sigs), index, sigsPath) !== header.sigsRoot) return "SigsPath";
    return undefined;
  };
  return { posted: { ops, sigs }, claim, error };
}

function fromBlobs(reader: Reader, header: Header, index: number): Data {
  const hashes = reader.hashes(blobsNeeded(header.chunkCount));
  const opening = readOpening(reader, index);
  const { after, posted } = readSlot(bytesOfElements(opening.shown.slot));
  const claim = index === header.chunkCount - 1 ? commitment(header.last) : after;
  const error = (before: Hex) => {
    if (H(...hashes) !== header.dataRoot) return "DataRoot";
    const wrong = openingError(hashes, opening);
    if (wrong) return wrong;
    return before === claimBefore(header, opening) ? undefined : "BeforeState";
  };
  return { posted, claim, error };
}

function claimBefore(header: Header, { shown }: Opening): Hex {
  if (shown.index === 0) return header.sigsRoot;
  const rest = new Uint8Array(32 * (shown.slot.length - shown.after.length));
  return readSlot(cat(bytesOfElements(shown.after), rest)).after;
}

// The data part of a proof against chunk `index`.
export function calldataPart({ chunks, claims, chunkLeaves, sigsLeaves }: CalldataBatch, index: number): Uint8Array {
  const { ops, sigs } = chunks[index];
  const paths = [...smallPath(chunkLeaves, index), ...smallPath(sigsLeaves, index)];
  return cat(uint(ops.length, 2), ops, uint(sigs.length, 2), sigs, ...paths, claims[index].after);
}

export function blobPart(blobs: Blob[], index: number, commit: Commit): Uint8Array {
  const hashes = blobs.map(({ versionedHash }) => versionedHash);
  return cat(...hashes, encode(open(blobs, truth(blobs, index), commit)));
}
