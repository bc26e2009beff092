/** Parsers of option values: text from the command line to numbers, refused with what was expected. */
import { type Command, InvalidArgumentError } from "commander";
import { fault } from "../core/errors.js";

const refuse = (expected: string): never => {
  throw new InvalidArgumentError(`It must be ${expected}.`);
};

/** A finite number, with bounds if given. */
export const number =
  (expected: string, accepts: (x: number) => boolean = () => true) =>
  (text: string): number => {
    const x = text.trim() === "" ? Number.NaN : Number(text);
    return Number.isFinite(x) && accepts(x) ? x : refuse(expected);
  };

export const positive = number("a positive number", (x) => x > 0);
export const positiveInteger = number("a positive integer", (x) => Number.isInteger(x) && x > 0);
export const finite = number("a number");
export const integer = number("an integer", Number.isInteger);

/** `count` numbers with commas in between, with bounds if given. */
export const numbers =
  (count: number, expected: string, accepts: (x: number[]) => boolean = () => true) =>
  (text: string): number[] => {
    const parts = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    return parts.length === count && parts.every(Number.isFinite) && accepts(parts) ? parts : refuse(expected);
  };

/** Any number of numbers with commas in between. */
export const numberList = (text: string): number[] =>
  numbers(text.split(",").length, "numbers with commas in between")(text);

/** Three or four indices with commas in between. */
export const voxel = (text: string): number[] => {
  const indices = numberList(text);
  return indices.length === 3 || indices.length === 4 ? indices : refuse("three voxel indices such as 10,20,5");
};

/** Three or four rows of four numbers, row by row. */
export const affine = (text: string): number[] => {
  const rows = numberList(text);
  return rows.length === 12 || rows.length === 16 ? rows : refuse("12 or 16 numbers with commas in between");
};

/** "256x192" */
export const size = (text: string): [number, number] => {
  const match = /^(\d+)x(\d+)$/.exec(text.trim());
  if (!match || Number(match[1]) < 1 || Number(match[2]) < 1) return refuse("ROWSxCOLUMNS such as 256x256");
  return [Number(match[1]), Number(match[2])];
};

/** "128x128x67" */
export const size3 = (text: string): [number, number, number] => {
  const match = /^(\d+)x(\d+)x(\d+)$/.exec(text.trim());
  const parts = match?.slice(1).map(Number);
  if (!parts || parts.some((n) => n < 1)) return refuse("NXxNYxNZ such as 128x128x67");
  return parts as [number, number, number];
};

/** One of some words. */
export const oneOf =
  <W extends string>(...words: W[]) =>
  (text: string): W =>
    words.includes(text as W) ? (text as W) : refuse(`one of ${words.join(", ")}`);

const repeated = new WeakSet<object>();

/** Collects a repeatable option. */
export function repeat<T>(parse: (text: string) => T): (text: string, previous: T[] | undefined) => T[] {
  const collect = (text: string, previous: T[] | undefined): T[] => [...(previous ?? []), parse(text)];
  repeated.add(collect);
  return collect;
}

/** Whether a parser is one of `repeat`. */
export const isRepeated = (parse: object | undefined): boolean => parse !== undefined && repeated.has(parse);

/** Refuses two flags that contradict each other, where the later would replace the earlier. */
export function refuseBoth(command: Command, ...flags: readonly string[]): Command {
  const given = new Set<string>();
  for (const flag of flags)
    command.on(`option:${flag}`, () => {
      given.add(flag);
      if (given.size > 1)
        throw fault("INVALID_ARGUMENT", `--${[...given].join(" and --")} contradict each other: leave one out`, {
          defect: "contradictory-options",
        });
    });
  return command;
}
