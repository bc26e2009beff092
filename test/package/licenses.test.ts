import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./sourceImports.js";

interface LockedPackage {
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
}
const lock: Record<string, LockedPackage> = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;

/** The folders of the locked packages that fulfil a condition. */
const pathsWhere = (condition: (entry: LockedPackage) => boolean) =>
  Object.keys(lock).filter((path) => path !== "" && condition(lock[path]));

/** Licenses under which a package may be used and passed on together with MIT code. */
const PERMISSIVE = [
  "MIT",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "0BSD",
  "Unlicense",
  "BlueOak-1.0.0",
  "CC0-1.0",
  "Zlib",
];
/** Also fine for tools that we run but do not pass on. */
const TOOLS = [...PERMISSIVE, "MPL-2.0", "Python-2.0"];

/** Tools whose manifest names no license; they are run by the tests and not passed on. */
const UNNAMED_TOOLS = [
  "node_modules/h5wasm", // NIST terms, LICENSE.txt: free use with notice; an optional peer
  "node_modules/jsfive", // public domain, pyfive's notice (BSD), LICENSE.txt: the second opinion on written HDF5
  "node_modules/@perma/map", // these come with @itk-wasm/image-io, the second opinion of the readers' tests
  "node_modules/actor",
  "node_modules/rabin-rs",
];

const allows = (license: string | undefined, allowed: readonly string[]) =>
  (license ?? "none")
    .replace(/[()]/g, "")
    .split(" OR ")
    .some((one) => one.split(" AND ").every((part) => allowed.includes(part)));

test("every package that is installed with tomograd has a license compatible with MIT", () => {
  expect(pathsWhere((entry) => !entry.dev).length).toBeGreaterThan(6);
  expect(pathsWhere((entry) => !entry.dev && !allows(entry.license, PERMISSIVE))).toEqual([]);
});

test("every tool of the build and the tests has an open license", () => {
  expect(pathsWhere((entry) => !allows(entry.license, TOOLS)).filter((path) => !UNNAMED_TOOLS.includes(path))).toEqual(
    [],
  );
});

test("no package that is installed with tomograd runs a script at installation", () => {
  expect(pathsWhere((entry) => !entry.dev && !!entry.hasInstallScript)).toEqual([]);
});

test("every package comes from the registry with a checksum", () => {
  expect(pathsWhere((entry) => !entry.integrity)).toEqual([]);
});
