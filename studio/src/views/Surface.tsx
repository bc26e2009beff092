import type { ComponentChildren, CSSProperties } from "preact";
import type { pointerHandlers } from "./pointer";

export interface SurfaceProps {
  readonly class: string;
  /** What it is, said by screen readers in place of "application": "slice", "radiograph". */
  readonly kind: string;
  /** What it shows, and what its keys do. */
  readonly label: string;
  readonly keys: Readonly<Record<string, (event: KeyboardEvent) => void>>;
  readonly pointer: ReturnType<typeof pointerHandlers>;
  readonly onWheel?: (event: WheelEvent) => void;
  readonly style?: CSSProperties;
  readonly children: ComponentChildren;
}

/** What is steered by hand: takes pointers, and keys while it has the focus. */
export function Surface({ kind, label, keys, pointer, children, ...rest }: SurfaceProps) {
  return (
    <div
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes keys itself, which screen readers leave to it by its role
      tabIndex={0}
      {...rest}
      {...pointer}
      aria-roledescription={kind}
      aria-label={label}
      onKeyDown={(event) => {
        if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        keys[event.key](event);
      }}
    >
      {children}
    </div>
  );
}
