/** Makes the n-th case of a seed and reads it under watch: what came of it, how long it took, what memory it asked for. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { mutate } from "./mutations.mjs";

/** The limits of the malformed files' manifest: seconds of processor time, bytes beyond the image's need. */
export const LIMITS = { seconds: 2, bytes: 64 * 2 ** 20 };
/** Deflate makes at most so many bytes of one: more than that the bytes present do not allow. */
const MOST_INFLATION = 1032;
/** Bytes a second at which streams are inflated and looked at, at least: an honest file of 260 kB can hold 256 MiB. */
const INFLATED_PER_SECOND = 200e6;

/** The n-th damaged input of a seed; the same for the same seeds. `reader` names the function of `tomograd/io`. */
export function makeCase(seeds, seed, n, createRandom) {
  const random = createRandom(Math.imul(seed, 1000003) + n);
  const kinds = [...new Set(seeds.map(({ kind }) => kind))];
  const kind = kinds[random.integer(kinds.length)];
  const ofKind = seeds.filter((one) => one.kind === kind);
  const chosen = ofKind[random.integer(ofKind.length)];
  const relatives = random.uniform() < 0.7 ? ofKind : seeds;
  return { ...mutate(chosen, random, relatives), n, reader: readerOf(chosen, random) };
}

function readerOf({ kind, open }, random) {
  if (kind === "projections") return "readProjections";
  if (kind === "geometry") return "readGeometry";
  if (open === "") return "readVolume";
  if (kind === "dcm" && random.uniform() < 0.3) return "readRadiograph";
  const image = /^(png|jpg|tif|dcm)$/.test(kind) ? 0.5 : 0.05;
  if (random.uniform() < image) return "readImage";
  return kind === "npy" && random.uniform() < 0.3 ? "readNpy" : "readVolume";
}

/** Writes a case's files under a folder; returns the path to open. */
export function writeCase({ files, open }, folder) {
  for (const { path, bytes } of files) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes);
  }
  return join(folder, open);
}

/**
 * Reads a case. The result is `{finding}`, a sentence, if something is wrong, else `{outcome}`: "read" or the defect.
 * `io` is the module `tomograd/io`, `known` the defects of docs/errors.md, `memory` as `watchMemory` makes it.
 */
export async function runCase(input, { io, known, memory }) {
  const present = input.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const folder = mkdtempSync(join(tmpdir(), "tomograd-fuzz-"));
  try {
    const path = writeCase(input, folder);
    for (let trial = 0; ; trial++) {
      memory.start();
      const cpu = process.cpuUsage();
      const { result, error } = await io[input.reader](path).then(
        (result) => ({ result }),
        (error) => ({ error }),
      );
      const { user, system } = process.cpuUsage(cpu);
      const seconds = (user + system) / 1e6;
      const need = result?.values?.byteLength ?? 0;
      const allowed = LIMITS.bytes + need + MOST_INFLATION * present;
      const { requested, grown } = memory.stop();
      const finding = error ? wrongError(error, known) : wrongResult(result, input.reader);
      if (finding) return { finding };
      if (requested > allowed) return { finding: `asks for ${MiB(requested)} in one array for ${present} bytes` };
      const most = LIMITS.seconds + (MOST_INFLATION * present) / INFLATED_PER_SECOND;
      const slow = seconds > most && `takes ${seconds.toFixed(1)} s`;
      const large = grown > allowed && `grows by ${MiB(grown)} for ${present} bytes`;
      if (!slow && !large) return { outcome: error ? error.detail.defect : "read" };
      // Compilation and collection of former garbage count against a case once, not twice.
      if (trial > 0) return { finding: [slow, large].filter(Boolean).join(" and ") };
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const MiB = (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;

/** Why an error is none that a caller can act on; undefined if it is. */
function wrongError(error, known) {
  const where = String(error?.stack ?? "")
    .split("\n")
    .slice(1, 4)
    .map((line) => line.trim())
    .join(" < ");
  if (error?.name !== "TomogradError") return `throws ${error?.name}: ${error?.message} ${where}`;
  if (error.code === "INVARIANT") return `breaks an invariant: ${error.message} ${where}`;
  const { defect } = error.detail;
  if (!known.has(defect))
    return `throws ${error.code} with the defect ${defect}, not in docs/errors.md: ${error.message}`;
  if (/\bundefined\b|\[object/.test(error.message)) return `says '${error.message}' ${where}`;
  return undefined;
}

/** What is impossible about a result; undefined if nothing is. */
function wrongResult(result, reader) {
  if (result.warnings?.some(({ defect, message }) => !/^[a-z-]+$/.test(defect) || !message))
    return `warns in another form: ${JSON.stringify(result.warnings)}`;
  if (reader !== "readVolume") return undefined;
  const { size, indexToWorld: m } = result.grid;
  const count = size[0] * size[1] * size[2];
  if (!size.every((n) => Number.isInteger(n) && n >= 1) || count !== result.values.length)
    return `gives ${result.values.length} values for a grid of ${size.join(" x ")}`;
  const determinant =
    m[0] * (m[5] * m[10] - m[6] * m[9]) - m[1] * (m[4] * m[10] - m[6] * m[8]) + m[2] * (m[4] * m[9] - m[5] * m[8]);
  if (m.length !== 16 || !m.every(Number.isFinite) || !(Math.abs(determinant) > 0))
    return `gives the affine ${m.join(", ")}`;
  if (result.values instanceof Int16Array || result.values instanceof Uint8Array) return undefined;
  const bad = result.values.some((value) => !Number.isFinite(value));
  if (bad && !result.warnings.some(({ defect }) => defect === "non-finite-values"))
    return "gives voxels that are not finite without a warning";
  return undefined;
}

/**
 * Watches memory: the largest array that is asked for by its length, and how far the process grows (Linux). To be called
 * before the library is loaded.
 */
export function watchMemory() {
  let requested = 0;
  const types = ["ArrayBuffer", "Uint8Array", "Int8Array", "Uint8ClampedArray", "Uint16Array", "Int16Array"];
  types.push("Uint32Array", "Int32Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array");
  for (const name of types) {
    const Plain = globalThis[name];
    const width = Plain.BYTES_PER_ELEMENT ?? 1;
    globalThis[name] = new Proxy(Plain, {
      construct(target, args, newTarget) {
        if (typeof args[0] === "number") requested = Math.max(requested, args[0] * width);
        return Reflect.construct(target, args, newTarget);
      },
    });
  }
  const status = (field) =>
    1024 * Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? Number.NaN);
  const linux = process.platform === "linux";
  let before = 0;
  return {
    start() {
      requested = 0;
      if (!linux) return;
      // Resets the peak to the present (Linux, proc(5)).
      writeFileSync("/proc/self/clear_refs", "5");
      before = status("VmRSS");
    },
    stop: () => ({ requested, grown: linux ? status("VmHWM") - before : 0 }),
  };
}
