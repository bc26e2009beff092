import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { allImports, importsOf, root, type SourceImport, sourceFiles } from "./sourceImports.js";

/** What a folder may import besides itself and core. Data flows from sources to pages; imports flow the other way. */
const METHODS = ["geometry", "volume", "physics", "backend", "projector", "metric", "regularizer", "optimizer"];
const TABLE: Record<string, readonly string[]> = {
  core: [],
  platform: [],
  geometry: [],
  volume: ["geometry"],
  backend: ["platform"],
  physics: ["geometry", "volume", "backend"],
  io: ["geometry", "volume", "platform"],
  projector: ["geometry", "volume", "backend"],
  metric: ["volume", "backend", "projector"],
  regularizer: ["volume", "backend", "projector"],
  optimizer: ["volume", "backend", "projector"],
  reconstruction: METHODS,
  registration: METHODS,
  calibration: [...METHODS, "reconstruction", "registration"],
  report: ["geometry", "volume"],
  testing: ["backend", "projector", "io"],
};
/** Folders and files that may import every folder. */
const UNBOUND = ["cli", "index.ts"];

const folderOf = (file: string) => file.split("/")[0];

/** A sentence on what is wrong with an import, or undefined. */
function objection({ from, specifier, target, typeOnly }: SourceImport): string | undefined {
  const importer = folderOf(from);
  if (specifier.startsWith("node:"))
    return from === "platform/node.ts" || importer === "cli" ? undefined : `${from} imports ${specifier}`;
  if (!target || UNBOUND.includes(importer)) return undefined;
  const imported = folderOf(target);
  if (imported === importer || imported === "core" || TABLE[importer]?.includes(imported)) return undefined;
  if (importer === "report" && typeOnly && ["reconstruction", "registration"].includes(imported)) return undefined;
  return `${from} imports ${specifier}, but ${importer}/ may import only ${TABLE[importer]?.join(", ") || "core"}`;
}

/** A cycle of files by imports that survive compilation, as "a -> b -> a", or undefined. */
function findCycle(imports: readonly SourceImport[]): string | undefined {
  const next = new Map<string, string[]>();
  for (const { from, target, typeOnly } of imports)
    if (target && !typeOnly) next.set(from, [...(next.get(from) ?? []), target]);
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): string | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file].join(" -> ");
    if (done.has(file)) return undefined;
    for (const target of next.get(file) ?? []) {
      const cycle = walk(target, [...path, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of next.keys()) {
    const cycle = walk(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}

test("every import follows the table of folders, and node: modules stay in platform/node.ts and cli/", () => {
  expect(allImports().map(objection).filter(Boolean)).toEqual([]);
});

test("every folder of src/ has a row in the table", () => {
  const folders = new Set(sourceFiles().map(folderOf));
  expect([...folders].filter((folder) => !TABLE[folder] && !UNBOUND.includes(folder))).toEqual([]);
});

test("no file imports itself in a circle", () => {
  expect(findCycle(allImports())).toBeUndefined();
});

test("the studio imports the package by its public names alone, and nothing of Node", () => {
  const folder = join(root, "studio/src");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => /\.tsx?$/.test(path));
  const imports = files.flatMap((path) => importsOf(`studio/src/${path}`, readFileSync(join(folder, path), "utf8")));
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const known = Object.keys(exports).map((path) => path.replace(/^\./, "tomograd"));
  const bad = imports.filter(({ specifier, target }) => {
    if (target) return !target.startsWith("studio/src/");
    return (
      !known.includes(specifier) && !/^(preact|@preact\/signals|@cornerstonejs\/.*\?url)(\/hooks)?$/.test(specifier)
    );
  });
  expect(files.length).toBeGreaterThan(20);
  expect(bad.map(({ from, specifier }) => `${from}: ${specifier}`)).toEqual([]);
});

test("the check names the offender, for static, dynamic and platform imports", () => {
  const text = `
    import { a } from "../geometry/index.js";
    import type { B } from "../projector/types.js";
    export * from "../backend/kernels.js";
    const fs = await import("node:fs");
    import { hardwareThreads } from "#platform";`;
  expect(importsOf("volume/bad.ts", text).map(objection)).toEqual([
    undefined,
    "volume/bad.ts imports ../projector/types.js, but volume/ may import only geometry",
    "volume/bad.ts imports ../backend/kernels.js, but volume/ may import only geometry",
    "volume/bad.ts imports node:fs",
    "volume/bad.ts imports #platform, but volume/ may import only geometry",
  ]);
  expect(importsOf("report/bad.ts", `import { readVolume } from "../io/index.js";`).map(objection)).toEqual([
    "report/bad.ts imports ../io/index.js, but report/ may import only geometry, volume",
  ]);
});

test("the check finds a cycle of three files and lets a cycle of types pass", () => {
  const circle = (keyword: string) => [
    ...importsOf("io/a.ts", `${keyword} { b } from "./b.js";`),
    ...importsOf("io/b.ts", `export * from "./c.js";`),
    ...importsOf("io/c.ts", `import { a } from "./a.js";`),
  ];
  expect(findCycle(circle("import"))).toBe("io/a.ts -> io/b.ts -> io/c.ts -> io/a.ts");
  expect(findCycle(circle("import type"))).toBeUndefined();
});
