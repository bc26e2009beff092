/** Pointers on a picture: mouse, pen and touch alike. */

/** A movement while a button or finger is down. */
export interface Drag {
  /** CSS pixels since the last movement. */
  readonly dx: number;
  readonly dy: number;
  /** 0 to 1 across and down the element. */
  readonly x: number;
  readonly y: number;
  /** The second of the two things that dragging can do: right or middle button, Shift, or two fingers. */
  readonly second: boolean;
}

export interface PointerUse {
  readonly onDrag: (drag: Drag) => void;
  /** A button or finger went down. */
  readonly onStart?: (drag: Drag) => void;
  /** The button or finger went up. */
  readonly onEnd?: () => void;
  /** Moves without a button; undefined when the pointer leaves. */
  readonly onHover?: (place: { readonly x: number; readonly y: number } | undefined) => void;
}

/** Event handlers for an element that is dragged on. */
export function pointerHandlers({ onDrag, onStart, onEnd, onHover }: PointerUse) {
  const fingers = new Set<number>();
  let last: { x: number; y: number } | undefined;
  let leader: number | undefined;
  const placeOf = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };
  const dragOf = (event: PointerEvent): Drag => {
    const from = last ?? { x: event.clientX, y: event.clientY };
    last = { x: event.clientX, y: event.clientY };
    const second = fingers.size > 1 || event.shiftKey || (event.buttons & 6) !== 0;
    return { dx: event.clientX - from.x, dy: event.clientY - from.y, ...placeOf(event), second };
  };
  const end = (event: PointerEvent) => {
    fingers.delete(event.pointerId);
    last = undefined;
    if (event.pointerId !== leader) return;
    leader = undefined;
    onEnd?.();
  };
  return {
    onPointerDown(event: PointerEvent) {
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      fingers.add(event.pointerId);
      leader ??= event.pointerId;
      last = undefined;
      if (event.pointerId === leader) onStart?.(dragOf(event));
    },
    onPointerMove(event: PointerEvent) {
      onHover?.(placeOf(event));
      if (event.pointerId === leader) onDrag(dragOf(event));
    },
    onPointerUp: end,
    onPointerCancel: end,
    onPointerLeave: () => onHover?.(undefined),
    onContextMenu: (event: Event) => event.preventDefault(),
  };
}
