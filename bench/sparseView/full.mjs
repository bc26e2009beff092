/**
 * All tables of the few-view benchmark into bench/results/sparse-view.json: `node bench/sparseView/full.mjs ENGINE CHEST`
 * (a file or folder each; about two hours on two free cores). `--only PART` runs the parts whose lines contain it.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: options, positionals } = parseArgs({
  options: { only: { type: "string" }, json: { type: "string", default: "bench/results/sparse-view.json" } },
  allowPositionals: true,
});
const [engine, chest] = positionals;
if (!chest) throw new Error("give the engine's file and the chest's folder");
const both = `--volume ${engine} --volume ${chest}`;
const all = "fdk,sart,cgls,asd-pocs,auto-tv";
const PARTS = [
  `${both} --size 64 --data SV-B --views 75,50,25,10 --methods ${all}`,
  `${both} --size 64 --data SV-A --views 75,50,25,10 --methods auto-tv`,
  `${both} --size 64 --data SV-C --views 75,50,25,10 --methods sart,asd-pocs,auto-tv`,
  `--volume shepp-logan --size 64 --data SV-E --views 75,25 --methods ${all}`,
  `${both} --size 128 --data SV-B --views 25 --methods ${all}`,
  `${both} --size 128 --data SV-B --views 75,50,10 --methods ${all}`,
  `${both} --size 128 --data SV-A --views 25,10 --methods sart,asd-pocs,auto-tv`,
  `${both} --size 128 --data SV-A --views 75,50 --methods auto-tv`,
  `${both} --size 128 --data SV-C --views 50,25,10 --methods sart,asd-pocs,auto-tv`,
  `${both} --size 256 --data R2 --views 25 --i0 10000 --methods auto-tv`,
  `${both} --size 256 --data R2 --views 25 --i0 100000 --methods auto-tv`,
  `--volume ${engine} --size 256 --data R2 --views 75 --i0 10000 --methods auto-tv`,
];

const script = fileURLToPath(new URL("../../scripts/benchSparseView.mjs", import.meta.url));
for (const part of PARTS.filter((line) => !options.only || line.includes(options.only))) {
  console.log(`\n${part}`);
  const args = [script, ...part.split(" "), "--json", options.json];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
