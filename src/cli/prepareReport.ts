import type { ImageStack, PreparedCounts } from "../physics/index.js";
import {
  commonWindow,
  figureRow,
  greyFigure,
  type Html,
  html,
  type Image,
  lineChart,
  renderPage,
  renderTable,
} from "../report/index.js";
import { VERSION } from "./version.js";

/** What the page shows. */
export interface PrepareReportInput {
  readonly counts: ImageStack;
  readonly prepared: PreparedCounts;
  /** Steps in order, with what they found. */
  readonly steps: readonly (readonly [step: string, result: string])[];
  readonly command: string;
}

/** One detector row over all views, drawn as a square. */
function sinogram({ views, rows, columns, values }: ImageStack, row: number): Image {
  const out = new Float32Array(views * columns);
  for (let view = 0; view < views; view++)
    out.set(values.subarray((view * rows + row) * columns, (view * rows + row + 1) * columns), view * columns);
  return { rows: views, columns, values: out, pixelSize: [1 / columns, 1 / views] };
}

/** One view of a stack. */
function image({ rows, columns, values }: ImageStack, view: number): Image {
  return { rows, columns, values: values.subarray(view * rows * columns, (view + 1) * rows * columns) };
}

/** The page about one preparation: sinogram before and after, weights, center curve, steps. */
export async function prepareReport({ counts, prepared, steps, command }: PrepareReportInput): Promise<string> {
  const { detector, views, center, weights } = prepared;
  const stackOf = (values: ImageStack["values"]): ImageStack => ({
    views: views.length,
    rows: detector.rows,
    columns: detector.columns,
    values,
  });
  const [before, after] = [stackOf(prepared.uncorrected), stackOf(prepared.values)];
  const row = Math.floor(detector.rows / 2);
  const pair = [sinogram(before, row), sinogram(after, row)];
  const window = commonWindow(pair, "line-integral");
  const style = { preset: "line-integral", width: 384 } as const;
  const middle = Math.floor(views.length / 2);
  const unsure = weights.some((weight) => weight < 1);
  const pictures: Html[] = [
    greyFigure(sinogram(counts, Math.floor(counts.rows / 2)), {
      ...style,
      caption: "as counted: columns to the right, views downwards",
    }),
    greyFigure(pair[0], { ...style, window, caption: "line integrals, before rings and beam hardening" }),
    greyFigure(pair[1], { ...style, window, caption: "line integrals as written" }),
  ];
  if (unsure)
    pictures.push(
      greyFigure(sinogram(stackOf(weights), row), {
        ...style,
        window: { low: 0, high: 1 },
        caption: "weights: white is measured, black is filled in or starved",
      }),
    );
  const sections = [
    { title: `Sinogram of row ${row}`, content: figureRow(pictures) },
    {
      title: `View ${middle}`,
      content: figureRow([
        greyFigure(image(counts, middle), { ...style, caption: "as counted" }),
        greyFigure(image(after, middle), { ...style, caption: "line integrals" }),
      ]),
    },
    { title: "Steps", content: renderTable({ columns: ["step", "result"], rows: steps }) },
  ];
  if (center)
    sections.push({
      title: "Center of rotation",
      content: html`${await lineChart([{ name: "disagreement", points: center.curve }], {
        xLabel: "column",
        yLabel: "disagreement of opposite rays",
        logarithmic: true,
      })}<p>The axis is seen at column ${center.column.toFixed(2)}, ${center.shift.toFixed(2)} pixels from where the geometry had it.</p>`,
    });
  return renderPage({
    title: "Counts to line integrals",
    summary: html`${prepared.about}; ${detector.rows} x ${detector.columns} pixels.${prepared.warnings.map(
      ({ message }) => html` <strong>Note: ${message}.</strong>`,
    )}`,
    sections,
    footer: html`tomograd ${VERSION}; <code>${command}</code>`,
  });
}
