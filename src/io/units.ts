/** Millimeters of the units of length that formats write, by their names in lower case. */
const millimeters: ReadonlyMap<string, number> = new Map(
  Object.entries({
    angstrom: 1e-7,
    "pm picometer picometers": 1e-9,
    "nm nanometer nanometers": 1e-6,
    "um micron microns micrometer micrometers": 1e-3,
    "mm millimeter millimeters": 1,
    "cm centimeter centimeters": 10,
    "dm decimeter decimeters": 100,
    "m meter meters": 1000,
    "in inch inches": 25.4,
  }).flatMap(([names, mm]) => names.split(" ").map((name): [string, number] => [name, mm])),
);

/** Millimeters of a unit of length (um, µm, micrometer, ...); undefined if it is not known. */
export const millimetersOf = (unit: string): number | undefined =>
  millimeters.get(
    unit
      .trim()
      .replace(/^(\\u00b5|µ|μ)/i, "u")
      .toLowerCase(),
  );
