// What appendBlobs takes, and what it refuses; calldata's batches beside it.
import { decodeBatch, encodeBatch, type CalldataBatch } from "./batch.js";
import type { Blob } from "./blob.js";
import { decodeBlobPost } from "./blob_batch.js";
import { cat, uint, type Hex } from "./bytes.js";
import { otherThan, type Court } from "./court.js";
import { same } from "./expect.js";
import type { History } from "./history.js";
import { encodeParts } from "./prove.js";
import { calldataOf, CHALLENGE_WINDOW } from "./rollup.js";
import type { InBlobs } from "./blob_making.js";
import type { Fields } from "./state.js";
import { rebuild } from "./whole.js";

const CHUNK_COUNT = 8 + 195 + 32;

function withCount(bytes: Uint8Array, count: number): Uint8Array {
  return cat(bytes.subarray(0, CHUNK_COUNT), uint(count, 2), bytes.subarray(CHUNK_COUNT + 2));
}

const turned = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

// By decoding: both have to say so.
async function undecoded(court: Court, { bytes, blobs }: InBlobs): Promise<void> {
  const [one, two] = [blobs.slice(0, 1), blobs.slice(0, 2)];
  const cases: [string, Uint8Array, Blob[], string][] = [
    ["nothing", new Uint8Array(0), two, "Truncated"],
    ["a byte less", bytes.subarray(0, -1), two, "Truncated"],
    ["a byte less, and no chunks", withCount(bytes, 0).subarray(0, -1), two, "Truncated"],
    ["no chunks", withCount(bytes, 0), two, "ChunkCount"],
    ["no chunks, and no blobs", withCount(bytes, 0), [], "ChunkCount"],
    ["193 chunks", withCount(bytes, 193), two, "ChunkCount"],
    ["256 chunks, and a byte more", Uint8Array.of(...withCount(bytes, 256), 0), two, "ChunkCount"],
    ["65535 chunks", withCount(bytes, 65535), two, "ChunkCount"],
    ["a byte more", Uint8Array.of(...bytes, 0), two, "TrailingBytes"],
    ["a byte more, and a blob too few", Uint8Array.of(...bytes, 0), one, "TrailingBytes"],
    ["a blob too few", bytes, one, "BlobHashes"],
    ["a blob too many", bytes, [...two, blobs[0]!], "BlobHashes"],
    ["no blobs", bytes, [], "BlobHashes"],
    ["32 chunks in two blobs", withCount(bytes, 32), two, "BlobHashes"],
    ["65 chunks in two blobs", withCount(bytes, 65), two, "BlobHashes"],
  ];
  for (const [what, data, used, error] of cases) {
    const hashes = used.map(({ versionedHash }) => versionedHash);
    same(`${what}: the error, here`, decodeBlobPost(data, hashes), error);
    await refused(court, what, calldataOf("appendBlobs", data), used, error);
  }
}

// By the call, and by a transaction.
async function refused(court: Court, what: string, data: Hex, blobs: Blob[], error: string): Promise<void> {
  same(`appendBlobs, ${what}: the contract's error`, await court.rollup.appendRefusal(data, blobs), error);
  await court.rollup.appendFails(data, blobs);
  court.count();
}

// Anything but the one calldata of these bytes.
async function inexact(court: Court, { bytes, blobs }: InBlobs): Promise<void> {
  const data = calldataOf("appendBlobs", bytes);
  const selector = data.slice(0, 10);
  const [length, padded] = [data.slice(74, 138), data.slice(138)];
  const word = (value: number) => value.toString(16).padStart(64, "0");
  const cases: [string, Hex][] = [
    ["a byte behind", `${data}00`],
    ["a word behind", `${data}${word(0)}`],
    ["padding left out", data.slice(0, 138 + 2 * bytes.length) as Hex],
    ["padding that isn't zero", `${data.slice(0, -1)}1` as Hex],
    ["the bytes one word further", `${selector}${word(64)}${word(0)}${length}${padded}` as Hex],
  ];
  for (const [what, other] of cases) await refused(court, what, other, blobs, "CalldataNotExact");
}

