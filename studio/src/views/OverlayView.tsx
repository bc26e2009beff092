import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { overlay, rendered, xray } from "../state/registration";
import type { Overlay } from "../worker/painting";
import { usePainting } from "./paint";
import { ViewFrame } from "./ViewFrame";

/** ms that each picture stays in "flicker". */
const FLICKER = 450;

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

const WORDS: Readonly<Record<Exclude<Overlay, "flicker">, string>> = {
  edges: "edges of the rendering in orange",
  checkerboard: "checkerboard with the rendering",
  "X-ray": "X-ray alone",
};

/** The X-ray and the rendering in one picture. */
export function OverlayView() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const turned = useSignal(false);
  const swap = () => {
    turned.value = !turned.value;
  };
  useEffect(() => {
    const timer = setInterval(() => {
      if (overlay.value === "flicker" && !reducedMotion.matches) swap();
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
  const flickers = rendered.value !== undefined && overlay.value === "flicker";
  const words = !rendered.value
    ? "X-ray alone: its detector is another one"
    : overlay.value === "flicker"
      ? `flicker, now ${turned.value ? "the rendering" : "the X-ray"}`
      : WORDS[overlay.value];
  return (
    <ViewFrame
      title="Comparison"
      class="scene"
      about={words}
      foot={
        // who wants no motion changes the picture by hand
        flickers &&
        reducedMotion.matches && (
          <button type="button" onClick={swap}>
            {turned.value ? "Show the X-ray" : "Show the rendering"}
          </button>
        )
      }
    >
      <div class="picture" style={{ "--aspect": measured.columns / measured.rows }}>
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${measured.name} and the rendering of the volume, ${overlay.value}`}
        />
      </div>
    </ViewFrame>
  );
}
