// Fraud proofs made: docs/protocol.md, "Fraud proofs".
import { apply, type Env } from "./apply.js";
import { encodeHeader, type Header, type Posted } from "./batch.js";
import { cat, uint, type Hex } from "./bytes.js";
import { encodeFields, encodeLeaf, type Fields, type Leaf } from "./state.js";
import { State } from "./whole.js";
import { encodeEntry } from "./words.js";

// A copy of a state that notes each access as a proof shows it.
class Recorder extends State {
  readonly accesses: Uint8Array[] = [];
  constructor(from: State) {
    super();
    this.leaves = [...from.leaves];
    this.withdrawals = [...from.withdrawals];
  }
  private note(index: number, ...parts: (Uint8Array | Hex)[]): void {
    this.accesses.push(cat(...parts, ...this.accountTree().path(index, this.leaves.length)));
  }
  read(index: number): Leaf {
    this.note(index, encodeLeaf(this.leaves[index]));
    return super.read(index);
  }
  find(key: Hex): Leaf {
    const index = this.placeFor(key);
    this.note(index, uint(index, 4), encodeLeaf(this.leaves[index]));
    return super.read(index);
  }
  append(leaf: Leaf): void {
    this.note(this.leaves.length);
    super.append(leaf);
  }
}

// A proof's parts, in its order.
export interface Parts {
  header: Header;
  index: number;
  data: Uint8Array;
  before: Fields;
  frontier: Hex[];
  rest: Uint8Array; // entries and accesses
}

export function encodeParts({ header, index, data, before, frontier, rest }: Parts): Uint8Array {
  return cat(encodeHeader(header), uint(index, 2), data, encodeFields(before), ...frontier, rest);
}

export interface Dispute {
  header: Header;
  index: number;
  data: Uint8Array;
  posted: Posted;
  state: State; // before the chunk
  before: Fields;
  env: Pick<Env, "separator" | "l1">;
}

export async function partsOf({ header, index, data, posted, state, before, env }: Dispute): Promise<Parts> {
  const view = new Recorder(state);
  const entries: Uint8Array[] = [];
  const l1: Env["l1"] = (first, count) => {
    const read = env.l1(first, count);
    entries.push(...read.map(encodeEntry));
    return read;
  };
  await apply({ separator: env.separator, limit: header.last.l1OpsConsumed, l1 }, view, before, posted);
  const frontier = state.withdrawalTree().frontier(before.withdrawalCount);
  return { header, index, data, before, frontier, rest: cat(...entries, ...view.accesses) };
}
