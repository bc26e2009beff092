/** What can be taken home of what is on the page. */
import { computed, signal } from "@preact/signals";
import { createGrid } from "tomograd/volume";
import { request } from "../worker/client";
import type { RunRequest } from "../worker/protocol";
import { codeOf, reconstructionCode, registrationCode, type VolumeCode } from "./code";
import {
  type Command,
  commandLine,
  reconstructCommand,
  registerCommand,
  renderCommand,
  type Shot,
  simulateCommand,
  volumeWords,
} from "./commands";
import { drrPreset, radiographed, rayModel } from "./display";
import { drr, drrIsExact, drrWindow, exactDrr } from "./drr";
import { openedFrom, patient } from "./patient";
import { arm, beam, detector, isocenter } from "./pose";
import { reconstruction, scan } from "./reconstruction";
import { registered } from "./registration";

/** What a scan's reconstruction is called. */
const BACK = "back.nii.gz";
/** The same of a run file: not compressed, as programs compress in their own ways. */
const PLAIN = "back.nii";

/** The volume as commands name it: the one that is open, or the file of its reconstruction. */
const subject = computed(() => {
  const done = reconstruction.value;
  const asked = patient.value && openedFrom();
  if (!patient.value || !asked) return undefined;
  const opened: VolumeCode = { ...volumeWords(asked), quantity: patient.value.quantity };
  if (radiographed.value !== "reconstruction" || !done) return { grid: patient.value.grid, shown: opened, opened };
  const { size, spacing, center } = done.grid;
  const grid = createGrid({ size, spacing: [spacing, spacing, spacing], center });
  const shown: VolumeCode = { path: BACK, options: {}, quantity: "attenuation" };
  return { grid, shown, opened };
});

const shot = computed<Shot | undefined>(() => {
  if (!subject.value || !("view" in beam.value)) return undefined;
  const { grid } = subject.value;
  const { view } = beam.value;
  return {
    view,
    detector: detector.value,
    grid,
    model: rayModel.value,
    preset: drrPreset.value,
    window: drrWindow.value,
  };
});

/** The commands of what is on the page, in the order in which they run. */
export const commands = computed<readonly string[]>(() => {
  if (!subject.value || !shot.value || !drrIsExact.value) return [];
  const { opened, shown } = subject.value;
  return [
    ...(scan.value ? [simulateCommand(scan.value, opened)] : []),
    ...(scan.value && reconstruction.value ? [reconstructCommand(reconstruction.value, opened.path)] : []),
    ...(registered.value ? [registerCommand(registered.value.start, opened)] : []),
    renderCommand(shot.value, shown),
  ].map(commandLine);
});

/** The program of the X-ray on the page. */
export const code = computed(() => {
  if (!subject.value || !shot.value || !drrIsExact.value) return undefined;
  return codeOf(shot.value, arm.value, isocenter.value, subject.value.shown);
});

/** The program of the scan and its reconstruction. */
export const codeOfReconstruction = computed(() =>
  subject.value && scan.value && reconstruction.value
    ? reconstructionCode(scan.value, reconstruction.value, subject.value.opened, BACK)
    : undefined,
);

/** The program of the last registration. */
export const codeOfRegistration = computed(() =>
  subject.value && registered.value ? registrationCode(registered.value.start, subject.value.opened) : undefined,
);

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

/** The run file of the X-ray, the scan, the reconstruction or the registration. @throws where the page has none */
export async function runFile(operation: RunRequest["operation"]): Promise<string> {
  await exactDrr();
  const known = subject.value;
  if (!known || !shot.value) throw new Error("there is nothing to run again");
  const words = known.opened;
  const command = {
    render: () => renderCommand(shot.value as Shot, words),
    simulate: () => scan.value && simulateCommand(scan.value, words),
    reconstruct: () =>
      reconstruction.value && withoutReport(reconstructCommand(reconstruction.value, words.path, PLAIN)),
    register: () => registered.value && withoutReport(registerCommand(registered.value.start, words)),
  }[operation]();
  if (!command) throw new Error("there is nothing to run again");
  const asked: RunRequest = {
    ...command,
    ...(operation === "render" && { exposure: exposure() }),
    ...(operation === "register" && registered.value && { registered: registered.value }),
    volume: words.path,
    versions: { tomograd: import.meta.env.TOMOGRAD_VERSION, browser: navigator.userAgent },
    machine: machine(),
  };
  return request("runFile", asked);
}

/** As the command, without the report, which holds times. */
const withoutReport = (command: Command): Command => ({ ...command, options: { ...command.options, report: false } });

/** Whether the X-ray is of the volume that was opened, which alone a run file can name. */
export const runsRender = computed(() => radiographed.value === "volume" && drr.value !== undefined);
