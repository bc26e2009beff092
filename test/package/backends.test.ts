import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { KERNEL_NAMES } from "../../src/backend/kernels.js";
import { REFERENCE_KERNELS as reference } from "../../src/backend/reference/kernels.js";
import { WASM_KERNELS as wasm } from "../../src/backend/wasm/table.js";
import { WEBGPU_KERNELS as webgpu } from "../../src/backend/webgpu/table.js";
import { root } from "./sourceImports.js";

test("docs/backends.md is what npm run docs writes: for every kernel, which backend has it", async () => {
  const { backendTable } = await import(pathToFileURL(join(root, "scripts/docsBackends.mjs")).href);
  const page = readFileSync(join(root, "docs/backends.md"), "utf8").replaceAll("\r\n", "\n");
  expect(page).toBe(backendTable(KERNEL_NAMES, { wasm, reference, webgpu }));
});

test("no kernel is missing anywhere", () => {
  for (const kernels of [wasm, reference, webgpu])
    expect(KERNEL_NAMES.filter((kernel) => "unsupported" in kernels[kernel])).toEqual([]);
});
