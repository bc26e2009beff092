// Run by Deno: compiles the shaders of the file named first with Naga and makes their pipelines; prints what it found.
const shaders = JSON.parse(await Deno.readTextFile(Deno.args[0]));
const adapter = await navigator.gpu?.requestAdapter();
if (!adapter) console.log(JSON.stringify({ missing: "Deno finds no GPU" }));
else {
  const device = await adapter.requestDevice();
  const errors = [];
  for (const { label, code } of shaders) {
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ label, code });
    device.createComputePipeline({ label, layout: "auto", compute: { module, entryPoint: "main" } });
    const error = await device.popErrorScope();
    if (error) errors.push({ label, message: error.message });
  }
  console.log(JSON.stringify({ errors }));
}
