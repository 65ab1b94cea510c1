// Arguments of the contract's claim and exit but the last two, as cast takes them: the state is replayed from the L1 by
// docs/protocol.md, docs/contract.md and the ABI alone.
// usage: leave.js ABI L1_URL ROLLUP claim RECIPIENT TOKEN AMOUNT
//        leave.js ABI L1_URL ROLLUP exit OWNER TOKEN
import { readFileSync } from "node:fs";
import { encodeHeader } from "./batch.js";
import type { Hex } from "./bytes.js";
import { encodeLeaf, keyOf } from "./state.js";
import { withdrawalLeaf } from "./trees.js";
import { Contract, rebuild } from "./whole.js";

async function claim(contract: Contract, recipient: Hex, token: Hex, amount: string): Promise<string[]> {
  const { header, state } = await rebuild(contract);
  const leaf = withdrawalLeaf(recipient, token, BigInt(amount));
  for (const [position, hash] of state.withdrawals.entries()) {
    if (hash !== leaf || (await contract.view<boolean>("isPaid", position))) continue;
    const path = state.withdrawalTree().path(position, state.withdrawals.length);
    return [encodeHeader(header), `${position}`, recipient, token, amount, `[${path}]`];
  }
  throw new Error("no final batch has such a withdrawal that isn't paid");
}

async function exit(contract: Contract, owner: Hex, token: Hex): Promise<string[]> {
  const { header, state } = await rebuild(contract);
  const index = state.leaves.findIndex(({ key }) => key === keyOf(owner, token));
  if (index < 0) throw new Error("there is no such account");
  const path = state.accountTree().path(index, state.leaves.length);
  return [encodeHeader(header), `${index}`, encodeLeaf(state.leaves[index]), `[${path}]`];
}

const [abi, l1Url, ...words] = process.argv.slice(2);
const [rollup, what, owner, token, amount] = words.map((word) => word.toLowerCase());
const contract = new Contract(l1Url, rollup as Hex, JSON.parse(readFileSync(abi, "utf8")));
if (what === "claim") console.log(...(await claim(contract, owner as Hex, token as Hex, amount)));
else if (what === "exit") console.log(...(await exit(contract, owner as Hex, token as Hex)));
else throw new Error("usage: leave.js ABI L1_URL ROLLUP claim RECIPIENT TOKEN AMOUNT | exit OWNER TOKEN");
