/** What is on the page as commands of the command line, by the options that its run files have. */
import type { Model } from "tomograd/backend";
import { type CArmOptions, type ConeView, cArmView, type Detector, matrixToPose, viewToCArm } from "tomograd/geometry";
import type { DisplayPreset, DisplayWindow } from "tomograd/report";
import { type Grid, gridCenter } from "tomograd/volume";
import type {
  CommandOptions,
  Exposure,
  GridChoice,
  OpenRequest,
  OptionValue,
  ReconstructionFacts,
  RunRequest,
  ScanFacts,
} from "../worker/protocol";

/** A command: its operation and its options. */
export interface Command {
  readonly operation: RunRequest["operation"];
  readonly options: CommandOptions;
}

/** A volume as commands name it. */
export interface VolumeWords {
  /** The file or folder. */
  readonly path: string;
  /** Which series of it, and what its values are taken for, where the user said so. */
  readonly options: CommandOptions;
}

/** Where a volume that was opened lies: the page does not learn its folder. */
export function volumeWords({ source, series, dataset, frame, quantity }: OpenRequest): VolumeWords {
  const options = {
    ...(series !== undefined && { series }),
    ...(dataset !== undefined && { dataset }),
    ...(frame !== undefined && { frame }),
    ...(quantity !== undefined && { quantity }),
  };
  if (source.from === "address") {
    const home = new URL(".", document.baseURI).href;
    const path = decodeURIComponent(new URL(source.address).pathname);
    const own = source.address.startsWith(home);
    return {
      path: own ? decodeURIComponent(source.address.slice(home.length)) : (path.split("/").pop() ?? ""),
      options,
    };
  }
  const { files } = source;
  return { path: files.length === 1 ? files[0].file.name : files[0].path.split("/")[0], options };
}

/** What the geometry of a view is saved as where no C-arm of the command line has it. */
export const VIEW_GEOMETRY = "xray.geometry.json";

/** How a radiograph is shown. */
export interface Shot {
  readonly view: ConeView;
  readonly detector: Detector;
  readonly grid: Grid;
  readonly model: Model;
  readonly preset: DisplayPreset;
  readonly window: DisplayWindow;
}

/** `tomograd render` of the present view, and the C-arm that it says; without one the view is in `VIEW_GEOMETRY`. */
export function renderCommand(shot: Shot, { path, options }: VolumeWords): Command & { readonly arm?: CArmOptions } {
  const arm = armOf(shot);
  const { rows, columns } = shot.detector;
  const pose = arm && {
    ...{ rotation: arm.rotationDeg as readonly number[], translation: arm.translation as readonly number[] },
    ...{ size: [rows, columns], ...gantryOptions(arm) },
  };
  return {
    operation: "render",
    options: {
      ...{ volume: path, out: "xray.png", ...options, ...(pose ?? { geometry: VIEW_GEOMETRY }) },
      ...(shot.model !== "siddon" && { model: shot.model }),
      ...{ preset: shot.preset, window: [shot.window.low, shot.window.high] },
    },
    ...(arm && { arm }),
  };
}

/** A C-arm as options say it. */
type CommandArm = CArmOptions & Required<Pick<CArmOptions, "rotationDeg" | "translation">>;

const gantryOptions = ({ orientation, sdd, detector, offset }: CArmOptions) => ({
  ...(orientation === "PA" && { orientation: "PA" }),
  ...{ sdd, pixel: detector.pixelSize },
  ...(offset?.some((shift) => shift !== 0) && { offset }),
});

/** What a registered X-ray, the view that its search began with, and the view that it found are saved as. */
export const MEASURED = "measured.npy";
export const START_GEOMETRY = "start.geometry.json";
export const FOUND_GEOMETRY = "found.geometry.json";

/** Where a search begins, in the numbers of a command where the command line has a C-arm like it. */
export interface RegistrationStart extends Exposure {
  readonly arm?: CommandArm;
  /** Degrees and mm about it. */
  readonly search: { readonly rotationDeg: number; readonly translation: number };
}

export function registrationStart(
  exposure: Pick<Shot, "view" | "detector" | "grid">,
  search: RegistrationStart["search"],
): RegistrationStart {
  const arm = armOf(exposure);
  const { view, detector } = arm ? { view: cArmView(arm), detector: arm.detector } : exposure;
  return { view, detector, search, ...(arm && { arm }) };
}

