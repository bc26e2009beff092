/** What the page asks of the worker, and what it gets. Everything is plain data: it is copied, large arrays are moved. */
import type { Vec3 } from "tomograd";
import type { Model } from "tomograd/backend";
import type { CArmOptions, ConeView, Detector } from "tomograd/geometry";
import type { ReadProgress, VolumeFormat } from "tomograd/io";
import type { DisplayPreset, DisplayWindow, EdgeLetters, Plane } from "tomograd/report";
import type { Grid, Quantity } from "tomograd/volume";

/** Payload, result, and what is told on the way, of one kind of call. */
interface Call<Payload, Result, Progress = never> {
  readonly payload: Payload;
  readonly result: Result;
  readonly progress: Progress;
}

/** Every kind of call. */
export interface Calls {
  /** Starts a backend, or changes to another one and takes the volume along. */
  start: Call<BackendChoice, BackendFacts>;
  /** Reads a volume, which replaces the one before when it is complete. */
  open: Call<OpenRequest, PatientFacts, ReadProgress>;
  /** Reads a label map and puts it on the grid of the volume. */
  openLabels: Call<OpenRequest, LabelFacts, ReadProgress>;
  closeLabels: Call<undefined, undefined>;
  /** The labels as an X-ray shows them; undefined where there are none. */
  labelShadow: Call<Exposure, LabelShadow | undefined>;
  slice: Call<SliceRequest, SlicePicture>;
  /** What stands at a point. */
  value: Call<ValueRequest, PointValue>;
  render: Call<RenderRequest, RenderedImage>;
  /** Measures a scan of the volume, which replaces the one before. */
  simulate: Call<ScanRequest, ScanFacts, number>;
  /** One image of the scan. */
  scanImage: Call<{ readonly view: number }, ScanImage>;
  /** Reconstructs the scan; the volume so far can be sliced and rendered all along. */
  reconstruct: Call<ReconstructRequest, ReconstructionFacts, ReconstructionStep>;
  /** Stops the reconstruction under way between two iterations, or lets it go on. */
  hold: Call<boolean, undefined>;
  /** Values of the volume and of its reconstruction along a line through a point. */
  profile: Call<ProfileRequest, Profile>;
  /** Reads a measured X-ray. */
  readXRay: Call<XRayRequest, XRayFile>;
  /** Finds where an X-ray of the volume was taken from. */
  register: Call<RegisterRequest, RegistrationFacts, RegistrationRound>;
  /** A gray PNG. */
  png: Call<PngRequest, Uint8Array>;
  /** The opened volume, or its reconstruction in 1/mm, as .nii.gz. */
  nifti: Call<Exclude<Shown, "difference">, Uint8Array>;
  /** An X-ray as NumPy's format: float32, [row][column], rising with attenuation. */
  npy: Call<XRayImage, Uint8Array>;
  /** The text of a geometry file. */
  geometry: Call<Exposure | "scan", string>;
  /** The drawing of sources, detectors and the volume's box: SVG. */
  figure: Call<Exposure | "scan", string>;
  /** The run file of what is on the page, for `tomograd run`. */
  runFile: Call<RunRequest, string>;
  /** What the browser keeps of the last session; undefined where it keeps none. */
  lastSession: Call<undefined, KeptSession | undefined>;
  /** Keeps the session in the browser, in place of the one before. */
  keepSession: Call<SessionToKeep, undefined>;
  /** Takes the scan and the reconstruction of the kept session, and hands out its X-ray; its volume is open. */
  takeKeptResults: Call<undefined, { readonly xray?: XRayToKeep }>;
  forgetSession: Call<undefined, undefined>;
}
export type CallKind = keyof Calls;
export type Payload<K extends CallKind> = Calls[K]["payload"];
export type Result<K extends CallKind> = Calls[K]["result"];
export type Progress<K extends CallKind> = Calls[K]["progress"];

export type ToWorker =
  | { readonly id: number; readonly kind: CallKind; readonly payload: unknown }
  | { readonly id: number; readonly cancel: true };
