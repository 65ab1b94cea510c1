// What slots may hold beside what counts, and what is wrong about them.
import { MOST_POSTED, SLOT_DATA, slotData } from "./blob_batch.js";
import { bytesOf, cat, type Hex } from "./bytes.js";
import { falseLast, otherThan, type Court } from "./court.js";
import { EMPTY } from "./history.js";
import { MOTLEY, slotsOf, withNoise } from "./blob_making.js";
import { same } from "./expect.js";
import { commitment } from "./state.js";

const but = (claims: Hex[], at: number[], make: (claim: Hex) => Hex = otherThan): Hex[] =>
  claims.map((claim, i) => (at.includes(i) ? make(claim) : claim));

// Top bytes, what stands behind the sigs, slots that no chunk has: all of it may be anything.
async function motley(court: Court): Promise<void> {
  const history = await court.history().play(35);
  const noisy = (afters: Hex[]) => slotsOf(history.steps, afters).map((slot, i) => withNoise(slot, history.steps[i]!));
  const truth = court.batch(history, { slots: noisy(history.commitments()), dress: MOTLEY });
  same("a top byte that isn't zero", truth.blobs[0]!.bytes[32] !== 0, true);
  await court.standing(truth, async () => {
    for (const index of [0, 1, 32, 34]) await court.judgesChunk("noise around the truth", truth, index, "ClaimIsTrue");
  });
  const lie = court.batch(history, { slots: noisy(but(history.commitments(), [1, 32])), dress: MOTLEY });
  await court.standing(lie, async () => {
    for (const index of [1, 32]) await court.judgesChunk("noise around a lie", lie, index, "None");
    await court.judgesChunk("noise around the truth beside a lie", lie, 34, "ClaimIsTrue");
  });
  court.told("noise");
}

const TOO_LONG: [number, number][] = [
  [MOST_POSTED + 1, 0],
  [0, MOST_POSTED + 1],
  [MOST_POSTED, 1],
  [1, MOST_POSTED],
  [4096, 3072],
  [65535, 1],
  [65535, 65535],
];

// Lengths that don't fit make a wrong chunk, which leaves the state as it is. The last two of these fit, but make no chunk.
async function lengths(court: Court): Promise<void> {
  const history = await court.history().play(2);
  const firstWrong = history.steps.length;
  for (const _ of TOO_LONG) same("refusal", await history.add(null), "SlotLengths");
  const full = new Uint8Array(MOST_POSTED).fill(0x5a);
  for (const opsLength of [MOST_POSTED, 3]) {
    await history.add({ ops: full.subarray(0, opsLength), sigs: full.subarray(opsLength) });
  }
  await history.add(EMPTY);
  const claims = history.commitments();
  const shown = (afters: Hex[]) =>
    history.steps.map(({ posted }, i) => {
      const [opsLength, sigsLength] = posted ? [posted.ops.length, posted.sigs.length] : TOO_LONG[i - firstWrong]!;
      const rest = posted ? cat(posted.ops, posted.sigs) : cat(EMPTY.ops, full.subarray(EMPTY.ops.length));
      return slotData(afters[i]!, opsLength, sigsLength, rest);
    });
  const wrong = [...history.steps.keys()].slice(firstWrong, -1);
  const truth = court.batch(history, { slots: shown(claims) });
  await court.standing(truth, async () => {
    for (const index of wrong) await court.judgesChunk("lengths, an unchanged state", truth, index, "ClaimIsTrue");
  });
  for (const parity of [0, 1]) {
    const at = wrong.filter((index) => index % 2 === parity);
    const lie = court.batch(history, { slots: shown(but(claims, at)) });
    await court.standing(lie, async () => {
      for (const index of at) await court.judgesChunk("lengths, a changed state", lie, index, "None");
    });
  }
  const alone = court.history();
  await alone.add(null);
  const only = court.batch(alone, { slots: [slotData(otherThan(claims[0]!), 65535, 65535, full)] });
  await court.standing(only, async () => {
    await court.judgesChunk("an only chunk whose lengths don't fit", only, 0, "ClaimIsTrue");
  });
  court.told("lengths");
}

