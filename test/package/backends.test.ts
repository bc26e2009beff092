import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createBackend, KERNEL_NAMES, listBackends } from "../../src/backend/index.js";
import { root } from "./sourceImports.js";

/** Cells of a row of a Markdown table. */
const cells = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll("`", ""));

test("docs/backends.md says for every kernel which backend has it (npm run docs writes it)", async () => {
  const table = readFileSync(join(root, "docs/backends.md"), "utf8")
    .split(/\r?\n/)
    .filter((line) => line.startsWith("|"))
    .map(cells);
  const names = (await listBackends()).map(({ name }) => name);
  expect(table[0]).toEqual(["kernel", ...names]);
  const rows: string[][] = KERNEL_NAMES.map((kernel) => [kernel]);
  for (const name of names) {
    await using backend = await createBackend({ prefer: name });
    for (const [k, kernel] of KERNEL_NAMES.entries()) rows[k].push(backend.unsupportedReason(kernel) ? "no" : "yes");
  }
  expect(table.slice(2).map((row) => row.map((cell) => cell.replace(/ \[\d+\]$/, "")))).toEqual(rows);
});
