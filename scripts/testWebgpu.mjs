/**
 * `npm run test:webgpu`: the tests of test/webgpu, in processes of their own under a limit of time and memory, because
 * drivers crash and their compilers run away. Runs on a GPU in software where there is one for this system (Linux on x64),
 * so that results do not depend on the machine; `-- --hardware` takes the machine's own driver instead. Further
 * arguments go to vitest.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { isMain, root, say } from "./node.mjs";
import { softwareGpuEnvironment } from "./softwareGpu.mjs";

const MOST_SECONDS = 600;
const MOST_BYTES = 4 * 2 ** 30;
const PAGE = 4096;

/** Resident bytes of a group of processes; 0 where /proc is missing. */
function bytesOfGroup(group) {
  let bytes = 0;
  try {
    for (const id of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
      try {
        // after the name in parentheses: state, parent, group, ..., resident pages as the 22nd
        const fields = readFileSync(`/proc/${id}/stat`, "latin1")
          .replace(/^.*\) /s, "")
          .split(" ");
        if (Number(fields[2]) === group) bytes += PAGE * Number(fields[21]);
      } catch {} // ended in between
  } catch {}
  return bytes;
}

/** Ends a process and its children. */
function end(child) {
  try {
    if (process.platform === "win32") child.kill("SIGKILL");
    else process.kill(-child.pid, "SIGKILL");
  } catch {} // ended by itself
}

/** Runs `node ARGS` under the limits; the exit code, 1 where one was exceeded. */
function limited(args, environment) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      ...{ cwd: root, stdio: "inherit", detached: process.platform !== "win32" },
      env: { ...process.env, ...environment },
    });
    const started = Date.now();
    const stop = (why) => {
      console.error(`test:webgpu: stopped, ${why}`);
      end(child);
    };
    const watch = setInterval(() => {
      if (Date.now() - started > 1000 * MOST_SECONDS) stop(`it ran longer than ${MOST_SECONDS} s`);
      else if (bytesOfGroup(child.pid) > MOST_BYTES) stop(`it took more than ${MOST_BYTES / 2 ** 30} GiB of memory`);
    }, 500);
    const interrupt = () => end(child);
    process.once("SIGINT", interrupt);
    child.on("close", (code) => {
      clearInterval(watch);
      process.removeListener("SIGINT", interrupt);
      resolve(code ?? 1);
    });
  });
}

/** Runs the tests; `args` go to vitest. The exit code. */
export function testWebgpu(args) {
  const hardware = args.includes("--hardware");
  const software = hardware ? undefined : softwareGpuEnvironment();
  if (!software) say("test:webgpu: on the machine's own driver; without one the tests are skipped");
  const vitest = ["node_modules/vitest/vitest.mjs", "run", "--config", "vitest.webgpu.config.ts"];
  // where a driver is promised, a skip is a failure
  return limited([...vitest, ...args.filter((one) => one !== "--hardware")], {
    ...software,
    ...((software || hardware) && { TOMOGRAD_GPU: "promised" }),
  });
}

if (isMain(import.meta.url)) process.exitCode = await testWebgpu(process.argv.slice(2));
