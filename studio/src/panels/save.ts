/** What the page hands over as a file. */
import { npyPieces } from "tomograd/io";
import type { Radiograph } from "../state/drr";

/** Offers bytes as a download. */
export function download(pieces: readonly BlobPart[], name: string, type = "application/octet-stream"): void {
  const address = URL.createObjectURL(new Blob([...pieces], { type }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** The line integrals of a picture as NumPy's format: float32, [row][column]. */
export function saveLineIntegrals({ rows, columns, values }: Radiograph): void {
  download(npyPieces(values, [rows, columns]) as BlobPart[], "line-integrals.npy");
}
