/** Makes docs/images/demo.png, the picture of the README, from the demo's 120 views: two radiographs and two slices. */
import { writeFileSync } from "node:fs";
import { encode } from "fast-png";
import { build } from "./build.mjs";
import { attempt } from "./node.mjs";

const HEIGHT = 320;
const GAP = 6;

/** Resamples a picture to the height of the strip, nearest pixel. */
function scaled({ rows, columns, grey, pixelSize = [1, 1] }) {
  const width = Math.round((HEIGHT * columns * pixelSize[0]) / (rows * pixelSize[1]));
  const pixels = new Uint8Array(HEIGHT * width);
  for (let row = 0; row < HEIGHT; row++)
    for (let column = 0; column < width; column++) {
      const from = Math.floor((row * rows) / HEIGHT) * columns + Math.floor((column * columns) / width);
      pixels[row * width + column] = grey[from];
    }
  return { width, pixels };
}

if (attempt(build)) {
  const { createBackend } = await import("tomograd/backend");
  const { readVolume } = await import("tomograd/io");
  const { hounsfieldToAttenuation } = await import("tomograd/physics");
  const { displayWindow, greyImage, sliceVolume } = await import("tomograd/report");
  const { manyViewsStory } = await import("../dist/cli/demo/manyViews.js");
  const ct = await readVolume("data/chest-lidc-idri-0001-small.nii.gz", { quantity: "hounsfield" });
  const attenuation = hounsfieldToAttenuation(ct);
  const backend = await createBackend();
  const story = await manyViewsStory(backend, attenuation, () => undefined);
  await backend[Symbol.asyncDispose]();
  const radiograph = ({ truth: { detector, values } }) => ({ ...detector, grey: greyImage(values) });
  const window = displayWindow(attenuation.values, "radiograph");
  const slice = (plane) => {
    const image = sliceVolume(story.volume, plane);
    return { ...image, grey: greyImage(image.values, { preset: "line-integral", window }) };
  };
  const tiles = [radiograph(story.fullCloser), radiograph(story.fullTurned90), slice("coronal"), slice("axial")].map(
    scaled,
  );
  const width = tiles.reduce((sum, tile) => sum + tile.width + GAP, -GAP);
  const strip = new Uint8Array(HEIGHT * width).fill(255);
  let left = 0;
  for (const tile of tiles) {
    for (let row = 0; row < HEIGHT; row++)
      strip.set(tile.pixels.subarray(row * tile.width, (row + 1) * tile.width), row * width + left);
    left += tile.width + GAP;
  }
  writeFileSync("docs/images/demo.png", encode({ width, height: HEIGHT, data: strip, channels: 1, depth: 8 }));
}
