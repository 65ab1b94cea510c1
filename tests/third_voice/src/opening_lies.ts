// Lies about blobs. Of each lie about elements two forms: the rest as for a true opening, with q's true value; and with the value
// that q would need. A liar can't do better: whatever he changes changes z.
import { isDeepStrictEqual } from "node:util";
import { bytesToHex, type Hex } from "viem";
import { commitmentTo, evaluate, type Blob, type Commit, type Value } from "./blob.js";
import { mod, R } from "./field.js";
import {
  blobIndex,
  challenge,
  crosses,
  encode,
  firstOf,
  open,
  SLOT,
  truth,
  wanted,
  type Opening,
  type Shown,
} from "./opening.js";

export interface Lie {
  what: string;
  refusal: string;
  index: number; // that it is sent for
  bytes: Uint8Array;
}

interface Truth {
  blobs: Blob[];
  index: number;
  commit: Commit;
}

// The element with this bit turned, or else the next bit that leaves it a number of the field.
function turned(element: bigint, bit: bigint): bigint {
  const other = element ^ (1n << bit);
  return other < R ? other : turned(element, (bit + 1n) % 255n);
}

const replaced = <T>(list: T[], at: number, by: T): T[] => list.map((one, i) => (i === at ? by : one));

function elementsFrom(blob: Blob, from: number, length: number): bigint[] {
  return Array.from({ length }, (_, i) => blob.elements[(from + i) % blob.elements.length]!);
}

// Elements that aren't there, all numbers of the field.
function* falseSlots({ blobs, index }: Truth): Generator<[string, Partial<Shown>]> {
  const { slot } = truth(blobs, index);
  const [own, first] = [blobs[blobIndex(index)]!, firstOf(index)];
  yield ["the first element's last bit", { slot: replaced(slot, 0, turned(slot[0]!, 0n)) }];
  yield ["the last element's last bit", { slot: replaced(slot, SLOT - 1, turned(slot[SLOT - 1]!, 0n)) }];
  yield ["a bit amid the slot", { slot: replaced(slot, 77, turned(slot[77]!, 100n)) }];
  yield ["a bit of a top byte", { slot: replaced(slot, 5, turned(slot[5]!, 252n)) }];
  yield ["two elements in each other's place", { slot: replaced(replaced(slot, 0, slot[1]!), 1, slot[0]!) }];
  yield ["the halves of the slot in each other's place", { slot: [...slot.slice(64), ...slot.slice(0, 64)] }];
  yield ["the slot behind", { slot: elementsFrom(own, first + SLOT, SLOT) }];
  yield ["the slot one element further", { slot: elementsFrom(own, first + 1, SLOT) }];
  for (const blob of blobs.filter((one) => one !== own).slice(0, 1)) {
    yield ["the slot of another blob", { slot: elementsFrom(blob, first, SLOT) }];
  }
}

function* falseAfters({ blobs, index }: Truth): Generator<[string, Partial<Shown>]> {
  if (index === 0) return;
  const { slot, after } = truth(blobs, index);
  const own = blobs[blobIndex(index)]!;
  const [before, place] = [blobs[blobIndex(index - 1)]!, firstOf(index - 1)];
  yield ["a bit of after's first byte", { after: [turned(after[0]!, 247n), after[1]!] }];
  yield ["after's last byte", { after: [after[0]!, turned(after[1]!, 240n)] }];
  yield ["a bit behind after", { after: [after[0]!, turned(after[1]!, 0n)] }];
  yield ["a bit of the top byte before after's last", { after: [after[0]!, turned(after[1]!, 252n)] }];
  yield ["after's elements in each other's place", { after: [after[1]!, after[0]!] }];
  yield ["after one element further", { after: elementsFrom(before, place + 1, 2) }];
  yield ["after of the slot before that", { after: elementsFrom(before, place + 4096 - SLOT, 2) }];
  yield ["after of the slot itself", { after: elementsFrom(own, firstOf(index), 2) }];
  yield ["both runs", { slot: replaced(slot, 3, mod(slot[3]! + 1n)), after: [mod(after[0]! - 1n), after[1]!] }];
}

// The same elements in other words: but for the check, all of it would hold.
function* outOfField({ blobs, index }: Truth, slots: boolean): Generator<[string, Partial<Shown>]> {
  const { slot, after } = truth(blobs, index);
  const twice = slot.findIndex((element) => element + 2n * R < 1n << 256n);
  for (const at of slots ? [0, 67, SLOT - 1] : [SLOT - 1])
    yield [`element ${at} as e + r`, { slot: replaced(slot, at, slot[at]! + R) }];
  if (slots && twice >= 0) yield [`element ${twice} as e + 2 r`, { slot: replaced(slot, twice, slot[twice]! + 2n * R) }];
  for (const at of after.keys()) yield [`after's element ${at} as e + r`, { after: replaced(after, at, after[at]! + R) }];
}

