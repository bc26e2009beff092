/**
 * Installs the packages of package-lock.json if one is missing or of another version; says nothing otherwise.
 * Called by every other script, so that nobody has to know a command for it.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { attempt, isMain, node, root, say } from "./node.mjs";

const OLDEST_NODE = [20, 19];

const readLock = (path) => JSON.parse(readFileSync(join(root, path), "utf8")).packages;

/** What node_modules lacks: paths of package-lock.json (those for other machines are optional and may be absent). */
export function missingPackages() {
  const wanted = readLock("package-lock.json");
  const present = existsSync(join(root, "node_modules/.package-lock.json"))
    ? readLock("node_modules/.package-lock.json")
    : {};
  return Object.keys(wanted).filter((path) => {
    if (path === "") return false;
    if (!present[path]) return !wanted[path].optional;
    return present[path].version !== wanted[path].version || !existsSync(join(root, path, "package.json"));
  });
}

/** npm's own script: run by node it needs no shell, unlike `npm.cmd` on Windows. */
function npmScript() {
  const beside = dirname(process.execPath);
  const candidates = [
    process.env.npm_execpath ?? "",
    join(beside, "node_modules/npm/bin/npm-cli.js"),
    join(beside, "../lib/node_modules/npm/bin/npm-cli.js"),
    join(beside, "../share/nodejs/npm/bin/npm-cli.js"),
    "/usr/share/nodejs/npm/bin/npm-cli.js",
  ];
  return candidates.find((path) => path.endsWith("npm-cli.js") && existsSync(path));
}

/** Runs `npm ARGS` in the root; returns the exit code. */
export function npm(args) {
  const script = npmScript();
  if (!script) throw new Error(`npm was not found beside ${process.execPath}: run 'npm ${args.join(" ")}' yourself`);
  return node([script, ...args]);
}

/** @throws if Node is too old or the installation fails */
export function setup() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]))
    throw new Error(`Node ${OLDEST_NODE.join(".")} or later is needed, this is ${process.versions.node}`);
  const missing = missingPackages();
  if (missing.length === 0) return;
  say(`setup: installing packages (${missing.length} missing or outdated), about 10 s with a warm npm cache`);
  // No package here needs an install script: leaving them out is safer and quicker.
  const code = npm(["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (code !== 0) throw new Error(`npm ci failed with exit code ${code}`);
}

if (isMain(import.meta.url)) attempt(setup);
