import { type DeviceVolume, type Projector, toHost } from "../projector/index.js";
import type { Run } from "../reconstruction/index.js";
import {
  commonWindow,
  differenceFigure,
  displayWindow,
  drawGeometry,
  figureRow,
  greyFigure,
  type Html,
  html,
  lineChart,
  renderPage,
  renderTable,
  sliceThreePlanes,
  windowedFigures,
} from "../report/index.js";
import type { Projections, Quantity, Volume } from "../volume/grid.js";
import { VERSION } from "./version.js";

export interface ReconstructionReportInput {
  /** The operator of all views. */
  readonly A: Projector;
  readonly projections: Projections;
  readonly volume: Volume;
  readonly device: DeviceVolume;
  readonly truth?: Volume;
  readonly run: Run;
  readonly figures?: { readonly psnr: number; readonly ssim: number };
  /** What was typed, for the reader to repeat. */
  readonly command: string;
}

/** Points drawn in a curve; more are thinned. */
const CURVE_POINTS = 500;

/** The loss of a run as a chart. */
export function lossChart(history: Run["history"]): Promise<Html> {
  const stride = Math.max(1, Math.ceil(history.length / CURVE_POINTS));
  const points = history
    .filter((_, i) => i % stride === 0 || i === history.length - 1)
    .map(({ iteration, value }) => [iteration + 1, value] as const);
  return lineChart([{ name: "loss", points }], { xLabel: "step", yLabel: "loss", logarithmic: true });
}

/** Three slices of a volume under a window to choose, with those of the truth above and the difference below. */
export function sliceFigures(volume: Volume, truth?: Volume): Html {
  const mine = sliceThreePlanes(volume);
  const theirs = truth ? sliceThreePlanes(truth) : [];
  const row = (slices: typeof mine, what: string) =>
    slices.map((image) => ({ image, caption: what ? `${what}, ${image.plane}` : image.plane }));
  const slices = windowedFigures(truth ? [row(theirs, "truth"), row(mine, "reconstruction")] : [row(mine, "")], {
    window: displayWindow((truth ?? volume).values, truth ? "radiograph" : "line-integral"),
    unit: UNITS[volume.quantity],
  });
  return html`${slices}${
    truth &&
    figureRow(
      mine.map((slice, i) => differenceFigure(slice, theirs[i], { caption: `reconstruction - truth, ${slice.plane}` })),
    )
  }`;
}

const UNITS: Readonly<Record<Quantity, string>> = {
  attenuation: "1/mm",
  hounsfield: "HU",
  density: "",
  label: "",
  unknown: "",
};

/** The middle row of the detector over all views. */
function sinogramFigure({ detector, views, values }: Projections): Html {
  const { rows, columns } = detector;
  const row = Math.floor(rows / 2);
  const sinogram = new Float32Array(views.length * columns);
  for (let view = 0; view < views.length; view++) {
    const first = (view * rows + row) * columns;
    sinogram.set(values.subarray(first, first + columns), view * columns);
  }
  // drawn as a square whatever the numbers of views and columns
  const image = { rows: views.length, columns, values: sinogram, pixelSize: [1 / columns, 1 / views.length] } as const;
  return greyFigure(image, {
    caption: `row ${row} of the detector: columns to the right, views ${views.length > 1 ? `0 to ${views.length - 1} ` : ""}downwards`,
    preset: "line-integral",
    width: 384,
  });
}

/** The page about one reconstruction: geometry, data and fit, slices, loss, settings. */
export async function reconstructionReport(input: ReconstructionReportInput): Promise<string> {
  const { A, projections, volume, truth, run, figures, device, command } = input;
  const count = A.detector.rows * A.detector.columns;
  const shown = [...new Set([0, Math.floor(A.views.length / 3), Math.floor((2 * A.views.length) / 3)])];
  const some = A.withViews(shown.map((view) => A.views[view]));
  let fitted: Projections;
  try {
    const images = some.apply(device);
    const pending = toHost(images);
    images.dispose();
    fitted = await pending;
  } finally {
    some.dispose();
  }
  const rows = shown.map((view, i) => {
    const image = (values: Projections["values"], at: number) => ({
      rows: A.detector.rows,
      columns: A.detector.columns,
      pixelSize: A.detector.pixelSize,
      values: values.subarray(at * count, (at + 1) * count),
    });
    const [data, found] = [image(projections.values, view), image(fitted.values, i)];
    const window = commonWindow([data, found]);
    return figureRow([
      greyFigure(data, { caption: `measured, view ${view}`, window }),
      greyFigure(found, { caption: "of the reconstruction", window }),
      differenceFigure(found, data, { caption: "difference" }),
    ]);
  });
  const last = run.history.at(-1);
  return renderPage({
    title: "Reconstruction",
    summary: html`${projections.about}; ${volume.grid.size.join(" x ")} voxels; loss ${run.history[0]?.value.toPrecision(3)} to ${last?.value.toPrecision(3)} in ${run.history.length} steps, ${last?.seconds.toFixed(1)} s.${
      figures ? html` Against the truth: PSNR ${figures.psnr.toFixed(2)} dB, SSIM ${figures.ssim.toFixed(4)}.` : ""
    }${run.warnings.map(({ message }) => html` <strong>Note: ${message}.</strong>`)}`,
    sections: [
      { title: "Slices", content: sliceFigures(volume, truth) },
      { title: "Projections", content: html`${rows}${sinogramFigure(projections)}` },
      { title: "Loss", content: await lossChart(run.history) },
      { title: "Geometry", content: drawGeometry(projections, volume.grid) },
      {
        title: "Settings",
        content: renderTable({
          columns: ["option", "value"],
          rows: Object.entries(run.used).map(([name, value]) => [
            name,
            typeof value === "object" ? JSON.stringify(value) : String(value),
          ]),
        }),
      },
    ],
    footer: html`<code>${command}</code><br>tomograd ${VERSION}, Node ${process.versions.node}, on ${A.backend.about}`,
  });
}