// Decoded, it doesn't follow.
async function unfitting(court: Court, { bytes, blobs }: InBlobs): Promise<void> {
  const [parentEnd, l1Ops] = [8 + 195, CHUNK_COUNT + 2 + 72];
  const cases: [string, Uint8Array, string][] = [
    ["another number", turned(bytes, 6), "BatchNumber"],
    ["another parent", turned(bytes, 8 + 60), "NotOnHead"],
    ["a parent in blobs", turned(bytes, 8 + 42), "NotOnHead"],
    ["more L1 operations than there are", turned(bytes, l1Ops), "L1OpsBeyondQueue"],
    ["another hash of the queue", turned(bytes, parentEnd), "QueueHash"],
  ];
  for (const [what, data, error] of cases) await refused(court, what, calldataOf("appendBlobs", data), blobs, error);
}

function inCalldata(court: Court, history: History, parent: InBlobs["header"], afters: Hex[]): [Uint8Array, CalldataBatch] {
  const chunks = history.steps.map(({ posted }) => posted!);
  const bytes = encodeBatch(court.plan(history, history.fields, parent), chunks, afters.slice(0, -1));
  const batch = decodeBatch(bytes);
  if (typeof batch === "string") throw new Error(`a batch that is none: ${batch}`);
  return [bytes, batch];
}

// Blobs don't matter to append, and proofs of calldata's batches go on as ever.
async function calldataBesideBlobs(
  court: Court,
  last: History,
  parent: InBlobs["header"],
  blobs: Blob[],
): Promise<CalldataBatch> {
  const history = await last.next().play(5);
  const claims = history.commitments();
  for (const lie of [true, false]) {
    const undo = await court.rollup.l1.snapshot();
    const [bytes, batch] = inCalldata(
      court,
      history,
      parent,
      lie ? claims.map((one, i) => (i === 1 ? otherThan(one) : one)) : claims,
    );
    await court.rollup.append("append", bytes, batch.header, blobs);
    const proof = encodeParts(await court.calldataProofParts(batch, history.steps, 1));
    await court.judges("a batch in calldata", batch.header, proof, lie ? "None" : "ClaimIsTrue");
    if (lie) await undo();
    else return batch;
  }
  throw new Error("unreachable");
}

const rootsOf = ({ accountsRoot, withdrawalsRoot }: Fields) => ({ accountsRoot, withdrawalsRoot });

export async function posts(court: Court): Promise<void> {
  const history = await court.history().play(33);
  const batch = court.batch(history);
  await undecoded(court, batch);
  await inexact(court, batch);
  await unfitting(court, batch);
  same("append of the same bytes", await court.rollup.appendRefusal(calldataOf("append", batch.bytes), batch.blobs), "Truncated");
  court.told("appendBlobs");

  // Batches of both kinds on each other.
  await court.append(batch);
  const second = await calldataBesideBlobs(court, history, batch.header, batch.blobs);
  const third = await history.next().play(5);
  const fourth = await third.next().play(34);
  const lie = court.batch(
    fourth,
    { afters: fourth.commitments().map((one, i) => (i === 32 ? otherThan(one) : one)) },
    second.header,
  );
  await court.append(lie);
  await court.judgesChunk("on a batch in calldata", lie, 31, "ClaimIsTrue");
  await court.judgesChunk("on a batch in calldata", lie, 32, "None");
  await court.judgesChunk("below the head", batch, 32, "ClaimIsTrue");
  const truth = court.batch(fourth, {}, second.header);
  const proof = encodeParts(await court.proofParts(lie, 32));
  await court.rollup.strike(proof, lie.header);
  same("struck already", await court.rollup.proofError(proof), "UnknownBatch");
  await court.rollup.sit();
  await court.append(truth);
  await court.judgesChunk("posted anew", truth, 32, "ClaimIsTrue");
  await court.rollup.l1.passTime(CHALLENGE_WINDOW);
  same("when it's final", await court.rollup.proofError(encodeParts(await court.proofParts(truth, 32))), "BatchFinal");
  const { header, state } = await rebuild(court.contract);
  same("the header, replayed", header, truth.header);
  same("the state's roots, replayed", state.roots(), rootsOf(fourth.fields));
  court.told("batches of both kinds on each other");
}
