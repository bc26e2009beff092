import { type Backend, createProjector, toHost } from "tomograd";
import { labelChannels, zeros } from "tomograd/projector";
import { resample } from "tomograd/volume";
import { labelColor } from "../../labelColors";
import { coarse } from "../coarse";
import { currentLabels, type LabelMap, placesOn, setLabels } from "../labelMap";
import type { Exposure, LabelShadow } from "../protocol";
import { compute, currentPatient } from "../session";
import { afterMessages } from "../turn";
import { inPageWords } from "../words";
import { readRequested } from "./input";
import type { Context, Handlers } from "./types";

/** More labels than this have colors that nobody can tell apart. */
const MOST_LISTED = 64;
/** Pixels along a side of the labels' shadow: their edges are smooth, and there is one image for each label. */
const SHADOW_SIDE = 256;

export const labelHandlers: Pick<Handlers, "openLabels" | "closeLabels" | "labelShadow"> = {
  async openLabels(asked, { signal, progress }) {
    const { volume } = currentPatient();
    const file = await readRequested({ ...asked, quantity: "label" }, { signal, progress });
    const labels = resample({ quantity: "label" as const, grid: file.grid, values: file.values }, volume.grid, {
      interpolation: "nearest",
    });
    const found = new Set<number>();
    for (const value of labels.values) if (value !== 0 && found.size < MOST_LISTED) found.add(value);
    signal.throwIfAborted();
    const listed = [...found].sort((a, b) => a - b);
    setLabels({ volume: labels, listed });
    return {
      name: asked.name,
      labels: listed,
      notes: file.warnings.map(({ defect, message }) => ({ defect, message: inPageWords(message) })),
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

/**
 * The labels as rays see them: each colors a pixel by the length of its way through it, as a share of its longest; where
 * several lie behind each other their colors mix by these shares.
 */
async function shadowOf(
  map: LabelMap,
  asked: Exposure,
  { signal, move }: Context<"labelShadow">,
  backend: Backend,
): Promise<LabelShadow> {
  const { view, detector } = coarse(
    asked.view,
    asked.detector,
    Math.max(asked.detector.rows, asked.detector.columns) / SHADOW_SIDE,
  );
  const { grid } = map.volume;
  using A = createProjector({ backend, grid, detector, views: [view] });
  using ones = zeros(backend, grid, "density", "ones");
  backend.run("fill", { out: ones.array, value: 1 });
  const pixels = detector.rows * detector.columns;
  const mixed = new Float32Array(4 * pixels);
  for (const [i, label] of map.listed.entries()) {
    const [channel] = labelChannels(A, ones, placesOn(backend, map), [i + 1]);
    using lengths = channel;
    mix(mixed, (await toHost(lengths)).values, labelColor(label));
    await afterMessages();
    signal.throwIfAborted();
  }
  const { rows, columns } = detector;
  return { rows, columns, pixels: move(toPixels(mixed)) };
}

/** Adds a color by its shares to sums of red, green, blue; the fourth is the sum of the shares. */
function mix(sums: Float32Array, lengths: ArrayLike<number>, color: readonly number[]): void {
  let longest = 0;
  for (let i = 0; i < lengths.length; i++) longest = Math.max(longest, lengths[i]);
  if (longest === 0) return;
  for (let i = 0; i < lengths.length; i++) {
    const share = lengths[i] / longest;
    for (let c = 0; c < 3; c++) sums[4 * i + c] += share * color[c];
    sums[4 * i + 3] += share;
  }
}

/** RGBA: the mean color, and how much of it. */
function toPixels(sums: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(sums.length);
  for (let i = 0; i < sums.length; i += 4) {
    const share = sums[i + 3];
    if (share === 0) continue;
    for (let c = 0; c < 3; c++) pixels[i + c] = sums[i + c] / share;
    pixels[i + 3] = 255 * Math.min(1, share);
  }
  return pixels;
}
