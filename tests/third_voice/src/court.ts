// A batch before the contract and before this code at once: they have to say the same.
import { encodeHeader, type CalldataBatch, type Header, type Plan } from "./batch.js";
import { H, type Hex } from "./bytes.js";
import { same } from "./expect.js";
import { genesisHeader, History, type Step } from "./history.js";
import { batchOf, slotsOf, type Dress, type InBlobs } from "./blob_making.js";
import { commit } from "./kzg.js";
import { checkProof } from "./proof.js";
import { blobPart, calldataPart } from "./proof_data.js";
import { encodeParts, partsOf, type Parts } from "./prove.js";
import type { Cost, Rollup } from "./rollup.js";
import type { Fields } from "./state.js";
import type { Contract } from "./whole.js";

export interface Design {
  afters?: Hex[]; // what the slots claim, if not the truth
  last?: Fields;
  slots?: Uint8Array[]; // their data, if not those of the history's chunks with these claims
  dress?: Dress;
}

export class Court {
  private done = 0;
  private since = Date.now();
  constructor(
    readonly rollup: Rollup,
    readonly contract: Contract,
  ) {}

  history = (): History => new History(this.rollup.separator, this.rollup.entries);

  told(what: string): void {
    console.log(`${what}: ${this.done} as they should be, ${((Date.now() - this.since) / 1000).toFixed(1)} s`);
    [this.done, this.since] = [0, Date.now()];
  }
  count(): void {
    this.done++;
  }

  plan(history: History, last = history.fields, parent = genesisHeader()): Plan {
    return { number: parent.number + 1n, parent, l1QueueHash: this.rollup.queueHash(last.l1OpsConsumed)!, last };
  }

  batch(history: History, { afters, last, slots, dress }: Design = {}, parent = genesisHeader()): InBlobs {
    const plan = this.plan(history, last ?? history.fields, parent);
    return batchOf(plan, history.steps, slots ?? slotsOf(history.steps, afters ?? history.commitments()), dress);
  }

  append(batch: InBlobs): Promise<bigint> {
    return this.rollup.append("appendBlobs", batch.bytes, batch.header, batch.blobs);
  }

  // While `body` runs, the batch stands.
  async standing(batch: InBlobs, body: () => Promise<void>): Promise<void> {
    const undo = await this.rollup.l1.snapshot();
    await this.append(batch);
    await body();
    await undo();
  }

  private parts(header: Header, step: Step, index: number, data: Uint8Array): Promise<Parts> {
    const { posted, state, before } = step;
    const env = { separator: this.rollup.separator, l1: (first: bigint, count: number) => this.history().l1(first, count) };
    return partsOf({ header, index, data, posted, state, before, env });
  }

  proofParts({ header, blobs, steps }: InBlobs, index: number): Promise<Parts> {
    return this.parts(header, steps[index]!, index, blobPart(blobs, index, commit));
  }

  calldataProofParts(batch: CalldataBatch, steps: Step[], index: number): Promise<Parts> {
    return this.parts(batch.header, steps[index]!, index, calldataPart(batch, index));
  }

  // That the proof comes to one of these errors, to the same for both. "None" is one, too.
  async agrees(what: string, header: Header, proof: Uint8Array, errors: string[]): Promise<void> {
    const { separator, queueHash } = this.rollup;
    const court = { separator, queueHash, batch: { number: header.number, hash: H(encodeHeader(header)) } };
    const { error } = await checkProof(court, proof);
    same(`${what}: ${error}, one of those expected: ${errors}`, errors.includes(error), true);
    same(`${what}: the contract's error`, await this.rollup.proofError(proof), error);
    this.done++;
  }

  // That it comes to this error. If it's "None" the proof is sent, and strikes, which is undone: with what gas and calldata?
  async judges(what: string, header: Header, proof: Uint8Array, error: string): Promise<Cost | undefined> {
    await this.agrees(what, header, proof, [error]);
    if (error !== "None") return undefined;
    const undo = await this.rollup.l1.snapshot();
    const struck = await this.rollup.strike(proof, header);
    await undo();
    return struck;
  }

  async judgesChunk(what: string, batch: InBlobs, index: number, error: string) {
    const proof = encodeParts(await this.proofParts(batch, index));
    return this.judges(`${what}, chunk ${index}`, batch.header, proof, error);
  }
}

export const falseLast = (fields: Fields): Fields => ({ ...fields, opCount: fields.opCount + 1n });
export const otherThan = (claim: Hex): Hex => H(claim);
