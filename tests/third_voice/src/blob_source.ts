// Blobs from a node, by the hashes that a transaction showed.
import { hexToBytes, type Hex } from "viem";
import { versionedHashOf } from "./blob.js";

// Of the block with this number, as Anvil serves them. The library is loaded only if there is a blob to be judged: it takes a while.
export async function blobsFrom(url: string, block: bigint, hashes: readonly Hex[]): Promise<Uint8Array[]> {
  const { commit } = await import("./kzg.js");
  const answer = await fetch(`${url}/eth/v1/beacon/blobs/${block}`);
  const { data } = (await answer.json()) as { data: Hex[] };
  const known = new Map<Hex, Uint8Array>();
  for (const blob of data.map((one) => hexToBytes(one))) known.set(versionedHashOf(commit(blob)), blob);
  return hashes.map((hash) => {
    const blob = known.get(hash);
    if (blob === undefined) throw new Error(`the node has no blob ${hash} of block ${block}`);
    return blob;
  });
}
