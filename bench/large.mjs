/**
 * The large problem through the command line: N³ voxels from V views of N x N pixels of the Shepp-Logan head (exact line
 * integrals). FDK; three epochs of OS-SQS with total variation; the same killed after its first checkpoint and resumed,
 * which must give the same bytes. Time, CPU time and peak memory are those of the whole process, from its start to the
 * file on the disk.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { circularTrajectory } from "tomograd/geometry";
import { readVolume, writeProjections } from "tomograd/io";
import { crop, sheppLogan } from "tomograd/volume";
import { describeLoad, describeMachine } from "./measure.mjs";

const CLI = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
/** mm, half the side of the cube. */
const HALF = 100;
const EPOCHS = 3;
/** Skull and brain of Kak and Slaney, 2 and 1.02, become 0.04 and 0.0204 per mm: bone and water. */
const head = () => sheppLogan({ radius: HALF, density: 0.02 });

async function makeScan(path, { size, views }, say) {
  if (existsSync(path)) return;
  say(`exact line integrals: ${views} views of ${size} x ${size}`);
  const pixel = (4 * HALF) / size;
  const trajectory = circularTrajectory({
    detector: { rows: size, columns: size, pixelSize: [pixel, pixel] },
    sid: 5 * HALF,
    sdd: 7 * HALF,
    views,
  });
  const phantom = head();
  const values = new Float32Array(views * size * size);
  for (const [i, view] of trajectory.views.entries()) {
    values.set(phantom.project({ ...trajectory, views: [view] }).values, i * size * size);
    if (i % 60 === 59) say(`  ${i + 1} of ${views}`);
  }
  await writeProjections(path, { ...trajectory, values });
}

/** Runs the command line; resolves to what it printed as JSON, wall seconds, and how it ended. Killed when `when` is true. */
function tomograd(argv, say, when = () => false) {
  const started = performance.now();
  const child = spawn(process.execPath, [CLI, ...argv, "--json"], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let rest = "";
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) say(`  ${line}`);
  });
  const watch = setInterval(() => when() && child.kill("SIGKILL"), 100);
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      clearInterval(watch);
      const seconds = (performance.now() - started) / 1000;
      resolve({ json: stdout ? JSON.parse(stdout) : undefined, seconds, code, signal });
    });
  });
}

async function hashOf(path) {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}

/** Root mean square error against the phantom in the middle plane, over the brain's density. */
async function errorOf(path, size) {
  const { grid, values } = await readVolume(path);
  const middle = { start: [0, 0, size >> 1], size: [size, size, 1] };
  const found = crop({ quantity: "attenuation", grid, values }, middle);
  const truth = head().voxelize(found.grid);
  let sum = 0;
  for (let i = 0; i < truth.values.length; i++) sum += (found.values[i] - truth.values[i]) ** 2;
  return Math.sqrt(sum / truth.values.length) / 0.0204;
}

/** @throws Error if a run fails, or if the resumed run ends with other bytes */
export async function runLarge({ folder, size, views, only, say }) {
  mkdirSync(folder, { recursive: true });
  const scan = join(folder, `head-${size}-${views}.npy`);
  await makeScan(scan, { size, views }, say);
  const spacing = (2 * HALF) / size;
  const grid = ["--grid", `${size}x${size}x${size}`, "--spacing", String(spacing), "--center", "0,0,0", "--no-report"];
  const load = await describeLoad();
  const results = [];
  const run = async (name, out, more, when) => {
    if (only !== undefined && !name.includes(only)) return undefined;
    say(name);
    const ended = await tomograd(["reconstruct", scan, "--out", join(folder, out), ...grid, ...more], say, when);
    const { json, seconds, code, signal } = ended;
    const killed = signal === "SIGKILL";
    if (code !== 0 && !killed) throw new Error(`${name} ended with ${code ?? signal}: ${JSON.stringify(json?.error)}`);
    results.push({
      name,
      seconds,
      ...(killed
        ? { killed }
        : {
            cpuSeconds: json.cpuSeconds,
            peakBytes: json.memory.peakBytes,
            plannedBytes: json.memory.plannedBytes,
            relativeError: await errorOf(join(folder, out), size),
          }),
    });
    return ended;
  };
  await run("fdk", "fdk.nii", ["--method", "fdk"]);
  const sqs = ["--method", "os-sqs", "--iterations", String(EPOCHS)];
  await run("os-sqs", "sqs.nii", sqs);
  const checkpoint = join(folder, "killed.nii.checkpoint");
  rmSync(checkpoint, { force: true });
  const part = ["--checkpoint", checkpoint, "--checkpoint-every", "1"];
  await run("os-sqs killed", "killed.nii", [...sqs, ...part], () => existsSync(checkpoint));
  await run("os-sqs resumed", "killed.nii", [...sqs, ...part, "--resume", checkpoint]);
  if (only === undefined) {
    const same = (await hashOf(join(folder, "killed.nii"))) === (await hashOf(join(folder, "sqs.nii")));
    if (!same) throw new Error("the run that was killed and resumed ended with other bytes");
    results.push({ name: "os-sqs killed and resumed equals os-sqs", sameBytes: same });
  }
  return { machine: describeMachine(), load, size, views, results };
}
