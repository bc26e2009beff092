import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { overlay, rendered, xray } from "../state/registration";
import { usePainting } from "./paint";
import { ViewFrame } from "./ViewFrame";

/** ms that each picture stays in "flicker". */
const FLICKER = 450;

/** The X-ray and the rendering in one picture. */
export function OverlayView() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const turned = useSignal(false);
  useEffect(() => {
    const timer = setInterval(() => {
      if (overlay.value === "flicker") turned.value = !turned.value;
    }, FLICKER);
    return () => clearInterval(timer);
  }, []);
  usePainting(canvas, () => {
    if (!xray.value) return undefined;
    const { rows, columns, values } = xray.value;
    return {
      ...{ how: "comparison", picture: { rows, columns, values }, overlay: overlay.value, turned: turned.value },
      ...(rendered.value && { rendering: rendered.value }),
    };
  });
  const measured = xray.value;
  if (!measured) return null;
  const words = rendered.value ? overlay.value : "the X-ray; its detector differs from the C-arm's";
  return (
    <ViewFrame title="Comparison" class="scene" about={`${measured.name}: ${words}`}>
      <div class="picture" style={{ "--aspect": measured.columns / measured.rows }}>
        <canvas ref={canvas} role="img" aria-label={`${measured.name} and the rendering of the volume: ${words}`} />
      </div>
    </ViewFrame>
  );
}
