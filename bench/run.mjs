/** Runs groups of cases on one and two threads, in turn, and collects the medians. */
import { createBackend } from "tomograd/backend";
import { toDevice } from "tomograd/projector";
import { kernels256 } from "./kernels256.mjs";
import { describeLoad, describeMachine, median, time } from "./measure.mjs";
import { createPlastimatch, plastimatchInstalled } from "./plastimatch.mjs";
import { seedGradients, seedTutorial, syntheticChest } from "./seed.mjs";

const ROUNDS = 7;
const THREADS = [1, 2];

/** Backends of one group of cases live at the same time, so that their runs alternate. */
async function runGroup(prepare, { wanted, rounds, warmUp = true, reference, say }) {
  const cases = [];
  const backends = [];
  try {
    for (const threads of THREADS) {
      const backend = await createBackend({ prefer: "wasm", threads });
      backends.push(backend);
      const group = prepare(backend);
      for (const [name, run] of Object.entries(group.runs))
        if (wanted(name)) cases.push({ name, backend, threads, views: group.views, run, cpu: [], wall: [] });
    }
    const referenceMs = [];
    for (let round = warmUp ? -1 : 0; cases.length > 0 && round < rounds; round++) {
      say(round < 0 ? "  warming up" : `  round ${round + 1} of ${rounds}`);
      for (const { backend, run, cpu, wall } of cases) {
        await backend.idle();
        const { cpuMs, wallMs } = await time(async () => {
          await run();
          await backend.idle();
        });
        if (round < 0) continue;
        cpu.push(cpuMs);
        wall.push(wallMs);
      }
      if (reference && round >= 0) referenceMs.push(reference.cpuMsPerView());
    }
    return cases.map(({ name, backend, threads, views, cpu, wall }) => ({
      name,
      backend: backend.name,
      threads,
      medianCpuMs: median(cpu) / views,
      medianWallMs: median(wall) / views,
      views,
      ...(referenceMs.length > 0 && {
        reference: { name: "plastimatch drr -i exact", cpuMsPerView: median(referenceMs) },
      }),
    }));
  } finally {
    for (const backend of backends) await backend[Symbol.asyncDispose]();
  }
}

/**
 * Milliseconds are those of a view (the tutorial: of its 101 steps with one view). `only`: part of the names to run; `chest`: a volume instead of the
 * synthetic one.
 */
export async function runBenchmarks({ only, chest, rounds = ROUNDS, say }) {
  const wanted = (name) => only === undefined || name.includes(only);
  const load = await describeLoad();
  const reference = wanted("256") || only === undefined ? openReference(say) : undefined;
  const options = { wanted, rounds, say };
  try {
    const results = [];
    say("256³ voxels, 6 views of 256 x 256");
    results.push(...(await runGroup(kernels256, { ...options, reference })));
    const seed = chest ?? syntheticChest();
    say(`seed: ${seed.grid.size.join(" x ")} voxels, one view of 200 x 200`);
    results.push(...(await runGroup((backend) => seedGradients(backend, toDevice(backend, seed)), options)));
    say("seed: 101 steps");
    results.push(
      ...(await runGroup((backend) => seedTutorial(backend, seed), { ...options, rounds: 1, warmUp: false })),
    );
    return { machine: describeMachine(), load, cases: results };
  } finally {
    reference?.dispose();
  }
}

function openReference(say) {
  if (plastimatchInstalled()) return createPlastimatch();
  say("plastimatch is not installed: no reference");
  return undefined;
}
