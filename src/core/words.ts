/** What somebody gave, in few words: `text 'abc'`, "a Float32Array", "nothing", "3". */
export function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return `text '${value}'`;
  if (typeof value === "bigint") return `the BigInt ${value}`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return "an array";
  const name = value.constructor?.name ?? "Object";
  return name === "Object" ? "an object" : `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}

/** "1 view", "3 views" */
export const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;
