/** CPU time of plastimatch in the geometry of kernels256.mjs and fdk.mjs: the reference, where it is installed. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { smoothVolume } from "./smoothVolume.mjs";

const SIZE = 256;
const HEADER = `ObjectType = Image
NDims = 3
BinaryData = True
BinaryDataByteOrderMSB = False
TransformMatrix = 1 0 0 0 1 0 0 0 1
Offset = -127.5 -127.5 -127.5
ElementSpacing = 1 1 1
DimSize = 256 256 256
ElementType = MET_FLOAT
ElementDataFile = LOCAL
`;
const OPTIONS = "-i exact -P none -A cpu -t pfm --sad 1000 --sid 1500 -r '256 256' -z '409.6 409.6' -o '0 0 0'";

export const plastimatchInstalled = () => spawnSync("plastimatch", ["--version"]).status === 0;

/** Seconds of user and system time in the second line of the shell's `times`. */
function childSeconds(output) {
  const line = output.trim().split("\n").at(-1);
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, seconds]) => sum + 60 * minutes + +seconds, 0);
}

/** A folder with the volume in it, and what times a command there: user and system seconds. */
function openFolder() {
  const folder = mkdtempSync(join(tmpdir(), "tomograd-bench-"));
  const volume = Buffer.from(smoothVolume([SIZE, SIZE, SIZE]).buffer);
  writeFileSync(join(folder, "volume.mha"), Buffer.concat([Buffer.from(HEADER), volume]));
  const seconds = (command) => {
    const line = `${command} > log.txt 2>&1 || exit 1; times`;
    const environment = { ...process.env, OMP_NUM_THREADS: "1", LC_ALL: "C" };
    const { status, stdout } = spawnSync("sh", ["-c", line], { cwd: folder, env: environment, encoding: "utf8" });
    if (status !== 0) throw new Error(`${command} failed`);
    return childSeconds(stdout);
  };
  return { seconds, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

/** `plastimatch drr -i exact`: `cpuMsPerView()` is the slope between 1 and 7 views, so that reading the volume does not count. */
export function createPlastimatch() {
  const { seconds, dispose } = openFolder();
  const project = (views) => seconds(`plastimatch drr ${OPTIONS} -N 60 -a ${views} -O out_ volume.mha`);
  return { cpuMsPerView: () => (1000 * (project(7) - project(1))) / 6, dispose };
}

/** `plastimatch fdk` of 256³ voxels of 1 mm: the slope between 1 and 25 views, ramp filter included. */
export function createPlastimatchFdk() {
  const { seconds, dispose } = openFolder();
  seconds(`plastimatch drr ${OPTIONS} -N 14.4 -a 25 -O out_ volume.mha`);
  const reconstruct = (views) =>
    seconds(`plastimatch fdk -I . -O out.mha -r "256 256 256" -z "256 256 256" -a "0 1 ${views - 1}"`);
  return { cpuMsPerView: () => (1000 * (reconstruct(25) - reconstruct(1))) / 24, dispose };
}