export type FromWorker = Answer | Takeover;
export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly progress: unknown }
  | { readonly id: number; readonly failure: Failure };

/** Told without being asked: the GPU has failed, and what goes on in its place. */
export interface Takeover {
  readonly backend: BackendFacts;
  readonly because: Failure;
}

/** Why a call failed, in words; `defect` and `code` as the library's errors have them. */
export interface Failure {
  readonly code: string;
  readonly defect?: string;
  readonly message: string;
  /** What to choose from, where the input holds several. */
  readonly choices?: OpenChoices;
}

/** The series of a folder, or the arrays of a file. */
export interface OpenChoices {
  readonly of: "series" | "arrays";
  readonly list: readonly OpenChoice[];
}

export interface OpenChoice {
  readonly text: string;
  /** Whether it can be read. */
  readonly readable: boolean;
  readonly change: Partial<Pick<OpenRequest, "series" | "dataset" | "name">>;
}

export interface BackendChoice {
  readonly prefer: "auto" | "webgpu" | "wasm" | "reference";
  readonly threads?: number;
}

export interface BackendFacts {
  readonly name: string;
  readonly threads: number;
  /** One line: what runs and why. */
  readonly about: string;
  /** Whether the page may share memory between threads. */
  readonly isolated: boolean;
}

/** A file and its path in the folder that was dropped or picked. */
export interface PathFile {
  readonly path: string;
  readonly file: File;
}

/** Where a volume is read from. */
export type OpenSource =
  | { readonly from: "files"; readonly files: readonly PathFile[] }
  | { readonly from: "address"; readonly address: string };

export interface OpenRequest {
  readonly source: OpenSource;
  /** What to call it. */
  readonly name: string;
  /** Of DICOM: the UID of the series to read. */
  readonly series?: string;
  /** Of a file with several arrays: the one to read, by its name. */
  readonly dataset?: string;
  /** Of a file with several volumes: the one to read, from 0. */
  readonly frame?: number;
  /** What the voxels mean, if the user says so. */
  readonly quantity?: Quantity;
}

export interface Note {
  readonly defect: string;
  readonly message: string;
}

export interface PatientFacts {
  readonly name: string;
  readonly format: VolumeFormat;
  readonly quantity: Quantity;
  readonly grid: Grid;
  /** mm. */
  readonly spacing: Vec3;
  /** Where the axes of the stored voxels run to, e.g. "LPS". */
  readonly orientation: string;
  /** Smallest and largest value. */
  readonly range: readonly [number, number];
  readonly notes: readonly Note[];
}

export interface LabelFacts {
  readonly name: string;
  /** The labels that occur, rising, 0 left out; of very many the first. */
  readonly labels: readonly number[];
  readonly notes: readonly Note[];
}

