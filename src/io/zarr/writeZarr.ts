import { fileSource, kindOfPath, listFolder, writeFolderAtomically } from "#platform";
import type { Volume } from "../../volume/grid.js";
import { bytesPer } from "../numeric.js";
import { metadataText } from "../orientation.js";
import { readWhole } from "../source.js";
import { checkWritable, littleEndianPieces } from "../valueBytes.js";
import { type TypeOption, type WrittenType, writtenType } from "../writtenType.js";
import { isZarrFolder } from "./store.js";

/** A chunk has about so many bytes, and at least a slice. */
const CHUNK = 1 << 22;

/**
 * The files of a volume as OME-Zarr 0.5 (Zarr version 3), by key: one level `0`, [nz][ny][nx],
 * chunks of whole slices without compression. OME-Zarr holds scale and translation alone: the lengths of the affine's
 * columns and its last column, in millimeters. The whole affine and the quantity stand in the attribute `tomograd`.
 * Sources: Zarr 3.0, OME-Zarr (NGFF) 0.5.
 * @throws SHAPE_MISMATCH, NOT_FINITE, and as `writtenType`
 */
export function* zarrFiles(
  volume: Volume,
  options: TypeOption = {},
): Generator<readonly [key: string, pieces: Iterable<Uint8Array>]> {
  checkWritable(volume);
  const type = writtenType(volume, options);
  const { grid, values } = volume;
  const [nx, ny, nz] = grid.size;
  const m = grid.indexToWorld;
  const axes = ["z", "y", "x"];
  const scale = [2, 1, 0].map((column) => Math.hypot(m[column], m[4 + column], m[8 + column]));
  const multiscale = {
    axes: axes.map((name) => ({ name, type: "space", unit: "millimeter" })),
    datasets: [
      {
        path: "0",
        coordinateTransformations: [
          { type: "scale", scale },
          { type: "translation", translation: [m[11], m[7], m[3]] },
        ],
      },
    ],
  };
  const attributes = { ome: { version: "0.5", multiscales: [multiscale] }, ...JSON.parse(metadataText(volume)) };
  yield ["zarr.json", document({ zarr_format: 3, node_type: "group", attributes })];

  const slice = nx * ny;
  const depth = Math.max(1, Math.min(nz, Math.floor(CHUNK / (slice * bytesPer[type]))));
  yield [
    "0/zarr.json",
    document({
      zarr_format: 3,
      node_type: "array",
      shape: [nz, ny, nx],
      data_type: type,
      chunk_grid: { name: "regular", configuration: { chunk_shape: [depth, ny, nx] } },
      chunk_key_encoding: { name: "default", configuration: { separator: "/" } },
      fill_value: 0,
      codecs: [{ name: "bytes", configuration: { endian: "little" } }],
      dimension_names: axes,
      attributes: {},
    }),
  ];
  for (let n = 0; n * depth < nz; n++) {
    const part = values.subarray(n * depth * slice, (n + 1) * depth * slice);
    yield [`0/c/${n}/0/0`, filledUp(part, type, depth * slice - part.length)];
  }
}

/**
 * Writes a volume as an OME-Zarr folder, whole or not at all; see `zarrFiles`. A folder that it wrote before is replaced.
 * @throws WRITE_FAILED, also where a folder with other content is there; and as `zarrFiles`
 */
export async function writeZarr(path: string, volume: Volume, options: TypeOption = {}): Promise<void> {
  await writeFolderAtomically(path, zarrFiles(volume, options), await isOwnFolder(path));
}

/** True for a folder that holds what `writeZarr` puts there, and nothing else. */
async function isOwnFolder(path: string): Promise<boolean> {
  if ((await kindOfPath(path)) !== "folder" || !(await isZarrFolder(path))) return false;
  const names = (await listFolder(path)).map(({ name }) => name);
  if (names.join() !== "0,zarr.json") return false;
  const content = await readWhole(await fileSource(`${path}/zarr.json`));
  return new TextDecoder().decode(content).includes('"tomograd":');
}

const document = (content: unknown): Uint8Array[] => [
  new TextEncoder().encode(`${JSON.stringify(content, undefined, 2)}\n`),
];

/** The bytes of numbers and of so many zeros behind them: chunks at the end of an array are whole. */
function* filledUp(values: Volume["values"], type: WrittenType, zeros: number): Generator<Uint8Array> {
  yield* littleEndianPieces(values, type);
  if (zeros > 0) yield new Uint8Array(zeros * bytesPer[type]);
}
