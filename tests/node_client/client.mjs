// A wallet's life with Gavel: deposit on the L1, pay, withdraw, claim on the L1.
// usage: node client.mjs L1_URL SEQUENCER PRIVATE_KEY PAYEE
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import {
  bytesToHex,
  createPublicClient,
  createWalletClient,
  defineChain,
  formatEther,
  hexToBytes,
  http,
  parseEther,
  parseSignature,
  serializeCompactSignature,
  signatureToCompactSignature,
  zeroAddress,
  zeroHash,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const [l1Url, sequencerAddress, privateKey, payee] = process.argv.slice(2);
const repository = fileURLToPath(new URL('../..', import.meta.url));
const account = privateKeyToAccount(privateKey);

// gRPC: the services as the proto files tell them. Amounts are strings of digits, addresses and hashes are bytes.
// The zero address, or no token at all, is ETH.
const files = ['gavel/v1/query.proto', 'gavel/v1/sequencer.proto'];
const options = { includeDirs: [repository + 'proto'], longs: String, enums: String, defaults: true, oneofs: true };
const loaded = protoLoader.loadSync(files, options);
const { Query, Sequencer } = grpc.loadPackageDefinition(loaded).gavel.v1;
const query = new Query(sequencerAddress, grpc.credentials.createInsecure());
const sequencer = new Sequencer(sequencerAddress, grpc.credentials.createInsecure());
const call = (service, method, request) =>
  new Promise((resolve, reject) => {
    service[method](request, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 250));
const bytes = (hex) => Buffer.from(hexToBytes(hex));

// The L1, through viem. Rollup and chain id are taken from the sequencer here; a careful wallet knows its own.
const info = await call(query, 'GetChainInfo', {});
const rollup = bytesToHex(info.rollup);
const chain = defineChain({
  id: Number(info.chainId),
  name: 'L1',
  rpcUrls: { default: { http: [l1Url] } },
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
});
const reader = createPublicClient({ chain, transport: http(), pollingInterval: 250 });
const wallet = createWalletClient({ account, chain, transport: http() });
const abi = JSON.parse(readFileSync(repository + 'l1-bridge/abi/Rollup.json', 'utf8'));
async function onL1(functionName, args, value = 0n) {
  const hash = await wallet.writeContract({ address: rollup, abi, functionName, args, value });
  const receipt = await reader.waitForTransactionReceipt({ hash });
  if (receipt.status !== 'success') throw new Error(functionName + ' failed on the L1');
}

// What a user signs: EIP-712, so that any wallet shows it.
const domain = { name: 'Gavel', version: '1', chainId: Number(info.chainId), verifyingContract: rollup };
const common = [
  { name: 'token', type: 'address' },
  { name: 'to', type: 'address' },
  { name: 'amount', type: 'uint128' },
  { name: 'fee', type: 'uint128' },
  { name: 'nonce', type: 'uint64' },
];
const types = { Transfer: [...common, { name: 'memo', type: 'bytes32' }], Withdraw: common };
const ethAccount = () => call(query, 'GetAccount', { owner: bytes(account.address) });
async function feeFor(kind, newRecipients) {
  return BigInt((await call(sequencer, 'EstimateFee', { kind, lines: 1, newRecipients })).suggested);
}
async function submit(primaryType, fields) {
  const message = { token: zeroAddress, ...fields, nonce: BigInt((await ethAccount()).nonce) };
  const signature = parseSignature(await account.signTypedData({ domain, types, primaryType, message }));
  const written = {
    token: bytes(message.token),
    to: bytes(message.to),
    amount: String(message.amount),
    fee: String(message.fee),
    nonce: String(message.nonce),
    ...(message.memo && { memo: bytes(message.memo) }),
  };
  return call(sequencer, 'Submit', {
    operation: { [primaryType.toLowerCase()]: written },
    sender: bytes(account.address),
    chainId: info.chainId,
    signature: bytes(serializeCompactSignature(signatureToCompactSignature(signature))),
  });
}
// Ends when the operation is final, printing each status on the way.
const untilFinal = (hash) =>
  new Promise((resolve, reject) => {
    let last;
    query
      .WatchOperation({ hash })
      .on('data', (operation) => {
        last = operation.status.replace('OPERATION_STATUS_', '').toLowerCase();
        console.log('  ' + last);
      })
      .on('end', () => (last === 'final' ? resolve() : reject(new Error('it ended ' + last))))
      .on('error', reject);
  });

console.log('deposit of 1 ETH on the L1');
const before = BigInt((await ethAccount()).balance);
await onL1('depositEth', [account.address], parseEther('1'));
while (BigInt((await ethAccount()).balance) < before + parseEther('1')) await aMoment();
console.log('  credited');

const known = (await call(query, 'GetAccount', { owner: bytes(payee) })).index !== 0;
const fee = await feeFor('KIND_TRANSFER', known ? 0 : 1);
const transfer = { to: payee, amount: parseEther('0.25'), fee, memo: zeroHash };
try {
  await submit('Transfer', { ...transfer, amount: parseEther('1000000') });
} catch (refused) {
  console.log('payment of 1000000 ETH: refused, ' + refused.metadata.get('gavel-reason')[0]);
}
console.log('payment of 0.25 ETH, fee ' + formatEther(transfer.fee) + ' ETH');
const payment = await submit('Transfer', transfer);

console.log('withdrawal of 0.5 ETH');
const balance = await reader.getBalance({ address: account.address });
const withdraw = { to: account.address, amount: parseEther('0.5'), fee: await feeFor('KIND_WITHDRAW', 0) };
const withdrawal = await submit('Withdraw', withdraw);
console.log('payment is');
await untilFinal(payment.hash);
console.log('withdrawal is');
await untilFinal(withdrawal.hash);

const proof = await call(query, 'GetWithdrawalProof', { operationHash: withdrawal.hash });
const { position, recipient, token, amount } = proof.withdrawal;
const path = proof.path.map((sibling) => bytesToHex(sibling));
const toRecipient = zeroAddress; // the recipient itself could name another receiver
const allGas = 0n; // goes with the payment
try {
  await onL1('claim', [
    bytesToHex(proof.header),
    position,
    bytesToHex(recipient),
    bytesToHex(token),
    BigInt(amount),
    path,
    toRecipient,
    allGas,
  ]);
} catch (failed) {
  // Anybody may claim for the recipient, and a verifier does it where one runs with --claim.
  if (!(await reader.readContract({ address: rollup, abi, functionName: 'isPaid', args: [position] }))) throw failed;
  console.log('somebody else has claimed it for us');
}
const gained = (await reader.getBalance({ address: account.address })) - balance;
console.log(`claimed on the L1: ${formatEther(BigInt(amount))} ETH; after the gas, ${formatEther(gained)} ETH more`);
if (gained <= 0n) throw new Error('nothing came');
query.close();
sequencer.close();
