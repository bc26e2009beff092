import { createProjector, toHost } from "tomograd";
import type { Model } from "tomograd/backend";
import { cArmView } from "tomograd/geometry";
import { encodeNifti, geometryContent, geometryText, npyPieces } from "tomograd/io";
import { encodeRunRecord, type RunFile, type RunRecord } from "tomograd/report";
import { hashOf, hashOfSource } from "../hash";
import type { Exposure, Registered, RunRequest } from "../protocol";
import { currentReconstruction, currentScan } from "../reconstructed";
import { currentBackend, currentPatient } from "../session";
import { npyOf, oneView, pngOf } from "./export";
import type { Handlers } from "./types";

/** What came out, and what it was made from besides the volume. */
type Made = Pick<RunRecord, "inputs" | "outputs" | "results"> & { readonly geometry: object; readonly seed?: number };

export const runFileHandlers: Pick<Handlers, "runFile"> = {
  async runFile(asked) {
    const startedAt = new Date();
    const started = performance.now();
    const { operation, options, volume, versions, machine } = asked;
    const backend = await currentBackend();
    const opened = { path: volume, ...(await hashOfSource(currentPatient().source)) };
    const { geometry, inputs, ...made } = await MAKERS[operation](asked);
    return encodeRunRecord({
      ...{ format: "tomograd-run/1", operation, options, ...made, versions },
      geometry: JSON.parse(JSON.stringify(geometry)),
      inputs: [opened, ...inputs],
      machine: {
        ...machine,
        processor: "not told by the browser",
        cores: Math.max(1, navigator.hardwareConcurrency),
      },
      backend: { name: backend.name, about: backend.about, threads: backend.threads },
      warnings: currentPatient().facts.notes,
      startedAt: startedAt.toISOString(),
      seconds: (performance.now() - started) / 1000,
    });
  },
};

const MAKERS: Readonly<Record<RunRequest["operation"], (asked: RunRequest) => Promise<Made>>> = {
  render,
  simulate,
  reconstruct,
  register,
};

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const written = async (path: string, pieces: readonly Uint8Array[]): Promise<RunFile> => ({
  path,
  ...(await hashOf(pieces)),
});

/** Renders the view again in one go, as the command does: the picture has the same bytes. */
async function render({ options, arm, exposure }: RunRequest): Promise<Made> {
  const shot: Exposure = arm ? { view: cArmView(arm), detector: arm.detector } : (exposure as Exposure);
  const { device } = currentPatient();
  const { detector, view } = shot;
  const { array, grid } = device;
  const { model = "siddon" } = options as { readonly model?: Model };
  using projector = createProjector({ backend: array.backend, grid, detector, views: [view], model });
  using image = projector.apply(device);
  const { values } = await toHost(image);
  const [low, high] = options.window as readonly number[];
  const png = await pngOf({
    ...{ rows: detector.rows, columns: detector.columns, values: values as Float32Array, window: { low, high } },
    ...{ preset: options.preset as "radiograph", bits: 8 },
  });
  const trajectory = oneView(shot);
  const { geometry } = options;
  return {
    inputs: typeof geometry === "string" ? [await written(geometry, [utf8(await geometryText(trajectory))])] : [],
    outputs: [await written(options.out as string, [png])],
    geometry: await geometryContent(trajectory),
    results: { views: 1 },
  };
}

/** The two files of the scan. */
async function scanFiles(): Promise<RunFile[]> {
  const scan = currentScan();
  const { views, detector, values } = scan;
  return [
    await written("scan.npy", npyPieces(values, [views.length, detector.rows, detector.columns])),
    await written("scan.geometry.json", [utf8(await geometryText(scan))]),
  ];
}

async function simulate({ options }: RunRequest): Promise<Made> {
  const scan = currentScan();
  return {
    inputs: [],
    outputs: await scanFiles(),
    geometry: await geometryContent(scan),
    results: { views: scan.views.length, about: scan.about },
    ...(typeof options.seed === "number" && { seed: options.seed }),
  };
}

async function reconstruct({ options }: RunRequest): Promise<Made> {
  const volume = currentReconstruction();
  return {
    inputs: await scanFiles(),
    outputs: [await written(options.out as string, [encodeNifti(volume)])],
    geometry: await geometryContent(currentScan()),
    results: { method: options.method as string, shape: [...volume.grid.size] },
  };
}

async function register({ options, registered }: RunRequest): Promise<Made> {
  const { xray, start, found } = registered as Registered;
  const { view, ...results } = found;
  const trajectory = { detector: start.detector, views: [view], about: "views found by registration" };
  const [measured] = options.xrays as readonly string[];
  const { geometry } = options;
  return {
    inputs: [
      await written(measured, npyOf(xray)),
      ...(typeof geometry === "string" ? [await written(geometry, [utf8(await geometryText(oneView(start)))])] : []),
    ],
    outputs: [await written(options.out as string, [utf8(await geometryText(trajectory))])],
    geometry: await geometryContent(trajectory),
    results: { ...results },
    // of many starts
    seed: 0,
  };
}
