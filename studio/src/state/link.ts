/** The view in the address of the page: what follows its #. */
import { batch } from "@preact/signals";
import type { Vec3 } from "tomograd";
import { DISPLAY_PRESETS, type DisplayPreset } from "tomograd/report";
import { drrPreset, heldWindow, RAY_MODELS, rayModel, sliceLevel } from "./display";
import { crosshair, pointAt } from "./patient";
import { arm, beamMatrix, type CArm, freeView, steer, steerByMatrix } from "./pose";

const short = (value: number): string => String(Number(value.toPrecision(12)));
const list = (values: readonly number[]): string => values.map(short).join(",");

/** The words of the present view. */
export function linkHash(): string {
  const { laoDeg, cranDeg, sid, sdd, table, rows, columns, pixel } = arm.value;
  const level = sliceLevel.value;
  const held = heldWindow.value;
  const words: Record<string, string> = {
    ...{ angles: list([laoDeg, cranDeg]), distances: list([sid, sdd]), table: list(table) },
    ...{ detector: list([rows, columns, pixel]), at: list(crosshair.value) },
    slices: level ? list([level.level, level.width]) : "all",
    ...{ preset: drrPreset.value, rays: rayModel.value },
    ...(held && { window: list([held.low, held.high]) }),
    ...(freeView.value && beamMatrix.value && { matrix: beamMatrix.value.join(",") }),
  };
  return new URLSearchParams(words).toString().replaceAll("%2C", ",");
}

/** The page's address with the present view. */
export const linkOfView = (): string => `${location.href.replace(/#.*$/, "")}#${linkHash()}`;

const numbersOf = (text: string | null, count: number, fits: (values: number[]) => boolean = () => true) => {
  const values = (text ?? "").split(",").map((word) => (word.trim() === "" ? Number.NaN : Number(word)));
  return values.length === count && values.every(Number.isFinite) && fits(values) ? values : undefined;
};
const positive = (values: number[]) => values.every((value) => value > 0);
const whole = ([rows, columns, pixel]: number[]) =>
  [rows, columns].every((n) => Number.isInteger(n) && n >= 1 && n <= MOST_PIXELS) && pixel > 0;
/** Along a side of the detector. */
const MOST_PIXELS = 4096;

/** The C-arm that an address says; what it does not say, or says wrongly, stays. */
export function armOfHash(hash: string): Partial<CArm> {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const angles = numbersOf(words.get("angles"), 2);
  const distances = numbersOf(words.get("distances"), 2, positive);
  const table = numbersOf(words.get("table"), 3);
  const detector = numbersOf(words.get("detector"), 3, whole);
  return {
    ...(angles && { laoDeg: angles[0], cranDeg: angles[1] }),
    ...(distances && { sid: distances[0], sdd: distances[1] }),
    ...(table && { table: table as unknown as Vec3 }),
    ...(detector && { rows: detector[0], columns: detector[1], pixel: detector[2] }),
  };
}

/** Takes the C-arm of what follows an address's #; of the page's own before a volume is there. */
export function takeLinkedArm(hash: string = location.hash): void {
  const found = armOfHash(hash);
  if (Object.keys(found).length > 0) steer(found);
}

/** Takes the view of what follows an address's #; a volume is open. */
export function takeLink(hash: string = location.hash): void {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  batch(() => {
    takeLinkedArm(hash);
    const at = numbersOf(words.get("at"), 3);
    if (at) pointAt(at as unknown as Vec3);
    const slices = words.get("slices");
    const level = numbersOf(slices, 2, ([, width]) => width > 0);
    if (slices === "all") sliceLevel.value = undefined;
    else if (level) sliceLevel.value = { level: level[0], width: level[1] };
    const preset = words.get("preset") as DisplayPreset | null;
    if (preset && DISPLAY_PRESETS.includes(preset)) drrPreset.value = preset;
    rayModel.value = RAY_MODELS.find((model) => model === words.get("rays")) ?? rayModel.value;
    const held = numbersOf(words.get("window"), 2, ([low, high]) => high > low);
    if (held) heldWindow.value = { low: held[0], high: held[1] };
  });
  const matrix = numbersOf(words.get("matrix"), 12);
  if (matrix) steerByMatrix(matrix);
}
