/** The guided tour of the example chest: how close each step comes to the truth, and how long it takes. */
const IDLE = "!document.querySelector('.masthead .task')";

/** Steps as their headings name them; `psnr` (dB) and `ssim` of those that reconstruct. */
export async function measureTour({ address, browser }, { say }) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.goto(address);
  await page.evaluate("tomogradStudio.start({ prefer: 'wasm', threads: 2 })");
  await page.evaluate("tomogradStudio.image().then(() => undefined)");
  await page.getByRole("tab", { name: "Reconstruct" }).click();
  const steps = [];
  for (let next = page.getByRole("button", { name: /^Take the tour/ }); await next.isEnabled(); ) {
    const started = performance.now();
    await next.click();
    while (!(await page.evaluate(IDLE))) await page.waitForTimeout(20);
    const seconds = (performance.now() - started) / 1000;
    const step = await page.locator(".tour h3").textContent();
    const done = await page.evaluate("tomogradStudio.reconstruction()");
    const { method, psnr, ssim } = done ?? {};
    steps.push({ step, seconds, ...(done && { method, psnr, ssim }) });
    say(`${step}: ${seconds.toFixed(1)} s${done ? `, ${psnr.toFixed(2)} dB` : ""}`);
    next = page.getByRole("button", { name: "Next", exact: true });
  }
  await page.context().close();
  return steps;
}
