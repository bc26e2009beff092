import { type Html, type HtmlContent, html } from "./html.js";

/** Rows under named columns. */
export interface Table {
  readonly caption?: HtmlContent;
  readonly columns: readonly string[];
  /** As many cells as columns; numbers are set flush right. */
  readonly rows: readonly (readonly HtmlContent[])[];
}

/** An HTML table, without a head where no column has a name. A column is set flush right if all its cells are numbers. */
export function renderTable({ caption, columns, rows }: Table): Html {
  const align = columns.map((_, c) => (rows.every((row) => typeof row[c] === "number") ? "number" : "text"));
  return html`<div class="scroll"><table>
${caption !== undefined && html`<caption>${caption}</caption>`}
${columns.some((name) => name !== "") && html`<thead><tr>${columns.map((name, c) => html`<th class="${align[c]}" scope="col">${name}</th>`)}</tr></thead>`}
<tbody>
${rows.map((row) => html`<tr>${row.map((cell, c) => html`<td class="${align[c]}">${cell}</td>`)}</tr>\n`)}</tbody>
</table></div>`;
}
