import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { PLANES } from "tomograd/report";
import { filesOfDrop, openFiles } from "./panels/openFrom";
import { PANELS } from "./panels/registry";
import { StatusBar } from "./StatusBar";
import { enlarged, panel } from "./state/display";
import { forgetSession, kept, restoreSession } from "./state/lastSession";
import { choice, patient } from "./state/patient";
import { paused } from "./state/reconstruction";
import { xray } from "./state/registration";
import { failure, report, task } from "./state/status";
import { chooseTheme, theme } from "./state/theme";
import { Tabs } from "./Tabs";
import { DrrView } from "./views/DrrView";
import { OverlayView } from "./views/OverlayView";
import { SceneView } from "./views/SceneView";
import { SliceView } from "./views/SliceView";

type Listeners = { readonly [E in keyof WindowEventMap]?: (event: WindowEventMap[E]) => void };

/** Listens to the window as long as the component lives; the listeners of the first call stay. */
function useListeners(listeners: Listeners): void {
  useEffect(() => {
    const all = Object.entries(listeners) as [string, (event: Event) => void][];
    for (const [type, listener] of all) addEventListener(type, listener);
    return () => {
      for (const [type, listener] of all) removeEventListener(type, listener);
    };
  }, []);
}

/** Opens what is dropped anywhere on the page; tells whether something hovers over it. */
function useDrop() {
  const over = useSignal(false);
  useListeners({
    dragover: (event) => {
      event.preventDefault();
      over.value = true;
    },
    dragleave: (event) => {
      if (!event.relatedTarget) over.value = false;
    },
    drop: (event) => {
      event.preventDefault();
      over.value = false;
      if (event.dataTransfer) filesOfDrop(event.dataTransfer).then(openFiles).catch(report);
    },
  });
  return over;
}

/** The page: views, the panels beside them, and the line below that says what runs. */
export function App() {
  const over = useDrop();
  useListeners({
    keydown: (event) => {
      // the browser closes a popover itself
      if (event.key !== "Escape" || document.querySelector(":popover-open")) return;
      // what lies on top first
      if (failure.value) failure.value = undefined;
      else if (choice.value) choice.value = undefined;
      else enlarged.value = undefined;
    },
  });
  // where there is something to choose, the choice is shown
  const shown = choice.value ? "open" : panel.value;
  return (
    <div class="page" data-over={over.value}>
      <Masthead />
      <main class={`views ${enlarged.value === undefined ? "" : "one"}`}>
        <DrrView />
        {xray.value ? <OverlayView /> : <SceneView />}
        {PLANES.map((plane) => (
          <SliceView key={plane} plane={plane} />
        ))}
      </main>
      <aside class="side" aria-label="Controls">
        <Tabs shown={shown} />
        <div id="panel" class="panel" role="tabpanel" aria-labelledby={`tab-${shown}`}>
          <div class="sections">{PANELS.map(({ id, Panel }) => (id === shown ? <Panel key={id} /> : null))}</div>
        </div>
      </aside>
      <StatusBar />
      <div class="dropzone" aria-hidden="true">
        Drop a scan: files or a folder
      </div>
    </div>
  );
}

/** Offers what the browser has kept of the last session. */
function Offer() {
  return (
    <span class="offer">
      <span>
        Last session: {kept.value?.volume.name}, {new Date(kept.value?.at ?? 0).toLocaleString()}
      </span>
      <button type="button" onClick={() => void restoreSession()}>
        Restore
      </button>
      <button type="button" onClick={() => void forgetSession()}>
        Delete
      </button>
    </span>
  );
}

/** Name, patient, what is under way, and the theme. */
function Masthead() {
  const { value: busy } = task;
  const { value: wrong } = failure;
  return (
    <header class="masthead">
      <h1>
        <img src="./icon.svg" alt="" width="20" height="20" /> tomograd <span>studio</span>
      </h1>
      <p class="patient">{patient.value?.name}</p>
      <div class="news" aria-live="polite">
        {busy && (
          <span class="task">
            {busy.what}
            {paused.value && ", paused"}
            <progress {...(busy.share !== undefined && { value: busy.share })} aria-label={busy.what} />
            {busy.cancel && (
              <button type="button" onClick={busy.cancel}>
                Cancel
              </button>
            )}
          </span>
        )}
        {kept.value && <Offer />}
        {wrong && (
          <span class="failure" role="alert">
            {wrong.message}
            <button
              type="button"
              aria-label="Dismiss"
              onClick={() => {
                failure.value = undefined;
              }}
            >
              ×
            </button>
          </span>
        )}
      </div>
      <button type="button" onClick={() => chooseTheme(theme.value === "dark" ? "light" : "dark")}>
        {theme.value === "dark" ? "Light theme" : "Dark theme"}
      </button>
    </header>
  );
}
