import { useSignal, useSignalEffect } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import type { Vec3 } from "tomograd";
import { projectPoint } from "tomograd/geometry";
import { directionLetters } from "../planes";
import { crosshairShown, drrPreset, radiographed } from "../state/display";
import { drr, drrIsExact, drrWindow, followBeam, type Radiograph } from "../state/drr";
import { crosshair, labels, patient } from "../state/patient";
import { arm, beam, freeView, shownAngles, steer, turned } from "../state/pose";
import { task } from "../state/status";
import type { GreyPainting } from "../worker/painting";
import { LabelShadow } from "./LabelShadow";
import { usePainting } from "./paint";
import { paintedDrr } from "./painted";
import { pointerHandlers } from "./pointer";
import { Surface } from "./Surface";
import { ViewFrame } from "./ViewFrame";

/** Degrees for each CSS pixel of a drag. */
const TURN = 0.35;

interface RadiographPainting extends GreyPainting {
  readonly picture: Radiograph;
}

/** Turns the C-arm as if the near side of the patient were held by the hand. */
const turnBy = (degreesRight: number, degreesDown: number) =>
  steer(turned(arm.value.laoDeg - degreesRight, arm.value.cranDeg + degreesDown));

/** Moves the table so that the picture moves by mm of the detector to the right and down. */
function shiftBy(right: number, down: number): void {
  const image = drr.value;
  if (!image || freeView.value) return;
  const { sid, sdd, table, pixel } = arm.value;
  const [c, r] = [image.view.columnStep, image.view.rowStep];
  const moved = [0, 1, 2].map((axis) => ((right * c[axis] + down * r[axis]) / pixel) * (sid / sdd));
  steer({ table: [table[0] - moved[0], table[1] + moved[1], table[2] + moved[2]] });
}

/** "LAO 30°  CRAN 10°". */
export function angleWords({ laoDeg, cranDeg }: { readonly laoDeg: number; readonly cranDeg: number }): string {
  const part = (value: number, plus: string, minus: string) =>
    `${value > -0.05 ? plus : minus} ${Math.abs(value).toFixed(1).replace(/\.0$/, "")}°`;
  return `${part(laoDeg, "LAO", "RAO")}  ${part(cranDeg, "CRAN", "CAUD")}`;
}

const lettersOf = ({ view }: Radiograph) => {
  const back = (step: Vec3) => step.map((value) => -value);
  return {
    left: directionLetters(back(view.columnStep)),
    right: directionLetters(view.columnStep),
    top: directionLetters(back(view.rowStep)),
    bottom: directionLetters(view.rowStep),
  };
};

/** The live radiograph: drag to turn the C-arm, second drag to move the table. */
export function DrrView() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const hover = useSignal<{ readonly x: number; readonly y: number } | undefined>(undefined);
  const width = useRef(1);
  useSignalEffect(followBeam);
  usePainting(
    canvas,
    (): RadiographPainting | undefined =>
      drr.value && { how: "grey", picture: drr.value, window: drrWindow.value, preset: drrPreset.value },
    (painted, { picture }) => {
      paintedDrr.value = { canvas: painted, picture };
    },
  );
  const handlers = useMemo(
    () =>
      pointerHandlers({
        onStart: () => {
          width.current = canvas.current?.getBoundingClientRect().width ?? 1;
        },
        onDrag({ dx, dy, second }) {
          if (!second) return turnBy(TURN * dx, TURN * dy);
          const { columns, pixel } = arm.value;
          shiftBy((dx * columns * pixel) / width.current, (dy * columns * pixel) / width.current);
        },
        onHover: (place) => {
          hover.value = place;
        },
      }),
    [],
  );
  const turn = (right: number, down: number) => (event: KeyboardEvent) =>
    turnBy(right * (event.shiftKey ? 10 : 1), down * (event.shiftKey ? 10 : 1));
  const shown = drr.value;
  const { columns, rows, pixel } = arm.value;
  const problem = "problem" in beam.value ? beam.value.problem : undefined;
  return (
    <ViewFrame
      title="X-ray"
      class="drr"
      letters={shown && !problem ? lettersOf(shown) : undefined}
      about={
        <>
          {angleWords(shownAngles.value)}
          {freeView.value && ", by matrix"}
        </>
      }
      readout={shown && hover.value && <Readout shown={shown} place={hover.value} />}
    >
      <Surface
        class="picture"
        kind="radiograph"
        label={`X-ray, ${angleWords(shownAngles.value)}: arrow keys turn the C-arm, with Shift by 10 degrees, Home takes it to 0`}
        keys={{
          ArrowLeft: turn(-1, 0),
          ArrowRight: turn(1, 0),
          ArrowUp: turn(0, -1),
          ArrowDown: turn(0, 1),
          Home: () => steer({ laoDeg: 0, cranDeg: 0 }),
        }}
        pointer={handlers}
        style={{ "--aspect": columns / rows }}
      >
        <canvas ref={canvas} class={problem && "stale"} />
        {labels.value && <LabelShadow />}
        {shown && !problem && crosshairShown.value && <Mark shown={shown} />}
      </Surface>
      {problem && <p class="problem">{problem}</p>}
      {!patient.value && <p class="empty">{task.value?.what ?? "Open a scan to see its X-ray"}</p>}
      {shown && !problem && (
        <span class="corner">
          {radiographed.value === "reconstruction" && <em>reconstruction</em>}
          <span>
            {shown.columns} × {shown.rows}
            {drrIsExact.value ? `, ${Number(pixel.toFixed(3))} mm` : " …"}
          </span>
        </span>
      )}
    </ViewFrame>
  );
}

/** Where the crosshair of the slices is projected to. */
function Mark({ shown }: { readonly shown: Radiograph }) {
  const { column, row } = projectPoint(shown.view, crosshair.value);
  const { columns, rows } = shown.detector;
  const [x, y] = [(100 * (column + 0.5)) / columns, (100 * (row + 0.5)) / rows];
  if (!(x >= 0 && x <= 100 && y >= 0 && y <= 100)) return null;
  return (
    <svg class="crosshair" aria-hidden="true">
      <circle class="mark" cx={`${x}%`} cy={`${y}%`} r="5" />
    </svg>
  );
}

/** The line integral under the pointer, and what it lets through. */
function Readout({ shown, place }: { shown: Radiograph; place: { x: number; y: number } }) {
  const column = Math.min(shown.columns - 1, Math.max(0, Math.floor(place.x * shown.columns)));
  const row = Math.min(shown.rows - 1, Math.max(0, Math.floor(place.y * shown.rows)));
  const value = shown.values[row * shown.columns + column];
  return (
    <>
      <b>{value.toFixed(3)}</b>
      <span>line integral</span>
      <span>transmission {Number((100 * Math.exp(-value)).toPrecision(2))} %</span>
      <span>
        column {Math.floor(place.x * shown.detector.columns)}, row {Math.floor(place.y * shown.detector.rows)}
      </span>
    </>
  );
}
