// The same words signed by viem, by ethers and by Gavel: one digest, and one signature byte for byte.
import { Signature, TypedDataEncoder, Wallet } from "ethers";
import { hashTypedData, serializeCompactSignature, signatureToCompactSignature, parseSignature } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Hex } from "./bytes.js";
import { domainOf, type Json } from "./cases.js";
import { same } from "./expect.js";
import { digestOf, domainSeparator, operationHash, recover, type Kind, type Operation } from "./words.js";

const field = (name: string, type: string) => ({ name, type });
const [TOKEN, TO, AMOUNT] = [field("token", "address"), field("to", "address"), field("amount", "uint128")];
const [FEE, NONCE, MEMO] = [field("fee", "uint128"), field("nonce", "uint64"), field("memo", "bytes32")];
const TYPES: Record<Kind, { name: string; types: Record<string, { name: string; type: string }[]> }> = {
  transfer: { name: "Transfer", types: { Transfer: [TOKEN, TO, AMOUNT, FEE, NONCE, MEMO] } },
  withdraw: { name: "Withdraw", types: { Withdraw: [TOKEN, TO, AMOUNT, FEE, NONCE] } },
  payout: { name: "Payout", types: { Payout: [TOKEN, field("payments", "Payment[]"), FEE, NONCE, MEMO], Payment: [TO, AMOUNT] } },
};

function operationOf(one: Json): Operation {
  const payments = one.payments.map(({ to, amount }: Json) => ({ to, amount: BigInt(amount) }));
  return { kind: one.operation, token: one.token, payments, fee: BigInt(one.fee), nonce: BigInt(one.nonce), memo: one.memo };
}

export async function checkOperation(one: Json): Promise<void> {
  const op = operationOf(one);
  const { chainId, rollup } = domainOf(one.domain);
  const { name, types } = TYPES[op.kind];
  const domain = { name: "Gavel", version: "1", chainId, verifyingContract: rollup };
  const line = op.kind === "payout" ? { payments: op.payments } : { ...op.payments[0] };
  const memo = op.kind === "withdraw" ? {} : { memo: op.memo };
  const message = { token: op.token, ...line, fee: op.fee, nonce: op.nonce, ...memo };

  const separator = domainSeparator({ chainId, rollup });
  same("domainSeparator", separator, one.domainSeparator);
  same("digest by the page", digestOf(separator, op), one.digest);
  // viem takes chain ids beyond 2^53 as bigint at run time; its type says number.
  const typedData = { domain: domain as Json, types, primaryType: name, message } as Json;
  same("digest by viem", hashTypedData(typedData), one.digest);
  same("digest by ethers", TypedDataEncoder.hash(domain, types, message), one.digest);

  const account = privateKeyToAccount(one.privateKey);
  same("signer", account.address.toLowerCase(), one.signer);
  same("operationHash", operationHash(one.digest, one.signer), one.operationHash);
  same("recovered", await recover(one.digest, one.signature), one.signer);
  const byViem: Hex = await account.signTypedData(typedData);
  same("signature by viem", serializeCompactSignature(signatureToCompactSignature(parseSignature(byViem))), one.signature);
  const byEthers = await new Wallet(one.privateKey).signTypedData(domain, types, message);
  same("signature by ethers", Signature.from(byEthers).compactSerialized, one.signature);
}
