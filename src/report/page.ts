import { type Html, type HtmlContent, html, trustedHtml } from "./html.js";

/** A heading and what stands below it. */
export interface Section {
  readonly title: string;
  readonly content: HtmlContent;
}

/** A whole page. */
export interface Page {
  readonly title: string;
  /** One or two sentences below the title. */
  readonly summary?: HtmlContent;
  readonly sections: readonly Section[];
  /** Small print: versions, machine, credits. */
  readonly footer?: HtmlContent;
}

const STYLE = `
:root { color-scheme: light dark; --back: #fff; --text: #1c2024; --quiet: #5d6670; --line: #d8dde3; --panel: #f5f7f9; --accent: #0b63b8; }
@media (prefers-color-scheme: dark) {
  :root { --back: #14171a; --text: #e6e9ec; --quiet: #9aa4ae; --line: #333a41; --panel: #1d2125; --accent: #6cb2f5; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0 0 0.5rem; font-size: 1.7rem; }
h2 { margin: 2.5rem 0 0.75rem; padding-top: 0.75rem; border-top: 1px solid var(--line); font-size: 1.25rem; }
.summary { max-width: 48rem; font-size: 1.05rem; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-end; margin: 1rem 0; }
figure { margin: 0; }
figcaption { max-width: 26rem; margin-top: 0.35rem; color: var(--quiet); font-size: 0.875rem; }
.picture { position: relative; display: inline-block; line-height: 0; background: #000; }
.picture img { display: block; max-width: 100%; height: auto; image-rendering: pixelated; }
.picture span { position: absolute; padding: 0.15rem 0.3rem; color: #ffd75e; font: 600 0.8rem/1 system-ui, sans-serif;
  text-shadow: 0 0 3px #000, 0 0 3px #000; }
.picture .left { left: 0; top: 50%; translate: 0 -50%; }
.picture .right { right: 0; top: 50%; translate: 0 -50%; }
.picture .top { top: 0; left: 50%; translate: -50% 0; }
.picture .bottom { bottom: 0; left: 50%; translate: -50% 0; }
svg { max-width: 100%; height: auto; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; font-size: 0.875rem; }
.legend b { display: inline-block; width: 0.9rem; height: 0.2rem; margin-right: 0.35rem; vertical-align: middle; }
.controls { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; align-items: center; font-size: 0.875rem; }
.controls input { vertical-align: middle; width: 12rem; }
.controls output { display: inline-block; min-width: 4rem; text-align: right; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { margin: 0.75rem 0; border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { padding-bottom: 0.35rem; color: var(--quiet); text-align: left; font-size: 0.875rem; }
th, td { padding: 0.3rem 0.8rem; border-bottom: 1px solid var(--line); text-align: left; }
th.number, td.number { text-align: right; }
thead th { background: var(--panel); }
footer { margin-top: 3rem; padding-top: 0.75rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: 0.875rem; }
a { color: var(--accent); }
@media print { body { max-width: none; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
`;

/** A self-contained HTML page: no file beside it, light or dark as the reader's system is. */
export function renderPage(page: Page): string {
  const sections = page.sections.map(
    (section) => html`
<section><h2>${section.title}</h2>
${section.content}</section>`,
  );
  const body: Html = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<style>${trustedHtml(STYLE)}</style>
</head>
<body>
<header><h1>${page.title}</h1>
${page.summary !== undefined && html`<div class="summary">${page.summary}</div>`}</header>
${sections}
${page.footer !== undefined && html`<footer>${page.footer}</footer>`}
</body>
</html>
`;
  return body.markup;
}
