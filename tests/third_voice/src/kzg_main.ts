// The evaluation of a committed polynomial alone, by the contract's library on a node.
//
// usage: node kzg_main.js vectors URL HARNESS FILE    the consensus specification's cases, from FILE: {suite: [{name, input, output}]}
//        node kzg_main.js absent URL HARNESS          on a node of a fork without the precompile
import { readFileSync } from "node:fs";
import { size, type Hex } from "viem";
import { blobOf, elementsOf, evaluate, versionedHashOf } from "./blob.js";
import { same } from "./expect.js";
import { Harness } from "./harness.js";
import { commit } from "./kzg.js";

interface Case {
  name: string;
  input: Record<string, Hex>;
  output: string | string[] | null;
}

const [mode, url, file, vectors] = process.argv.slice(2) as [string, string, string, string];
const harness = await Harness.deploy(url, `0x${readFileSync(file, "utf8").trim()}`);
const suites = () => JSON.parse(readFileSync(vectors, "utf8")) as Record<string, Case[]>;

// How many of the cases aren't for us: blobs and numbers out of the field when something is to be made, other lengths than ours.
function tell(suite: string, cases: Case[], left: number): void {
  if (cases.length <= left) throw new Error(`${suite}: no cases`);
  console.log(`${suite}: ${cases.length - left} as they should be, ${left} of ${cases.length} not for us`);
}

// The commitments, values and proofs that are made here.
async function made(): Promise<void> {
  const { blob_to_kzg_commitment: commitments = [], compute_kzg_proof: proofs = [] } = suites();
  const valid = (cases: Case[]) => cases.filter((one) => one.output !== null);
  for (const { name, input, output } of valid(commitments)) {
    same(name, blobOf(elementsOf(input["blob"]!), commit).commitment, output);
  }
  tell("blob_to_kzg_commitment", commitments, commitments.length - valid(commitments).length);
  for (const { name, input, output } of valid(proofs)) {
    const { value, proof } = evaluate(blobOf(elementsOf(input["blob"]!), commit).coefficients, BigInt(input["z"]!), commit);
    same(name, [proof, value], [output![0], BigInt(output![1]!)]);
  }
  tell("compute_kzg_proof", proofs, proofs.length - valid(proofs).length);
}

// Those that the contract judges.
async function judged(): Promise<void> {
  const cases = suites()["verify_kzg_proof"] ?? [];
  let left = 0;
  for (const { name, input, output } of cases) {
    const { commitment, z, y, proof } = input as { commitment: Hex; z: Hex; y: Hex; proof: Hex };
    if (size(commitment) !== 48 || size(z) !== 32 || size(y) !== 32 || size(proof) !== 48) {
      left++;
      continue;
    }
    const data = harness.evaluation(versionedHashOf(commitment), BigInt(z), commitment, BigInt(y), proof);
    same(name, await harness.refusal(data), output === "true" ? "" : "Opening");
  }
  tell("verify_kzg_proof", cases, left);
}

if (mode === "absent") {
  const infinity: Hex = `0xc0${"00".repeat(47)}`;
  const data = harness.evaluation(versionedHashOf(infinity), 7n, infinity, 0n, infinity);
  same("zero's value, without the precompile", await harness.refusal(data), "Opening");
  console.log("without the precompile: refused");
} else {
  await judged();
  await made();
}
