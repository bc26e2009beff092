/**
 * Builds dist/: wasm kernels, TypeScript, then the studio's page. Each part is left as it is if none of its inputs has
 * changed since the last build.
 */
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { attempt, isMain, node, root, say } from "./node.mjs";
import { setup } from "./setup.mjs";

const STAMP = join(root, "node_modules/.cache/tomograd/build.json");
const STUDIO_STAMP = join(root, "node_modules/.cache/tomograd/buildStudio.json");
const BIN = "dist/cli/main.js";

/** Files under a folder of the root, sorted, with / as separator on every system. */
const filesUnder = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll("\\", "/"))
    .sort();

const isGenerated = (path) => /\.generated\.[a-z]+$/.test(path);

/** What the kernels and the TypeScript are made from. */
const libraryInputs = () => [
  ...filesUnder("src").filter((path) => !isGenerated(path)),
  "scripts/build.mjs",
  "scripts/buildWasm.mjs",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
];

/** What the studio's page is made from, besides the built library. */
const studioInputs = () => [...filesUnder("studio"), ...filesUnder("data"), "scripts/buildStudio.mjs"];

/** Hash of files and of what `before` stands for. */
function hashOf(inputs, before = "") {
  const hash = createHash("sha256").update(before);
  for (const path of inputs)
    hash
      .update(path)
      .update("\0")
      .update(readFileSync(join(root, path)))
      .update("\0");
  return hash.digest("hex");
}

function isCurrent(path, hash) {
  if (!existsSync(path)) return false;
  const stamp = JSON.parse(readFileSync(path, "utf8"));
  return stamp.hash === hash && stamp.outputs.every((output) => existsSync(join(root, output)));
}

function writeStamp(path, hash, outputs) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify({ hash, outputs }));
}

/** @throws if a step fails */
export function build() {
  setup();
  const hash = hashOf(libraryInputs());
  if (!isCurrent(STAMP, hash)) buildLibrary(hash);
  const studioHash = hashOf(studioInputs(), hash);
  if (!isCurrent(STUDIO_STAMP, studioHash)) buildStudio(studioHash);
}

function buildStudio(hash) {
  say("build: the studio's page, about 3 s");
  rmSync(STUDIO_STAMP, { force: true });
  if (node(["scripts/buildStudio.mjs"]) !== 0) throw new Error("the studio's page cannot be built");
  writeStamp(STUDIO_STAMP, hash, filesUnder("dist/studio"));
}

function buildLibrary(hash) {
  say("build: compiling the wasm kernels and the TypeScript, about 15 s");
  rmSync(STAMP, { force: true });
  if (node(["scripts/buildWasm.mjs"]) !== 0) throw new Error("the wasm kernels did not compile");
  rmSync(join(root, "dist"), { recursive: true, force: true });
  if (node(["node_modules/typescript/bin/tsc", "-p", "."]) !== 0) throw new Error("TypeScript reports errors");
  chmodSync(join(root, BIN), 0o755);
  writeStamp(STAMP, hash, [...filesUnder("src").filter(isGenerated), ...filesUnder("dist")]);
}

if (isMain(import.meta.url)) attempt(build);
