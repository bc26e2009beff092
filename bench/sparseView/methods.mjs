/** Methods of the few-view benchmark: parameters fixed for all volumes and numbers of views. */
import * as reconstruction from "tomograd/reconstruction";

const { asdPocs, autoTv, cgls, fdk, fistaTv, mlem, osSqs, ossart, sart, sirt } = reconstruction;

export const METHODS = {
  fdk: (A, p) => fdk(A, p, { filter: "hann", quantity: "density" }),
  "fdk-ram-lak": (A, p) => fdk(A, p, { filter: "ram-lak", quantity: "density" }),
  sirt: (A, p) => sirt(A, p, { iterations: 200, quantity: "density" }),
  // relaxation 1, times 0.999 an epoch, 20 epochs
  sart: (A, p) => sart(A, p, { iterations: 20, relaxation: 1, tolerance: 0, quantity: "density" }),
  ossart: (A, p) => ossart(A, p, { iterations: 20, tolerance: 0, quantity: "density" }),
  cgls: (A, p) => cgls(A, p, { iterations: 20, quantity: "density" }),
  mlem: (A, p) => mlem(A, p, { iterations: 50, quantity: "density" }),
  // 10 epochs, alpha 0.002, 20 steps, ratio 0.94, reduction 0.95, epsilon 0.15 |A FDK - p|
  "asd-pocs": (A, p) => asdPocs(A, p, { iterations: 10, tolerance: 0, quantity: "density" }),
  "os-sqs": (A, p) => osSqs(A, p, { quantity: "density" }),
  "fista-tv": (A, p) => fistaTv(A, p, { quantity: "density" }),
  "auto-tv": (A, p) => autoTv(A, p, { quantity: "density" }),
  "auto-tv-sqs": (A, p) => autoTv(A, p, { solver: "os-sqs", quantity: "density" }),
};
