/** How far away may the start be, how exact is the pose, and does the verdict tell good from bad? */
import { createBackend } from "tomograd/backend";
import { clampPadding, hounsfieldToAttenuation } from "tomograd/physics";
import { createVolumePyramid, registerViews } from "tomograd/registration";
import { gridCenter, innerCorners } from "tomograd/volume";
import { describeLoad, describeMachine, time } from "./measure.mjs";
import { missed } from "./registration/bars.mjs";
import { createTargets, shortened, startOf } from "./registration/cases.mjs";
import { isReal, withSteeperBone } from "./registration/conditions.mjs";
import { errorsOf, multiply, summarize, wilsonUpper } from "./registration/score.mjs";

/** One row of the table on one volume: a list of runs, one per case and start. */
export async function runCases(backend, body, { row, cases, starts, seed, pyramidOf }) {
  const { views, range, condition, recipe } = row;
  const targets = createTargets(backend, isReal(condition) ? withSteeperBone(body) : body);
  const registered = condition === "real-short" ? shortened(body) : body;
  const pyramid = pyramidOf(registered);
  const center = gridCenter(registered.grid);
  const landmarks = innerCorners(body.grid);
  const search = { rotationDeg: range[0], translation: range[1] };
  const runs = [];
  try {
    for (let index = 0; index < cases; index++) {
      const truth = await targets.make({ index, seed, views, condition });
      for (let start = 0; start < starts; start++) {
        const { error, xrays } = startOf(truth, center, range, { index, start, seed });
        let result;
        const { cpuMs, wallMs } = await time(async () => {
          result = await registerViews({ volume: pyramid, xrays, search, recipe, seed: index });
        });
        const errors = errorsOf(multiply(result.motion, error), landmarks, truth.views[0]);
        runs.push({ index, start, ...errors, ...result, cpuSeconds: cpuMs / 1000, seconds: wallMs / 1000 });
      }
    }
  } finally {
    targets.dispose();
    pyramid.dispose();
  }
  return runs;
}

const percent = (share) => (share === null ? "  -" : `${Math.round(100 * share)} %`.padStart(5));

const describe = ({ views, range, condition, recipe }, f) =>
  `${views === 2 ? "biplane" : "single"} ${condition} ${range.join("/")} ${recipe}: < 1 mm ${percent(f.shareBelow1mm)}, < 2 mm ` +
  `${percent(f.shareBelow2mm)}, mTRE ${f.medianTre.toFixed(2)}/${f.p95Tre.toFixed(2)}, in-plane p95 ` +
  `${f.inPlaneP95.toFixed(2)}, < 1 mm ${percent(f.inPlaneBelow1mm)}, depth p95 ${f.depthP95.toFixed(2)}, flagged failures ` +
  `${percent(f.failuresFlagged)} successes ${percent(f.successesFlagged)}, ${f.secondsEach.toFixed(2)} s`;

/**
 * `bodies`: names and HU. All rows on all bodies, by `recipe` unless a row has its own; shares are judged pooled. `onRow`
 * gets the report after each row.
 */
export async function runRegistrationBenchmark({ bodies, rows, cases, starts, seed, recipe, threads, say, onRow }) {
  const load = await describeLoad();
  const backend = await createBackend({ prefer: "wasm", ...(threads && { threads }) });
  const attenuation = bodies.map(({ name, hounsfield }) => ({
    name,
    body: hounsfieldToAttenuation(clampPadding(hounsfield).volume),
  }));
  const pyramidOf = (volume) => createVolumePyramid(backend, volume);
  const results = [];
  const pooled = [];
  const report = { machine: describeMachine(), load, results, pooled };
  for (const { bar, ...rest } of rows) {
    const row = { recipe, ...rest };
    const all = [];
    for (const { name, body } of attenuation) {
      const found = await runCases(backend, body, { row, cases, starts, seed, pyramidOf });
      const runs = found.map((run) => ({ ...run, volume: name }));
      all.push(...runs);
      const figures = summarize(runs);
      results.push({ volume: name, ...row, cases, starts, ...figures });
      say(`${name}, ${describe(row, figures)}`);
    }
    const figures = summarize(all);
    const misses = missed(figures, bar, cases * bodies.length, wilsonUpper);
    pooled.push({ ...row, ...figures, missed: misses });
    say(`pooled: ${misses.length === 0 ? "reaches its bars" : `misses ${misses.join(", ")}`}`);
    onRow(report);
  }
  await backend[Symbol.asyncDispose]();
  return report;
}
