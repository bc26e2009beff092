import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFileAtomically } from "#platform";
import { fault } from "../../core/errors.js";
import { readVolume } from "../../io/index.js";
import { clampPadding, hounsfieldToAttenuation, hounsfieldToDensity } from "../../physics/index.js";
import type { Volume } from "../../volume/grid.js";
import { boxResample } from "../../volume/index.js";
import { demoPage } from "../demo/demoPage.js";
import { manyViewsStory } from "../demo/manyViews.js";
import { oneViewStory } from "../demo/oneView.js";
import { machine } from "../machine.js";
import type { Operation } from "../operation.js";
import * as parse from "../parse.js";

interface DemoOptions {
  readonly out?: string;
  /** Voxels of the CT across, from 16; detectors follow. @default as it ships, 128 */
  readonly size?: number;
}

/** The chest CT that ships with the package (CC BY 3.0, see data/README.md). */
export const SAMPLE_CT = fileURLToPath(new URL("../../../data/chest-lidc-idri-0001-small.nii.gz", import.meta.url));

const DEFAULT_FOLDER = "out";
/** Fewest voxels across that show a chest. */
const LEAST_SIZE = 16;

/** The CT on `across` x `across` voxels, as many slices as give them the same shape. */
function coarser(ct: Volume, across: number = ct.grid.size[0]): Volume {
  const [nx, ny, nz] = ct.grid.size;
  if (across === nx) return ct;
  if (!(across >= LEAST_SIZE && across <= nx))
    throw fault("INVALID_ARGUMENT", `--size is from ${LEAST_SIZE} to ${nx}, not ${across}`, { defect: "out-of-range" });
  const to = (n: number) => Math.max(1, Math.round((n * across) / nx));
  return boxResample(ct, [across, to(ny), to(nz)]);
}

/** Share of the time that the first part takes, for the progress line. */
const FIRST_PART = 0.15;

export const demo: Operation<DemoOptions> = {
  name: "demo",
  summary: "the whole story on a chest CT that ships with tomograd: a page with pictures, in a minute or two",
  positional: [],
  inputs: () => [SAMPLE_CT],
  outputs: ({ out = DEFAULT_FOLDER }) => [join(out, "index.html"), join(out, "demo.json")],
  configure: (command) =>
    command
      .option("--out <folder>", `where the page goes (default: ${DEFAULT_FOLDER})`)
      .option(
        "--size <n>",
        "voxels of the CT across, 16 to 128; fewer are faster (default: 128)",
        parse.positiveInteger,
      ),
  announce: ({ out }) =>
    `a chest CT becomes X-rays; from 1 and from 120 of them the CT is reconstructed; a page with pictures in ${out ?? DEFAULT_FOLDER}/; about a minute`,
  async execute(options, session) {
    const folder = options.out ?? DEFAULT_FOLDER;
    const stored = await readVolume(SAMPLE_CT, { quantity: "hounsfield" });
    const ct = coarser(clampPadding(stored).volume, options.size);
    const backend = await session.backend();
    session.say(`chest CT, ${ct.grid.size.join(" x ")} voxels, on ${backend.about}`);
    const attenuation = hounsfieldToAttenuation(ct);
    const oneView = await oneViewStory(backend, hounsfieldToDensity(ct), (fraction, text) =>
      session.progress.update(FIRST_PART * fraction, text),
    );
    session.say(
      `1 view, 101 steps: the trained image matches (${oneView.images.trained.psnr.toFixed(1)} dB), 1 degree away it does not (${oneView.images.rotated.psnr.toFixed(1)} dB)`,
    );
    const manyViews = await manyViewsStory(backend, attenuation, (fraction, text) =>
      session.progress.update(FIRST_PART + (1 - FIRST_PART) * fraction, text),
    );
    session.say(
      `120 views: novel views ${manyViews.psnrNovel.toFixed(1)} dB, volume ${manyViews.psnrVolume.toFixed(1)} dB`,
    );
    const { images, losses } = oneView;
    const results = {
      oneView: {
        loss: [losses[0].value, losses[losses.length - 1].value],
        psnrTrained: images.trained.psnr,
        psnrCloser: images.closer.psnr,
        psnrRotated: images.rotated.psnr,
        psnr30: images.turned30.psnr,
        psnr90: images.turned90.psnr,
        psnrVolume: oneView.psnrVolume,
        seconds: oneView.seconds,
      },
      manyViews: {
        views: manyViews.trajectory.views.length,
        psnrNovel: manyViews.psnrNovel,
        psnr90: manyViews.turned90.psnr,
        psnrVolume: manyViews.psnrVolume,
        ssimVolume: manyViews.ssimVolume,
        seconds: manyViews.seconds,
      },
      machine: machine(),
      backend: backend.about,
    };
    const page = await demoPage({ attenuation, oneView, manyViews, backend: backend.about });
    const [html, json] = [join(folder, "index.html"), join(folder, "demo.json")];
    const text = new TextEncoder();
    await writeFileAtomically(html, text.encode(page));
    await writeFileAtomically(json, text.encode(`${JSON.stringify(results, null, 2)}\n`));
    const dB = (x: number) => `${x.toFixed(1)} dB`;
    return {
      results,
      outputs: [html, json],
      summary: [
        "                                   1 view   120 views",
        `trained view                      ${dB(images.trained.psnr).padStart(7)}`,
        `novel views, mean of 121                    ${dB(manyViews.psnrNovel).padStart(7)}`,
        `10 mm closer                      ${dB(images.closer.psnr).padStart(7)}   ${dB(manyViews.closer.psnr).padStart(7)}`,
        `turned by 1 degree                ${dB(images.rotated.psnr).padStart(7)}`,
        `turned by 90 degrees              ${dB(images.turned90.psnr).padStart(7)}   ${dB(manyViews.turned90.psnr).padStart(7)}`,
        `volume                            ${dB(oneView.psnrVolume).padStart(7)}   ${dB(manyViews.psnrVolume).padStart(7)}`,
        `Open ${html} in a browser.`,
      ],
    };
  },
};
