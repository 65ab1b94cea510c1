// Proofs that prove nothing, each check of the page by its name; with two faults at once the earlier check's.
import { cat, H } from "./bytes.js";
import { otherThan, type Court } from "./court.js";
import { same } from "./expect.js";
import { R } from "./field.js";
import type { InBlobs } from "./blob_making.js";
import { commit } from "./kzg.js";
import { encode, open, truth, type Opening, type Shown } from "./opening.js";
import { encodeParts, type Parts } from "./prove.js";

// Of a batch with a lie at `index`, the proof's parts; those of another chunk's, too.
interface Given {
  batch: InBlobs;
  index: number;
  parts: Parts;
  other: Parts;
}

const hashesOf = ({ blobs }: InBlobs) => blobs.map(({ versionedHash }) => versionedHash);
const dataWith = (batch: InBlobs, opening: Opening, hashes = hashesOf(batch)): Uint8Array => cat(...hashes, encode(opening));

function opened({ batch, index }: Given, change: (honest: Shown) => Partial<Shown> = () => ({})): Opening {
  const honest = truth(batch.blobs, index);
  return open(batch.blobs, { ...honest, ...change(honest) }, commit);
}

const raised = (elements: bigint[], at: number): bigint[] => elements.map((one, i) => (i === at ? one + R : one));

// "The same" elements in other words.
function* notInField(given: Given): Generator<[string, Partial<Parts>, string]> {
  for (const at of [0, 1, 77, 127]) {
    const opening = opened(given, ({ slot }) => ({ slot: raised(slot, at) }));
    yield [`element ${at} as e + r`, { data: dataWith(given.batch, opening) }, "Element"];
  }
  for (const at of [0, 1]) {
    const opening = opened(given, ({ after }) => ({ after: raised(after, at) }));
    yield [`element ${at} of after as e + r`, { data: dataWith(given.batch, opening) }, "Element"];
  }
}

function* otherChunks(given: Given): Generator<[string, Partial<Parts>, string]> {
  const { batch, index, parts, other } = given;
  const { data, before, frontier, rest } = other;
  yield ["another chunk's data", { data }, "Opening"];
  yield ["another chunk's data and state", { data, before, frontier, rest }, "Opening"];
  yield ["another chunk's state", { before, frontier, rest }, "BeforeState"];
  yield ["another chunk's place", { index: other.index }, "Opening"];
  const shown = truth(batch.blobs, other.index);
  const forged = opened(given, () => ({ slot: shown.slot, after: shown.after }));
  yield ["another chunk's elements", { data: dataWith(batch, forged), before, frontier, rest }, "Opening"];
  const later = { ...parts.before, opCount: parts.before.opCount + 1n };
  yield ["a state that isn't the claimed one", { before: later }, "BeforeState"];
  yield ["a chunk that isn't there", { index: parts.header.chunkCount }, "ChunkIndex"];
  yield ["no chunk of any batch", { index: 65535 - (65535 % 32) + (index % 32 || 1) }, "ChunkIndex"];
}

function* falseHashes({ batch, parts }: Given): Generator<[string, Partial<Parts>, string]> {
  const hashes = hashesOf(batch);
  const rest = parts.data.subarray(32 * hashes.length);
  const data = (...list: `0x${string}`[]) => ({ data: cat(...list, rest) });
  yield ["hashes in another order", data(...[...hashes].reverse()), "DataRoot"];
  yield ["one hash for both", data(hashes[0]!, hashes[0]!), "DataRoot"];
  yield ["a hash of nothing", data(hashes[0]!, H("0x")), "DataRoot"];
}