/** `tomograd register` of the X-ray on the page, which is saved as `MEASURED`. */
export function registerCommand({ arm, search }: RegistrationStart, { path, options }: VolumeWords): Command {
  const pose = arm && {
    start: [[...arm.rotationDeg, ...arm.translation]],
    ...gantryOptions(arm),
    ...{ sdd: [arm.sdd], pixel: [arm.detector.pixelSize] },
  };
  return {
    operation: "register",
    options: {
      ...{ ct: path, xrays: [MEASURED], out: FOUND_GEOMETRY, ...options },
      ...(pose ?? { geometry: START_GEOMETRY }),
      search: [search.rotationDeg, search.translation],
    },
  };
}

/** mm: a C-arm whose source, corner and steps are this close has the view. */
const SAME_VIEW = 1e-6;
const rounded = (values: readonly number[]) => values.map((value) => Number(value.toFixed(9)) + 0);

/** The C-arm of a view in numbers of nine decimals; undefined where the command line has none like it. */
function armOf({ view, detector, grid }: Pick<Shot, "view" | "detector" | "grid">): CommandArm | undefined {
  try {
    const found = viewToCArm(view, detector, { isocenter: gridCenter(grid) });
    const { rotation, translation } = matrixToPose(found.pose, { parameterization: "euler_angles", convention: "ZXY" });
    const [across, down] = rounded(found.detector.pixelSize);
    const arm = {
      detector: { ...detector, pixelSize: [across, down] },
      orientation: found.orientation,
      isocenter: found.isocenter,
      sdd: rounded([found.sdd])[0],
      offset: rounded(found.offset) as [number, number],
      rotationDeg: rounded(rotation.map((angle) => (180 * angle) / Math.PI)) as [number, number, number],
      translation: rounded(translation) as [number, number, number],
    } as const;
    return apart(cArmView(arm), view) < SAME_VIEW ? arm : undefined;
  } catch {
    return undefined; // a detector that is no rectangle
  }
}

function apart(a: ConeView, b: ConeView): number {
  const numbers = ({ source, firstPixel, columnStep, rowStep }: ConeView) => [
    ...[...source, ...firstPixel],
    // over a large detector
    ...[...columnStep, ...rowStep].map((step) => 1000 * step),
  ];
  const others = numbers(b);
  return Math.max(...numbers(a).map((value, i) => Math.abs(value - others[i])));
}

/** `tomograd simulate` of the scan. */
export function simulateCommand(scan: ScanFacts, { path, options }: VolumeWords): Command {
  const { trajectory, views, rows, columns, pixel, sid, sdd, photons, seed } = scan;
  return {
    operation: "simulate",
    options: {
      ...{ volume: path, out: "scan.npy", ...options, trajectory, views },
      ...{ size: [rows, columns], pixel: [pixel, pixel], sid, sdd },
      ...(photons !== undefined && { i0: photons }),
      ...((photons !== undefined || trajectory === "random") && { seed }),
    },
  };
}

/** `tomograd reconstruct` of that scan, compared with the volume; `out` as it is best kept, or .nii for its bytes. */
export function reconstructCommand(done: ReconstructionFacts, path: string, out = "back.nii.gz"): Command {
  const { method, iterations, grid } = done;
  return {
    operation: "reconstruct",
    options: {
      ...{ projections: "scan.npy", out, method, ...gridOptions(grid) },
      ...(iterations !== undefined && method !== "fdk" && { iterations }),
      truth: path,
    },
  };
}

const gridOptions = ({ size, spacing, center }: GridChoice) => ({ grid: size, spacing: [spacing], center });

/** Options that are a count along axes. */
const COUNTS = ["size", "grid"];

/** The words of a command. */
export function commandLine({ operation, options }: Command): string {
  const { volume, projections, ct, xrays, ...flags } = options;
  const inputs = [volume, projections, ct, xrays].flat().filter((path) => path !== undefined);
  const words = Object.entries(flags).flatMap(([name, value]) => {
    if (value === false) return [`--no-${name}`];
    return given(value).map((one) => {
      const text = Array.isArray(one) ? one.join(COUNTS.includes(name) ? "x" : ",") : String(one);
      // an equals sign, as a number may begin with a minus
      return text.startsWith("-") ? `--${name}=${quoted(text)}` : `--${name} ${quoted(text)}`;
    });
  });
  return [`npx tomograd ${operation}`, ...inputs.map((path) => quoted(String(path))), ...words].join(" ");
}

/** What an option is given, one after the other: a list of lists several times. */
const given = (value: OptionValue): readonly OptionValue[] =>
  Array.isArray(value) && Array.isArray(value[0]) ? (value as readonly (readonly number[])[]) : [value];

/** For any shell's words: what is not plain goes into double quotes. */
const quoted = (path: string): string =>
  /^[\w./:,=-]+$/.test(path) ? path : `"${path.replace(/(["\\$`])/g, "\\$1")}"`;
