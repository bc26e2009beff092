import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Vec3 } from "tomograd";
import { detectorCorners, positionerView } from "tomograd/geometry";
import { PLANES } from "tomograd/report";
import { gridCorners } from "tomograd/volume";
import { crosshair, patient } from "../state/patient";
import { arm, beam, detector, freeView, isocenter, steer, turned } from "../state/pose";
import { drawScene, type SceneParts } from "./drawScene";
import { paintedDrr, paintedSlices } from "./painted";
import { pointerHandlers } from "./pointer";
import { Surface } from "./Surface";
import { type Eye, type Projection, projectionOf } from "./sceneDrawing";
import { ViewFrame } from "./ViewFrame";

const START: Eye = { azimuthDeg: 118, elevationDeg: 22 };
/** CSS pixels about the source in which a drag takes hold of it. */
const GRIP = 24;

/** Source, detector, beam, volume and isocenter in space. Drag the source to turn the C-arm, the rest to walk around. */
export function SceneView() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const eye = useSignal<Eye>(START);
  const size = useSignal({ width: 0, height: 0 });
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      size.value = { width, height };
    });
    if (canvas.current?.parentElement) observer.observe(canvas.current.parentElement);
    return () => observer.disconnect();
  }, []);

  const held = useRef<Projection | undefined>(undefined);
  /** Fits what stands in space into the picture; while the source is held it stays as it is. */
  const projection = (): Projection => {
    if (held.current) return held.current;
    const points: Vec3[] = patient.value ? [...gridCorners(patient.value.grid)] : [];
    if ("view" in beam.value) points.push(beam.value.view.source, ...detectorCorners(beam.value.view, detector.value));
    return projectionOf(eye.value, points, size.value);
  };
  useSignalEffect(() => {
    const { width, height } = size.value;
    if (!canvas.current || width === 0) return;
    const parts: SceneParts = {
      grid: patient.value?.grid,
      view: "view" in beam.value ? beam.value.view : undefined,
      detector: detector.value,
      isocenter: freeView.value ? undefined : isocenter.value,
      picture: paintedDrr.value?.canvas,
      crosshair: crosshair.value,
      slices: PLANES.map((plane) => paintedSlices.value[plane]).filter((slice) => slice !== undefined),
    };
    drawScene(canvas.current, { width, height }, parts, projection());
  });

  const near = (x: number, y: number) => {
    if (!("view" in beam.value)) return false;
    const [sx, sy] = projection().place(beam.value.view.source);
    return Math.hypot(x * size.value.width - sx, y * size.value.height - sy) < GRIP;
  };
  const handlers = useMemo(
    () =>
      pointerHandlers({
        onStart: ({ x, y }) => {
          held.current = undefined;
          if (near(x, y)) held.current = projection();
        },
        onEnd: () => {
          if (!held.current) return;
          held.current = undefined;
          eye.value = { ...eye.value };
        },
        onDrag({ dx, dy }) {
          if (held.current) return dragSource(dx, dy);
          const { azimuthDeg, elevationDeg } = eye.value;
          eye.value = {
            azimuthDeg: azimuthDeg - 0.4 * dx,
            elevationDeg: Math.min(90, Math.max(-90, elevationDeg + 0.4 * dy)),
          };
        },
        onHover(place) {
          if (canvas.current) canvas.current.style.cursor = place && near(place.x, place.y) ? "grab" : "move";
        },
      }),
    [],
  );

  /** The turn of the C-arm that moves the source's picture by about (dx, dy): least squares, damped. */
  function dragSource(dx: number, dy: number): void {
    const { laoDeg, cranDeg, sid, sdd } = arm.value;
    const { place } = projection();
    const sourceAt = (lao: number, cran: number) =>
      place(positionerView({ detector: detector.value, sid, sdd, isocenter: isocenter.value }, lao, cran).source);
    const here = sourceAt(laoDeg, cranDeg);
    const [a, b] = [sourceAt(laoDeg + 0.1, cranDeg), sourceAt(laoDeg, cranDeg + 0.1)].map(([x, y]) => [
      (x - here[0]) / 0.1,
      (y - here[1]) / 0.1,
    ]);
    const damping = 0.3;
    const [aa, ab, bb] = [a[0] ** 2 + a[1] ** 2 + damping, a[0] * b[0] + a[1] * b[1], b[0] ** 2 + b[1] ** 2 + damping];
    const [ra, rb] = [a[0] * dx + a[1] * dy, b[0] * dx + b[1] * dy];
    const determinant = aa * bb - ab * ab;
    steer(turned(laoDeg + (bb * ra - ab * rb) / determinant, cranDeg + (aa * rb - ab * ra) / determinant));
  }

  const look = (change: Partial<Eye>) => () => {
    eye.value = { ...eye.value, ...change };
  };
  const { azimuthDeg, elevationDeg } = eye.value;
  return (
    <ViewFrame title="Scene" class="scene">
      <Surface
        class="space"
        kind="scene"
        label="Source, detector and volume in space: arrow keys walk around the patient, Home goes back to the start"
        keys={{
          ArrowLeft: look({ azimuthDeg: azimuthDeg + 10 }),
          ArrowRight: look({ azimuthDeg: azimuthDeg - 10 }),
          ArrowUp: look({ elevationDeg: Math.min(90, elevationDeg + 10) }),
          ArrowDown: look({ elevationDeg: Math.max(-90, elevationDeg - 10) }),
          Home: look(START),
        }}
        pointer={handlers}
      >
        <canvas ref={canvas} />
      </Surface>
    </ViewFrame>
  );
}
