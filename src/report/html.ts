/** HTML or SVG text that is safe to insert as it is. */
export interface Html {
  readonly markup: string;
}

/** What a template may insert; text and numbers are escaped, lists are joined, `undefined` and `false` vanish. */
export type HtmlContent = Html | string | number | undefined | false | readonly HtmlContent[];

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as it must stand in HTML, between tags or inside a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character]);

/** Declares that `markup` is HTML already: for what this package has built or checked, never for text from a file. */
export const trustedHtml = (markup: string): Html => ({ markup });

function render(content: HtmlContent): string {
  if (content === undefined || content === false) return "";
  if (typeof content === "string") return escapeHtml(content);
  if (typeof content === "number") return String(content);
  return "markup" in content ? content.markup : content.map(render).join("");
}

/** A template whose insertions are escaped: html`<p title="${title}">${text}</p>`. Attributes must be quoted. */
export const html = (strings: TemplateStringsArray, ...insertions: readonly HtmlContent[]): Html => ({
  markup: strings.reduce((text, part, i) => text + render(insertions[i - 1]) + part),
});
