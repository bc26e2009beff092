import { fileSource, kindOfPath, listFolder, writeFileAtomically, writeFolderAtomically } from "#platform";
import { fault } from "../../../core/errors.js";
import { cross, dot, norm, scale, transformPoint, type Vec3 } from "../../../core/linear.js";
import { refuseUnknownOptions } from "../../../core/options.js";
import type { Volume } from "../../../volume/grid.js";
import { isUnoriented } from "../../orientation.js";
import { checkWritable } from "../../valueBytes.js";
import type { TypeOption } from "../../writtenType.js";
import { rescaleTypes } from "../meaning.js";
import { type DataElement, decimal, decimals, hashOf, IMPLEMENTATION, part10, uidOfHash } from "./dataSet.js";
import { type DicomIdentity, identityElements, identityOptionNames } from "./identity.js";
import { pixelElements, type StoredForm, storedBytes, volumeForm, windowElements } from "./stored.js";

const CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2";
/** Cosine of the angle between rows and columns up to which they count as orthogonal: what float32 keeps of a direction. */
const ORTHOGONAL = 1e-5;

/** Options of `dicomSeriesFiles`. */
export interface DicomSeriesOptions extends DicomIdentity, TypeOption {}

/** A volume ready to be written slice by slice. */
interface Series {
  readonly size: Vec3;
  readonly form: StoredForm;
  /** RescaleType. */
  readonly units: string;
  readonly instances: readonly string[];
  readonly common: readonly DataElement[];
  /** Bytes of slice k as stored. */
  stored(k: number): Uint8Array<ArrayBuffer>;
  /** ImagePositionPatient of slice k. */
  position(k: number): string;
}

/**
 * The files of a volume as a derived CT series, one slice each: explicit VR little endian, 16 bits. Slice k of the array is
 * instance k + 1; its place and directions are those of the affine, right- or left-handed, tilted stacks included. Whole
 * numbers that span at most 65535 (HU) survive exactly, others to half of (largest - smallest) / 65535. Of `type` there are int16 and uint16. Identifiers follow
 * from the content: equal volumes are equal files. The quantity stands in DerivationDescription and RescaleType.
 * Source: DICOM PS3.3 A.3 (CT Image IOD), C.7.6.2 (image plane), C.11.1 (rescale).
 * @throws INVALID_ARGUMENT (`no-orientation`) for a volume as it was read from a file that does not say how it lies,
 *   INVALID_GEOMETRY (`sheared-grid`) if rows and columns are not orthogonal, SHAPE_MISMATCH, NOT_FINITE, TOO_LARGE, and as `writtenType`
 */
export async function dicomSeriesFiles(
  volume: Volume,
  options: DicomSeriesOptions = {},
): Promise<Iterable<readonly [name: string, bytes: Uint8Array<ArrayBuffer>]>> {
  refuseUnknownOptions("dicomSeriesFiles", options, [...identityOptionNames, "type"]);
  if (isUnoriented(volume))
    throw fault(
      "INVALID_ARGUMENT",
      "DICOM says how the patient lies, and the file that was read does not: give the option 'affine' when reading it",
      { defect: "no-orientation" },
    );
  const series = await describeSeries(volume, options);
  const digits = Math.max(4, String(series.size[2]).length);
  return {
    *[Symbol.iterator]() {
      for (let k = 0; k < series.size[2]; k++)
        yield [`slice-${String(k + 1).padStart(digits, "0")}.dcm`, slice(series, k)] as const;
    },
  };
}

/**
 * Writes a volume as a folder of DICOM slices, whole or not at all; see `dicomSeriesFiles`. A folder that holds nothing else
 * than slices it wrote before is replaced.
 * @throws WRITE_FAILED, also where a folder with other content is there; and as `dicomSeriesFiles`
 */
export async function writeDicomSeries(
  folder: string,
  volume: Volume,
  options: DicomSeriesOptions = {},
): Promise<void> {
  const path = folder.replace(/[/\\]+$/, "");
  await writeFolderAtomically(path, await dicomSeriesFiles(volume, options), await isOwnFolder(path));
}

