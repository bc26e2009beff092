/**
 * `npm run sv-smoke`: few-view reconstruction of two real scans at 64³ from 25 views, held to the bars of the benchmark, and
 * five controls that must fail. Needs the folder of real scans (TOMOGRAD_DATA); without it, it says so and passes.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "./build.mjs";
import { attempt, root } from "./node.mjs";

const folder = resolve(root, process.env.TOMOGRAD_DATA ?? "../shared/data");
/** Bars in dB: SV-B, gain over ASD-POCS, SV-A after 10 values of lambda. */
const SCANS = [
  { name: "engine", path: "volumes/engine.nii.gz", noisy: 32.4, gain: 1.3, exact: 43, controls: true },
  { name: "chest", path: "chest-lidc-idri-0001/dicom", noisy: 33.3, gain: 0.7, exact: 38.5, controls: false },
];
const COMMON = { size: 64, views: 25, i0: 1e4, seed: 0 };

const missing = SCANS.filter(({ path }) => !existsSync(join(folder, path)));
if (missing.length > 0) {
  const names = missing.map(({ path }) => path).join(" and ");
  console.log(`sv-smoke skipped: ${folder} lacks ${names}; TOMOGRAD_DATA names the folder of real scans`);
} else if (attempt(build)) process.exitCode = (await smoke()) ? 0 : 1;

async function smoke() {
  const { METHODS } = await import("../bench/sparseView/methods.mjs");
  const { makeData } = await import("../bench/sparseView/protocol.mjs");
  const { runMethod } = await import("../bench/sparseView/run.mjs");
  const { openVolume } = await import("../bench/sparseView/volumes.mjs");
  const { createBackend } = await import("tomograd/backend");
  const { autoTv, fistaTv } = await import("tomograd/reconstruction");
  const started = performance.now();
  const backend = await createBackend({ prefer: "wasm" });
  let passed = true;
  const hold = (what, found, bar, above = true) => {
    const margin = above ? found - bar : bar - found;
    if (!(margin >= 0)) passed = false;
    const verdict = margin >= 0 ? "ok  " : "FAIL";
    console.log(
      `${verdict} ${what}: ${found.toFixed(2)} dB, bar ${above ? ">=" : "<="} ${bar}, margin ${margin.toFixed(2)}`,
    );
  };
  for (const { name, path, noisy, gain, exact, controls } of SCANS) {
    const volume = await openVolume(join(folder, path));
    const set = await makeData(backend, volume, { ...COMMON, data: "SV-B" });
    const automatic = await runMethod(backend, METHODS["auto-tv"], set);
    hold(`${name}, SV-B, auto-tv`, automatic.psnr, noisy);
    const pocs = await runMethod(backend, METHODS["asd-pocs"], set);
    hold(`${name}, SV-B, auto-tv over asd-pocs (${pocs.psnr.toFixed(2)})`, automatic.psnr - pocs.psnr, gain);
    const clean = await makeData(backend, volume, { ...COMMON, data: "SV-A" });
    // one epoch to start, then ten values of lambda of five epochs each
    const short = (A, p) => autoTv(A, p, { iterations: 51, quantity: "density" });
    hold(`${name}, SV-A, auto-tv, 10 lambdas`, (await runMethod(backend, short, clean)).psnr, exact);
    if (!controls) continue;
    const { lambda } = automatic.used;
    const fixed = (factor) => (A, p) => fistaTv(A, p, { lambda: factor * lambda, iterations: 30, quantity: "density" });
    const control = async (what, method, data, bar, above) =>
      hold(`control, ${what}`, (await runMethod(backend, method, data)).psnr, bar, above);
    await control("angles in another order", METHODS["auto-tv"], shuffled(set), 20, false);
    await control("lambda times 30", fixed(30), set, 27, false);
    await control("lambda over 30", fixed(1 / 30), set, 29, false);
    const { half, weights } = halved(set);
    await control("every other column 0", METHODS["auto-tv"], half, 22, false);
    const weighted = (A, p) => autoTv(A, p, { weights, quantity: "density" });
    await control("these columns with weight 0", weighted, half, 29.5, true);
  }
  await backend[Symbol.asyncDispose]();
  console.log(`sv-smoke ${passed ? "passed" : "FAILED"} in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return passed;
}

/** The images stay in their order, the views are visited at a stride of 7. */
function shuffled({ truth, projections }) {
  const { views } = projections;
  return { truth, projections: { ...projections, views: views.map((_, k) => views[(7 * k) % views.length]) } };
}

/** Every other column of the images 0, and weights that leave them out. */
function halved({ truth, projections }) {
  const { columns } = projections.detector;
  const weights = new Float32Array(projections.values.length).fill(1);
  for (let i = 0; i < weights.length; i++) if ((i % columns) % 2 === 1) weights[i] = 0;
  const values = projections.values.map((p, i) => p * weights[i]);
  return { half: { truth, projections: { ...projections, values } }, weights };
}
