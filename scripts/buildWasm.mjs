/**
 * Compiles src/backend/wasm/assembly (AssemblyScript) twice from the same source, with shared memory and threads and
 * without, and writes both modules as base64 into src/backend/wasm/kernels.generated.ts, so that any bundler takes them
 * without handling assets. Does nothing if the sources have not changed.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../src/backend/wasm/", import.meta.url));
const target = join(folder, "kernels.generated.ts");

const common = ["-O3", "--noAssert", "--runtime", "stub", "--use", "abort=", "--importMemory", "--exportTable"];
const limits = ["--initialMemory", "2", "--maximumMemory", "65536", "--zeroFilledMemory", "--enable", "simd"];
const modules = [
  {
    name: "threadedModule",
    about: "Shared memory and threads.",
    flags: ["assembly/index.ts", "assembly/worker.ts", "--sharedMemory", "--enable", "threads"],
  },
  { name: "plainModule", about: "One thread, memory of its own.", flags: ["assembly/index.ts"] },
];

const DATA_SECTION = 11;

const mark = `// sources ${hashOfSources()}`;
if (!existsSync(target) || !readFileSync(target, "utf8").startsWith(mark)) await build();

async function build() {
  const { default: asc } = await import("assemblyscript/asc");
  const constants = [];
  for (const { name, about, flags } of modules) {
    const binary = await compile(asc, name, [...flags, ...common, ...limits]);
    constants.push(
      `/** ${about} ${binary.length} bytes, base64. */\nexport const ${name} =\n  "${Buffer.from(binary).toString("base64")}";\n`,
    );
  }
  const temporary = `${target}.${process.pid}`;
  writeFileSync(temporary, `${mark}\n// Written by scripts/buildWasm.mjs.\n\n${constants.join("\n")}`);
  renameSync(temporary, target);
}

async function compile(asc, name, flags) {
  let binary;
  const { error, stderr } = await asc.main([...flags, "--baseDir", folder, "--outFile", "module.wasm"], {
    writeFile: (_path, contents) => {
      binary = contents;
    },
  });
  if (error) throw new Error(`${name} does not compile\n${stderr}`);
  // A module with static data would write it again in every thread that instantiates it.
  if (sectionsOf(binary).includes(DATA_SECTION)) throw new Error(`${name} has static data: use raw pointers only`);
  return binary;
}

/** Numbers of the sections of a module. */
function sectionsOf(binary) {
  const sections = [];
  for (let at = 8; at < binary.length; ) {
    sections.push(binary[at++]);
    let size = 0;
    let shift = 0;
    for (let more = true; more; shift += 7) {
      size |= (binary[at] & 127) << shift;
      more = binary[at++] >= 128;
    }
    at += size;
  }
  return sections;
}

function hashOfSources() {
  const hash = createHash("sha256").update(readFileSync(fileURLToPath(import.meta.url)));
  for (const file of readdirSync(join(folder, "assembly")).sort())
    if (file.endsWith(".ts")) hash.update(`\n${file}\n`).update(readFileSync(join(folder, "assembly", file)));
  return hash.digest("hex");
}
