import { TomogradError, type Volume } from "tomograd";
import type { Projections } from "tomograd/volume";
import type { KeptSession, OpenRequest, OpenSource, PathFile, SessionToKeep, XRayImage, XRayToKeep } from "../protocol";
import { reconstructionSoFar, scanSoFar, setReconstructed, setScan } from "../reconstructed";
import { currentPatient } from "../session";
import { keptFile, openStore, removeKept, writeKept } from "../store";
import { trajectoryOf } from "../trajectory";
import type { Handlers } from "./types";

const FORMAT = "tomograd-studio-session/1";
const INDEX = "session.json";
const SCAN = "scan";
const RESULT = "reconstruction";
const XRAY = "xray";
const RADIOGRAPH = "radiograph";

/** A file as the index names it: its own name may be any. */
interface Entry {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly lastModified: number;
}

/** `SessionToKeep` with names of files in place of files. */
interface Index extends Omit<KeptSession, "volume" | "labels"> {
  readonly format: typeof FORMAT;
  readonly volume: KeptRequest;
  readonly labels?: KeptRequest;
  readonly grid?: Volume["grid"];
  readonly xray?: Omit<XRayImage, "values"> & { readonly source?: Entry };
}

interface KeptRequest extends Omit<OpenRequest, "source"> {
  readonly source: { readonly from: "files"; readonly files: readonly Entry[] } | OpenSource;
}

/** What lies in the store now: what has not changed is not written again. */
const kept: { volume?: string; labels?: string; scan?: Projections; result?: Volume; xray?: XRayToKeep } = {};

export const lastSessionHandlers: Pick<Handlers, "lastSession" | "keepSession" | "takeKeptResults" | "forgetSession"> =
  {
    async lastSession() {
      const store = await openStore();
      const index = await readIndex(store);
      if (!index) return undefined;
      const { format: _, grid: __, xray: ___, volume, labels, ...rest } = index;
      const found = {
        ...rest,
        volume: await requestOf(store, "volume", volume),
        ...(labels && { labels: await requestOf(store, "labels", labels) }),
      };
      kept.volume = JSON.stringify(volume.source);
      kept.labels = labels && JSON.stringify(labels.source);
      return found;
    },

    async keepSession(asked) {
      const store = await openStore();
      try {
        await keep(store, asked);
      } catch (error) {
        await forget(store);
        throw error;
      }
      return undefined;
    },

    async takeKeptResults() {
      const store = await openStore();
      const index = await readIndex(store);
      const [scan, result] = [await numbersOf(store, SCAN), await numbersOf(store, RESULT)];
      if (index?.scan && scan) {
        kept.scan = { ...trajectoryOf(index.scan, currentPatient().volume.grid), values: scan };
        setScan(kept.scan);
      }
      if (index?.grid && result) {
        kept.result = { quantity: "attenuation", grid: index.grid, values: result };
        setReconstructed(kept.result, true);
      }
      kept.xray = index?.xray && (await xrayOf(store, index.xray));
      return kept.xray ? { xray: kept.xray } : {};
    },

    async forgetSession() {
      await forget(await openStore());
      return undefined;
    },
  };

async function forget(store: FileSystemDirectoryHandle): Promise<void> {
  for (const part of ["volume", "labels", "scan", "result", "xray"] as const) delete kept[part];
  await removeKept(store);
}

/** The index goes first and comes last: what is cut off in between is no session. */
async function keep(store: FileSystemDirectoryHandle, asked: SessionToKeep): Promise<void> {
  const volume = keptRequest(asked.volume);
  const labels = asked.labels && keptRequest(asked.labels);
  const scan = asked.scan && scanSoFar();
  const result = asked.reconstruction && reconstructionSoFar();
  await removeKept(store, INDEX);
  await keepFiles(store, "volume", asked.volume, volume);
  await keepFiles(store, "labels", asked.labels, labels);
  await keepNumbers(store, SCAN, "scan", scan);
  await keepNumbers(store, RESULT, "result", result);
  await keepXRay(store, asked.xray);
  const { page, scan: scanFacts, reconstruction } = asked;
  const index: Index = {
    ...{ format: FORMAT, at: new Date().toISOString(), page, volume },
    ...(labels && { labels }),
    ...(scan && scanFacts && { scan: scanFacts }),
    ...(result && reconstruction && { reconstruction, grid: result.grid }),
    ...(asked.xray && { xray: factsOf(asked.xray) }),
  };
  await writeKept(store, INDEX, [new TextEncoder().encode(JSON.stringify(index))]);
}

