// Checks a folder of test vectors against docs/protocol.md, from which all of this is written. usage: main.js FOLDER
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as batches from "./batch_cases.js";
import * as cases from "./cases.js";
import { checkOperation, checkTerms, checkVoucher } from "./wallets.js";

interface Kind {
  check: cases.Check;
  least: number; // cases of it
}
const kind = (check: cases.Check, least: number): Kind => ({ check, least });

const FILES: Record<string, Record<string, Kind>> = {
  "typed_data.json": {
    operation: kind(checkOperation, 230),
    terms: kind(checkTerms, 20),
    voucher: kind(checkVoucher, 20),
    signature: kind(cases.checkSignature, 90),
  },
  "chunks.json": { valid: kind(cases.checkChunk, 400), refused: kind(cases.checkChunk, 300) },
  "applies.json": {
    lie: kind(cases.checkApply, 80),
    control: kind(cases.checkApply, 80),
    handmade: kind(cases.checkApply, 65),
    random: kind(cases.checkApply, 180),
  },
  "proofs.json": {
    example: kind(batches.checkFraudProof, 2),
    lie: kind(batches.checkFraudProof, 290),
    truth: kind(batches.checkFraudProof, 270),
    corrupted: kind(batches.checkFraudProof, 650),
    ordinary: kind(batches.checkFraudProof, 1),
    worst: kind(batches.checkFraudProof, 12),
  },
  "batches.json": { batch: kind(batches.checkBatch, 80), refused: kind(batches.checkBatch, 70) },
  "blob_batches.json": { batch: kind(batches.checkBlobBatch, 9), refused: kind(batches.checkBlobBatch, 50) },
  "channels.json": { ops: kind(cases.checkOps, 7), proof: kind(batches.checkChannelProof, 750) }, // channel_cases.py
  "trees.json": {
    accounts: kind(cases.checkAccounts, 25),
    withdrawals: kind(cases.checkWithdrawals, 15),
    frontier: kind(cases.checkFrontier, 10),
    smallTree: kind(cases.checkSmallTree, 16),
    withdrawalProof: kind(cases.checkWithdrawalProof, 100),
    exitProof: kind(cases.checkExitProof, 60),
    queue: kind(cases.checkQueue, 4),
  },
};

const words = (text: string): string[] => text.trim().split(/\s+/);
const DECODER = words(`
  Truncated CodeTooLong OverWeight IdleFlag BadFeeWidth LooseNumber NumberTooLarge RepeatedFee LooseWidth BadReference UnusedFee
  RepeatedLiteral BadMagnitude ZeroMemo TrailingByte NonzeroPadding`);
const APPLY = words(`
  SlotLengths SignatureCount OpCountOverflow L1LimitExceeded WithdrawalTreeFull SenderIndex NonceExhausted InsufficientBalance RecipientIndex
  RecipientToken BalanceOverflow RecipientZero AccountTreeFull RecipientHasLeaf WithdrawalOfZero FeeOverflow SignatureInvalid
  SignerNotOwner ChannelTerms FundOfZero ChannelNotOpen ChannelCount NothingToRedeem FeeLeafMissing FeeLeafExtra FeeLeafIndex FeeLeafToken`);
const PROOF = words(`
  None Truncated UnknownBatch ChunkIndex OpsPath SigsPath DataRoot Element Opening BeforeState Frontier L1Operations HintRange LeafPath Lookup TrailingBytes
  ClaimIsTrue`);
const CHANNELS = words(`
  None SenderIndex NonceExhausted InsufficientBalance RecipientIndex RecipientToken BalanceOverflow RecipientZero RecipientHasLeaf
  SignatureCount SignatureInvalid SignerNotOwner ChannelTerms FundOfZero ChannelNotOpen ChannelCount NothingToRedeem`);
const BATCH = words("Truncated ChunkCount OpsTooLong SigsTooLong TrailingBytes");
const BLOB_BATCH = words("Truncated ChunkCount TrailingBytes BlobHashes");
// How often each name has to come up.
const NAMES: Record<string, { field: string; names: string[]; least: number }[]> = {
  "chunks.json": [{ field: "refusal", names: DECODER, least: 5 }],
  "applies.json": [
    { field: "refusal", names: DECODER, least: 1 },
    { field: "refusal", names: APPLY, least: 2 },
  ],
  "proofs.json": [
    { field: "refusal", names: [...DECODER, ...APPLY], least: 2 },
    { field: "error", names: PROOF, least: 2 },
  ],
  "channels.json": [{ field: "refusal", names: CHANNELS, least: 2 }],
  "batches.json": [{ field: "error", names: BATCH, least: 2 }],
  "blob_batches.json": [{ field: "error", names: BLOB_BATCH, least: 2 }],
};

let faults = 0;
function fault(text: string): void {
  if (++faults <= 20) console.log(`FAILED: ${text}`);
}

async function checkFile(folder: string, file: string): Promise<void> {
  const list: cases.Json[] = JSON.parse(readFileSync(join(folder, file), "utf8")).cases;
  const passed = new Map<string, number>();
  for (const one of list) {
    try {
      const known = FILES[file][one.kind];
      if (known === undefined) throw new Error("an unknown kind");
      await known.check(one);
      passed.set(one.kind, (passed.get(one.kind) ?? 0) + 1);
    } catch (why) {
      fault(`${file}, ${one.kind}, ${one.what}: ${why instanceof Error ? why.message : why}`);
    }
  }
  for (const [name, { least }] of Object.entries(FILES[file])) {
    const count = passed.get(name) ?? 0;
    console.log(`${file.padEnd(18)} ${name.padEnd(16)} ${count}`);
    if (count < least) fault(`${file}: ${count} of ${name}, at least ${least} expected`);
  }
  for (const { field, names, least } of NAMES[file] ?? []) {
    for (const name of names) {
      const count = list.filter((one) => one[field] === name).length;
      if (count < least) fault(`${file}: ${field} ${name} comes up ${count} times, at least ${least} expected`);
    }
  }
}

async function main(): Promise<void> {
  const folder = process.argv[2];
  if (folder === undefined) throw new Error("usage: main.js FOLDER");
  cases.checkGenesis();
  for (const file of Object.keys(FILES)) await checkFile(folder, file);
  console.log(faults === 0 ? "all agree" : `${faults} faults`);
  process.exitCode = faults === 0 ? 0 : 1;
}

await main();
