/**
 * `npm run bench:calibration -- CT`: finds the geometry of a scan of a CT whose every view is off. `--voxels N` calibrates
 * on N³ voxels instead of those of the reconstruction, `--json FILE` writes the figures.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { attempt, say } from "./node.mjs";

const NUMBERS = ["size", "voxels", "pixels", "views", "mm", "deg", "seed", "levels", "iterations", "threads"];
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "string" }, ...Object.fromEntries(NUMBERS.map((name) => [name, { type: "string" }])) },
});
if (positionals.length !== 1) {
  console.error(
    `usage: npm run bench:calibration -- CT [--json FILE] ${NUMBERS.map((name) => `[--${name} N]`).join(" ")}; CT: a chest CT, folder or file`,
  );
  process.exit(2);
}
if (attempt(build)) {
  const { readVolume } = await import("tomograd/io");
  const { runCalibration } = await import("../bench/calibration.mjs");
  const ct = await readVolume(positionals[0], { quantity: "hounsfield" });
  const given = Object.fromEntries(
    NUMBERS.filter((name) => options[name] !== undefined).map((name) => [name, Number(options[name])]),
  );
  const { figures } = await runCalibration(ct, { ...given, say });
  const text = `${JSON.stringify(figures, null, 2)}\n`;
  if (options.json) writeFileSync(options.json, text);
  process.stdout.write(text);
}
