/**
 * `npm run fuzz -- --minutes N`: damages files and reads them until the time is over. Every case must be read or refused
 * by a tagged error within 2 s of processor time beyond inflating what its bytes can hold, and 64 MiB beyond that.
 * `--seed S` draws other cases (1 by default), `--cases N` stops after so many, `--case N` runs that one alone. Cases that
 * fail are named, and saved in out/fuzz; exit code 1.
 */
import { fork } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { attempt, root, say } from "./node.mjs";

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
    cases: { type: "string", default: "Infinity" },
    case: { type: "string" },
  },
});
/** Wall time after which a case hangs, ms: far above its processor time, for machines that are shared. */
const HANG = 30_000;
/** Findings after which it is useless to go on. */
const MOST_FINDINGS = 20;

const dataFolder = resolve(root, process.env.TOMOGRAD_DATA ?? "../shared/data");
const seed = Number(options.seed);
const minutes = Number(options.minutes);
const most = Number(options.cases);
if (!Number.isInteger(seed) || !(minutes > 0) || !(most > 0))
  throw new Error("--seed takes an integer, --minutes and --cases a positive number");

/** A child that answers one case at a time; `silence` and its end are answers, too. */
async function startWorker() {
  const worker = fork(join(root, "scripts/fuzz/worker.mjs"), [String(seed), dataFolder], {
    execArgv: ["--max-old-space-size=1024"],
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  let stderr = "";
  worker.stderr.on("data", (text) => {
    stderr = (stderr + text).slice(-2000);
  });
  const answer = (limit) =>
    new Promise((done) => {
      const finish = (result) => {
        clearTimeout(timer);
        worker.off("message", finish).off("exit", ended);
        done(result);
      };
      const ended = (code, signal) =>
        finish({ ended: true, finding: `ends the process (${signal ?? code}): ${stderr}` });
      const timer = setTimeout(() => finish({ ended: true, finding: `hangs: no answer in ${limit / 1000} s` }), limit);
      worker.on("message", finish).on("exit", ended);
    });
  const { ready, finding } = await answer(4 * HANG);
  if (!ready) throw new Error(`the fuzzer's files: ${finding}`);
  return {
    seeds: ready,
    run(n) {
      if (!worker.connected)
        return { ended: true, finding: `is not reached: the case before ended the process: ${stderr}` };
      worker.send(n);
      return answer(HANG);
    },
    stop: () => worker.kill("SIGKILL"),
  };
}

/** Makes the case again and keeps its files. */
async function save(n) {
  const { readSeeds } = await import("./fuzz/seeds.mjs");
  const { makeCase, writeCase } = await import("./fuzz/runCase.mjs");
  const { createRandom } = await import("../dist/core/random.js");
  const input = makeCase(await readSeeds(dataFolder), seed, n, createRandom);
  const folder = join(root, "out/fuzz", `${seed}-${n}`);
  rmSync(folder, { recursive: true, force: true });
  return { path: writeCase(input, folder), ...input };
}

async function fuzz() {
  if (!existsSync(dataFolder)) say(`fuzz: no data at ${dataFolder}: only files that this package writes are damaged`);
  const single = options.case === undefined ? undefined : Number(options.case);
  const outcomes = new Map();
  const findings = new Map();
  let worker = await startWorker();
  const end = Date.now() + 60_000 * minutes;
  say(`fuzz: seed ${seed}, ${worker.seeds} files, ${single === undefined ? `${minutes} minutes` : `case ${single}`}`);
  let n = single ?? 0;
  for (; single === undefined ? n < most && Date.now() < end : n === single; n++) {
    const { outcome, finding, ended } = await worker.run(n);
    if (outcome) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (finding) {
      // Numbers differ from case to case where the defect is one.
      const key = finding
        .replace(/(not in docs\S*:).*/s, "$1")
        .replace(/\d+/g, "#")
        .slice(0, 160);
      if (!findings.has(key)) {
        const { path, name, reader } = await save(n);
        findings.set(key, n);
        console.log(`case ${n}: ${reader} of a damaged ${name} ${finding}\n  saved as ${path}`);
      }
      if (findings.size >= MOST_FINDINGS) break;
    }
    if (ended) {
      worker.stop();
      worker = await startWorker();
    }
  }
  worker.stop();
  const counts = [...outcomes].sort(([, a], [, b]) => b - a).map(([what, count]) => `${what} ${count}`);
  console.log(`${n} cases of seed ${seed}: ${counts.join(", ")}`);
  console.log(
    findings.size === 0 ? "no findings" : `${findings.size} findings: cases ${[...findings.values()].join(", ")}`,
  );
  if (findings.size > 0) process.exitCode = 1;
}

if (attempt(build)) await fuzz();
