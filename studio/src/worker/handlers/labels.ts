import { type Backend, createProjector, toHost } from "tomograd";
import { resample } from "tomograd/volume";
import { coarse } from "../coarse";
import { currentLabels, type LabelMap, setLabels, shadesOn } from "../labelMap";
import { labelShades } from "../labelShades";
import type { Exposure, LabelShadow, Note } from "../protocol";
import { compute, currentPatient } from "../session";
import { afterMessages } from "../turn";
import { inPageWords } from "../words";
import { readRequested } from "./input";
import type { Context, Handlers } from "./types";

/** More labels than this have colors that nobody can tell apart: they are shown, and not listed. */
const MOST_LISTED = 64;
/** Pixels along a side of the labels' shadow: their edges are smooth. */
const SHADOW_SIDE = 256;

export const labelHandlers: Pick<Handlers, "openLabels" | "closeLabels" | "labelShadow"> = {
  async openLabels(asked, { signal, progress }) {
    const { volume } = currentPatient();
    const file = await readRequested({ ...asked, quantity: "label" }, { signal, progress });
    const labels = resample({ quantity: "label" as const, grid: file.grid, values: file.values }, volume.grid, {
      interpolation: "nearest",
    });
    const found = new Set<number>();
    for (const value of labels.values) if (value !== 0) found.add(value);
    signal.throwIfAborted();
    setLabels({ volume: labels, shades: labelShades(labels) });
    return {
      name: asked.name,
      labels: [...found].sort((a, b) => a - b).slice(0, MOST_LISTED),
      notes: [
        ...file.warnings.map(({ defect, message }) => ({ defect, message: inPageWords(message) })),
        ...unlisted(found.size),
      ],
    };
  },

  async closeLabels() {
    setLabels(undefined);
    return undefined;
  },

  async labelShadow(exposure, context) {
    const map = currentLabels();
    return map && compute((backend) => shadowOf(map, exposure, context, backend));
  },
};

const unlisted = (count: number): Note[] => {
  if (count > MOST_LISTED)
    return [{ defect: "unlisted", message: `${count} labels are in color, the first ${MOST_LISTED} are listed.` }];
  if (count > 0) return [];
  return [{ defect: "no-labels", message: "No label lies in this scan: is the map of this patient?" }];
};

/**
 * The labels as rays see them: each covers what lies behind it as a translucent body does, more the longer the way through
 * it is beside its thickness; where several lie behind each other their colors mix by these lengths.
 */
async function shadowOf(
  map: LabelMap,
  asked: Exposure,
  { signal, move }: Context<"labelShadow">,
  backend: Backend,
): Promise<LabelShadow | undefined> {
  const { view, detector } = coarse(
    asked.view,
    asked.detector,
    Math.max(asked.detector.rows, asked.detector.columns) / SHADOW_SIDE,
  );
  using A = createProjector({ backend, grid: map.shades[0].grid, detector, views: [view] });
  const sums: ArrayLike<number>[] = [];
  for (const shade of shadesOn(backend, map)) {
    using sum = A.apply(shade);
    sums.push((await toHost(sum)).values);
    // what shows the X-ray itself goes first
    await afterMessages();
    signal.throwIfAborted();
    // the labels may have been taken away
    if (currentLabels() !== map) return undefined;
  }
  const { rows, columns } = detector;
  return { rows, columns, pixels: move(toPixels(sums)) };
}

/** RGBA of integrals of weight, red, green, blue: the mean color, and how much of it. */
function toPixels([weights, ...colors]: readonly ArrayLike<number>[]): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * weights.length);
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] <= 0) continue;
    for (let c = 0; c < 3; c++) pixels[4 * i + c] = (255 * colors[c][i]) / weights[i];
    pixels[4 * i + 3] = 255 * (1 - Math.exp(-weights[i]));
  }
  return pixels;
}
