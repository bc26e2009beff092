/**
 * `npm run bench:registration -- --volume FILE|FOLDER --cases N --starts N --seed N --views 1|2 --range DEG,MM
 * --condition clean|real|real-short|noise|gamma|occluder --recipe auto|one-start|multi-start --threads N --json FILE`:
 * how far away a start may be and how exact poses become. `--volume` (HU) may be given several times; without views, range
 * and condition all rows of bench/registration/bars.mjs run.
 */
import { renameSync, writeFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { attempt, say } from "./node.mjs";

const { values: options } = parseArgs({
  options: {
    volume: { type: "string", multiple: true },
    cases: { type: "string", default: "40" },
    starts: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
    views: { type: "string" },
    range: { type: "string" },
    condition: { type: "string" },
    recipe: { type: "string", default: "multi-start" },
    threads: { type: "string" },
    json: { type: "string" },
  },
});

/** The rows that the options leave; a combination that is no row of the table runs without a bar. */
function rowsOf(all, conditions) {
  const { views, range, condition } = options;
  const numbers = range?.split(",").map(Number);
  if (numbers && (numbers.length !== 2 || !numbers.every((value) => value > 0)))
    throw new Error(`--range takes DEG,MM, not '${range}'`);
  if (views !== undefined && views !== "1" && views !== "2") throw new Error(`--views takes 1 or 2, not '${views}'`);
  if (condition !== undefined && !conditions.includes(condition))
    throw new Error(`--condition takes ${conditions.join(", ")}, not '${condition}'`);
  const fits = (row) =>
    (!views || row.views === Number(views)) &&
    (!numbers || row.range.every((value, i) => value === numbers[i])) &&
    (!condition || row.condition === condition);
  const kept = all.filter(fits);
  if (kept.length > 0) return kept;
  if (!(views && numbers && condition))
    throw new Error(
      "no row of the table is like that: give --views, --range and --condition to run one that is not in it",
    );
  return [{ views: Number(views), range: numbers, condition, bar: {} }];
}

if (options.volume === undefined) {
  console.error(
    "usage: npm run bench:registration -- --volume CT [--volume CT ...]; see scripts/benchRegistration.mjs",
  );
  process.exit(2);
}
if (attempt(build)) {
  const { readVolume } = await import("tomograd/io");
  const { ROWS } = await import("../bench/registration/bars.mjs");
  const { CONDITIONS } = await import("../bench/registration/conditions.mjs");
  const { runRegistrationBenchmark } = await import("../bench/registration.mjs");
  const whole = (name) => {
    const value = Number(options[name]);
    if (Number.isInteger(value) && value >= (name === "seed" ? 0 : 1)) return value;
    throw new Error(`--${name} takes a whole number, not '${options[name]}'`);
  };
  const bodies = [];
  /** Folders of DICOM are mostly called so, and tell what they hold by the folder around them. */
  const nameOf = (path) => `${basename(dirname(resolve(path)))}/${basename(path)}`;
  for (const path of options.volume)
    bodies.push({ name: nameOf(path), hounsfield: await readVolume(path, { quantity: "hounsfield" }) });
  /** After every row, so that an interrupted run keeps what it has measured. */
  const save = (report) => {
    if (!options.json) return;
    const partial = `${options.json}.part`;
    writeFileSync(partial, `${JSON.stringify(report, null, 2)}\n`);
    renameSync(partial, options.json);
  };
  const report = await runRegistrationBenchmark({
    ...{ bodies, rows: rowsOf(ROWS, CONDITIONS), recipe: options.recipe, say, onRow: save },
    ...{ cases: whole("cases"), starts: whole("starts"), seed: whole("seed") },
    ...(options.threads && { threads: whole("threads") }),
  });
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}
