#!/usr/bin/env node
import { runCli } from "./program.js";

const controller = new AbortController();
let interrupts = 0;
process.on("SIGINT", () => {
  // the second Ctrl-C does not wait for the step in progress
  if (++interrupts > 1) process.exit(130);
  controller.abort();
});
process.exitCode = await runCli(
  process.argv.slice(2),
  { stdout: process.stdout, stderr: process.stderr },
  controller.signal,
);
