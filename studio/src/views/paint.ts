/** Canvases show what the painter makes of values. */
import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { latestWins } from "../state/latest";
import { report } from "../state/status";
import type { FromPainter, ToPainter } from "../worker/painter";
import type { Painting, Picture } from "../worker/painting";

const worker = new Worker(new URL("../worker/painter.ts", import.meta.url), { type: "module", name: "painter" });
const pending = new Map<number, (answer: FromPainter) => void>();
let last = 0;

worker.addEventListener("message", ({ data }: MessageEvent<FromPainter>) => {
  pending.get(data.id)?.(data);
  pending.delete(data.id);
});

worker.addEventListener("error", ({ message }) => {
  for (const [id, answer] of pending) answer({ id, message: `the painter stopped (${message}): reload the page` });
  pending.clear();
});

/** What of a picture is painted. */
const bare = ({ rows, columns, values }: Picture): Picture => ({ rows, columns, values });

const bitmapOf = (painting: Painting): Promise<ImageBitmap> =>
  new Promise((take, refuse) => {
    const id = ++last;
    pending.set(id, (answer) => ("bitmap" in answer ? take(answer.bitmap) : refuse(new Error(answer.message))));
    const asked = { ...painting, picture: bare(painting.picture) };
    worker.postMessage({ id, painting: asked } satisfies ToPainter);
  });

/**
 * Keeps a canvas painted. `painting` is asked at once whenever a signal changes that it has read; the canvas takes the size
 * of its picture. Of paintings that come faster than they are made the newest is made. `painted` is told of every one that
 * is on the canvas.
 */
export function usePainting<P extends Painting>(
  canvas: { readonly current: HTMLCanvasElement | null },
  painting: () => P | undefined,
  painted: (canvas: HTMLCanvasElement, painting: P) => void = () => undefined,
): void {
  useEffect(() => {
    const { ask } = latestWins(
      bitmapOf,
      (bitmap, asked: P) => {
        if (!canvas.current) return bitmap.close();
        show(canvas.current, bitmap);
        painted(canvas.current, asked);
      },
      report,
    );
    return effect(() => {
      const next = painting();
      if (next) ask(next);
    });
  }, []);
}

function show(canvas: HTMLCanvasElement, bitmap: ImageBitmap): void {
  const { width, height } = bitmap;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.getContext("bitmaprenderer")?.transferFromImageBitmap(bitmap);
}
