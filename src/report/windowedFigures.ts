import { fault } from "../core/index.js";
import { type DisplayWindow, greyImage, valueWindow } from "./display.js";
import { type Html, html, trustedHtml } from "./html.js";
import { type FigureOptions, figureRow, type Image, pictureFigure, pngDataUri } from "./picture.js";
import { greyScaleBar } from "./scaleBar.js";

/** One picture of a group that shares its window. */
export interface WindowedImage {
  readonly image: Image;
  readonly caption: string;
}

/** Rows of pictures and the window that they open with. */
export interface WindowedFiguresOptions extends Pick<FigureOptions, "width"> {
  readonly window: DisplayWindow;
  /** Of the values, for the labels of the controls: "1/mm". */
  readonly unit: string;
}

/** The largest number of 16 bits. */
const FULL = 65535;
/** Positions of a slider. */
const STEPS = 1000;

/**
 * Rows of grey pictures under two sliders, the low and the high end of their common window. Each picture carries its
 * values in 16 bits of their common range, so that every window shows what is there; without a script the pictures
 * stand as they open.
 * @throws INVALID_ARGUMENT without pictures
 */
export function windowedFigures(
  rows: readonly (readonly WindowedImage[])[],
  { window, unit, width }: WindowedFiguresOptions,
): Html {
  const images = rows.flat().map(({ image }) => image);
  if (images.length === 0) throw fault("INVALID_ARGUMENT", "at least one picture is needed");
  const ranges = [window, ...images.map(({ values }) => valueWindow(values))];
  const range = {
    low: Math.min(...ranges.map(({ low }) => low)),
    high: Math.max(...ranges.map(({ high }) => high)),
  };
  const slider = (end: "low" | "high") =>
    html`<label>${end === "low" ? "black" : "white"} <input type="range" class="${end}" min="0" max="${STEPS}" value="${positionOf(window[end], range)}"><output></output> ${unit}</label>`;
  const figures = rows.map((row) =>
    figureRow(
      row.map(({ image, caption }) =>
        pictureFigure(image, greyImage(image.values, { preset: "line-integral", window }), {
          caption,
          ...(width !== undefined && { width }),
          scaleBar: false,
          exact: pngDataUri(sixteenBits(image.values, range), image.rows, image.columns),
        }),
      ),
    ),
  );
  return html`<div class="windowed" data-low="${range.low}" data-high="${range.high}" data-open-low="${window.low}" data-open-high="${window.high}">
<div class="controls">${slider("low")}${slider("high")}<button type="button">reset</button></div>
${figures}
<div>${greyScaleBar({ preset: "line-integral", window, width: width ?? 256 })}</div>
</div>
<script>${trustedHtml(SCRIPT)}</script>`;
}

const positionOf = (value: number, { low, high }: DisplayWindow) => Math.round((STEPS * (value - low)) / (high - low));

/** Red and green of each pixel are the high and low byte of its place in the range, 0 to 65535; NaN is 0. */
function sixteenBits(values: ArrayLike<number>, { low, high }: DisplayWindow): Uint8Array {
  const rgb = new Uint8Array(3 * values.length);
  for (let i = 0; i < values.length; i++) {
    const place = Math.round(FULL * Math.min(1, Math.max(0, (values[i] - low) / (high - low)))) || 0;
    rgb[3 * i] = place >> 8;
    rgb[3 * i + 1] = place & 255;
  }
  return rgb;
}

/** Runs once for each group, right after it: redraws its pictures from their 16 bits when a slider moves. */
const SCRIPT = `(() => {
  const group = document.currentScript.previousElementSibling;
  const { low, high, openLow, openHigh } = Object.fromEntries(Object.entries(group.dataset).map(([k, v]) => [k, Number(v)]));
  const sliders = ["low", "high"].map((name) => group.querySelector("input." + name));
  const valueOf = (slider) => low + (slider.value / ${STEPS}) * (high - low);
  const pictures = [...group.querySelectorAll("img[data-exact]")].map((shown) => ({ shown, exact: undefined }));
  const load = ({ shown }) => new Promise((resolve) => {
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
      const context = canvas.getContext("2d", { colorSpace: "srgb", willReadFrequently: true });
      context.drawImage(image, 0, 0);
      resolve({ canvas, context, pixels: context.getImageData(0, 0, canvas.width, canvas.height).data });
    };
    image.src = shown.dataset.exact;
  });
  const draw = async (black, white) => {
    for (const picture of pictures) {
      picture.exact ??= load(picture);
      const { canvas, context, pixels } = await picture.exact;
      const out = context.createImageData(canvas.width, canvas.height);
      for (let i = 0; i < pixels.length; i += 4) {
        const value = low + ((256 * pixels[i] + pixels[i + 1]) / ${FULL}) * (high - low);
        out.data[i] = out.data[i + 1] = out.data[i + 2] = (255 * (value - black)) / (white - black || 1e-30);
        out.data[i + 3] = 255;
      }
      context.putImageData(out, 0, 0);
      picture.shown.src = canvas.toDataURL();
    }
  };
  const label = (values) => {
    group.querySelectorAll("output").forEach((output, i) => { output.value = Number(values[i].toPrecision(3)); });
    const texts = group.querySelectorAll(":scope > div:last-child text");
    [values[0], (values[0] + values[1]) / 2, values[1]].forEach((v, i) => { texts[i].textContent = Number(v.toPrecision(3)); });
  };
  const show = () => { const values = sliders.map(valueOf); label(values); draw(...values); };
  for (const slider of sliders) slider.addEventListener("input", show);
  group.querySelector("button").addEventListener("click", () => {
    [openLow, openHigh].forEach((value, i) => { sliders[i].value = Math.round((${STEPS} * (value - low)) / (high - low)); });
    show();
  });
  label([openLow, openHigh]);
})();`;
