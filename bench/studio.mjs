/** The page in a browser: what its first load weighs, how soon it shows, how it follows the hand, what it keeps, how its tour goes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeLoad, describeMachine } from "./measure.mjs";
import { missed } from "./studio/bars.mjs";
import { measureDrags } from "./studio/drag.mjs";
import { measureLoads, weighFirstLoad } from "./studio/load.mjs";
import { measureMemory } from "./studio/memory.mjs";
import { measureTour } from "./studio/tour.mjs";
import { writeCubes } from "./studio/volumes.mjs";

/** `studio`: the address of the page and a browser. `only`: one of the parts. */
export async function runStudioBenchmark({ studio, only, rounds, say }) {
  const machine = { ...describeMachine(), browser: `Chromium ${studio.browser.version()}` };
  const load = await describeLoad();
  const folder = mkdtempSync(join(tmpdir(), "tomograd-studio-"));
  const parts = {
    load: async () => ({ ...(await weighFirstLoad(studio)), ...(await measureLoads(studio, { rounds, say })) }),
    drag: async () => measureDrags(studio, { cubes: await writeCubes(folder), rounds, say }),
    memory: () => measureMemory(studio, { say }),
    tour: () => measureTour(studio, { say }),
  };
  const measured = {};
  try {
    for (const [name, measure] of Object.entries(parts))
      if (only === undefined || only === name) measured[name] = await measure();
  } finally {
    rmSync(folder, { recursive: true });
  }
  return { machine, load, rounds, ...measured, missed: missed(measured) };
}
