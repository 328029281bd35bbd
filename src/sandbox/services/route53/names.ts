/** A domain name in the form that the sandbox keeps: lower case, no last dot, no escapes. */
export const plain = (name: string): string =>
  name
    .replace(/\\([0-7]{3})/g, (_match, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    .replace(/\.$/, "")
    .toLowerCase();

export const dotted = (name: string): string => (name.endsWith(".") ? name : `${name}.`);

/** As Route 53 answers names: anything but letters, digits, `-`, `_` and `.` as an octal escape (developer guide, DNS domain name format). */
export const escaped = (name: string): string =>
  name.replace(/[^a-z0-9._-]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);

/** Names sort by their labels from the right. */
export const sortName = (name: string): string => name.split(".").reverse().join(".");
