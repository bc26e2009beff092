/** What is on the page as a program of its own. */
import type { Quantity } from "tomograd/volume";
import type { ReconstructionFacts, ScanFacts, TrajectoryName } from "../worker/protocol";
import { modelOf, type RunnableMethod, settingsOf } from "../worker/settings";
import { helixOf } from "../worker/trajectory";
import { FOUND_GEOMETRY, MEASURED, type RegistrationStart, type Shot, type VolumeWords } from "./commands";
import { patient } from "./patient";
import { type CArm, freeView } from "./pose";

const json = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/,/g, ", ")
    .replace(/"(\w+)":/g, "$1: ")
    .replace(/[{}]/g, (brace) => (brace === "{" ? "{ " : " }"));

/** Options one after the other, to stand between braces. */
const entries = (options: object): string => json(options).slice(2, -2);

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
  const { detector, model, preset, window } = shot;
  const rays = model === "siddon" ? "" : `, model: "${model}"`;
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
    `using projector = createProjector({ backend, grid: ct.grid, detector, views: [view]${rays} });`,
    "using projections = projector.apply(volume);",
    "const { values } = await toHost(projections); // line integrals [row][column]",
    "",
    `const grey = greyImage(values, { preset: "${preset}", window: ${json(window)} });`,
    'await writeImage("xray.png", { ...detector, values: grey }, { window: [0, 255] });',
    "",
  ].join("\n");
}

/** The trajectories as programs call them; all but one are at hand under "tomograd". */
const TRAJECTORY: Readonly<Record<TrajectoryName, string>> = {
  circular: "circularTrajectory",
  "short-scan": "shortScanTrajectory",
  helical: "helicalTrajectory",
  random: "randomSphereTrajectory",
};

/** A method as programs call it: "auto-tv" is `autoTv`. */
const functionOf = (method: RunnableMethod): string =>
  method === "os-sart" ? "ossart" : method.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The same that takes the scan and reconstructs it. */
export function reconstructionCode(
  { trajectory, views, rows, columns, pixel, sid, sdd, photons, seed }: ScanFacts,
  { method, iterations, grid }: ReconstructionFacts,
  volume: VolumeCode,
  out: string,
): string {
  const { root, lines } = volumeCode(volume);
  const build = TRAJECTORY[trajectory];
  const physics = [...(photons === undefined ? [] : ["addNoise"]), ...(root.length > 0 ? ["clampPadding"] : [])];
  const own =
    patient.value && trajectory === "helical" ? helixOf(patient.value.grid) : trajectory === "random" ? { seed } : {};
  const settings = settingsOf(method, views, iterations);
  const spacing = [grid.spacing, grid.spacing, grid.spacing];
  const names = [
    ...(trajectory === "random" ? [] : [build]),
    ...["createBackend", "createGrid", "createProjector", "gridCenter", ...root, "readVolume", "toDevice", "toHost"],
    "writeVolume",
  ];
  return [
    `import { ${names.join(", ")} } from "tomograd";`,
    ...(trajectory === "random" ? [`import { ${build} } from "tomograd/geometry";`] : []),
    ...(physics.length > 0 ? [`import { ${physics.join(", ")} } from "tomograd/physics";`] : []),
    `import { ${functionOf(method)} } from "tomograd/reconstruction";`,
    "",
    ...lines,
    `const detector = ${json({ rows, columns, pixelSize: [pixel, pixel] })} as const;`,
    `const gantry = { detector, sid: ${sid}, sdd: ${sdd}, isocenter: gridCenter(ct.grid) } as const; // mm`,
    `const { views, about } = ${build}({ ...gantry, ${entries({ views, ...own })} });`,
    "",
    "await using backend = await createBackend();",
    "using volume = toDevice(backend, attenuation);",
    "using scanner = createProjector({ backend, grid: ct.grid, detector, views });",
    "using measured = scanner.apply(volume);",
    "const exact = (await toHost(measured)).values; // line integrals [view][row][column]",
    photons === undefined
      ? "const values = exact;"
      : `const values = addNoise(exact, ${json({ photonsPerPixel: photons, seed })});`,
    "",
    `const grid = createGrid(${json({ size: grid.size, spacing, center: grid.center })});`,
    `using A = createProjector({ backend, grid, detector, views, model: "${modelOf(method)}" });`,
    `const run = await ${functionOf(method)}(A, { detector, views, about, values }${Object.keys(settings).length > 0 ? `, ${json(settings)}` : ""});`,
    `await writeVolume("${out}", await toHost(run.volume)); // 1/mm`,
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
    `const view = ${arm ? `cArmView({ ${entries({ ...arm, detector: undefined })}, detector })` : `${json(view)} as const`};`,
    `const search = ${json(search)}; // degrees, mm`,
    "",
    "await using backend = await createBackend();",
    "const found = await registerViews({ backend, volume: attenuation, xrays: [{ values, detector, view }], search });",
    "console.log(found.verdict, found.reasons);",
    `await writeGeometry("${FOUND_GEOMETRY}", { detector, views: found.views, about: "views found by registration" });`,
    "",
  ].join("\n");
}
