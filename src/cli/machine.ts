import { cpus, totalmem } from "node:os";
import type { RunRecord } from "../report/runRecord.js";

/** This machine, as run files and benchmarks name it. */
export const machine = (): RunRecord["machine"] => ({
  system: `${process.platform} ${process.arch}`,
  processor: cpus()[0]?.model.trim() ?? "unknown",
  cores: Math.max(1, cpus().length),
  memoryBytes: totalmem(),
});
