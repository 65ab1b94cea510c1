// Compiles the contracts, and checks them against the limits that Ethereum sets and the ABI that the programs use.
//
// usage: node compile.mjs artifacts DIR [ABI]   all contracts of this folder; those that are deployed as DIR/NAME.creation.hex.
//                                               With a file ABI: fails unless it tells Rollup's functions, events and errors
//        node compile.mjs mutant DIR            as artifacts, with no warning an error: a fault on purpose may leave a name unused
//        node compile.mjs tests DIR             the contracts of tests/contracts/, each as DIR/NAME.creation.hex
//
// A file holds creation code in hex, one line without 0x. The same sources give the same bytes anywhere: nothing of a path, a
// time or a comment is in them.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import solc from 'solc';

const here = dirname(fileURLToPath(import.meta.url));
const testsFolder = join(here, '../../tests/contracts');
const deployed = ['Rollup', 'TestToken'];
const maxRuntime = 24_576; // EIP-170
const maxCreation = 49_152; // EIP-3860
// Warnings that are none: code size, judged here; the ABI's names of results that are names of calls too; transient storage,
// which OpenZeppelin's guard clears.
const accepted = ['3860', '5574', '8760', '2394'];

function fail(text) {
  console.error(text);
  process.exit(1);
}

const solidityFiles = (folder) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.sol'))
        .sort()
    : [];

// Imports of a package are looked up in node_modules.
function findImport(path) {
  const file = join(here, path.startsWith('@') ? 'node_modules' : '.', path);
  return existsSync(file) ? { contents: readFileSync(file, 'utf8') } : { error: 'no such file' };
}

// { contract's name: { abi, creation, runtime } } of the files named in `folder`; code in hex.
function compile(folder, allowsWarnings = false) {
  const source = (name) => [name, { content: readFileSync(join(folder, name), 'utf8') }];
  const sources = Object.fromEntries(solidityFiles(folder).map(source));
  const input = {
    language: 'Solidity',
    sources,
    settings: {
      optimizer: { enabled: true, runs: 1_000 },
      viaIR: true,
      evmVersion: 'osaka',
      metadata: { appendCBOR: false, bytecodeHash: 'none' },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: findImport }));
  const isFault = (one) => one.severity === 'error' || (one.severity === 'warning' && !allowsWarnings);
  const told = (output.errors ?? []).filter((one) => isFault(one) && !accepted.includes(one.errorCode));
  if (told.length > 0) fail(told.map((one) => one.formattedMessage).join('\n'));
  const contracts = {};
  for (const name of Object.keys(sources)) {
    for (const [contract, made] of Object.entries(output.contracts[name] ?? {})) {
      contracts[contract] = { abi: made.abi, creation: made.evm.bytecode.object, runtime: made.evm.deployedBytecode.object };
    }
  }
  return contracts;
}

// Neither abstract contracts and interfaces nor libraries, which are part of those who use them.
const withCode = (contracts) => Object.entries(contracts).filter(([, made]) => made.creation !== '' && made.abi.length > 0);

// A file that is right already is left alone: others may be reading it.
function write(directory, name, made) {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, name + '.creation.hex');
  const text = made.creation + '\n';
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}

function artifacts(directory, abiFile, allowsWarnings = false) {
  const contracts = compile(here, allowsWarnings);
  let tooLarge = false;
  for (const [name, made] of withCode(contracts)) {
    const [creation, runtime] = [made.creation.length / 2, made.runtime.length / 2];
    console.log(`${name}: runtime ${runtime} of ${maxRuntime} bytes, creation ${creation} of ${maxCreation}`);
    tooLarge ||= runtime > maxRuntime || creation > maxCreation;
    if (deployed.includes(name)) write(directory, name, made);
  }
  if (tooLarge) fail('over the limit of code size');
  if (abiFile) compareAbi(contracts.Rollup.abi, abiFile);
}

// One line for each function, event and error, in one order.
function told(abi) {
  const types = (list) => list.map((one) => one.type).join(','); // there are no tuples
  const named = (list) => list.map((one) => `${one.type}${one.indexed ? ' indexed' : ''} ${one.name}`).join(', ');
  return abi
    .filter((one) => ['function', 'event', 'error'].includes(one.type))
    .map(
      (one) =>
        `${one.type} ${one.name}(${types(one.inputs)}) = (${named(one.inputs)})` +
        (one.type === 'function' ? ` ${one.stateMutability} returns (${named(one.outputs)})` : ''),
    )
    .sort();
}

function compareAbi(abi, file) {
  const ours = told(abi);
  const theirs = told(JSON.parse(readFileSync(file, 'utf8')));
  const faults = [
    ...ours.filter((one) => !theirs.includes(one)).map((one) => '  only in Solidity: ' + one),
    ...theirs.filter((one) => !ours.includes(one)).map((one) => `  only in ${file}: ` + one),
  ];
  if (faults.length > 0) fail(`Rollup's ABI differs:\n${faults.join('\n')}`);
}

const [mode, where, abiFile] = process.argv.slice(2);
if (mode === 'artifacts' && where) artifacts(where, abiFile);
else if (mode === 'mutant' && where) artifacts(where, undefined, true);
else if (mode === 'tests' && where) for (const [name, made] of withCode(compile(testsFolder))) write(where, name, made);
else fail('usage: node compile.mjs artifacts DIR [ABI] | mutant DIR | tests DIR');
