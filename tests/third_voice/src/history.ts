// A history of the rollup: chunks of a few people's operations, and the states between them.
import { keccak256, stringToBytes } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { apply } from "./apply.js";
import type { Bytes, Header, Posted } from "./batch.js";
import { commitment, ownerOf, type Fields } from "./state.js";
import { encodeSmall, signedChunk, type SmallOperation } from "./small_chunks.js";
import { genesis, State } from "./whole.js";
import { ZERO_ADDRESS, type Entry } from "./words.js";
import type { Hex } from "./bytes.js";

export const PEOPLE = ["alice", "bob", "carol"].map((name) => privateKeyToAccount(keccak256(stringToBytes(name))));
export const addressOf = (who: number): Hex => PEOPLE[who]!.address.toLowerCase() as Hex;
export const EMPTY: Bytes = { ops: encodeSmall(0), sigs: new Uint8Array(0) };
const NO_FEE: [bigint, number] = [0n, 0];

export interface Step {
  posted: Posted;
  state: State; // before
  before: Fields;
  after: Fields;
}

export const copyOf = (state: State): State =>
  Object.assign(new State(), { leaves: [...state.leaves], withdrawals: [...state.withdrawals] });

export class History {
  readonly steps: Step[] = [];

  constructor(
    private readonly separator: Hex,
    private readonly entries: Entry[],
    private readonly state = new State(),
    public fields: Fields = genesis(state).last,
  ) {}

  readonly l1 = (first: bigint, count: number): Entry[] => this.entries.slice(Number(first), Number(first) + count);

  async add(posted: Posted): Promise<string> {
    const [state, before] = [copyOf(this.state), this.fields];
    const env = { separator: this.separator, limit: BigInt(this.entries.length), l1: this.l1 };
    const { refusal, after } = await apply(env, this.state, before, posted);
    this.steps.push({ posted, state, before, after });
    this.fields = after;
    return refusal;
  }

  // The history goes on with another batch.
  next(): History {
    return new History(this.separator, this.entries, copyOf(this.state), this.fields);
  }

  async operation(op: SmallOperation): Promise<Bytes> {
    const { nonce } = this.state.leaves[op.sender]!;
    const to = typeof op.to === "string" ? op.to : ownerOf(this.state.leaves[op.to]!);
    const signer = PEOPLE.find((_, who) => addressOf(who) === ownerOf(this.state.leaves[op.sender]!))!;
    return signedChunk(op, { separator: this.separator, token: ZERO_ADDRESS, to, nonce }, signer);
  }

  deposits = (count: number): Bytes => ({ ops: encodeSmall(count), sigs: new Uint8Array(0) });

  // n chunks of all sorts, the first of which takes in the first three deposits. They are all right.
  async play(n: number): Promise<this> {
    for (let i = 0; i < n; i++) {
      const refusal = await this.add(await this.some(i));
      if (refusal !== "None") throw new Error(`chunk ${i} is wrong: ${refusal}`);
    }
    return this;
  }

  private async some(i: number): Promise<Bytes> {
    if (this.fields.accountCount === 1) return this.deposits(3);
    const left = this.entries.length - Number(this.fields.l1OpsConsumed);
    if (i % 5 === 0) return EMPTY;
    if (i % 5 === 1) return this.operation({ kind: "transfer", sender: 1, to: 2, amount: [25n, 12], fee: NO_FEE });
    if (i % 5 === 2 && left > 0) return this.deposits(1);
    if (i % 5 === 3) return this.operation({ kind: "withdraw", sender: 2, to: addressOf(0), amount: [7n, 9], fee: NO_FEE });
    return this.operation({ kind: "transfer", sender: 2, to: 1, amount: [1n, 12], fee: [21n, 6], feeLeaf: 3 });
  }

  commitments = (): Hex[] => this.steps.map(({ after }) => commitment(after));
}

export const genesisHeader = (): Header => genesis(new State());
