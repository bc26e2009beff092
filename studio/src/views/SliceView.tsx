import { useSignal, useSignalEffect } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import type { Vec3 } from "tomograd";
import type { Plane } from "tomograd/report";
import { coordinateInWords, PLANE_AXES, placeInWords } from "../planes";
import { crosshairShown, labelOpacity, sliced, sliceLevel, sliceWindow } from "../state/display";
import { latestWins } from "../state/latest";
import { bounds, crosshair, labels, patient, pointAt } from "../state/patient";
import { volumeShown } from "../state/reconstruction";
import { report } from "../state/status";
import { request } from "../worker/client";
import type { GreyPainting } from "../worker/painting";
import type { SlicePicture } from "../worker/protocol";
import { Crosshair } from "./Crosshair";
import { usePainting } from "./paint";
import { paintedSlices } from "./painted";
import { pointerHandlers } from "./pointer";
import { SliceReadout } from "./SliceReadout";
import { Surface } from "./Surface";
import { ViewFrame } from "./ViewFrame";

interface SlicePainting extends GreyPainting {
  readonly picture: SlicePicture;
}

const TITLES: Readonly<Record<Plane, string>> = { axial: "Axial", coronal: "Coronal", sagittal: "Sagittal" };
/** CSS pixels of a drag in which level or width change by the width of the window. */
const WINDOW_DRAG = 250;

/** The world point at a fraction of a picture's width and height. */
function pointOf({ plane, corner, pixel, rows, columns }: SlicePicture, x: number, y: number): Vec3 {
  const { across, down } = PLANE_AXES[plane];
  const point = [...corner] as [number, number, number];
  point[across] -= x * columns * pixel;
  point[down] -= y * rows * pixel;
  return point;
}

/** Moves the crosshair to new coordinates along some world axes. */
function moveTo(point: Vec3, axes: readonly number[]): void {
  const next = [...crosshair.value] as [number, number, number];
  for (const axis of axes) next[axis] = point[axis];
  pointAt(next);
}

/** Moves the crosshair along a world axis, mm. */
function moveBy(axis: number, millimeters: number): void {
  const next = [...crosshair.value] as [number, number, number];
  next[axis] += millimeters;
  pointAt(next);
}

function changeWindow(dx: number, dy: number): void {
  const { low, high } = sliceWindow.value;
  const unit = Math.max(1e-6, (high - low) / WINDOW_DRAG);
  sliceLevel.value = { level: (low + high) / 2 + dy * unit, width: Math.max(unit, high - low + dx * unit) };
}

/** The slice of a plane through the crosshair, kept up to date by the worker. */
function useSlice(plane: Plane) {
  const { normal } = PLANE_AXES[plane];
  const picture = useSignal<SlicePicture | undefined>(undefined);
  const depth = useSignal(Number.NaN);
  const cut = useMemo(
    () =>
      latestWins(
        (through: Vec3) => request("slice", { shown: sliced.peek(), plane, through }),
        (slice) => {
          picture.value = slice;
        },
        report,
      ),
    [plane],
  );
  useSignalEffect(() => {
    depth.value = crosshair.value[normal];
  });
  useSignalEffect(() => {
    // again when what is shown changes, not when the crosshair moves within the plane
    void labels.value;
    void sliced.value;
    void volumeShown.value;
    if (patient.value && !Number.isNaN(depth.value)) cut.ask(crosshair.peek());
  });
  return picture;
}

/** A slice through the crosshair: drag to move it, wheel or Page keys to go through, second drag for the window. */
export function SliceView({ plane }: { readonly plane: Plane }) {
  const { normal, across, down } = PLANE_AXES[plane];
  const canvas = useRef<HTMLCanvasElement>(null);
  const hover = useSignal<{ readonly x: number; readonly y: number } | undefined>(undefined);
  const picture = useSlice(plane);
  usePainting(
    canvas,
    (): SlicePainting | undefined => {
      const [slice, opacity] = [picture.value, labelOpacity.value];
      if (!slice) return undefined;
      const labels = slice.labels && opacity > 0 ? { values: slice.labels, opacity } : undefined;
      return {
        ...{ how: "grey", picture: slice, window: sliceWindow.value, preset: "line-integral" },
        ...(labels && { labels }),
      };
    },
    (painted, { picture }) => {
      paintedSlices.value = { ...paintedSlices.peek(), [plane]: { canvas: painted, picture } };
    },
  );
  const pointer = useMemo(() => {
    const point = (x: number, y: number) => picture.value && moveTo(pointOf(picture.value, x, y), [across, down]);
    return pointerHandlers({
      onStart: ({ x, y, second }) => !second && point(x, y),
      onDrag: ({ dx, dy, x, y, second }) => (second ? changeWindow(dx, dy) : point(x, y)),
      onHover: (place) => {
        hover.value = place;
      },
    });
  }, [plane]);

  const shown = picture.value;
  const step = shown?.pixel ?? 1;
  const { low, high } = bounds.value;
  return (
    <ViewFrame
      title={TITLES[plane]}
      class="slice"
      letters={shown?.letters}
      about={
        shown && (
          <>
            {hover.value
              ? placeInWords(pointOf(shown, hover.value.x, hover.value.y))
              : coordinateInWords(crosshair.value, normal)}{" "}
            mm
          </>
        )
      }
      readout={
        shown && <SliceReadout at={hover.value ? pointOf(shown, hover.value.x, hover.value.y) : crosshair.value} />
      }
      foot={
        shown && (
          <input
            type="range"
            aria-label={`${TITLES[plane]} slice position, mm`}
            min={low[normal]}
            max={high[normal]}
            step={step}
            value={crosshair.value[normal]}
            onInput={({ currentTarget }) => moveBy(normal, Number(currentTarget.value) - crosshair.value[normal])}
          />
        )
      }
    >
      <Surface
        class="picture"
        kind="slice"
        label={`${TITLES[plane]} slice: arrow keys move the crosshair, Page Up and Page Down go through the slices`}
        keys={{
          ArrowLeft: () => moveBy(across, step),
          ArrowRight: () => moveBy(across, -step),
          ArrowUp: () => moveBy(down, step),
          ArrowDown: () => moveBy(down, -step),
          PageUp: () => moveBy(normal, step),
          PageDown: () => moveBy(normal, -step),
        }}
        pointer={pointer}
        onWheel={(event) => {
          event.preventDefault();
          moveBy(normal, event.deltaY > 0 ? -step : step);
        }}
        style={shown && { "--aspect": shown.columns / shown.rows }}
      >
        <canvas ref={canvas} />
        {shown && crosshairShown.value && <Crosshair picture={shown} />}
      </Surface>
      {shown && sliced.value !== "volume" && (
        <span class="corner">
          <em>{sliced.value}</em>
        </span>
      )}
    </ViewFrame>
  );
}
