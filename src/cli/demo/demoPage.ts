import {
  commonWindow,
  differenceFigure,
  drawGeometry,
  figureRow,
  greyFigure,
  type Html,
  html,
  renderPage,
  renderTable,
} from "../../report/index.js";
import type { Projections, Volume } from "../../volume/grid.js";
import { lossChart, sliceFigures } from "../reconstructionReport.js";
import { VERSION } from "../version.js";
import type { ManyViewsStory } from "./manyViews.js";
import { type ImagePair, type OneViewStory, POSES, type PoseName } from "./oneView.js";

export interface DemoPageInput {
  readonly attenuation: Volume;
  readonly oneView: OneViewStory;
  readonly manyViews: ManyViewsStory;
  readonly backend: string;
}

const imageOf = ({ detector, values }: Projections) => ({
  rows: detector.rows,
  columns: detector.columns,
  pixelSize: detector.pixelSize,
  values,
  letters: undefined,
});

/** Truth, reconstruction and their difference, in one window. */
function pairFigures(pair: ImagePair, title: string): Html {
  const [truth, found] = [imageOf(pair.truth), imageOf(pair.found)];
  const window = commonWindow([truth]);
  return html`<h3>${title}: ${pair.psnr.toFixed(1)} dB</h3>
${figureRow([
  greyFigure(truth, { caption: "X-ray of the CT", window }),
  greyFigure(found, { caption: "X-ray of the reconstruction", window }),
  differenceFigure(found, truth, { caption: "difference: reconstruction - CT" }),
])}`;
}

/** The page of `tomograd demo`. */
export async function demoPage({ attenuation, oneView, manyViews, backend }: DemoPageInput): Promise<string> {
  const dB = (x: number | undefined) => (x === undefined ? "" : `${x.toFixed(1)} dB`);
  const names = Object.keys(POSES) as PoseName[];
  const { images } = oneView;
  return renderPage({
    title: "A CT in, X-rays out, the volume back",
    summary: html`A chest CT is turned into X-rays by exact integration along every ray. Gradients flow back along the same
rays, from pixels to voxels, and so a volume is found that explains the X-rays: from one of them, and from 120. One is
not enough: its own picture matches, everything else falls apart. With 120 the volume comes
back.`,
    sections: [
      {
        title: "Figures",
        content: html`${renderTable({
          caption: "PSNR of images and volumes against those of the CT; higher is better, 40 dB is 1 % of the peak",
          columns: ["", "1 view", "120 views"],
          rows: [
            ["trained view", dB(images.trained.psnr), ""],
            ["novel views, mean of 121: half-way between trained ones, and 10 mm closer", "", dB(manyViews.psnrNovel)],
            ["10 mm closer", dB(images.closer.psnr), dB(manyViews.closer.psnr)],
            ["turned by 1 degree", dB(images.rotated.psnr), ""],
            ["turned by 30 degrees", dB(images.turned30.psnr), ""],
            ["turned by 90 degrees", dB(images.turned90.psnr), dB(manyViews.turned90.psnr)],
            ["volume", dB(oneView.psnrVolume), dB(manyViews.psnrVolume)],
            ["seconds", oneView.seconds.toFixed(1), manyViews.seconds.toFixed(1)],
          ],
        })}
<p>Data and reconstruction share the operator and the grid, and nothing is noisy: this shows what the views bring, not
what a scanner would give.</p>`,
      },
      {
        title: "One view: the picture matches",
        content: html`<p>The volume starts at zero; 101 steps of Adam (rate 1e-3) on the mean squared error of one image
of ${oneView.detector.rows} x ${oneView.detector.columns} pixels, rescaled to 0..1. The loss falls from ${oneView.losses[0].value.toPrecision(3)} to
${oneView.losses[oneView.losses.length - 1].value.toExponential(2)}.</p>
${await lossChart(oneView.losses, "loss")}
${pairFigures(images.trained, POSES.trained.name)}`,
      },
      {
        title: "One view: novel views fall apart",
        content: html`${names.filter((name) => name !== "trained").map((name) => pairFigures(images[name], POSES[name].name))}`,
      },
      {
        title: "One view: the slices show why",
        content: html`<p>Every ray has smeared its integral along its way: nothing says where along the ray the bone
was. Truth above, reconstruction in the middle, difference below.</p>${sliceFigures(oneView.volume, oneView.truth)}`,
      },
      {
        title: "One view at full detector resolution",
        content: html`<p>The same volume on a detector of 200 x 200 pixels of 2 mm: rays between the trained ones meet
voxels that no ray has changed.</p>
${pairFigures(oneView.fullImages.trained, POSES.trained.name)}${pairFigures(oneView.fullImages.rotated, POSES.rotated.name)}`,
      },
      {
        title: "120 views: the geometry",
        content: html`<p>${manyViews.trajectory.about}; ${manyViews.trajectory.detector.rows} x ${manyViews.trajectory.detector.columns} pixels of ${manyViews.trajectory.detector.pixelSize[0]} mm.</p>
${drawGeometry(manyViews.trajectory, attenuation.grid)}`,
      },
      {
        title: "120 views: novel views are right",
        content: html`${pairFigures(manyViews.halfway, "half-way between two trained views")}
${pairFigures(manyViews.closer, "10 mm closer")}${pairFigures(manyViews.turned90, "turned by 90 degrees")}
${await lossChart(manyViews.losses, "loss")}`,
      },
      { title: "120 views: slices", content: sliceFigures(manyViews.volume, attenuation) },
      {
        title: "120 views at full detector resolution",
        content: html`${pairFigures(manyViews.fullCloser, "10 mm closer, 200 x 200 pixels of 2 mm")}
${pairFigures(manyViews.fullTurned90, "turned by 90 degrees")}`,
      },
    ],
    footer: html`tomograd ${VERSION} on ${backend}. CT: patient LIDC-IDRI-0001 of the LIDC-IDRI collection, The Cancer
Imaging Archive, CC BY 3.0 (Armato et al., doi 10.7937/K9/TCIA.2015.LO9QL9SX), reduced by box averages.`,
  });
}