function* twoFaults(given: Given): Generator<[string, Partial<Parts>, string]> {
  const { batch, parts, other } = given;
  const reversed = [...hashesOf(batch)].reverse();
  const element = opened(given, ({ slot }) => ({ slot: raised(slot, 5) }));
  const opening = opened(given, ({ slot }) => ({ slot: [slot[1]!, slot[0]!, ...slot.slice(2)] }));
  const frontier = parts.frontier.map((hash) => H(hash));
  const before = other.before;
  const beyond = parts.header.chunkCount;
  const falseRoot = { ...parts.before, withdrawalsRoot: otherThan(parts.before.withdrawalsRoot) };
  if (frontier.length === 0) throw new Error("there should be a frontier");
  yield ["chunk and hashes", { index: beyond, data: dataWith(batch, element, reversed) }, "ChunkIndex"];
  yield ["hashes and an element", { data: dataWith(batch, element, reversed) }, "DataRoot"];
  yield ["an element, and so the opening", { data: dataWith(batch, element), before }, "Element"];
  yield ["the opening and the state", { data: dataWith(batch, opening), before: parts.before, frontier }, "Opening"];
  yield ["the state and its frontier", { before: falseRoot }, "BeforeState"];
  yield ["the frontier, and what follows", { frontier, rest: new Uint8Array(0) }, "Frontier"];
}

// Ends too early, or too late.
function* lengths({ parts, batch, index }: Given): Generator<[string, Uint8Array, string]> {
  const whole = encodeParts(parts);
  const dataEnd = 197 + parts.data.length;
  const fixed = dataEnd + 88 + 32 * parts.frontier.length;
  const opening = 197 + 32 * batch.blobs.length;
  const ends = [0, 194, 195, 196, 197, 198, opening - 1, opening, opening + 47, opening + 4000, dataEnd - 1, dataEnd, fixed - 1];
  for (const end of [...ends, fixed, whole.length - 1]) yield [`cut to ${end} bytes`, whole.subarray(0, end), "Truncated"];
  yield ["a byte more", Uint8Array.of(...whole, 0), "TrailingBytes"];
  const beyond = encodeParts({ ...parts, index: index + 160 });
  yield ["cut, and no such chunk", beyond.subarray(0, fixed - 1), "Truncated"];
  const wrongHash = beyond.slice();
  wrongHash[198]! ^= 1;
  yield ["no such chunk, and a wrong hash", wrongHash, "ChunkIndex"];
}

// Another header than the one that stands.
function* otherHeaders({ parts }: Given): Generator<[string, Uint8Array, string]> {
  const bytes = encodeParts(parts);
  for (const at of [7, 20, 41, 42, 50, 80, 190]) {
    const other = bytes.slice();
    other[at]! ^= 1;
    yield [`byte ${at} of the header`, other, "UnknownBatch"];
  }
}

// Whatever byte of the data is another, nothing is proven.
function* corrupted({ parts }: Given): Generator<[string, Uint8Array]> {
  for (let at = 0; at < parts.data.length; at += 211) {
    const data = parts.data.slice();
    data[at]! ^= 1 << (at % 8);
    yield [`byte ${at} of the data`, encodeParts({ ...parts, data })];
  }
}

const SHIFTED = ["Truncated", "ChunkIndex", "Element", "Opening"];

async function about(court: Court, given: Given): Promise<void> {
  const { batch, parts, index } = given;
  const { header } = batch;
  const named = (what: string) => `chunk ${index}: ${what}`;
  await court.judges(named("nothing wrong"), header, encodeParts(parts), "None");
  // Openings of another length: all behind them is read from another place.
  for (const other of [0, 32, 192, 65504]) {
    await court.agrees(named(`as chunk ${other}'s`), header, encodeParts({ ...parts, index: other }), SHIFTED);
  }
  for (const [what, change, error] of [...notInField(given), ...otherChunks(given), ...falseHashes(given), ...twoFaults(given)]) {
    await court.judges(named(what), header, encodeParts({ ...parts, ...change }), error);
  }
  for (const [what, bytes, error] of [...lengths(given), ...otherHeaders(given)]) {
    await court.judges(named(what), header, bytes, error);
  }
  for (const [what, bytes] of corrupted(given)) {
    await court.agrees(named(what), header, bytes, ["DataRoot", "Element", "Opening"]);
  }
}

