import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { checkerboardImage, edgeOverlayImage, plainGrey } from "tomograd/report";
import { overlay, rendered, xray } from "../state/registration";
import type { XRayImage } from "../worker/protocol";
import { ViewFrame } from "./ViewFrame";

/** ms that each picture stays in "flicker". */
const FLICKER = 450;

/** 8-bit grey or RGB. */
function pixelsOf(measured: XRayImage, image: XRayImage | undefined, turned: boolean): Uint8Array {
  if (!image || overlay.value === "X-ray") return plainGrey(measured.values);
  switch (overlay.value) {
    case "edges":
      return edgeOverlayImage(measured, image);
    case "checkerboard":
      return checkerboardImage(measured, image);
    case "flicker":
      return plainGrey((turned ? image : measured).values);
  }
}

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
  useSignalEffect(() => {
    const measured = xray.value;
    const context = canvas.current?.getContext("2d");
    if (!measured || !context || !canvas.current) return;
    const { rows, columns } = measured;
    Object.assign(canvas.current, { width: columns, height: rows });
    const pixels = pixelsOf(measured, rendered.value, turned.value);
    const step = pixels.length / (rows * columns);
    const image = context.createImageData(columns, rows);
    for (let i = 0; i < rows * columns; i++) {
      for (let k = 0; k < 3; k++) image.data[4 * i + k] = pixels[step * i + (step === 3 ? k : 0)];
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
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
