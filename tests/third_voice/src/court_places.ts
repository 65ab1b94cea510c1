// Chunks in every class of place, true and false.
import { falseLast, otherThan, type Court } from "./court.js";

const PLACES: [chunks: number, places: [index: number, name: string][]][] = [
  [1, [[0, "the only chunk"]]],
  [
    32,
    [
      [0, "the first"],
      [1, "the second"],
      [17, "amid a blob"],
      [31, "the last, and of its blob"],
    ],
  ],
  [
    33,
    [
      [0, "the first"],
      [17, "amid a blob"],
      [31, "the last of a blob"],
      [32, "the last, and first of its blob"],
    ],
  ],
  [
    192,
    [
      [0, "the first"],
      [31, "the last of a blob"],
      [32, "the first of the second blob"],
      [100, "amid a blob"],
      [160, "the first of the sixth blob"],
      [191, "the last"],
    ],
  ],
];

export async function places(court: Court): Promise<void> {
  console.log("Gas of appendBlobs, and of prove with its calldata:");
  for (const [chunks, all] of PLACES) {
    const history = await court.history().play(chunks);
    const truth = court.batch(history);
    const undo = await court.rollup.l1.snapshot();
    console.log(`  ${`${chunks}`.padStart(3)} chunks in ${truth.blobs.length} blobs`.padEnd(52), `${await court.append(truth)}`);
    for (const [index] of all) await court.judgesChunk(`${chunks} true chunks`, truth, index, "ClaimIsTrue");
    await undo();
    // A proof is about a claim that follows a true one: so neighbours don't both lie.
    for (const parity of [0, 1]) {
      const lies = all.filter(([index]) => index % 2 === parity);
      if (lies.length === 0) continue;
      const at = new Set(lies.map(([index]) => index));
      const afters = history.commitments().map((claim, i) => (at.has(i) ? otherThan(claim) : claim));
      const last = at.has(chunks - 1) ? falseLast(history.fields) : history.fields;
      const lie = court.batch(history, { afters, last });
      await court.standing(lie, async () => {
        for (const [index, name] of lies) {
          const struck = await court.judgesChunk(`${chunks} chunks that lie`, lie, index, "None");
          console.log(`    ${`chunk ${index}, ${name}`.padEnd(50)} ${struck!.gas} ${struck!.calldata}`);
        }
      });
    }
  }
  court.told("places");
}