export async function lies(court: Court): Promise<void> {
  const history = await court.history().play(36);
  const at = [0, 32, 34];
  const afters = history.commitments().map((claim, i) => (at.includes(i) ? otherThan(claim) : claim));
  const batch = court.batch(history, { afters });
  await court.standing(batch, async () => {
    // Both within a blob and across, the other chunk being a neighbour whose opening is as long; and the other way round.
    const partsAt = (index: number) => court.proofParts(batch, index);
    await about(court, { batch, index: 34, parts: await partsAt(34), other: await partsAt(33) });
    const way = { ...(await partsAt(33)), data: (await partsAt(34)).data };
    await court.judges("the next chunk's data", batch.header, encodeParts(way), "Opening");
    await across(court, batch);
    await first(court, batch);
    await starved(court, batch);
  });
  court.told("proofs that prove nothing");
}

// Of the first chunk of a blob: it opens two.
async function across(court: Court, batch: InBlobs): Promise<void> {
  const [parts, own] = [await court.proofParts(batch, 32), truth(batch.blobs, 32)];
  const given = { batch, index: 32, parts, other: parts };
  await court.judges("across: nothing wrong", batch.header, encodeParts(parts), "None");
  const made = open(batch.blobs, own, commit);
  const reversed = <T>(list: T[]): T[] => [...list].reverse();
  for (const [what, change] of [
    ["commitments and values in the other order", { commitments: reversed(made.commitments), values: reversed(made.values) }],
    ["one blob for both", { commitments: [made.commitments[0]!, made.commitments[0]!] }],
  ] as [string, Partial<Opening>][]) {
    const data = dataWith(batch, { ...made, ...change });
    await court.judges(`across: ${what}`, batch.header, encodeParts({ ...parts, data }), "Opening");
  }
  const foreign = opened(given, ({ slot }) => ({ after: slot.slice(0, 2) }));
  const { before } = await court.proofParts(batch, 33);
  const data = dataWith(batch, foreign);
  await court.judges("across: after of its own slot", batch.header, encodeParts({ ...parts, data, before }), "Opening");
  for (const [what, change, error] of notInField(given)) {
    await court.judges(`across: ${what}`, batch.header, encodeParts({ ...parts, ...change }), error);
  }
}

// Of the first chunk: what is claimed before it stands in the header.
async function first(court: Court, batch: InBlobs): Promise<void> {
  const parts = await court.proofParts(batch, 0);
  const judges = (what: string, change: Partial<Parts>, error: string) =>
    court.judges(`chunk 0: ${what}`, batch.header, encodeParts({ ...parts, ...change }), error);
  await judges("nothing wrong", {}, "None");
  await judges("another state", { before: { ...parts.before, opCount: 1n } }, "BeforeState");
  const given = { batch, index: 0, parts, other: parts };
  const element = opened(given, ({ slot }) => ({ slot: raised(slot, 127) }));
  await judges("an element as e + r", { data: dataWith(batch, element) }, "Element");
  const opening = opened(given, ({ slot }) => ({ slot: [...slot.slice(1), slot[0]!] }));
  await judges("elements in another order", { data: dataWith(batch, opening) }, "Opening");
}

// With too little gas nothing is judged: the same proof either strikes or fails, and one that a claim is true never strikes.
async function starved(court: Court, batch: InBlobs): Promise<void> {
  for (const [index, verdict] of [
    [34, "None"],
    [3, "ClaimIsTrue"],
  ] as const) {
    const proof = encodeParts(await court.proofParts(batch, index));
    const came = new Set<string>();
    const floor = 21_000n + 40n * BigInt(proof.length + 100); // of calldata: EIP-7623
    for (let gas = floor; gas <= floor + 300_000n; gas += 5_000n) came.add(await court.rollup.proofError(proof, gas));
    const others = [...came].filter((one) => ![verdict, "Opening", "0x", "out of gas"].includes(one));
    same(`chunk ${index}, with too little gas`, others, []);
    same(`chunk ${index}, with all sorts of gas`, came.has(verdict) && came.size > 1, true);
    court.count();
  }
}
