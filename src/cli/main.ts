#!/usr/bin/env node
export {}; // a module, though it imports nothing before Ctrl-C is heard

const controller = new AbortController();
process.on("SIGINT", () => {
  if (controller.signal.aborted) process.exit(130);
  process.stderr.write("\nstopping after the step in progress; Ctrl-C again stops at once\n");
  controller.abort();
});
// a reader that has seen enough, such as `| head`, is no error
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});
// takes half a second to load
const { runCli } = await import("./program.js");
process.exitCode = await runCli(
  process.argv.slice(2),
  { stdout: process.stdout, stderr: process.stderr },
  controller.signal,
);
