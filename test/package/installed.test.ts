import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "./sourceImports.js";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const COMMANDS = [
  "inspect",
  "convert",
  "render",
  "simulate",
  "prepare",
  "reconstruct",
  "compare",
  "run",
  "doctor",
  "demo",
  "studio",
];

/** An empty folder that gets the packed package installed, as a user's project would. */
const folder = mkdtempSync(join(tmpdir(), "tomograd-package-"));
const installed = join(folder, "node_modules/tomograd");

/** Runs a program in a folder; stdout. @throws with both streams if it fails */
function run(program: string, args: readonly string[], cwd = folder): string {
  // npm and npx are .cmd files on Windows, which only a shell starts; no argument here has a space.
  const shell = process.platform === "win32" && program !== process.execPath;
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8", shell });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout;
}

const runScript = (text: string) => {
  writeFileSync(join(folder, "script.mjs"), text);
  return run(process.execPath, ["script.mjs"]).trim();
};

/** The lock that installs the tarball with the versions of our own lock: needs npm's cache, not the network. */
function lockFor(tarball: string) {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const shipped = Object.entries<{ dev?: boolean }>(packages).filter(([path, entry]) => path !== "" && !entry.dev);
  const { version, dependencies, bin, engines } = manifest;
  const dependency = { tomograd: `file:${tarball}` };
  return {
    lockfileVersion: 3,
    requires: true,
    packages: {
      "": { dependencies: dependency },
      "node_modules/tomograd": { version, resolved: dependency.tomograd, dependencies, bin, engines },
      ...Object.fromEntries(shipped),
    },
  };
}

describe("the packed package, installed in an empty folder", () => {
  beforeAll(() => {
    if (!existsSync(join(root, "dist/cli/main.js"))) throw new Error("build first: npm run build");
    const [{ filename }] = JSON.parse(run("npm", ["pack", "--json", "--ignore-scripts", "--loglevel=error"], root));
    const tarball = join(root, filename);
    writeFileSync(join(folder, filename), readFileSync(tarball));
    rmSync(tarball);
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ type: "module", dependencies: { tomograd: `file:${filename}` } }),
    );
    writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lockFor(filename)));
    run("npm", ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"]);
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("holds what package.json points to, the license, the changelog and the schemas, and no sources", () => {
    const targets = (value: unknown): string[] =>
      typeof value === "string" ? [value] : Object.values(value as object).flatMap(targets);
    const promised = [manifest.exports, manifest.imports, manifest.bin, manifest.files].flatMap(targets);
    // a pattern such as docs/*.md stands for its folder
    expect(promised.filter((path) => !existsSync(join(installed, path.replace(/\*.*$/, ""))))).toEqual([]);
    expect(["src", "test", "scripts"].filter((path) => existsSync(join(installed, path)))).toEqual([]);
  });

  test("npx tomograd --help names every command", () => {
    const help = run("npx", ["--no-install", "tomograd", "--help"]);
    expect(COMMANDS.filter((command) => !new RegExp(`^ +${command}\\b`, "m").test(help))).toEqual([]);
  });

  test("every entry can be imported in Node", () => {
    const names = Object.keys(manifest.exports).filter((path) => !path.endsWith(".json"));
    const script = names.map((path) => `await import("${path.replace(".", "tomograd")}");`).join("\n");
    expect(runScript(`${script}\nconsole.log("imported");`)).toBe("imported");
  });

  test("the README's example has right types", () => {
    const readme = readFileSync(join(installed, "README.md"), "utf8");
    writeFileSync(join(folder, "example.ts"), /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "");
    const options: ts.CompilerOptions = {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      lib: ["lib.es2024.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts"],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: [],
    };
    const errors = ts.getPreEmitDiagnostics(ts.createProgram([join(folder, "example.ts")], options));
    expect(errors.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "))).toEqual([]);
  }, 60_000);

  test("the README's example runs, and its files are there", () => {
    const readme = readFileSync(join(installed, "README.md"), "utf8");
    const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
    cpSync(join(installed, "data"), join(folder, "data"), { recursive: true });
    const losses = runScript(ts.transpileModule(code, { compilerOptions }).outputText)
      .split("\n")
      .map((line) => Number(line.split(" ")[1]));
    expect(losses).toHaveLength(5);
    // It falls by a factor of 60,000; a factor of 1000 shows that it converges and leaves room for other rounding.
    expect(losses[4]).toBeLessThan(1e-3 * losses[0]);
    expect(["closer.png", "density.nii.gz"].filter((name) => !existsSync(join(folder, name)))).toEqual([]);
  }, 60_000);

  test("a bundle for browsers imports no node: module and computes with the wasm backend", async () => {
    const entry = join(folder, "page.js");
    writeFileSync(entry, `export * from "tomograd";`);
    const outDir = join(folder, "bundle");
    const warnings: string[] = [];
    await build({
      root: folder,
      configFile: false,
      logLevel: "silent",
      build: {
        outDir,
        minify: false,
        target: "es2022",
        lib: { entry, formats: ["es"], fileName: "page" },
        rollupOptions: { onwarn: (warning) => warnings.push(warning.message) },
      },
    });
    const chunks = readdirSync(outDir).filter((name) => /\.m?js$/.test(name));
    const text = chunks.map((name) => readFileSync(join(outDir, name), "utf8")).join("\n");
    expect(text).not.toMatch(/(from|import\(|require\()\s*["'](node:|fs|path|os|worker_threads|zlib)/);
    expect(warnings.filter((warning) => warning.includes("externalized"))).toEqual([]);
    const script = `
      const { createBackend } = await import("./bundle/${chunks.find((name) => name.startsWith("page"))}");
      const backend = await createBackend({ prefer: "wasm" });
      const x = backend.upload(new Float32Array([1, 2, 3]), { kind: "flat", length: 3 });
      const out = backend.allocate({ kind: "flat", length: 1 });
      backend.run("sum", { out, x });
      console.log((await backend.download(out))[0]);
      await backend[Symbol.asyncDispose]();`;
    expect(runScript(script)).toBe("6");
  });
});
