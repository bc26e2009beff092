/** Child process of `fuzz.mjs`: reads the cases whose numbers come, one at a time, and tells what came of each. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../node.mjs";
import { makeCase, runCase, watchMemory } from "./runCase.mjs";

const memory = watchMemory();
const io = await import("tomograd/io");
const { createRandom } = await import("../../dist/core/random.js");
const { readSeeds } = await import("./seeds.mjs");
const [seed, dataFolder] = [Number(process.argv[2]), process.argv[3]];
const known = new Set(
  [...readFileSync(join(root, "docs/errors.md"), "utf8").matchAll(/^\| ((?:`[a-z0-9-]+`(?:, )?)+) \|/gm)].flatMap(
    ([, names]) => names.match(/[a-z0-9-]+/g),
  ),
);

const seeds = await readSeeds(dataFolder);
const context = { io, known, memory };
// Each reader is loaded and compiled before it is timed.
for (const one of seeds) await runCase({ ...one, reader: "readVolume" }, context);
// without a parent there is no one to tell
process.on("disconnect", () => process.exit());
for (const event of ["uncaughtException", "unhandledRejection"])
  process.on(event, (error) => {
    process.send({ ended: true, finding: `throws outside of the call (${event}): ${error?.stack ?? error}` });
  });
process.on("message", async (n) => process.send(await runCase(makeCase(seeds, seed, n, createRandom), context)));
process.send({ ready: seeds.length });
