import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { KERNEL_NAMES } from "../../src/backend/kernels.js";
import { REFERENCE_KERNELS as reference } from "../../src/backend/reference/kernels.js";
import { WASM_KERNELS as wasm } from "../../src/backend/wasm/table.js";
import { WEBGPU_KERNELS as webgpu } from "../../src/backend/webgpu/table.js";
import { root } from "./sourceImports.js";

/** Cells of a row of a Markdown table. */
const cells = (line: string) =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll("`", ""));

test("docs/backends.md says for every kernel which backend has it (npm run docs writes it)", () => {
  const table = readFileSync(join(root, "docs/backends.md"), "utf8")
    .split(/\r?\n/)
    .filter((line) => line.startsWith("|"))
    .map(cells);
  const backends = { wasm, reference, webgpu };
  expect(table[0]).toEqual(["kernel", ...Object.keys(backends)]);
  const rows = KERNEL_NAMES.map((kernel) => [
    kernel,
    ...Object.values(backends).map((kernels) => ("unsupported" in kernels[kernel] ? "no" : "yes")),
  ]);
  expect(table.slice(2).map((row) => row.map((cell) => cell.replace(/ \[\d+\]$/, "")))).toEqual(rows);
});
