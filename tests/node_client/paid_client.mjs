// A client of a paid HTTP service (docs/channels.md, "Over HTTP"): asks, signs a voucher, asks again.
// usage: node paid_client.mjs URL TERMS PRIVATE_KEY BOOK
//   TERMS  the channel's 72 bytes in hex, as 'gavel channel open --json' tells them
//   BOOK   file that keeps the largest count that was signed; one process at a time
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import {
  bytesToHex,
  concat,
  hashTypedData,
  hexToBigInt,
  keccak256,
  parseSignature,
  serializeCompactSignature,
  signatureToCompactSignature,
  slice,
  stringToHex,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const [url, terms, privateKey, book] = process.argv.slice(2);
const account = privateKeyToAccount(privateKey);
const [payer, payee] = [slice(terms, 0, 20), slice(terms, 20, 40)];
const [unit, expiry, salt] = [slice(terms, 40, 56), slice(terms, 56, 64), slice(terms, 64, 72)].map(hexToBigInt);
const field = (type) => (name) => ({ type, name });
const types = {
  Channel: [
    ...['payer', 'payee'].map(field('address')),
    field('uint128')('unit'),
    ...['expiry', 'salt'].map(field('uint64')),
  ],
  Voucher: [...['channel', 'token'].map(field('address')), field('uint64')('count')],
};
const base64 = (object) => Buffer.from(JSON.stringify(object)).toString('base64');
const fromBase64 = (text) => JSON.parse(Buffer.from(text, 'base64').toString());

// What is paid for: method, target, body and an id that is the same when this request is repeated.
const method = 'GET';
const target = new URL(url).pathname + new URL(url).search;
const id = bytesToHex(randomBytes(16));
const request = keccak256(
  concat([keccak256(stringToHex(method)), keccak256(stringToHex(target)), keccak256('0x'), id]),
);

const unpaid = await fetch(url);
if (unpaid.status !== 402) {
  console.log(await unpaid.text());
  process.exit(0);
}
const { accepts } = fromBase64(unpaid.headers.get('payment-required'));
const { scheme, network, amount, asset, payTo, extra } = accepts[0];
if (scheme !== 'gavel-channel') throw new Error('paid in another way: ' + scheme);
// A careful client knows its own chain and rollup, and how much it wants to pay.
if (payTo !== payee || BigInt(extra.unit) !== unit) throw new Error('the channel is for another payee or unit');
if (payer !== account.address.toLowerCase()) throw new Error("the channel is another payer's");
const now = BigInt(Math.floor(Date.now() / 1000));
if (now + BigInt(extra.margin) >= expiry) throw new Error('the channel ends too soon');

// The count is on the disk before the voucher leaves: one that was forgotten could still be redeemed.
const before = existsSync(book) ? BigInt(readFileSync(book, 'utf8')) : 0n;
const count = before + (BigInt(amount) + unit - 1n) / unit;
const file = openSync(book + '.new', 'w');
writeSync(file, count.toString());
fsyncSync(file);
closeSync(file);
renameSync(book + '.new', book);

const domain = { name: 'Gavel', version: '1', chainId: Number(network.split(':')[1]), verifyingContract: extra.rollup };
const channelMessage = { payer, payee, unit, expiry, salt };
const channel = slice(hashTypedData({ domain, types, primaryType: 'Channel', message: channelMessage }), 12);
const message = { channel, token: asset, count };
const signed = await account.signTypedData({ domain, types, primaryType: 'Voucher', message });
const signature = serializeCompactSignature(signatureToCompactSignature(parseSignature(signed)));
const payment = base64({
  x402Version: 2,
  accepted: { scheme, network, asset, extra: { rollup: extra.rollup } },
  payload: { terms: terms.toLowerCase(), count: count.toString(), signature, id },
});

const paid = await fetch(url, { method, headers: { 'PAYMENT-SIGNATURE': payment } });
const told = paid.headers.get('payment-response');
const receipt = told ? fromBase64(told) : { success: false, errorReason: 'no receipt' };
if (!paid.ok) throw new Error(paid.status + ' ' + (receipt.errorReason ?? (await paid.text())));
if (!receipt.success || receipt.extra.request !== request) throw new Error('the receipt is for something else');
console.error('paid ' + amount + ' base units; count ' + receipt.extra.count + ', credit ' + receipt.extra.credit);
console.log(await paid.text());
