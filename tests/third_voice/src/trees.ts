// docs/protocol.md, "Trees" and "Withdrawals".
import { H, pair, uint, ZERO_HASH, type Hex } from "./bytes.js";

export const DEPTH = 32;
const Z: Hex[] = [ZERO_HASH];
for (let h = 0; h < DEPTH; ++h) Z.push(pair(Z[h], Z[h]));
export const emptyRoot = Z[DEPTH];

// Number of the node at height h that leaf i lies under, and of its sibling. Indexes pass 2^31, so no bit operations.
const above = (i: number, h: number) => Math.floor(i / 2 ** h);
const beside = (node: number) => (node % 2 === 0 ? node + 1 : node - 1);

function leftOut(i: number, h: number, c: number): boolean {
  return beside(above(i, h)) * 2 ** h >= c;
}

// How many siblings the path of i carries in a tree with c leaves.
export function carried(i: number, c: number): number {
  let count = 0;
  for (let h = 0; h < DEPTH; ++h) if (!leftOut(i, h, c)) ++count;
  return count;
}

export function fold(leaf: Hex, i: number, c: number, path: Hex[]): Hex {
  let node = leaf;
  let next = 0;
  for (let h = 0; h < DEPTH; ++h) {
    const sibling = leftOut(i, h, c) ? Z[h] : path[next++];
    node = above(i, h) % 2 === 1 ? pair(sibling, node) : pair(node, sibling);
  }
  if (next !== path.length) throw new Error("a path of another length");
  return node;
}

// The whole tree from its leaves that aren't empty: nodes by height.
export class Tree {
  private readonly levels: Map<number, Hex>[] = [];
  constructor(leaves: Map<number, Hex>) {
    this.levels.push(leaves);
    for (let h = 0; h < DEPTH; ++h) {
      const parents = new Map<number, Hex>();
      for (const child of this.levels[h].keys()) {
        const left = child - (child % 2);
        parents.set(left / 2, pair(this.node(h, left), this.node(h, left + 1)));
      }
      this.levels.push(parents);
    }
  }
  private node(h: number, position: number): Hex {
    return this.levels[h].get(position) ?? Z[h];
  }
  root(): Hex {
    return this.node(DEPTH, 0);
  }
  path(i: number, c: number): Hex[] {
    const out: Hex[] = [];
    for (let h = 0; h < DEPTH; ++h) if (!leftOut(i, h, c)) out.push(this.node(h, beside(above(i, h))));
    return out;
  }
  // One hash for each bit set in c.
  frontier(c: number): Hex[] {
    const out: Hex[] = [];
    for (let h = 0; h < DEPTH; ++h) if (above(c, h) % 2 === 1) out.push(this.node(h, above(c, h) - 1));
    return out;
  }
}

export const bitsSet = (c: number): number => c.toString(2).replaceAll("0", "").length;

export class Frontier {
  private readonly nodes: (Hex | undefined)[] = new Array(DEPTH).fill(undefined);
  constructor(
    public count: number,
    hashes: Hex[],
  ) {
    let next = 0;
    for (let h = 0; h < DEPTH; ++h) if (this.bit(h)) this.nodes[h] = hashes[next++];
    if (next !== hashes.length) throw new Error("a frontier of another length");
  }
  private bit(h: number): boolean {
    return above(this.count, h) % 2 === 1;
  }
  hashes(): Hex[] {
    return this.nodes.filter((node, h): node is Hex => this.bit(h) && node !== undefined);
  }
  root(): Hex {
    let node = Z[0];
    for (let h = 0; h < DEPTH; ++h) node = this.bit(h) ? pair(this.nodes[h]!, node) : pair(node, Z[h]);
    return node;
  }
  append(leaf: Hex): void {
    let node = leaf;
    let h = 0;
    for (; this.bit(h); ++h) node = pair(this.nodes[h]!, node);
    this.nodes[h] = node;
    ++this.count;
  }
  copy(): Frontier {
    return new Frontier(this.count, this.hashes());
  }
}

export function withdrawalLeaf(recipient: Hex, token: Hex, amount: bigint): Hex {
  return H(recipient, token, uint(amount, 16));
}

// A batch's trees.
export function smallDepth(n: number): number {
  let depth = 0;
  while (2 ** depth < n) ++depth;
  return depth;
}

function smallLevels(leaves: Hex[]): Hex[][] {
  const padded = [...leaves];
  while (padded.length < 2 ** smallDepth(leaves.length)) padded.push(ZERO_HASH);
  const levels = [padded];
  for (let below = padded; below.length > 1; below = levels[levels.length - 1]) {
    const parents: Hex[] = [];
    for (let i = 0; i < below.length; i += 2) parents.push(pair(below[i], below[i + 1]));
    levels.push(parents);
  }
  return levels;
}

export function smallRoot(leaves: Hex[]): Hex {
  return smallLevels(leaves).at(-1)![0];
}

export function smallPath(leaves: Hex[], i: number): Hex[] {
  return smallLevels(leaves)
    .slice(0, -1)
    .map((level, h) => level[beside(above(i, h))]);
}

export function smallFold(leaf: Hex, i: number, path: Hex[]): Hex {
  return path.reduce((node, sibling, h) => (above(i, h) % 2 === 1 ? pair(sibling, node) : pair(node, sibling)), leaf);
}