// A blob of nothing: its chunks have no bytes, and so are wrong; its claims are zeros.
async function zeros(court: Court): Promise<void> {
  const history = court.history();
  const [nothing, slot] = [new Uint8Array(0), new Uint8Array(SLOT_DATA)];
  await history.add({ ops: nothing, sigs: nothing });
  const truth = court.batch(history, { slots: [slot] });
  await court.standing(truth, async () => {
    await court.judgesChunk("a blob of zeros", truth, 0, "ClaimIsTrue");
  });
  await history.add(EMPTY);
  const lie = court.batch(history, { slots: [slot, slot] });
  await court.standing(lie, async () => {
    await court.judgesChunk("a blob of zeros", lie, 0, "None");
    await court.judgesChunk("behind a claim of zeros", lie, 1, "BeforeState");
  });
  court.told("blobs of zeros");
}

async function sameBlobTwice(court: Court): Promise<void> {
  const history = court.history();
  for (let i = 0; i < 64; i++) await history.add(EMPTY);
  const truth = court.batch(history);
  same("the second blob's hash", truth.blobs[1]!.versionedHash, truth.blobs[0]!.versionedHash);
  await court.standing(truth, async () => {
    for (const index of [0, 1, 32, 63]) await court.judgesChunk("a blob twice", truth, index, "ClaimIsTrue");
  });
  const lie = court.batch(history, { afters: but(history.commitments(), [0, 32]) });
  same("the lie's second hash", lie.blobs[1]!.versionedHash, lie.blobs[0]!.versionedHash);
  await court.standing(lie, async () => {
    for (const index of [0, 32]) await court.judgesChunk("a blob twice, with a lie", lie, index, "None");
    await court.judgesChunk("a blob twice, behind the lie", lie, 34, "ClaimIsTrue");
  });
  court.told("a blob twice");
}

function lastByteTurned(claim: Hex): Hex {
  const bytes = bytesOf(claim);
  return `0x${Buffer.from(bytes.map((byte, i) => (i === 31 ? byte ^ 1 : byte))).toString("hex")}`;
}

// `after` has its last byte in the slot's second element.
async function lastByte(court: Court): Promise<void> {
  const history = await court.history().play(34);
  for (const index of [1, 31]) {
    const lie = court.batch(history, { afters: but(history.commitments(), [index], lastByteTurned) });
    await court.standing(lie, async () => {
      await court.judgesChunk("after's last byte", lie, index, "None");
      await court.judgesChunk("the chunk behind a false last byte", lie, index + 1, "BeforeState");
      await court.judgesChunk("the chunk behind that one", lie, index + 2, "ClaimIsTrue");
    });
  }
  court.told("after's last byte");
}

// In the last chunk's slot `after` doesn't count.
async function lastAfter(court: Court): Promise<void> {
  for (const chunks of [1, 33]) {
    const history = await court.history().play(chunks);
    const [end, claims] = [chunks - 1, history.commitments()];
    const truth = court.batch(history, { afters: but(claims, [end]) });
    await court.standing(truth, async () => {
      await court.judgesChunk("another after in the last slot", truth, end, "ClaimIsTrue");
    });
    const lie = court.batch(history, { last: falseLast(history.fields) });
    await court.standing(lie, async () => {
      await court.judgesChunk("the true after in the last slot", lie, end, "None");
    });
    const both = falseLast(history.fields);
    const consistent = court.batch(history, { last: both, afters: but(claims, [end], () => commitment(both)) });
    await court.standing(consistent, async () => {
      await court.judgesChunk("a false end, in the slot too", consistent, end, "None");
    });
  }
  court.told("the last slot's after");
}

export async function slots(court: Court): Promise<void> {
  await motley(court);
  await lengths(court);
  await zeros(court);
  await sameBlobTwice(court);
  await lastByte(court);
  await lastAfter(court);
}
