/** Timing: CPU and wall medians, what the machine was doing meanwhile. */
import { availableParallelism, cpus, loadavg, platform, totalmem } from "node:os";
import { Worker } from "node:worker_threads";

export const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** CPU (all threads of this process, user and system) and wall milliseconds of an action. */
export async function time(action) {
  const cpu = process.cpuUsage();
  const wall = performance.now();
  await action();
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1000, wallMs: performance.now() - wall };
}

export const describeMachine = () => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  platform: platform(),
  node: process.version,
});

const SPIN =
  "const { workerData } = require('node:worker_threads'); const end = Date.now() + workerData; while (Date.now() < end);";

/**
 * Load average of the last minute, and the cores that two busy threads receive now: only near 2 can two threads be
 * faster than one.
 */
export async function describeLoad() {
  const spinMs = 1000;
  const spin = () =>
    new Promise((resolve) => new Worker(SPIN, { eval: true, workerData: spinMs }).once("exit", resolve));
  const { cpuMs, wallMs } = await time(() => Promise.all([spin(), spin()]));
  return { average1min: loadavg()[0], coresForTwoThreads: cpuMs / wallMs };
}
