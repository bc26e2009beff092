/** The thread that paints: the page's own stays free for the hand, and pictures do not wait for what is computed. */
import { type Painting, pixelsOf } from "./painting";

export type ToPainter = { readonly id: number; readonly painting: Painting };
export type FromPainter =
  | { readonly id: number; readonly bitmap: ImageBitmap }
  | { readonly id: number; readonly message: string };

const post = (message: FromPainter, transfer: Transferable[] = []) => self.postMessage(message, { transfer });

self.addEventListener("message", async ({ data: { id, painting } }: MessageEvent<ToPainter>) => {
  try {
    const { columns } = painting.picture;
    const bitmap = await createImageBitmap(new ImageData(pixelsOf(painting), columns));
    post({ id, bitmap }, [bitmap]);
  } catch (error) {
    post({ id, message: error instanceof Error ? error.message : String(error) });
  }
});
