import { useRef } from "preact/hooks";
import { PANELS } from "./panels/registry";
import { panel } from "./state/display";
import { choice } from "./state/patient";

/** Where keys take the selection; the first and last tab are neighbors. */
const MOVES: Readonly<Record<string, (at: number) => number>> = {
  ArrowLeft: (at) => (at + PANELS.length - 1) % PANELS.length,
  ArrowRight: (at) => (at + 1) % PANELS.length,
  Home: () => 0,
  End: () => PANELS.length - 1,
};

/** The tabs of the panels: the Tab key reaches the one that is selected, arrows, Home and End select another. */
export function Tabs({ shown }: { readonly shown: string }) {
  const list = useRef<HTMLDivElement>(null);
  const select = (id: string) => {
    choice.value = undefined;
    panel.value = id;
  };
  return (
    <div
      ref={list}
      class="tabs"
      role="tablist"
      aria-label="Panels"
      onKeyDown={(event) => {
        const move = MOVES[event.key];
        if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        const { id } = PANELS[move(PANELS.findIndex((one) => one.id === shown))];
        select(id);
        list.current?.querySelector<HTMLElement>(`#tab-${id}`)?.focus();
      }}
    >
      {PANELS.map(({ id, title }) => (
        <button
          type="button"
          key={id}
          role="tab"
          id={`tab-${id}`}
          tabIndex={shown === id ? 0 : -1}
          aria-selected={shown === id}
          aria-controls="panel"
          onClick={() => select(id)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}
