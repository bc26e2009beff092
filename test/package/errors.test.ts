import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/core/errors.js";
import { hintOf } from "../../src/core/hints.js";
import { thrownWords } from "./thrownDefects.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { codes, defects, pairs, hintless, nameless } = thrownWords(`${root}src`);

/** The rows of the page's tables: words of the first column, codes where there are any, what to do. */
const rows = readFileSync(`${root}docs/errors.md`, "utf8")
  .split(/^## /m)
  .flatMap((part) => part.split("\n").map((line) => ({ line, table: part.split("\n", 1)[0] })))
  .filter(({ line }) => /^\| `/.test(line))
  .map(({ line, table }) => {
    const cells = line.split(" | ");
    const words: readonly string[] = cells[0].match(/[\w-]+/g) ?? [];
    return { words, table, middle: cells[1], advice: cells.at(-1)!.replace(/ \|$/, "") };
  });
const listed = new Set(rows.flatMap(({ words }) => words));

describe("docs/errors.md", () => {
  test("lists every code that can be thrown, and no other", () => {
    const family = /type ErrorCode =([^;]*);/.exec(readFileSync(`${root}src/core/errors.ts`, "utf8"))![1];
    const known = family.match(/[A-Z_]{5,}/g)!;
    expect(known.filter((code) => !listed.has(code))).toEqual([]);
    expect([...codes.keys()].filter((code) => !known.includes(code))).toEqual([]);
    const inPage = [...listed].filter((word) => /^[A-Z_]+$/.test(word));
    expect(inPage.filter((code) => !known.includes(code))).toEqual([]);
  });

  test("no refusal of a file, a path or a command is without a defect", () => {
    const refusals = [...nameless].filter(([code]) => code !== "ABORTED" && code !== "INVARIANT");
    const places = refusals.flatMap(([, at]) => at).filter((at) => /^(io|cli|platform)\//.test(at));
    expect(places).toEqual([]);
  });

  test("every refusal of what a file holds ends with what to do about it", () => {
    const silent = [...hintless].filter(([pair, at]) => {
      const [defect, code] = pair.split(" ");
      // It lists the endings that there are.
      if (defect === "unknown-ending") return false;
      const ofFile = ["CORRUPT_FILE", "TRUNCATED_FILE", "UNSUPPORTED_FORMAT"].includes(code);
      return ofFile && at.some((place) => place.startsWith("io/")) && hintOf(code as ErrorCode, defect) === undefined;
    });
    expect(silent.map(([pair, at]) => `${pair} (${at})`)).toEqual([]);
  });

  test("has one row for each word of a table", () => {
    // Two rows for one word drift apart, and only the first is found.
    const seen = new Map<string, number>();
    for (const { words, table } of rows)
      for (const word of words) seen.set(`${table}: ${word}`, (seen.get(`${table}: ${word}`) ?? 0) + 1);
    expect([...seen].filter(([, times]) => times > 1)).toEqual([]);
  });

  test("lists every defect that can be thrown or warned of, and no other", () => {
    const missing = [...defects].filter(([word]) => !listed.has(word)).map(([word, at]) => `${word} (${at[0]})`);
    expect(missing).toEqual([]);
    const stale = [...listed].filter((word) => /^[a-z0-9-]+$/.test(word) && !defects.has(word));
    expect(stale).toEqual([]);
  });

  test("names beside each defect the codes with which it is thrown", () => {
    const unlisted = [...pairs].filter(([pair]) => {
      const [defect, code] = pair.split(" ");
      return !rows.some(({ words, middle }) => words.includes(defect) && middle.includes(code));
    });
    expect(unlisted).toEqual([]);
  });

  test("defects are kebab-case words, and each row says what to do", () => {
    for (const [word, at] of defects) expect(word, at[0]).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    for (const { words, middle, advice } of rows) {
      expect(middle, `${words}: its codes`).toMatch(/\S/);
      expect(advice.length, `${words}: '${advice}'`).toBeGreaterThan(20);
    }
  });
});
