/**
 * `npm run bench:skull [-- DATA --starts N --seed N --json FILE --out DIR]`: registration of a measured radiograph, see
 * examples/measured-radiograph. DATA, or else TOMOGRAD_DATA, names the folder of
 * its data; without them it says so and does nothing.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "./build.mjs";
import { attempt, node, root, say } from "./node.mjs";

const [first, ...others] = process.argv.slice(2);
const named = first !== undefined && !first.startsWith("--");
const data = named ? first : process.env.TOMOGRAD_DATA;
const [folder, ct] = ["projections/skull-scout", "volumes/skull-phantom.nii.gz"].map((path) => join(data ?? "", path));
if (!data || !existsSync(folder) || !existsSync(ct))
  say(
    `skipped: DATA or TOMOGRAD_DATA ${data ? `(${data}) ` : ""}must name a folder with projections/skull-scout and volumes`,
  );
else if (attempt(build)) {
  const script = join(root, "examples/measured-radiograph/main.mjs");
  process.exitCode = node([script, resolve(folder), resolve(ct), ...(named ? others : process.argv.slice(2))]);
}
