import { useSignal, useSignalEffect } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { latestWins } from "../state/latest";
import { scan } from "../state/reconstruction";
import { report } from "../state/status";
import { request } from "../worker/client";
import type { ScanImage as ScanImagePicture } from "../worker/protocol";
import { usePainting } from "./paint";

/** The images of the scan, one at a time. */
export function ScanImage() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useSignal(0);
  const image = useSignal<ScanImagePicture | undefined>(undefined);
  const images = useMemo(
    () =>
      latestWins(
        (index: number) => request("scanImage", { view: index }),
        (next) => {
          image.value = next;
        },
        report,
      ),
    [],
  );
  usePainting(
    canvas,
    () => image.value && { how: "grey", picture: image.value, window: image.value.window, preset: "radiograph" },
  );
  useSignalEffect(() => {
    const facts = scan.value;
    if (facts) images.ask(Math.min(view.value, facts.views - 1));
  });
  const facts = scan.value;
  if (!facts) return null;
  const shown = Math.min(view.value, facts.views - 1);
  return (
    <figure class="scan">
      <canvas ref={canvas} role="img" aria-label={`Image ${shown + 1} of ${facts.views} of the scan`} />
      <figcaption>
        {shown + 1} of {facts.views}
      </figcaption>
      {facts.views > 1 && (
        <input
          type="range"
          aria-label="Image of the scan"
          min={0}
          max={facts.views - 1}
          step={1}
          value={shown}
          onInput={({ currentTarget }) => {
            view.value = Number(currentTarget.value);
          }}
        />
      )}
    </figure>
  );
}
