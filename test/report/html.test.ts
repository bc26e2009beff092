import { expect, test } from "vitest";
import { html, renderPage, renderTable, trustedHtml } from "../../src/report/index.js";

test("a template escapes text in content and attributes, and leaves markup of templates alone", () => {
  const name = `<b title="x">it's & more</b>`;
  expect(html`<p title="${name}">${name}${html`<i>${1.5}</i>`}</p>`.markup).toBe(
    `<p title="&lt;b title=&quot;x&quot;&gt;it&#39;s &amp; more&lt;/b&gt;">&lt;b title=&quot;x&quot;&gt;it&#39;s &amp; more&lt;/b&gt;<i>1.5</i></p>`,
  );
});

test("lists are joined, undefined and false vanish, 0 stays", () => {
  expect(html`${["a", html`<br>`, ["<"]]}|${undefined}|${false}|${0}`.markup).toBe("a<br>&lt;|||0");
  expect(trustedHtml("<hr>").markup).toBe("<hr>");
});

test("a page stands alone: no script, no address, no file beside it", () => {
  const page = renderPage({
    title: "A & B",
    summary: "one sentence",
    sections: [{ title: "<first>", content: [html`<p>text</p>`, "more"] }],
    footer: "small print",
  });
  expect(page).toContain("<title>A &amp; B</title>");
  expect(page).toContain("<h2>&lt;first&gt;</h2>");
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(page).toContain("prefers-color-scheme: dark");
  expect(page).not.toMatch(/<script|https?:|src="(?!data:)|<link|@import|url\(/);
});

test("a column of numbers is set flush right, one with a text among them is not", () => {
  const table = renderTable({
    caption: "figures",
    columns: ["case", "dB"],
    rows: [
      ["a", 41.5],
      ["<b>", 42],
    ],
  });
  expect(table.markup).toContain(`<th class="text" scope="col">case</th><th class="number" scope="col">dB</th>`);
  expect(table.markup).toContain(`<td class="text">&lt;b&gt;</td><td class="number">42</td>`);
  expect(renderTable({ columns: ["x"], rows: [[1], ["-"]] }).markup).not.toContain("number");
});