async function readIndex(store: FileSystemDirectoryHandle): Promise<Index | undefined> {
  const text = await (await keptFile(store, INDEX))?.text();
  if (!text) return undefined;
  const index = JSON.parse(text) as Index;
  return index.format === FORMAT ? index : undefined;
}

function keptRequest({ source, ...request }: OpenRequest): KeptRequest {
  if (source.from === "address") return { ...request, source };
  const files = source.files.map(({ path, file }) => entryOf(file, path));
  return { ...request, source: { from: "files", files } };
}

const entryOf = ({ name, size, lastModified }: File, path = name): Entry => ({ path, name, size, lastModified });

async function keepFiles(
  store: FileSystemDirectoryHandle,
  part: "volume" | "labels",
  asked: OpenRequest | undefined,
  request: KeptRequest | undefined,
): Promise<void> {
  const key = request && JSON.stringify(request.source);
  if (key === kept[part]) return;
  delete kept[part];
  await removeKept(store, `${part}-`);
  if (asked?.source.from === "files")
    for (const [i, { file }] of asked.source.files.entries()) await writeKept(store, `${part}-${i}`, [file]);
  kept[part] = key;
}

async function keepNumbers<P extends "scan" | "result" | "xray">(
  store: FileSystemDirectoryHandle,
  name: string,
  part: P,
  values: { readonly values: ArrayLike<number> } | undefined,
): Promise<void> {
  if (values === kept[part]) return;
  delete kept[part];
  await removeKept(store, name);
  if (values)
    await writeKept(store, name, [
      values.values instanceof Float32Array ? values.values : Float32Array.from(values.values),
    ]);
  kept[part] = values as (typeof kept)[P];
}

/** What comes from the page is a copy: the same pixels of the same name are not written again. */
async function keepXRay(store: FileSystemDirectoryHandle, xray: XRayToKeep | undefined): Promise<void> {
  const before = kept.xray;
  const same = xray?.name === before?.name && xray?.values.length === before?.values.length;
  if (same && (xray?.values ?? []).every((value, i) => value === before?.values[i])) return;
  await removeKept(store, RADIOGRAPH);
  await keepNumbers(store, XRAY, "xray", xray);
  if (xray?.source) await writeKept(store, RADIOGRAPH, [xray.source]);
}

const factsOf = ({ name, rows, columns, source }: XRayToKeep): Index["xray"] => ({
  ...{ name, rows, columns },
  ...(source && { source: entryOf(source) }),
});

async function xrayOf(
  store: FileSystemDirectoryHandle,
  { source, ...facts }: NonNullable<Index["xray"]>,
): Promise<XRayToKeep | undefined> {
  const values = await numbersOf(store, XRAY);
  const file = source && (await keptFile(store, RADIOGRAPH));
  return values && { ...facts, values, ...(file && { source: renamed(file, source) }) };
}

/** The file as it was called. */
const renamed = (file: File, { name, lastModified }: Entry): File => new File([file], name, { lastModified });

async function requestOf(
  store: FileSystemDirectoryHandle,
  part: string,
  { source, ...request }: KeptRequest,
): Promise<OpenRequest> {
  if (source.from === "address") return { ...request, source };
  const files: PathFile[] = [];
  for (const [i, entry] of source.files.entries()) {
    const { path, name } = entry as Entry;
    const file = await keptFile(store, `${part}-${i}`);
    if (!file)
      throw new TomogradError("NOT_FOUND", `The last session cannot be brought back: ${name} is no longer kept.`);
    files.push({ path, file: renamed(file, entry as Entry) });
  }
  return { ...request, source: { from: "files", files } };
}

const numbersOf = async (store: FileSystemDirectoryHandle, name: string): Promise<Float32Array | undefined> => {
  const file = await keptFile(store, name);
  return file && new Float32Array(await file.arrayBuffer());
};
