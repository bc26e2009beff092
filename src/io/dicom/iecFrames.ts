import { fault } from "../../core/errors.js";
import type { Vec3 } from "../../core/linear.js";

/** Angles of a treatment machine, degrees (IEC 61217). */
export interface MachineAngles {
  /** 0: source above; 90: source at the left side of a patient who lies on the back, head first. */
  readonly gantryDeg: number;
  /** Turn of the couch about the vertical, counterclockwise seen from above. */
  readonly patientSupportDeg: number;
}

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** Of a patient who lies as named: a vector of the fixed frame (x right, y into the gantry, z up) as RAS. */
const patientOf: Readonly<Record<string, (v: Vec3) => Vec3>> = {
  HFS: ([x, y, z]) => [-x, z, y],
  HFP: ([x, y, z]) => [x, -z, y],
  FFS: ([x, y, z]) => [x, z, -y],
  FFP: ([x, y, z]) => [-x, -z, -y],
};

/**
 * Turns vectors of the gantry's frame (z towards the source, y along its axis of rotation, into the gantry) into RAS.
 * Source: IEC 61217: gantry and couch turn by the right hand about the fixed frame's y and z; DICOM PS3.3 C.7.3.1.1.2
 * (patient position).
 * @throws UNSUPPORTED_FORMAT (`unsupported-geometry`) for a patient who lies otherwise than on back or face
 */
export function gantryToPatient(
  { gantryDeg, patientSupportDeg }: MachineAngles,
  patientPosition: string,
): (v: Vec3) => Vec3 {
  const lying = patientOf[patientPosition];
  if (!lying)
    throw fault(
      "UNSUPPORTED_FORMAT",
      `PatientPosition ${patientPosition} is not read; ${Object.keys(patientOf).join(", ")} are`,
      { defect: "unsupported-geometry", tag: "(0018,5100)", hint: "give views of your own" },
    );
  const [cosG, sinG] = [Math.cos(radians(gantryDeg)), Math.sin(radians(gantryDeg))];
  const [cosS, sinS] = [Math.cos(radians(patientSupportDeg)), Math.sin(radians(patientSupportDeg))];
  return ([x, y, z]) => {
    const [fx, fz] = [cosG * x + sinG * z, cosG * z - sinG * x];
    // The couch has turned by its angle, so the world as the couch sees it has turned back.
    return lying([cosS * fx + sinS * y, cosS * y - sinS * fx, fz]);
  };
}

/** The angles at which the source of a patient on the back, head first, lies in a direction (RAS unit vector). */
export function machineAngles([x, y, z]: Vec3): MachineAngles {
  // The couch brings the direction into the gantry's plane; of the two ways the one that turns it by up to 90 degrees.
  const [right, along] = [-x, z];
  const across = Math.hypot(right, along);
  const side = right < 0 ? -1 : 1;
  const degrees = (angle: number) => (angle * 180) / Math.PI;
  const gantry = degrees(Math.atan2(side * across, y));
  const couch = across > 1e-9 ? degrees(Math.atan2(-side * along, side * right)) : 0;
  return { gantryDeg: gantry < 0 ? gantry + 360 : gantry, patientSupportDeg: couch < 0 ? couch + 360 : couch };
}
