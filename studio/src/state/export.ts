/** What can be taken home of what is on the page. */
import { computed, signal } from "@preact/signals";
import { createGrid } from "tomograd/volume";
import { request } from "../worker/client";
import type { RunRequest } from "../worker/protocol";
import { codeOf } from "./code";
import { commandLine, reconstructCommand, renderCommand, type Shot, simulateCommand, volumeWords } from "./commands";
import { drrPreset, radiographed } from "./display";
import { drr, drrIsExact, drrWindow, exactDrr } from "./drr";
import { openedFrom, patient } from "./patient";
import { arm, beam, detector, isocenter } from "./pose";
import { reconstruction, scan } from "./reconstruction";

/** What a scan's reconstruction is called. */
const BACK = "back.nii.gz";

/** The volume as commands name it: the one that is open, or the file of its reconstruction. */
const subject = computed(() => {
  const done = reconstruction.value;
  const asked = patient.value && openedFrom();
  if (!patient.value || !asked) return undefined;
  const opened = { grid: patient.value.grid, words: volumeWords(asked), quantity: patient.value.quantity };
  if (radiographed.value !== "reconstruction" || !done) return { ...opened, opened };
  const { size, spacing, center } = done.grid;
  const grid = createGrid({ size, spacing: [spacing, spacing, spacing], center });
  return { grid, words: { path: BACK, options: {} }, quantity: "attenuation" as const, opened };
});

const shot = computed<Shot | undefined>(() => {
  if (!subject.value || !("view" in beam.value)) return undefined;
  const { grid } = subject.value;
  const { view } = beam.value;
  return { view, detector: detector.value, grid, preset: drrPreset.value, window: drrWindow.value };
});

/** The commands of what is on the page, in the order in which they run. */
export const commands = computed<readonly string[]>(() => {
  if (!subject.value || !shot.value || !drrIsExact.value) return [];
  const { opened, words } = subject.value;
  return [
    ...(scan.value ? [simulateCommand(scan.value, opened.words)] : []),
    ...(scan.value && reconstruction.value ? [reconstructCommand(reconstruction.value, opened.words.path)] : []),
    renderCommand(shot.value, words),
  ].map(commandLine);
});

/** The program of the X-ray on the page. */
export const code = computed(() => {
  if (!subject.value || !shot.value || !drrIsExact.value) return undefined;
  const { words, quantity } = subject.value;
  return codeOf(shot.value, arm.value, isocenter.value, words, quantity);
});

/** Whether the last thing asked for is still being made. */
export const making = signal<string | undefined>(undefined);

/** The X-ray as a PNG; 16 bits are proportional to the line integral between the window's ends. */
export async function xrayPng(bits: 8 | 16): Promise<Uint8Array> {
  const { rows, columns, values } = await exactDrr();
  const preset = drrPreset.value;
  return request("png", { rows, columns, values, bits, preset, window: drrWindow.value });
}

/** The exposure on the page. @throws where there is none */
export function exposure() {
  if (!("view" in beam.value)) throw new Error(beam.value.problem);
  return { view: beam.value.view, detector: detector.value };
}

/** The machine as far as a browser tells; memory in GiB, rounded by it, 0 where it is silent. */
const machine = (): RunRequest["machine"] => ({
  system: navigator.userAgent,
  memoryBytes: ((navigator as { readonly deviceMemory?: number }).deviceMemory ?? 0) * 2 ** 30,
});

/** The run file of the X-ray, the scan or the reconstruction. @throws where the page has none */
export async function runFile(operation: RunRequest["operation"]): Promise<string> {
  await exactDrr();
  const known = subject.value;
  if (!known || !shot.value) throw new Error("there is nothing to run again");
  const { words } = known.opened;
  const command =
    operation === "render"
      ? renderCommand(shot.value, words)
      : operation === "simulate"
        ? scan.value && simulateCommand(scan.value, words)
        : reconstruction.value && reconstructRun(words.path);
  if (!command) throw new Error("there is nothing to run again");
  const asked: RunRequest = {
    ...command,
    ...(operation === "render" && { exposure: exposure() }),
    volume: words.path,
    versions: { tomograd: import.meta.env.TOMOGRAD_VERSION, browser: navigator.userAgent },
    machine: machine(),
  };
  return request("runFile", asked);
}

/** As the command, without the report, which holds times; not compressed, as programs compress in their own ways. */
function reconstructRun(path: string) {
  const command = reconstruction.value && reconstructCommand(reconstruction.value, path, "back.nii");
  return command && { ...command, options: { ...command.options, report: false } };
}

/** Whether the X-ray is of the volume that was opened, which alone a run file can name. */
export const runsRender = computed(() => radiographed.value === "volume" && drr.value !== undefined);
