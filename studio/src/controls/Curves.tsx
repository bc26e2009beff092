/** One line of a small chart; several of one name belong together. */
export interface Curve {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** A CSS color. */
  readonly color: string;
}

export interface CurvesProps {
  /** Says what the chart shows. */
  readonly label: string;
  readonly curves: readonly Curve[];
  /** Logarithms of y, where all are above 0. */
  readonly logarithmic?: boolean;
  readonly xUnit: string;
  readonly yUnit?: string;
}

const WIDTH = 264;
const HEIGHT = 96;
const [LEFT, BOTTOM] = [44, 16];

const inWords = (value: number): string =>
  value === 0
    ? "0"
    : Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3
      ? value.toExponential(1).replace("e+", "e")
      : `${Number(value.toPrecision(3))}`;

/** A small chart: axes with their ends written down, one line a curve. */
export function Curves({ label, curves, logarithmic = false, xUnit, yUnit = "" }: CurvesProps) {
  const drawn = curves.filter(({ x }) => x.length > 0);
  if (drawn.length === 0) return null;
  const scaled = logarithmic && drawn.every(({ y }) => y.every((value) => value > 0)) ? Math.log10 : (v: number) => v;
  const legend = new Map(drawn.map(({ name, color }) => [name, color]));
  const [x0, x1] = extent(drawn.flatMap(({ x }) => x));
  const [y0, y1] = extent(drawn.flatMap(({ y }) => y));
  const across = (x: number) => LEFT + ((x - x0) / (x1 - x0 || 1)) * (WIDTH - LEFT - 4);
  const up = (y: number) =>
    HEIGHT - BOTTOM - ((scaled(y) - scaled(y0)) / (scaled(y1) - scaled(y0) || 1)) * (HEIGHT - BOTTOM - 6);
  return (
    <figure class="curves">
      <figcaption>
        {[label, yUnit, scaled === Math.log10 && "log scale"].filter(Boolean).join(", ")}
        {legend.size > 1 &&
          [...legend].map(([name, color]) => (
            <span key={name} style={{ "--swatch": color }}>
              {name}
            </span>
          ))}
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${label}, from ${inWords(y0)} to ${inWords(y1)} ${yUnit}`}
      >
        <path class="axes" d={`M${LEFT} 4V${HEIGHT - BOTTOM}H${WIDTH}`} />
        {drawn.map(({ name, x, y, color }) => (
          <polyline
            key={`${name} ${x[0]}`}
            stroke={color}
            points={x.map((value, i) => `${across(value).toFixed(1)},${up(y[i]).toFixed(1)}`).join(" ")}
          />
        ))}
        <text x={LEFT - 4} y={11} class="end">
          {inWords(y1)}
        </text>
        <text x={LEFT - 4} y={HEIGHT - BOTTOM} class="end">
          {inWords(y0)}
        </text>
        <text x={LEFT} y={HEIGHT - 3}>
          {inWords(x0)}
        </text>
        <text x={WIDTH} y={HEIGHT - 3} class="end">
          {inWords(x1)} {xUnit}
        </text>
      </svg>
    </figure>
  );
}

function extent(values: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
