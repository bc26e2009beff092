import type { Trajectory } from "tomograd";
import { encodeNifti, encodePng, geometryText, npyPieces } from "tomograd/io";
import { drawGeometry, greyImage } from "tomograd/report";
import type { Exposure, PngRequest, XRayImage } from "../protocol";
import { currentReconstruction, currentScan } from "../reconstructed";
import { currentPatient } from "../session";
import type { Handlers } from "./types";

export const exportHandlers: Pick<Handlers, "png" | "nifti" | "npy" | "geometry" | "figure"> = {
  png: async (asked, { move }) => move((await pngOf(asked)) as Uint8Array<ArrayBuffer>),

  nifti: async (shown, { move }) => {
    const volume = shown === "volume" ? currentPatient().volume : currentReconstruction();
    return move(await gzipped(encodeNifti(volume)));
  },

  npy: async (xray, { move }) => move(new Uint8Array(await new Blob(npyOf(xray) as BlobPart[]).arrayBuffer())),

  geometry: async (of) => geometryText(trajectoryOf(of)),

  figure: async (of) => {
    const { markup } = drawGeometry(trajectoryOf(of), currentPatient().volume.grid);
    // a file of its own has to say what it is
    return markup.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ');
  },
};

/** As `tomograd render` writes it. */
export const pngOf = ({ rows, columns, values, window, preset, bits }: PngRequest): Promise<Uint8Array> =>
  bits === 16
    ? encodePng({ rows, columns, values }, { bits, window: [window.low, window.high] })
    : encodePng({ rows, columns, values: greyImage(values, { preset, window }) }, { window: [0, 255] });

export const npyOf = ({ rows, columns, values }: XRayImage): Uint8Array[] => npyPieces(values, [rows, columns]);

/** One exposure as a trajectory. */
export const oneView = ({ view, detector }: Exposure): Trajectory => ({
  ...{ detector, views: [view], about: "one C-arm view" },
});

function trajectoryOf(of: Exposure | "scan"): Trajectory {
  if (of !== "scan") return oneView(of);
  const { detector, views, about } = currentScan();
  return { detector, views, about };
}

async function gzipped(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
