/** What is on the page as a program of its own. */
import type { Quantity } from "tomograd/volume";
import type { Shot, VolumeWords } from "./commands";
import { type CArm, freeView } from "./pose";

const json = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/,/g, ", ")
    .replace(/"(\w+)":/g, "$1: ")
    .replace(/[{}]/g, (brace) => (brace === "{" ? "{ " : " }"));

/**
 * TypeScript with tomograd's public functions that renders the picture of the present view: the same voxels, view,
 * numbers and gray levels.
 */
export function codeOf(
  shot: Shot,
  arm: CArm,
  isocenter: readonly number[],
  volume: VolumeWords,
  read: Quantity,
): string {
  const { detector, preset, window } = shot;
  const free = freeView.value;
  const hounsfield = read === "hounsfield";
  const options = Object.keys(volume.options).length > 0 ? `, ${json(volume.options)}` : "";
  const root = ["createBackend", "createProjector", ...(hounsfield ? ["hounsfieldToAttenuation"] : [])];
  return [
    `import { ${[...root, "readVolume", "toDevice", "toHost", "writeImage"].join(", ")} } from "tomograd";`,
    ...(free ? [] : ['import { positionerView } from "tomograd/geometry";']),
    ...(hounsfield ? ['import { clampPadding } from "tomograd/physics";'] : []),
    'import { greyImage } from "tomograd/report";',
    "",
    `const ct = await readVolume(${JSON.stringify(volume.path)}${options});`,
    hounsfield
      ? 'const attenuation = hounsfieldToAttenuation(clampPadding({ ...ct, quantity: "hounsfield" }).volume);'
      : "const attenuation = ct; // summed as it is",
    `const detector = ${json(detector)} as const;`,
    ...(free
      ? [`const view = ${json(free)} as const;`]
      : [
          "// mm from the source to the isocenter and to the detector; degrees: LAO above 0, CRAN above 0",
          `const gantry = { detector, sid: ${arm.sid}, sdd: ${arm.sdd}, isocenter: ${json(isocenter)} } as const;`,
          `const view = positionerView(gantry, ${arm.laoDeg}, ${arm.cranDeg});`,
        ]),
    "",
    "await using backend = await createBackend();",
    "using volume = toDevice(backend, attenuation);",
    "using projector = createProjector({ backend, grid: ct.grid, detector, views: [view] });",
    "using projections = projector.apply(volume);",
    "const { values } = await toHost(projections); // line integrals [row][column]",
    "",
    `const grey = greyImage(values, { preset: "${preset}", window: ${json(window)} });`,
    'await writeImage("xray.png", { ...detector, values: grey }, { window: [0, 255] });',
    "",
  ].join("\n");
}