/** Colors over an X-ray, in fewer pixels where it has many. */
export interface LabelShadow {
  readonly rows: number;
  readonly columns: number;
  /** RGBA, not premultiplied: [row][column]. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** What is looked at: the volume that was opened, its reconstruction, or the second less the first. */
export type Shown = "volume" | "reconstruction" | "difference";

export interface SliceRequest {
  readonly shown: Shown;
  readonly plane: Plane;
  /** World RAS mm. */
  readonly through: Vec3;
}

export interface SlicePicture {
  readonly plane: Plane;
  readonly rows: number;
  readonly columns: number;
  /** [row][column]. */
  readonly values: Float32Array;
  /** As `values`; 0 where there is no label. */
  readonly labels?: Float32Array;
  /** mm, of square pixels. */
  readonly pixel: number;
  /** World RAS mm: the picture's upper left corner (not the center of the pixel there). */
  readonly corner: Vec3;
  readonly letters: EdgeLetters;
}

export interface ValueRequest {
  readonly shown: Shown;
  /** World RAS mm. */
  readonly at: Vec3;
}

export interface PointValue {
  /** Trilinear between voxel centers, in the unit of the volume. */
  readonly value: number;
  /** Of the voxel that holds the point; 0: none. */
  readonly label: number;
}

export interface RenderRequest {
  readonly shown: Exclude<Shown, "difference">;
  readonly view: ConeView;
  readonly detector: Detector;
  readonly model: Model;
  /** ms: a picture of larger pixels and voxels that takes no longer; undefined: the exact one. */
  readonly within?: number;
}

export interface RenderedImage extends RenderRequest {
  /** How many pixels of the detector became one, along rows and columns; 1: the exact picture. */
  readonly coarsening: number;
  /** Of the picture: the detector's, coarsened. */
  readonly rows: number;
  readonly columns: number;
  /** Line integrals, no unit: [row][column]. */
  readonly values: Float32Array;
  /** Black and white of film, and of plain values. */
  readonly windows: { readonly film: DisplayWindow; readonly plain: DisplayWindow };
  /** What the rays took. */
  readonly milliseconds: number;
}

export const TRAJECTORIES = ["circular", "short-scan", "helical", "random"] as const;
export type TrajectoryName = (typeof TRAJECTORIES)[number];

/** A scan as `tomograd simulate` takes it. */
export interface ScanRequest {
  readonly trajectory: TrajectoryName;
  readonly views: number;
  readonly rows: number;
  readonly columns: number;
  /** mm, of square pixels; undefined: every corner of the volume just falls on the detector. */
  readonly pixel?: number;
  /** mm, source to isocenter. */
  readonly sid: number;
  /** mm, source to detector. */
  readonly sdd: number;
  /** Photons of a pixel without an object; undefined: no noise. */
  readonly photons?: number;
  /** Of random views and of noise. */
  readonly seed: number;
}

export interface ScanFacts extends ScanRequest {
  readonly pixel: number;
  /** One line on the trajectory. */
  readonly about: string;
  readonly milliseconds: number;
}

export interface ScanImage {
  readonly rows: number;
  readonly columns: number;
  /** Line integrals, no unit: [row][column]. */
  readonly values: Float32Array;
  readonly window: DisplayWindow;
}

export const METHOD_NAMES = [
  ...(["auto", "fdk", "auto-tv", "os-sqs", "fista-tv", "asd-pocs"] as const),
  ...(["os-sart", "sart", "sirt", "cgls", "tikhonov", "mlem", "fit"] as const),
] as const;
export type MethodName = (typeof METHOD_NAMES)[number];

export interface ReconstructRequest {
  readonly method: MethodName;
  /** Voxels along the longest side of the volume's box. */
  readonly size: number;
  /** Undefined: what the method takes by itself. */
  readonly iterations?: number;
  /** Of methods that draw rays or views. */
  readonly seed: number;
}

/** One iteration. */
export interface ReconstructionStep {
  readonly iteration: number;
  readonly iterations: number;
  readonly value?: number;
  readonly residual?: number;
  /** Whether the volume that is shown is a new one. */
  readonly picture: boolean;
}

/** The grid as `tomograd reconstruct` takes it. */
export interface GridChoice {
  readonly size: Vec3;
  /** mm. */
  readonly spacing: number;
  readonly center: Vec3;
}

export interface ReconstructionFacts extends ReconstructRequest {
  readonly method: Exclude<MethodName, "auto">;
  /** What `auto` chose and why. */
  readonly why?: string;
  readonly grid: GridChoice;
  readonly stopped: string;
  readonly history: readonly ReconstructionStep[];
  readonly milliseconds: number;
  /** Against the volume that was opened, on the grid of the reconstruction. */
  readonly psnr: number;
  readonly ssim: number;
  /** HU, where the volume is in HU; else in its own unit. */
  readonly rmse: number;
  readonly notes: readonly Note[];
}

export interface ProfileRequest {
  readonly through: Vec3;
  /** World axis of the line. */
  readonly axis: 0 | 1 | 2;
}

export interface Profile {
  /** World mm along the axis. */
  readonly positions: readonly number[];
  readonly truth: readonly number[];
  readonly reconstruction: readonly number[];
}

/** What large values of an X-ray are: bone bright, bone dark, or raw intensities. */
export const MEANINGS = ["attenuation", "inverted", "intensity"] as const;
export type Meaning = (typeof MEANINGS)[number];

export interface XRayRequest {
  readonly file: File;
  /** @default what the file says, else attenuation */
  readonly meaning?: Meaning;
}

/** An image of the detector: [row][column], rising with attenuation. */
export interface XRayImage {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

export interface XRayFile extends XRayImage {
  readonly meaning: Meaning;
  /** mm on the detector, where the file says so. */
  readonly pixel?: number;
  /** What a DICOM file says of the C-arm: degrees and mm. */
  readonly laoDeg?: number;
  readonly cranDeg?: number;
  readonly sid?: number;
  readonly sdd?: number;
  /** Where it was taken from, of a file that says this otherwise than by angles of a C-arm: RT images, DX. */
  readonly view?: ConeView;
  readonly notes: readonly Note[];
}

export interface RegisterRequest {
  readonly xray: XRayImage;
  readonly detector: Detector;
  /** Where the search begins. */
  readonly view: ConeView;
  /** Degrees and mm about it. */
  readonly search: { readonly rotationDeg: number; readonly translation: number };
  /** Where a hidden X-ray was taken from. */
  readonly truth?: ConeView;
}

/** What a round of the search has reached. */
export interface RegistrationRound {
  readonly iteration: number;
  readonly similarity: string;
  readonly rows: number;
  readonly starts: number;
  readonly score: number;
  /** How far the best start has moved: mm at the volume's center, and degrees. */
  readonly shift: number;
  readonly turnDeg: number;
}

export interface RegistrationFacts {
  readonly view: ConeView;
  readonly score: number;
  readonly verdict: "certain" | "doubtful";
  readonly reasons: readonly string[];
  readonly evaluations: number;
  readonly milliseconds: number;
  readonly stopped: string;
  readonly rounds: readonly RegistrationRound[];
  /** Mean over eight points around the middle, against a hidden X-ray's true place: mm before and after. */
  readonly error?: { readonly before: number; readonly after: number };
}

/** Where source and detector are. */
export interface Exposure {
  readonly view: ConeView;
  readonly detector: Detector;
}

export interface PngRequest {
  readonly rows: number;
  readonly columns: number;
  /** Line integrals, [row][column]. */
  readonly values: Float32Array;
  readonly window: DisplayWindow;
  /** Of 8 bits; 16 are proportional to the value. */
  readonly preset: DisplayPreset;
  readonly bits: 8 | 16;
}

/** Value of an option; lists of lists are given several times. */
export type OptionValue =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly number[]
  | readonly (readonly number[])[];
/** Options of a command, by the names of its run file. */
export type CommandOptions = Readonly<Record<string, OptionValue>>;

/** A registration that was done: the X-ray, where the search began, and what it found. */
export interface Registered {
  readonly xray: XRayImage;
  readonly start: Exposure;
  readonly found: Pick<RegistrationFacts, "view" | "score" | "verdict" | "reasons" | "evaluations">;
}

export interface RunRequest {
  readonly operation: "render" | "simulate" | "reconstruct" | "register";
  readonly options: CommandOptions;
  /** Of `render`: the pose that the options say; undefined where they name a geometry file, and what that holds. */
  readonly arm?: CArmOptions;
  readonly exposure?: Exposure;
  /** Of `register`. */
  readonly registered?: Registered;
  /** The path of the opened volume, as the options say it. */
  readonly volume: string;
  /** The version of the page, and the browser. */
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: { readonly system: string; readonly memoryBytes: number };
}

/** What a page is about: enough to bring it back. */
export interface SessionToKeep {
  readonly volume: OpenRequest;
  readonly labels?: OpenRequest;
  readonly scan?: ScanFacts;
  readonly reconstruction?: ReconstructionFacts;
  readonly xray?: XRayToKeep;
  /** View, display, tab and registration: the page's own words. */
  readonly page: string;
}

export interface XRayToKeep extends XRayImage {
  /** The file that it was read from. */
  readonly source?: File;
}

export interface KeptSession extends Omit<SessionToKeep, "xray"> {
  /** ISO 8601. */
  readonly at: string;
}