/** Writes a volume of one slice as one file. @throws INVALID_ARGUMENT (`several-slices`), WRITE_FAILED, as `dicomSeriesFiles` */
export async function writeDicomSlice(path: string, volume: Volume, options: DicomSeriesOptions = {}): Promise<void> {
  if (volume.grid.size[2] !== 1)
    throw fault(
      "INVALID_ARGUMENT",
      `a DICOM file holds one slice of a CT, the volume has ${volume.grid.size[2]}: give a folder, '${path.replace(/\.dcm$/i, "")}/'`,
      { defect: "several-slices" },
    );
  const [[, bytes]] = await dicomSeriesFiles(volume, options);
  await writeFileAtomically(path, bytes);
}

async function describeSeries(volume: Volume, { type, ...identity }: DicomSeriesOptions): Promise<Series> {
  checkWritable(volume);
  const { grid, values, quantity } = volume;
  const { size, indexToWorld } = grid;
  if (size.some((n) => n > 65535))
    throw fault("TOO_LARGE", `DICOM holds at most 65535 rows and columns, not ${size.join(" x ")}`, {
      defect: "bad-dimension",
    });
  const [i, j, k] = [0, 1, 2].map(
    (axis): Vec3 => [-indexToWorld[axis], -indexToWorld[4 + axis], indexToWorld[8 + axis]],
  );
  const [row, column] = [scale(i, 1 / norm(i)), scale(j, 1 / norm(j))];
  if (!(Math.abs(dot(row, column)) <= ORTHOGONAL))
    throw fault(
      "INVALID_GEOMETRY",
      "DICOM slices have rows at right angles to their columns, the affine shears them: resample the volume onto a straight grid",
      { defect: "sheared-grid" },
    );
  const normal = cross(row, column);
  const form = volumeForm(volume, { ...(type && { type }) });
  const pixels = size[0] * size[1];
  const stored = (n: number) => storedBytes(values.subarray(n * pixels, (n + 1) * pixels), form);
  const place = [...indexToWorld, ...size].map(String).join();
  let hash = await hashOf(
    "tomograd CT",
    quantity,
    place,
    decimal(form.slope),
    decimal(form.intercept),
    String(form.signed),
  );
  const instances: string[] = [];
  for (let n = 0; n < size[2]; n++) {
    hash = await hashOf(hash, stored(n));
    instances.push(uidOfHash(await hashOf("instance", hash)));
  }
  const made = {
    study: uidOfHash(await hashOf("study", hash)),
    series: uidOfHash(await hashOf("series", hash, JSON.stringify(identity))),
    frameOfReference: uidOfHash(await hashOf("frame of reference", place)),
    modality: "CT",
  };
  const shown = quantity === "hounsfield" ? ([-160, 240] as const) : form.range;
  return {
    size,
    form,
    units: rescaleTypes[quantity],
    instances,
    stored,
    position: (n) => {
      const [x, y, z] = transformPoint(indexToWorld, [0, 0, n]);
      return decimals([-x, -y, z]);
    },
    common: [
      ...identityElements(identity, made),
      ...windowElements(shown),
      [0x00080008, "CS", "DERIVED\\SECONDARY\\AXIAL"],
      [0x00082111, "ST", `tomograd ${quantity}`],
      [0x00180050, "DS", decimal(Math.abs(dot(k, normal)))],
      [0x00180060, "DS", ""],
      [0x00185100, "CS", ""],
      [0x00200012, "IS", ""],
      [0x00200060, "CS", ""],
      [0x00200037, "DS", decimals([...row, ...column])],
      [0x00280030, "DS", decimals([norm(j), norm(i)])],
    ],
  };
}

function slice({ size, form, units, instances, common, stored, position }: Series, k: number): Uint8Array<ArrayBuffer> {
  return part10(CT_IMAGE, instances[k], [
    ...common,
    [0x00200013, "IS", String(k + 1)],
    [0x00200032, "DS", position(k)],
    ...pixelElements({ rows: size[1], columns: size[0] }, form, units, stored(k)),
  ]);
}

/** True for a folder with nothing but slices that this writer wrote. */
async function isOwnFolder(path: string): Promise<boolean> {
  if ((await kindOfPath(path)) !== "folder") return false;
  const entries = await listFolder(path);
  if (entries.length === 0 || !entries.every(({ name }) => /^slice-\d{4,}\.dcm$/.test(name))) return false;
  const head = await (await fileSource(entries[0].path)).read(0, 512);
  return new TextDecoder("latin1").decode(head).includes(IMPLEMENTATION);
}
