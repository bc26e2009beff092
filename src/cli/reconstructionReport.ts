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
} from "../report/index.js";
import type { Projections, Volume } from "../volume/grid.js";
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

/** Three slices of a volume, with those of the truth and the difference below where there is one. */
export function sliceFigures(volume: Volume, truth?: Volume): Html {
  const mine = sliceThreePlanes(volume);
  if (!truth)
    return figureRow(mine.map((slice) => greyFigure(slice, { caption: slice.plane, preset: "line-integral" })));
  const theirs = sliceThreePlanes(truth);
  const window = displayWindow(truth.values, "radiograph");
  const row = (slices: typeof mine, what: string) =>
    figureRow(
      slices.map((slice) => greyFigure(slice, { caption: `${what}, ${slice.plane}`, preset: "line-integral", window })),
    );
  return html`${row(theirs, "truth")}${row(mine, "reconstruction")}${figureRow(
    mine.map((slice, i) => differenceFigure(slice, theirs[i], { caption: `reconstruction - truth, ${slice.plane}` })),
  )}`;
}

/** The page about one reconstruction: geometry, data and fit, slices, loss, settings. */
export async function reconstructionReport(input: ReconstructionReportInput): Promise<string> {
  const { A, projections, volume, truth, run, figures, device } = input;
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
      { title: "Projections", content: html`${rows}` },
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
    footer: html`tomograd ${VERSION} on ${A.backend.about}`,
  });
}
