/** Times reconstruction methods as a user calls them, on one and two threads. */
import { createBackend } from "tomograd/backend";
import { fdkScan } from "./fdk.mjs";
import { ITERATIVE_VIEWS, secondEpoch } from "./iterative.mjs";
import { describeLoad, describeMachine, median, time } from "./measure.mjs";
import { createPlastimatchFdk, plastimatchInstalled } from "./plastimatch.mjs";

/** Name, voxels along an axis, form, threads. */
const FDK_CASES = [
  ["fdk-upright-256", 256, "upright", 1],
  ["fdk-upright-256", 256, "upright", 2],
  ["fdk-tilted-256", 256, "tilted", 1],
  ["fdk-tilted-256", 256, "tilted", 2],
  ["fdk-upright-512", 512, "upright", 2],
];
/** An epoch each: name, voxels along an axis, threads. */
const ITERATIVE_CASES = [
  ["sirt", 256, 2],
  ["ossart", 256, 2],
  ["cgls", 256, 2],
];
const REFERENCE_ROUNDS = 3;

/** CPU milliseconds a view of `plastimatch fdk`, before and after the cases; undefined where it is not installed. */
function measureReference(say) {
  if (!plastimatchInstalled()) {
    say("plastimatch is not installed: no reference");
    return undefined;
  }
  say("plastimatch fdk");
  const reference = createPlastimatchFdk();
  try {
    return median(Array.from({ length: REFERENCE_ROUNDS }, () => reference.cpuMsPerView()));
  } finally {
    reference.dispose();
  }
}

async function runFdk([name, size, form, threads], scan) {
  const backend = await createBackend({ prefer: "wasm", threads });
  try {
    let peakBytes = 0;
    const { cpuMs, wallMs } = await time(async () => {
      ({ peakBytes } = await scan.run(backend, form));
    });
    return {
      ...{ name, backend: backend.name, threads, views: scan.views, voxels: size ** 3 },
      ...{ cpuMsPerView: cpuMs / scan.views, wallSeconds: wallMs / 1000, backendPeakBytes: peakBytes },
      projectionBytes: scan.bytes,
    };
  } finally {
    await backend[Symbol.asyncDispose]();
  }
}

async function runIterative([method, size, threads]) {
  const backend = await createBackend({ prefer: "wasm", threads });
  try {
    const { cpuMs, wallMs, peakBytes } = await secondEpoch(backend, method, size);
    return {
      ...{ name: `${method}-epoch-${size}`, backend: backend.name, threads, views: ITERATIVE_VIEWS, voxels: size ** 3 },
      ...{ cpuMsPerView: cpuMs / ITERATIVE_VIEWS, wallSeconds: wallMs / 1000, backendPeakBytes: peakBytes },
      projectionBytes: 4 * ITERATIVE_VIEWS * size ** 2,
    };
  } finally {
    await backend[Symbol.asyncDispose]();
  }
}

/** `only`: part of the names to run. */
export async function runReconstructionBenchmarks({ only = "", say }) {
  const load = await describeLoad();
  const wanted = FDK_CASES.filter(([name]) => name.includes(only));
  const reference = wanted.some(([, size]) => size === 256) ? measureReference(say) : undefined;
  const cases = [];
  let scan;
  for (const each of wanted) {
    const [name, size, , threads] = each;
    say(`${name}, ${threads} thread${threads > 1 ? "s" : ""}`);
    if (scan?.size !== size) scan = { size, ...fdkScan(size) };
    const result = await runFdk(each, scan);
    const compared = size === 256 && reference !== undefined;
    cases.push({ ...result, ...(compared && { reference: { name: "plastimatch fdk", cpuMsPerView: reference } }) });
  }
  scan = undefined;
  for (const each of ITERATIVE_CASES) {
    const name = `${each[0]}-epoch-${each[1]}`;
    if (!name.includes(only)) continue;
    say(`${name}, ${each[2]} threads`);
    cases.push(await runIterative(each));
  }
  return { machine: describeMachine(), load, peakProcessBytes: 1024 * process.resourceUsage().maxRSS, cases };
}
