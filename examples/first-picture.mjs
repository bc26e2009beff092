/**
 * How does a CT become an X-ray?
 *
 *   node examples/first-picture.mjs [PICTURE.png]
 */
import {
  cArmView,
  createBackend,
  createProjector,
  gridCenter,
  hounsfieldToAttenuation,
  readVolume,
  toDevice,
  toHost,
  writeImage,
} from "tomograd";
import { greyImage } from "tomograd/report";

const picture = process.argv[2] ?? "first-picture.png";
const ct = await readVolume(new URL("../data/chest-lidc-idri-0001-small.nii.gz", import.meta.url));
const attenuation = hounsfieldToAttenuation(ct); // HU to 1/mm

// a source 850 mm in front of the patient, a detector 1020 mm from it
const detector = { rows: 256, columns: 256, pixelSize: [1.6, 1.6] };
const view = cArmView({ detector, sdd: 1020, isocenter: gridCenter(ct.grid), translation: [0, 850, 0] });

const backend = await createBackend();
const projector = createProjector({ backend, grid: ct.grid, detector, views: [view] });
const { values } = await toHost(projector.apply(toDevice(backend, attenuation)));
await backend[Symbol.asyncDispose]();

await writeImage(picture, { rows: 256, columns: 256, values: greyImage(values) }, { window: [0, 255] });
console.log(`wrote ${picture}; line integrals up to ${Math.max(...values).toFixed(2)}`);
