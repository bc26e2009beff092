/**
 * `npm run bench:sparse-view -- --volume FILE|FOLDER|shepp-logan --size N --views N,N --data SV-A,SV-B,SV-C,SV-E,R2 --i0 N
 * --seed N --methods a,b --json FILE`: few-view reconstruction, scored. `--volume` may be given several times; results that
 * FILE already holds are kept, those of the same case replaced.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { attempt, say } from "./node.mjs";

const { values: options } = parseArgs({
  options: {
    volume: { type: "string", multiple: true },
    size: { type: "string", default: "64" },
    views: { type: "string", default: "25" },
    data: { type: "string", default: "SV-B" },
    i0: { type: "string", default: "10000" },
    seed: { type: "string", default: "0" },
    methods: { type: "string", default: "fdk,sart,asd-pocs,auto-tv" },
    threads: { type: "string" },
    json: { type: "string" },
  },
});

if (attempt(build)) {
  const { METHODS } = await import("../bench/sparseView/methods.mjs");
  const { DATA, makeData } = await import("../bench/sparseView/protocol.mjs");
  const { runMethod } = await import("../bench/sparseView/run.mjs");
  const { openVolume } = await import("../bench/sparseView/volumes.mjs");
  const { describeLoad, describeMachine } = await import("../bench/measure.mjs");
  const { createBackend } = await import("tomograd/backend");

  const list = (text) => text.split(",").filter(Boolean);
  const known = (kind, names, table) => {
    for (const name of names)
      if (!Object.hasOwn(table, name)) throw new Error(`no ${kind} '${name}': give ${Object.keys(table).join(", ")}`);
    return names;
  };
  const count = (name, text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value > 0) return value;
    throw new Error(`--${name} takes whole numbers from 1, not '${text}'`);
  };
  const volumes = options.volume ?? ["shepp-logan"];
  const size = count("size", options.size);
  const i0 = count("i0", options.i0);
  const seed = Number(options.seed);
  if (!Number.isInteger(seed)) throw new Error(`--seed takes an integer, not '${options.seed}'`);
  const viewCounts = list(options.views).map((text) => count("views", text));
  const data = known("data set", list(options.data), DATA);
  const methods = known("method", list(options.methods), METHODS);

  const file = options.json;
  const earlier = file && existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).results : [];
  const load = await describeLoad();
  const report = { machine: describeMachine(), load, results: earlier };
  const threads = options.threads ? { threads: count("threads", options.threads) } : {};
  const backend = await createBackend({ prefer: "wasm", ...threads });
  console.log(
    `${report.machine.cpu}, ${backend.about}; two busy threads receive ${load.coresForTwoThreads.toFixed(1)} cores`,
  );
  console.log("volume           size views data  method      PSNR   SSIM  seconds    CPU  lambda");
  for (const path of volumes) {
    const volume = await openVolume(path);
    const name = shortName(path);
    for (const set of data)
      for (const views of viewCounts) {
        const made = await makeData(backend, volume, { data: set, size, views, i0, seed });
        for (const method of methods) {
          say(`${name} ${size}³, ${views} views, ${set}, ${method}`);
          const { used, volume: _, ...figures } = await runMethod(backend, METHODS[method], made);
          const photons = set === "SV-B" || set === "R2" ? { i0 } : {};
          const result = { volume: name, size, views, data: set, ...photons, method, seed, ...rounded(figures) };
          add(report.results, { ...result, lambda: used.lambda ?? null, ...(used.rule && { rule: used.rule }) });
          const cells = [
            name.padEnd(16),
            `${size}`.padStart(4),
            `${views}`.padStart(5),
            set.padEnd(5),
            method.padEnd(10),
          ];
          const numbers = [figures.psnr.toFixed(2), figures.ssim.toFixed(3), figures.seconds.toFixed(1).padStart(8)];
          const lambda = typeof used.lambda === "number" ? used.lambda.toExponential(2) : "";
          console.log([...cells, ...numbers, figures.cpuSeconds.toFixed(1).padStart(6), lambda].join(" "));
          if (file) writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
        }
      }
  }
  await backend[Symbol.asyncDispose]();
}

/** A file's name without its endings, a folder's name or, where that says nothing, its parent's. */
function shortName(path) {
  const name = basename(path).replace(/(\.nii|\.nrrd|\.mha|\.npy)?(\.gz)?$/, "");
  return name.toLowerCase() === "dicom" ? basename(dirname(path)) : name;
}

function rounded({ psnr, ssim, seconds, cpuSeconds }) {
  const to = (digits, value) => Number(value.toFixed(digits));
  return { psnr: to(3, psnr), ssim: to(4, ssim), seconds: to(2, seconds), cpuSeconds: to(2, cpuSeconds) };
}

/** Adds a result in place of an earlier one of the same case. */
function add(results, result) {
  const key = ({ volume, size, views, data, i0, method, seed }) =>
    JSON.stringify([volume, size, views, data, i0 ?? null, method, seed]);
  const at = results.findIndex((other) => key(other) === key(result));
  if (at >= 0) results[at] = result;
  else results.push(result);
}
