/** The page: the radiograph, renderings at a start, as found and at the true pose, and where they disagree. */
import { writeFileSync } from "node:fs";
import {
  checkerboardFigure,
  edgeOverlayFigure,
  figureRow,
  html,
  pictureFigure,
  plainGrey,
  renderPage,
  renderTable,
} from "tomograd/report";
import { raysAt, render } from "./register.mjs";

const TRUE_POSE = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

export async function writePage(path, { result, runs, fine, whole, spacing }) {
  const { rows, columns } = fine;
  const letters = { left: "A", right: "P", top: "S", bottom: "I" };
  const image = (values) => ({ rows, columns, values, pixelSize: spacing, letters });
  const measured = image(fine.values);
  const at = async (motion) => image((await render(whole, raysAt(fine.rays, motion), false)).values);
  const style = { width: 350, scaleBar: false };
  const endings = Object.keys(runs[0].found);
  const ending = endings[endings.length - 1];
  const off = (run) => run.found[ending].after.all;
  // the run in the middle of all errors
  const shown = runs.toSorted((a, b) => off(a) - off(b))[Math.floor(runs.length / 2)];
  const rendered = [
    ["at a start", await at(shown.start)],
    [`as found (${ending})`, await at(shown.found[ending].motion)],
    ["at the true pose", await at(TRUE_POSE)],
  ];
  const row = (figure) => figureRow(rendered.map(([caption, drr]) => figure(drr, { ...style, caption })));
  const plain = (drr, options) => pictureFigure(drr, plainGrey(drr.values), options);
  const page = renderPage({
    title: "A measured radiograph",
    summary: html`${endings.map(
      (name) =>
        html`<p>${name}: median error ${result.medianBefore.toFixed(2)} mm before and ${result[name].median.toFixed(2)} mm after registration, ${result[name].medianAcross.toFixed(2)} mm across the beam; ${Math.round(100 * result[name].shareBelow3mm)} % of ${result.starts} starts below 3 mm.</p>`,
    )}<p>The pictures are of the start whose error is the median.</p>`,
    sections: [
      { title: "Measured", content: plain(measured, { ...style, caption: "scan projection radiograph" }) },
      { title: "Renderings", content: row(plain) },
      { title: "Radiograph and rendering in turn", content: row((drr, o) => checkerboardFigure(measured, drr, o)) },
      { title: "Edges of the rendering", content: row((drr, o) => edgeOverlayFigure(measured, drr, o)) },
      {
        title: "Runs",
        content: renderTable({
          columns: [
            "start",
            "mm before",
            ...endings.flatMap((name) => [`${name}: mm after`, "across the beam", "score"]),
          ],
          rows: runs.map(({ before, found }, i) => [
            i + 1,
            Number(before.all.toFixed(2)),
            ...endings.flatMap((name) => {
              const { after, score } = found[name];
              return [after.all, after.across, score].map((value) => Number(value.toFixed(3)));
            }),
          ]),
        }),
      },
    ],
  });
  writeFileSync(path, page);
}
