/**
 * Builds dist/: wasm kernels, then TypeScript. Does nothing if no input has changed since the last build.
 */
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { attempt, isMain, node, root, say } from "./node.mjs";
import { setup } from "./setup.mjs";

const STAMP = join(root, "node_modules/.cache/tomograd/build.json");
const BIN = "dist/cli/main.js";

/** Files under a folder of the root, sorted, with / as separator on every system. */
const filesUnder = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll("\\", "/"))
    .sort();

const isGenerated = (path) => /\.generated\.[a-z]+$/.test(path);

/** Hash of everything that the build reads. */
function hashInputs() {
  const inputs = [
    ...filesUnder("src").filter((path) => !isGenerated(path)),
    ...filesUnder("scripts").filter((path) => path.startsWith("scripts/build")),
    "package.json",
    "package-lock.json",
    "tsconfig.json",
  ];
  const hash = createHash("sha256");
  for (const path of inputs)
    hash
      .update(path)
      .update("\0")
      .update(readFileSync(join(root, path)))
      .update("\0");
  return hash.digest("hex");
}

function isCurrent(hash) {
  if (!existsSync(STAMP)) return false;
  const stamp = JSON.parse(readFileSync(STAMP, "utf8"));
  return stamp.hash === hash && stamp.outputs.every((path) => existsSync(join(root, path)));
}

/** @throws if a step fails */
export function build() {
  setup();
  const hash = hashInputs();
  if (isCurrent(hash)) return;
  say("build: compiling the wasm kernels and the TypeScript, about 15 s");
  rmSync(STAMP, { force: true });
  if (node(["scripts/buildWasm.mjs"]) !== 0) throw new Error("the wasm kernels did not compile");
  rmSync(join(root, "dist"), { recursive: true, force: true });
  if (node(["node_modules/typescript/bin/tsc", "-p", "."]) !== 0) throw new Error("TypeScript reports errors");
  chmodSync(join(root, BIN), 0o755);
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(
    STAMP,
    JSON.stringify({ hash, outputs: [...filesUnder("src").filter(isGenerated), ...filesUnder("dist")] }),
  );
}

if (isMain(import.meta.url)) attempt(build);
