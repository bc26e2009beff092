import { writeFileAtomically } from "#platform";
import { throwIfAborted } from "../../core/errors.js";
import { counted } from "../../core/words.js";
import { geometryContent, writeGeometry } from "../../io/index.js";
import { createVolumePyramid } from "../../registration/index.js";
import { encodeGif } from "../../report/index.js";
import type { Volume } from "../../volume/grid.js";
import { gridCenter } from "../../volume/index.js";
import { attenuated } from "../attenuated.js";
import { foundTrajectories, partPath } from "../foundTrajectories.js";
import { readLandmarks } from "../landmarkFile.js";
import { given, type Operation } from "../operation.js";
import { readBodies } from "../registeredBodies.js";
import { registerGroups } from "../registerGroups.js";
import {
  addRegisterOptions,
  checkRegisterOptions,
  DEFAULT_OUT,
  type RegisterOptions,
  reportPath,
} from "../registerOptions.js";
import { registrationFrames } from "../registrationPictures.js";
import { registrationReport } from "../registrationReport.js";
import { registrationResults, registrationSummary } from "../registrationResults.js";
import type { Session } from "../session.js";
import { readInput } from "../volumeInput.js";
import { readXRayImages } from "../xrayImage.js";
import { placeXRays } from "../xrayViews.js";

export const register: Operation<RegisterOptions> = {
  name: "register",
  summary: "where X-rays of a CT's patient were taken from, with a report",
  positional: ["ct", "xrays"],
  inputs: ({ ct, xrays, geometry, landmarks, labels, imageMask = [] }) =>
    given(ct, ...xrays, geometry, landmarks, labels, ...imageMask),
  outputs: ({ bodies = [undefined], ...options }) => {
    const views = bodies.map((name) => partPath(options.out ?? DEFAULT_OUT, [name && `body-${name}`]));
    return given(...views, reportPath(options), options.gif);
  },
  configure: (command) =>
    addRegisterOptions(command).addHelpText(
      "after",
      `
Several X-rays move together, as taken of one patient at one moment (--independent: each by itself).
The verdict is "certain" or "doubtful", with reasons; Ctrl-C keeps the best pose so far.
Examples:
  $ tomograd register ct/ angiogram.dcm
  $ tomograd register ct.nii.gz drr.png --start 20,5,-10 --pixel 1.5,1.5 --search 20,40
  $ tomograd register ct.nii.gz ap.png lateral.png --start 0,0,0 --start 90,0,0 --pixel 1.5,1.5 --sdd 1020
  $ tomograd register ct.nii.gz scan.npy --geometry scan.geometry.json --json
  $ tomograd register ct.nii.gz ap.dcm lateral.dcm --labels bones.nii.gz --bodies 71 --bodies 72 --bodies rest`,
    ),
  announce: ({ ct, xrays, search }) =>
    `${counted(xrays.length, "X-ray file")} to ${ct}, within ${(search ?? [45, 30])[0]} degrees and ${(search ?? [45, 30])[1]} mm; a few seconds`,
  async execute(options, session) {
    checkRegisterOptions(options);
    const file = await readInput(options.ct, options, session);
    const volume = attenuated(options.ct, file, options.attenuation, session.warn);
    const { placed, landmarks, labeled } = await readAll(options, volume, session);
    throwIfAborted(session.signal);
    const backend = await session.backend();
    const isocenter = options.isocenter ?? gridCenter(volume.grid);
    using pyramid = createVolumePyramid(backend, volume);
    const groups = await registerGroups({
      ...{ backend, ct: volume, pyramid, labeled, placed, landmarks, isocenter, options, session },
    });
    const found = { groups, isocenter, orientation: options.orientation };
    const trajectories = foundTrajectories(groups, options.out ?? DEFAULT_OUT);
    for (const { path, trajectory } of trajectories) await writeGeometry(path, trajectory);
    const outputs = trajectories.map(({ path }) => path);
    const page = reportPath(options);
    const parts = labeled && { labels: labeled.labels, bodies: labeled.wanted };
    const rendered = { backend, volume, ...parts };
    const moving = parts ? rendered : { volume: pyramid };
    const frames = page || options.gif ? await registrationFrames(groups, moving) : [];
    if (page) {
      const text = await registrationReport({ found, rendered, volume, frames, session });
      await writeFileAtomically(page, new TextEncoder().encode(text));
      outputs.push(page);
    }
    if (options.gif) {
      await writeFileAtomically(options.gif, await encodeGif(frames[0]));
      outputs.push(options.gif);
    }
    return {
      results: registrationResults(found),
      outputs,
      seed: options.seed ?? 0,
      geometry: await geometryContent(trajectories[0].trajectory),
      summary: registrationSummary(found),
    };
  },
};

async function readAll(options: RegisterOptions, ct: Volume, session: Session) {
  const images = await readXRayImages(options.xrays, options, session);
  const placed = await placeXRays(images, options, ct.grid, session);
  for (const { image, about } of placed)
    session.say(`${image.name}: ${image.rows} x ${image.columns} pixels, starts from ${about}`);
  const { landmarks: path, labels, bodies } = options;
  const landmarks = path ? await readLandmarks(path, images, ct.grid) : [];
  const labeled = labels && bodies ? await readBodies(labels, bodies, ct, session) : undefined;
  return { placed, landmarks, labeled };
}
