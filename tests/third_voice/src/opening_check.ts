// docs/protocol.md, "Openings": how one is read, and judged.
import type { Hex } from "viem";
import { pointOf, versionedHashOf, type Value } from "./blob.js";
import type { Reader } from "./bytes.js";
import { mod, power, R, throughPoints } from "./field.js";
import { evaluationHolds } from "./kzg.js";
import { AFTER, blobIndex, challenge, constant, crosses, firstOf, SLOT, type Opening } from "./opening.js";

export function readOpening(reader: Reader, index: number): Opening {
  const point = () => reader.hex(48);
  const elements = (count: number) => Array.from({ length: count }, () => reader.big(32));
  const value = (): Value => ({ value: reader.big(32), proof: point() });
  const commitments = crosses(index) ? [point(), point()] : [point()];
  const q = point();
  const shown = { index, slot: elements(SLOT), after: elements(index > 0 ? AFTER : 0) };
  const values = commitments.map(value);
  return { shown, commitments, q, values, valueOfQ: value() };
}

// "" or the name of the error.
export function openingError(hashes: Hex[], one: Opening): "" | "Element" | "Opening" {
  const { index, slot, after } = one.shown;
  if ([...slot, ...after].some((element) => element >= R)) return "Element";
  const z = challenge(one);
  const own = [hashes[blobIndex(index)]!, hashes[blobIndex(index - 1)]!];
  const known = one.values.every((value, i) => evaluationHolds(own[i]!, z, value, one.commitments[i]!));
  const ofQ = evaluationHolds(versionedHashOf(one.q), z, one.valueOfQ, one.q);
  return known && ofQ && identityHolds(one, z) ? "" : "Opening";
}

// The page's identity, as it stands.
function identityHolds({ shown, values, valueOfQ }: Opening, z: bigint): boolean {
  const part = (chunk: number, elements: bigint[], value: bigint) => {
    const vanishing = mod(power(z, BigInt(elements.length)) - constant(chunk, elements.length));
    const points = elements.map((_, i) => pointOf(firstOf(chunk) + i));
    // A point of the run has no other place in it, and nothing is divided by zero then.
    return { vanishing, rest: vanishing === 0n ? 0n : mod(value - throughPoints(points, elements, z)) };
  };
  const { index, slot, after } = shown;
  const a = part(index, slot, values[0]!.value);
  if (after.length === 0) return a.vanishing !== 0n && mod(valueOfQ.value * a.vanishing - a.rest) === 0n;
  const b = part(index - 1, after, values[crosses(index) ? 1 : 0]!.value);
  if (a.vanishing === 0n || b.vanishing === 0n) return false;
  return mod(valueOfQ.value * a.vanishing * b.vanishing - a.rest * b.vanishing - b.rest * a.vanishing) === 0n;
}
