import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { labelOpacity } from "../state/display";
import { followLabels, labelShadow } from "../state/labelShadow";

/** The labels in color over the radiograph. */
export function LabelShadow() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useSignalEffect(followLabels);
  useSignalEffect(() => {
    const shadow = labelShadow.value;
    const context = canvas.current?.getContext("2d");
    if (!canvas.current || !context) return;
    const { rows, columns } = shadow ?? { rows: 1, columns: 1 };
    Object.assign(canvas.current, { width: columns, height: rows });
    if (shadow) context.putImageData(new ImageData(shadow.pixels, columns, rows), 0, 0);
  });
  return <canvas ref={canvas} class="labels" style={{ opacity: labelOpacity.value }} />;
}
