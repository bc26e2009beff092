/** What is used of gifenc, which has no types. */
declare module "gifenc" {
  export interface GifWriter {
    writeFrame(
      index: Uint8Array,
      width: number,
      height: number,
      options: { readonly palette?: readonly number[][]; readonly delay: number; readonly repeat: number },
    ): void;
    finish(): void;
    bytes(): Uint8Array;
  }
  export function GIFEncoder(): GifWriter;
  export function quantize(rgba: Uint8Array, colors: number): number[][];
  export function applyPalette(rgba: Uint8Array, palette: readonly number[][]): Uint8Array;
  /** Of the CommonJS file, which Node takes: all of the above. */
  const everything: {
    readonly GIFEncoder: typeof GIFEncoder;
    readonly quantize: typeof quantize;
    readonly applyPalette: typeof applyPalette;
  };
  export default everything;
}
