/** `npm run bench:novel-views -- FOLDER`: novel views of a 120-view reconstruction of a CT. `--json FILE` writes the figures. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { attempt, say } from "./node.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "string" }, seed: { type: "string", default: "1" } },
});
if (positionals.length !== 1) {
  console.error("usage: npm run bench:novel-views -- CT [--json FILE] [--seed N]; CT: a chest CT, folder or file");
  process.exit(2);
}
if (attempt(build)) {
  const { readVolume } = await import("tomograd/io");
  const { runNovelViews } = await import("../bench/novelViews.mjs");
  const ct = await readVolume(positionals[0], { quantity: "hounsfield" });
  const text = `${JSON.stringify(await runNovelViews(ct, { seed: Number(options.seed), say }), null, 2)}\n`;
  if (options.json) writeFileSync(options.json, text);
  process.stdout.write(text);
}
