// Comparisons that name what differs.
import { isDeepStrictEqual } from "node:util";

export class Differs extends Error {}

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_, part) => (typeof part === "bigint" ? part.toString() : part)) ?? "nothing";
  return text.length > 400 ? `${text.slice(0, 400)}...` : text;
}

export function same(name: string, here: unknown, vector: unknown): void {
  if (!isDeepStrictEqual(here, vector)) throw new Differs(`${name}: ${shown(here)} here, ${shown(vector)} in the vector`);
}
