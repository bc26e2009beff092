/** The command line in this process: what it prints, and a small CT to work on. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCli } from "../../src/cli/program.js";
import { writeVolume } from "../../src/io/index.js";
import type { Volume } from "../../src/volume/grid.js";

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `tomograd ARGV`. `onStderr` sees every piece that goes there. */
export async function cli(
  argv: readonly string[],
  options: { readonly signal?: AbortSignal; readonly onStderr?: (text: string) => void } = {},
): Promise<CliResult> {
  let stdout = "";
  let stderr = "";
  const streams = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: {
      write: (text: string) => {
        stderr += text;
        options.onStderr?.(text);
      },
    },
  };
  const code = await runCli(argv, streams, options.signal ?? new AbortController().signal);
  return { code, stdout, stderr };
}

/** As `cli`, with `--json`: stdout must be one JSON value and nothing else. */
export async function cliJson(...argv: string[]) {
  const result = await cli([...argv, "--json"]);
  return { ...result, json: JSON.parse(result.stdout) };
}

export const temporaryFolder = () => mkdtemp(join(tmpdir(), "tomograd-cli-"));

/**
 * HU of a water block with two bones, 12 x 10 x 8 voxels of 20 x 20 x 25 mm in air: one near the patient's right
 * shoulder (x > 0, z > 0), one in the middle.
 */
export function smallCt(): Volume {
  const size = [12, 10, 8] as const;
  const values = new Int16Array(size[0] * size[1] * size[2]).fill(-1000);
  for (let k = 1; k < 7; k++)
    for (let j = 2; j < 8; j++)
      for (let i = 2; i < 10; i++) {
        const shoulder = i === 8 && k >= 5;
        const spine = (i === 5 || i === 6) && j === 3;
        values[i + size[0] * (j + size[1] * k)] = shoulder ? 1500 : spine ? 700 : 40;
      }
  const indexToWorld = [20, 0, 0, -110, 0, 20, 0, -90, 0, 0, 25, -87.5, 0, 0, 0, 1];
  return { quantity: "hounsfield", grid: { size, indexToWorld }, values };
}

/** Writes `smallCt` and returns its path. */
export async function writeSmallCt(folder: string): Promise<string> {
  const path = join(folder, "ct.nii.gz");
  await writeVolume(path, smallCt());
  return path;
}
