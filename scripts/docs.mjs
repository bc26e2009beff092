/**
 * `npm run docs`: writes docs/backends.md (which backend has which kernel), schema/run.json and docs/api (TypeDoc). Fails
 * if a public name has no doc comment.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { backendTable } from "./docsBackends.mjs";
import { attempt, node, root, say } from "./node.mjs";

/** Source files of the package's entries. */
function entrySources() {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.values(exports)
    .filter((target) => target.default)
    .map((target) => target.default.replace("./dist/", "src/").replace(/\.js$/, ".ts"));
}

const TYPEDOC = [
  "--out",
  "docs/api",
  "--name",
  "tomograd",
  "--readme",
  "README.md",
  "--validation.notExported",
  "false",
];

if (attempt(build)) {
  const distribution = (path) => import(new URL(`../dist/${path}`, import.meta.url));
  const { KERNEL_NAMES } = await distribution("backend/kernels.js");
  const { WASM_KERNELS: wasm } = await distribution("backend/wasm/table.js");
  const { REFERENCE_KERNELS: reference } = await distribution("backend/reference/kernels.js");
  const { WEBGPU_KERNELS: webgpu } = await distribution("backend/webgpu/table.js");
  writeFileSync(join(root, "docs/backends.md"), backendTable(KERNEL_NAMES, { wasm, reference, webgpu }));
  const { runRecordJsonSchema } = await distribution("report/index.js");
  writeFileSync(join(root, "schema/run.json"), `${JSON.stringify(runRecordJsonSchema(), null, 2)}\n`);
  node(["node_modules/@biomejs/biome/bin/biome", "format", "--write", "schema/run.json"]);
  say("docs: docs/backends.md and schema/run.json are written, docs/api follows");
  const drawn = node(["node_modules/typedoc/bin/typedoc", ...TYPEDOC, ...entrySources()]);
  const documented = node(["node_modules/vitest/vitest.mjs", "run", "test/package/surface.test.ts"]);
  process.exitCode = drawn || documented;
}
