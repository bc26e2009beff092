import { counted } from "../core/words.js";
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
import { imagesOf, type Result, type Task } from "./reconstructParts.js";
import { spread } from "./spread.js";
import { VERSION } from "./version.js";

export interface ReconstructionReportInput {
  readonly task: Task;
  readonly result: Result;
  readonly truth?: Volume;
  readonly figures?: { readonly psnr: number; readonly ssim: number };
  /** Of the method. */
  readonly name: string;
}

/** Points drawn in a curve; more are thinned. */
const CURVE_POINTS = 500;
/** Views shown as measured and as predicted. */
const SHOWN_VIEWS = 3;

/** The loss of a run as a chart. */
export function lossChart(history: Run["history"], name = "cost"): Promise<Html> {
  const points = thinned(history).map(({ iteration, value }) => [iteration + 1, value] as const);
  return lineChart([{ name, points }], { xLabel: "iteration", yLabel: name, logarithmic: true });
}

/** Every so many of the iterations, and the last one. */
function thinned(history: Run["history"]): Run["history"] {
  const stride = Math.max(1, Math.ceil(history.length / CURVE_POINTS));
  return history.filter((_, i) => i % stride === 0 || i === history.length - 1);
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

/** The page about one reconstruction: slices, data and fit, cost, geometry, settings. */
export async function reconstructionReport(input: ReconstructionReportInput): Promise<string> {
  const { task, result, truth, figures, name } = input;
  const { projections, session } = task;
  const backend = await session.backend();
  const { run, volume } = result;
  const last = run.history.at(-1);
  const ending = last
    ? html`cost ${run.history[0].value.toPrecision(3)} to ${last.value.toPrecision(3)} in ${counted(run.history.length, "iteration")}, ${last.seconds.toFixed(1)} s`
    : html`filtered and backprojected`;
  return renderPage({
    title: `Reconstruction by ${name}`,
    summary: html`${projections.about}; ${volume.grid.size.join(" x ")} voxels; ${ending}.${
      figures ? html` Against the truth: PSNR ${figures.psnr.toFixed(2)} dB, SSIM ${figures.ssim.toFixed(4)}.` : ""
    }${run.warnings.map(({ message }) => html` <strong>Note: ${message}.</strong>`)}`,
    sections: [
      { title: "Slices", content: sliceFigures(volume, truth) },
      { title: "Projections", content: html`${await fitFigures(task, result)}${sinogramFigure(projections)}` },
      ...(last ? [{ title: "Cost", content: await costCharts(run.history) }] : []),
      { title: "Geometry", content: drawGeometry(projections, volume.grid) },
      { title: "Settings", content: settingsTable(run.used) },
    ],
    footer: html`<code>${session.command}</code><br>tomograd ${VERSION}, Node ${process.versions.node}, on ${backend.about}`,
  });
}

/** Some views as measured and as the reconstruction predicts them. */
async function fitFigures(task: Task, { pieces }: Result): Promise<Html> {
  const { projections } = task;
  const { rows, columns, pixelSize } = projections.detector;
  const count = rows * columns;
  const shown = spread([...projections.views.keys()], SHOWN_VIEWS);
  const fitted = await imagesOf(task, pieces, shown);
  const figures = shown.map((view, i) => {
    const image = (values: Projections["values"], at: number) => ({
      ...{ rows, columns, pixelSize },
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
  return html`${figures}`;
}

/** The cost and, where the method tells it, the residual. */
async function costCharts(history: Run["history"]): Promise<Html> {
  const residuals = thinned(history).flatMap(({ iteration, residual }) =>
    residual === undefined ? [] : [[iteration + 1, residual] as const],
  );
  const axes = { xLabel: "iteration", logarithmic: true };
  return html`${await lossChart(history)}${
    residuals.length > 0 &&
    (await lineChart([{ name: "residual", points: residuals }], {
      ...axes,
      yLabel: "root mean square of A x - p",
    }))
  }`;
}

const settingsTable = (used: Run["used"]): Html =>
  renderTable({
    columns: ["option", "value"],
    rows: Object.entries(used).map(([option, value]) => [
      option,
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]),
  });
