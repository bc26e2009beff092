export { mse } from "./mse.js";
export { type PsnrOptions, psnr } from "./psnr.js";
export { type Ssim2dOptions, type Ssim3dOptions, type SsimOptions, ssim2d, ssim3d } from "./ssim.js";
export { ssimWindow3d } from "./ssimWindow.js";
