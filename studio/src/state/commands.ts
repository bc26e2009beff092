/** What is on the page as commands of the command line. */
import type { GridChoice, ReconstructionFacts, ScanFacts } from "../worker/protocol";

const list = (numbers: readonly number[], between = ","): string => numbers.join(between);

/** `tomograd simulate`, of the volume in `file`. */
export function simulateCommand(scan: ScanFacts, file: string): string {
  const { trajectory, views, rows, columns, pixel, sid, sdd, photons, seed } = scan;
  return [
    `npx tomograd simulate ${quoted(file)} --trajectory ${trajectory} --views ${views} --size ${rows}x${columns}`,
    `--pixel ${pixel},${pixel} --sid ${sid} --sdd ${sdd}`,
    ...(photons === undefined ? [] : [`--i0 ${photons}`]),
    ...(photons !== undefined || trajectory === "random" ? [`--seed ${seed}`] : []),
    "--out scan.npy",
  ].join(" ");
}

/** `tomograd reconstruct`, compared with the volume in `file`. */
export function reconstructCommand(done: ReconstructionFacts, file: string): string {
  const { method, iterations, grid } = done;
  return [
    `npx tomograd reconstruct scan.npy --method ${method} ${gridWords(grid)}`,
    ...(iterations === undefined || method === "fdk" ? [] : [`--iterations ${iterations}`]),
    `--truth ${quoted(file)} --out back.nii.gz`,
  ].join(" ");
}

const gridWords = ({ size, spacing, center }: GridChoice): string =>
  `--grid ${list(size, "x")} --spacing ${spacing} --center ${list(center)}`;

/** For any shell's words: what is not plain goes into double quotes. */
const quoted = (path: string): string => (/^[\w./:-]+$/.test(path) ? path : `"${path.replace(/(["\\$`])/g, "\\$1")}"`);
