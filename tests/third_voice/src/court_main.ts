// Batches in blobs and proofs against them before the rollup contract, and before this code: docs/protocol.md, docs/contract.md.
//
// usage: node court_main.js URL CREATION ABI [PART...]
// URL of a node that makes a block for each transaction, CREATION the file with the rollup contract's creation code, ABI that with its
// ABI. Without a part (places, slots, lies, posts) all of them.
import { readFileSync } from "node:fs";
import { bytesToHex } from "viem";
import { Court } from "./court.js";
import { lies } from "./court_lies.js";
import { places } from "./court_places.js";
import { posts } from "./court_posts.js";
import { slots } from "./court_slots.js";
import { same } from "./expect.js";
import { addressOf } from "./history.js";
import { Rollup } from "./rollup.js";
import { encodeSmall } from "./small_chunks.js";
import { Contract } from "./whole.js";

const [url, file, abi, ...asked] = process.argv.slice(2) as [string, string, string, ...string[]];
const parts: Record<string, (court: Court) => Promise<void>> = { places, slots, lies, posts };

// The page's examples of chunks.
same("an empty chunk", bytesToHex(encodeSmall(0)), "0x800000");
same("a chunk of two L1 operations", bytesToHex(encodeSmall(2)), "0x600000");
const example = encodeSmall(0, { kind: "transfer", sender: 5, to: 9, amount: [25n, 16], fee: [21n, 12], feeLeaf: 1 });
same("a chunk of a transfer", bytesToHex(example), "0x8208c000b32aa908be44");

const rollup = await Rollup.deploy(url, `0x${readFileSync(file, "utf8").trim()}`);
for (const who of [0, 1, 2, 0, 1, 2, 0, 1]) await rollup.deposit(addressOf(who), 10n ** 18n);
await rollup.sit();
const court = new Court(rollup, new Contract(url, rollup.address, JSON.parse(readFileSync(abi, "utf8"))));
for (const [name, part] of Object.entries(parts)) {
  if (asked.length === 0 || asked.includes(name)) await part(court);
}
