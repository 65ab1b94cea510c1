// The same words signed by viem, by ethers and by Gavel: one digest, and one signature byte for byte.
import { Signature, TypedDataEncoder, Wallet } from "ethers";
import { hashTypedData, serializeCompactSignature, signatureToCompactSignature, parseSignature } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Hex } from "./bytes.js";
import { domainOf, type Json } from "./cases.js";
import { same } from "./expect.js";
import { channelAddress, digestOf, domainSeparator, operationHash, recover, termsDigest, voucherDigest } from "./words.js";
import type { Kind, Operation } from "./words.js";

const field = (name: string, type: string) => ({ name, type });
const [TOKEN, TO, AMOUNT] = [field("token", "address"), field("to", "address"), field("amount", "uint128")];
const [FEE, NONCE, MEMO] = [field("fee", "uint128"), field("nonce", "uint64"), field("memo", "bytes32")];
const [PAYEE, UNIT, EXPIRY] = [field("payee", "address"), field("unit", "uint128"), field("expiry", "uint64")];
const [SALT, CHANNEL, COUNT] = [field("salt", "uint64"), field("channel", "address"), field("count", "uint64")];
const [CLAIMED, TAKE, CLOSE] = [field("claimed", "uint64"), field("take", "bool"), field("close", "bool")];
type Types = Record<string, { name: string; type: string }[]>;
const TYPES: Record<Kind | "terms" | "voucher", Types> = {
  transfer: { Transfer: [TOKEN, TO, AMOUNT, FEE, NONCE, MEMO] },
  withdraw: { Withdraw: [TOKEN, TO, AMOUNT, FEE, NONCE] },
  payout: { Payout: [TOKEN, field("payments", "Payment[]"), FEE, NONCE, MEMO], Payment: [TO, AMOUNT] },
  fund: { Fund: [TOKEN, PAYEE, UNIT, EXPIRY, SALT, AMOUNT, FEE, NONCE] },
  redeem: { Redeem: [CHANNEL, TOKEN, CLAIMED, COUNT, TAKE, CLOSE, FEE] },
  terms: { Channel: [field("payer", "address"), PAYEE, UNIT, EXPIRY, SALT] },
  voucher: { Voucher: [CHANNEL, TOKEN, COUNT] },
};

const NUMBERS = ["amount", "fee", "nonce", "unit", "expiry", "salt", "claimed", "count"];
// Of the same names as in the vector, with numbers for decimals.
function fieldsOf(one: Json, names: string[]): Json {
  return Object.fromEntries(names.map((name) => [name, NUMBERS.includes(name) ? BigInt(one[name]) : one[name]]));
}

const namesIn = (types: Types): string[] => Object.values(types)[0].map(({ name }) => name);

function operationOf(one: Json): Operation {
  const kind: Kind = one.operation;
  if (kind === "fund" || kind === "redeem") return { kind, ...fieldsOf(one, namesIn(TYPES[kind])) };
  const payments = one.payments.map((line: Json) => fieldsOf(line, ["to", "amount"]));
  return { kind, ...fieldsOf(one, ["token", "fee", "nonce", "memo"]), payments };
}

function messageOf(op: Operation): object {
  if (op.kind === "fund" || op.kind === "redeem" || op.kind === "payout") return op;
  return { ...op, ...op.payments[0] };
}

// The digest of these words, if it is the same for all; `byPage` is this code's.
function checkDigest(one: Json, types: Types, message: object, byPage: Hex) {
  const { chainId, rollup } = domainOf(one.domain);
  same("domainSeparator", domainSeparator({ chainId, rollup }), one.domainSeparator);
  same("digest by the page", byPage, one.digest);
  const domain = { name: "Gavel", version: "1", chainId, verifyingContract: rollup };
  const known = Object.fromEntries(namesIn(types).map((name) => [name, (message as Json)[name]]));
  // viem takes chain ids beyond 2^53 as bigint at run time; its type says number.
  const typedData = { domain: domain as Json, types, primaryType: Object.keys(types)[0], message: known } as Json;
  same("digest by viem", hashTypedData(typedData), one.digest);
  same("digest by ethers", TypedDataEncoder.hash(domain, types, known), one.digest);
  return { domain, typedData, known };
}

async function checkSigned(one: Json, types: Types, message: object, byPage: Hex): Promise<void> {
  const { domain, typedData, known } = checkDigest(one, types, message, byPage);
  const account = privateKeyToAccount(one.privateKey);
  same("signer", account.address.toLowerCase(), one.signer);
  same("recovered", await recover(one.digest, one.signature), one.signer);
  const byViem: Hex = await account.signTypedData(typedData);
  same("signature by viem", serializeCompactSignature(signatureToCompactSignature(parseSignature(byViem))), one.signature);
  const byEthers = await new Wallet(one.privateKey).signTypedData(domain, types, known);
  same("signature by ethers", Signature.from(byEthers).compactSerialized, one.signature);
}

const separatorOf = (one: Json): Hex => domainSeparator(domainOf(one.domain));

export async function checkOperation(one: Json): Promise<void> {
  const op = operationOf(one);
  await checkSigned(one, TYPES[op.kind], messageOf(op), digestOf(separatorOf(one), op));
  same("operationHash", operationHash(one.digest, one.signer), one.operationHash);
}

export function checkTerms(one: Json): void {
  const terms = fieldsOf(one, namesIn(TYPES.terms));
  checkDigest(one, TYPES.terms, terms, termsDigest(separatorOf(one), terms));
  same("channel", channelAddress(separatorOf(one), terms), one.channel);
}

export async function checkVoucher(one: Json): Promise<void> {
  const voucher = fieldsOf(one, namesIn(TYPES.voucher));
  await checkSigned(one, TYPES.voucher, voucher, voucherDigest(separatorOf(one), voucher));
}
