export { type Aperture, apertureMask } from "./dicom/apertures.js";
export { locateCodecs } from "./dicom/codecs/wasmCodec.js";
export type { RadiographFacts, RtImageFacts } from "./dicom/radiographFacts.js";
export { radiographProjections } from "./dicom/radiographProjections.js";
export { type RadiographTrajectoryOptions, radiographTrajectory } from "./dicom/radiographViews.js";
export { listDicomSeries, readDicom } from "./dicom/readDicom.js";
export { type Radiograph, type ReadRadiographOptions, readRadiograph } from "./dicom/readRadiograph.js";
export type { DicomSeries } from "./dicom/series.js";
export type { DicomIdentity } from "./dicom/write/identity.js";
export { encodeRtImage, type RtImageOptions } from "./dicom/write/writeRtImage.js";
export { type DicomSeriesOptions, dicomSeriesFiles, writeDicomSeries } from "./dicom/write/writeSeries.js";
export type { DirectoryHandle, FileCollection, FileHandle, Inputs } from "./folder.js";
export {
  GEOMETRY_FORMATS,
  type GeometryFile,
  type GeometryFormat,
  geometryContent,
  geometryText,
  parseGeometry,
  type ReadGeometryOptions,
  readGeometry,
  type WriteGeometryOptions,
  writeGeometry,
} from "./geometryFile.js";
export { encodePng, type Image, type ImageOptions, writeImage } from "./image.js";
export { readMetaImage } from "./metaImage/readMetaImage.js";
export { encodeMetaImage, writeMetaImage } from "./metaImage/writeMetaImage.js";
export { type ReadNiftiOptions, readNifti } from "./nifti/readNifti.js";
export { encodeNifti, type WriteNiftiOptions, writeNifti } from "./nifti/writeNifti.js";
export { type NpyArray, npyPieces, readNpy, writeNpy } from "./npy.js";
export { readNrrd } from "./nrrd/readNrrd.js";
export { encodeNrrd, writeNrrd } from "./nrrd/writeNrrd.js";
export type { Decoded, StoredType } from "./numeric.js";
export { type ImageFile, type ReadImageOptions, readImage } from "./picture/readImage.js";
export {
  geometryPath,
  type ProjectionsFile,
  type ReadProjectionsOptions,
  readProjections,
  writeProjections,
} from "./projections.js";
export { readVolume } from "./readVolume.js";
export { blobSource, bytesSource, type Input, type Source, toSource, type UrlOptions, urlSource } from "./source.js";
export type { ReadProgress, ReadVolumeOptions, VolumeFile, VolumeFormat } from "./types.js";
export type { EncodingOptions, VoxelEncoding } from "./voxelEncoding.js";
export { type WriteVolumeOptions, writeVolume } from "./writeVolume.js";
export type { TypeOption, WrittenType } from "./writtenType.js";