function* aboutElements(given: Truth, slots: boolean): Generator<Lie> {
  const { blobs, index, commit } = given;
  const honest = truth(blobs, index);
  for (const [what, change] of [...[...falseSlots(given)].slice(0, slots ? undefined : 2), ...falseAfters(given)]) {
    const made = open(blobs, { ...honest, ...change }, commit);
    if (isDeepStrictEqual(made.shown, honest)) continue;
    yield { what, refusal: "Opening", index, bytes: encode(made) };
    const forced = { ...made, valueOfQ: { ...made.valueOfQ, value: wanted(made) } };
    yield { what: `${what}, q's value as it has to be`, refusal: "Opening", index, bytes: encode(forced) };
  }
  for (const [what, change] of outOfField(given, slots)) {
    yield { what, refusal: "Element", index, bytes: encode(open(blobs, { ...honest, ...change }, commit)) };
  }
}

// With another q, all that follows on it being right.
function* aboutQ({ blobs, commit }: Truth, made: Opening): Generator<[string, Opening]> {
  const other = (q: Hex, coefficients: bigint[], offset: bigint): Opening => {
    const draft = { ...made, q };
    const z = challenge(draft);
    const values = made.commitments.map((commitment) => {
      return evaluate(blobs.find((blob) => blob.commitment === commitment)!.coefficients, z, commit);
    });
    const valueOfQ = evaluate(coefficients, z, commit);
    return { ...draft, values, valueOfQ: { ...valueOfQ, value: mod(valueOfQ.value + offset) } };
  };
  const monomial = [...Array<bigint>(200).fill(0n), 1n];
  const q = commitmentTo(monomial, commit);
  yield ["another q, with its value", other(q, monomial, 0n)];
  const draft = other(q, monomial, 0n);
  yield ["another q, with the value that it has to have", { ...draft, valueOfQ: { ...draft.valueOfQ, value: wanted(draft) } }];
  yield ["no q", { ...made, q: `0xc0${"00".repeat(47)}` }];
  yield ["q no point", { ...made, q: `0x${"11".repeat(48)}` }];
}

// Two forms of one value, or a part in another's place.
function* aboutParts(made: Opening): Generator<[string, Opening]> {
  const above = (one: Value): Value => ({ ...one, value: one.value + R });
  yield ["p's value not below r", { ...made, values: replaced(made.values, 0, above(made.values[0]!)) }];
  yield ["q's value not below r", { ...made, valueOfQ: above(made.valueOfQ) }];
  yield ["p's value for q's", { ...made, valueOfQ: made.values[0]! }];
  yield ["p's proof for q's", { ...made, valueOfQ: { ...made.valueOfQ, proof: made.values[0]!.proof } }];
  yield ["q for p", { ...made, commitments: replaced(made.commitments, 0, made.q) }];
  if (made.commitments.length < 2) return;
  yield ["the commitments in each other's place", { ...made, commitments: [...made.commitments].reverse() }];
  yield ["the values in each other's place", { ...made, values: [...made.values].reverse() }];
  yield ["both", { ...made, commitments: [...made.commitments].reverse(), values: [...made.values].reverse() }];
  yield ["one commitment for both", { ...made, commitments: [made.commitments[0]!, made.commitments[0]!] }];
}

// `slots`: all lies about the slot's elements, not only a few. In blobs of one value some are none.
export function lies(given: Truth, slots: boolean): Lie[] {
  const made = open(given.blobs, truth(given.blobs, given.index), given.commit);
  const bytes = encode(made);
  return [...all(given, made, bytes, slots)].filter(
    (lie) => lie.index !== given.index || bytesToHex(lie.bytes) !== bytesToHex(bytes),
  );
}

function* all(given: Truth, made: Opening, bytes: Uint8Array, slots: boolean): Generator<Lie> {
  const { blobs, index, commit } = given;
  yield* aboutElements(given, slots);
  for (const [what, one] of [...aboutQ(given, made), ...aboutParts(made)]) {
    yield { what, refusal: "Opening", index, bytes: encode(one) };
  }
  // True of other blobs, or of another chunk.
  const others = [...blobs.slice(1), blobs[0]!];
  if (blobs.length > 1) {
    yield { what: "the next blob's", refusal: "Opening", index, bytes: encode(open(others, truth(others, index), commit)) };
  }
  for (const other of [index - 32, index - 1, index + 1, index + 32]) {
    if (index === 0 || other < 1 || blobIndex(other) >= blobs.length || crosses(other) !== crosses(index)) continue;
    // Where both chunks hold the same, it is true of both.
    if (isDeepStrictEqual({ ...truth(blobs, other), index }, made.shown)) continue;
    yield { what: `chunk ${index}'s for ${other}`, refusal: "Opening", index: other, bytes };
  }
  yield { what: "a byte more", refusal: "TrailingOpening", index, bytes: Uint8Array.of(...bytes, 0) };
  yield { what: "a byte less", refusal: "TruncatedOpening", index, bytes: bytes.subarray(0, -1) };
}

// The opening with one bit turned: of each byte that is no element's, and of some of those.
export function* corrupted(bytes: Uint8Array, commitments: number): Generator<[number, Uint8Array]> {
  const elements = 48 * (commitments + 1);
  const behind = bytes.length - 80 * (commitments + 1);
  for (let at = 0; at < bytes.length; at += at < elements || at >= behind ? 1 : 41) {
    const other = Uint8Array.from(bytes);
    other[at]! ^= 1 << (at % 8);
    yield [at, other];
  }
}
