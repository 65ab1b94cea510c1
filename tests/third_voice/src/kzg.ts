// The KZG library that commitments, cell proofs and verdicts come from.
import { loadKZG } from "kzg-wasm";
import { bytesToHex, toHex, type Hex } from "viem";
import { versionedHashOf, type Blob, type Commit, type Value } from "./blob.js";
import { R } from "./field.js";

const kzg = await loadKZG();

export const commit: Commit = (blob) => kzg.blobToKZGCommitment(bytesToHex(blob)).toLowerCase() as Hex;

const cellProofs = new Map<Hex, Hex[]>();
// A blob's 128 proofs of cells (EIP-7594).
export function cellProofsOf(blob: Blob): Hex[] {
  const known = cellProofs.get(blob.commitment) ?? (kzg.computeCellsAndProofs(bytesToHex(blob.bytes))[1] as Hex[]);
  cellProofs.set(blob.commitment, known);
  return known;
}

// Whether the precompile 0x0a takes this (EIP-4844).
export function evaluationHolds(hash: Hex, z: bigint, { value, proof }: Value, commitment: Hex): boolean {
  if (versionedHashOf(commitment) !== hash || z >= R || value >= R) return false;
  try {
    return kzg.verifyKZGProof(commitment, toHex(z, { size: 32 }), toHex(value, { size: 32 }), proof) === true;
  } catch {
    return false; // no points of the group
  }
}
