/**
 * `npm run bench:large`: the large problem from the command line, with time and peak memory. `-- --size N` (512), `--views
 * V` (360), `--folder F` (where scan and volumes go), `--only NAME`, `--json FILE`.
 */
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { attempt, say } from "./node.mjs";

const { values: options } = parseArgs({
  options: {
    size: { type: "string", default: "512" },
    views: { type: "string", default: "360" },
    folder: { type: "string", default: join(tmpdir(), "tomograd-large") },
    only: { type: "string" },
    json: { type: "string" },
  },
});

if (attempt(build)) {
  const { runLarge } = await import("../bench/large.mjs");
  const { size, views, folder, only } = options;
  const result = await runLarge({ folder, size: Number(size), views: Number(views), only, say });
  const text = `${JSON.stringify(result, null, 2)}\n`;
  if (options.json) writeFileSync(options.json, text);
  process.stdout.write(text);
}
