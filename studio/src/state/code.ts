/** What is on the page as a program of its own. */
import type { Quantity } from "tomograd/volume";
import { FOUND_GEOMETRY, MEASURED, type RegistrationStart, type Shot, type VolumeWords } from "./commands";
import { type CArm, freeView } from "./pose";

const json = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/,/g, ", ")
    .replace(/"(\w+)":/g, "$1: ")
    .replace(/[{}]/g, (brace) => (brace === "{" ? "{ " : " }"));

/** A volume to be read, and what its values are taken for. */
export interface VolumeCode extends VolumeWords {
  readonly quantity: Quantity;
}

/** Lines that read the volume `ct` and make of it what rays integrate, `attenuation`; the names that they import. */
function volumeCode({ path, options: chosen, quantity }: VolumeCode) {
  const hounsfield = quantity === "hounsfield";
  const options = Object.keys(chosen).length > 0 ? `, ${json(chosen)}` : "";
  return {
    root: hounsfield ? ["hounsfieldToAttenuation"] : [],
    imports: hounsfield ? ['import { clampPadding } from "tomograd/physics";'] : [],
    lines: [
      `const ct = await readVolume(${JSON.stringify(path)}${options});`,
      hounsfield
        ? 'const attenuation = hounsfieldToAttenuation(clampPadding({ ...ct, quantity: "hounsfield" }).volume);'
        : "const attenuation = ct; // summed as it is",
    ],
  };
}

/**
 * TypeScript with tomograd's public functions that renders the picture of the present view: the same voxels, view,
 * numbers and gray levels.
 */
export function codeOf(shot: Shot, arm: CArm, isocenter: readonly number[], volume: VolumeCode): string {
  const { detector, preset, window } = shot;
  const free = freeView.value;
  const { root, imports, lines } = volumeCode(volume);
  return [
    `import { ${["createBackend", "createProjector", ...root, "readVolume", "toDevice", "toHost", "writeImage"].join(", ")} } from "tomograd";`,
    ...(free ? [] : ['import { positionerView } from "tomograd/geometry";']),
    ...imports,
    'import { greyImage } from "tomograd/report";',
    "",
    ...lines,
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

/** The same that finds the X-ray's view from where the search on the page began. */
export function registrationCode({ view, detector, arm, search }: RegistrationStart, volume: VolumeCode): string {
  const { root, imports, lines } = volumeCode(volume);
  return [
    `import { ${["createBackend", ...root, "readVolume", "writeGeometry"].join(", ")} } from "tomograd";`,
    ...(arm ? ['import { cArmView } from "tomograd/geometry";'] : []),
    'import { readNpy } from "tomograd/io";',
    ...imports,
    'import { registerViews } from "tomograd/registration";',
    "",
    ...lines,
    `const values = Float32Array.from((await readNpy("${MEASURED}")).values); // [row][column], rising with attenuation`,
    `const detector = ${json(detector)} as const;`,
    "// where the search begins, and how far it goes from there",
    `const view = ${arm ? `cArmView({ ...${json({ ...arm, detector: undefined })}, detector })` : `${json(view)} as const`};`,
    `const search = ${json(search)}; // degrees, mm`,
    "",
    "await using backend = await createBackend();",
    "const found = await registerViews({ backend, volume: attenuation, xrays: [{ values, detector, view }], search });",
    "console.log(found.verdict, found.reasons);",
    `await writeGeometry("${FOUND_GEOMETRY}", { detector, views: found.views, about: "views found by registration" });`,
    "",
  ].join("\n");
}
