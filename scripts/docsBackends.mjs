/** The content of docs/backends.md: for every kernel, which backend has it, or why not. `tables`: kernels by backend. */
export function backendTable(KERNEL_NAMES, tables) {
  const names = Object.keys(tables);
  const columns = names.map((name) => KERNEL_NAMES.map((kernel) => tables[name][kernel].unsupported));
  const reasons = [...new Set(columns.flat().filter(Boolean))];
  const cell = (reason) => (reason ? `no [${reasons.indexOf(reason) + 1}]` : "yes");
  const rows = KERNEL_NAMES.map((kernel, k) => `| \`${kernel}\` | ${columns.map((c) => cell(c[k])).join(" | ")} |`);
  return `# Backends

Which backend has which kernel of \`src/backend/kernels.ts\`. Written by \`npm run docs\`; a test compares it with the code.

| kernel | ${names.map((name) => `\`${name}\``).join(" | ")} |
|---|${names.map(() => "---|").join("")}
${rows.join("\n")}
${reasons.map((reason, i) => `\n[${i + 1}] ${reason}`).join("\n")}`
    .trimEnd()
    .concat("\n");
}
