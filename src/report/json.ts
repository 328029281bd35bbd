/**
 * Of every JSON document that this program prints, but for IAM's policies: names and meanings of fields stay as they are while it
 * is the same, and new ones may come.
 */
export const SCHEMA_VERSION = 1;

/** A document for programs, as text. @param indent spaces; without them it is one line */
export const jsonText = (document: object, indent?: number): string =>
  `${JSON.stringify({ schemaVersion: SCHEMA_VERSION, ...document }, null, indent)}\n`;

/** Something that happened, as a line. @param event its `at` is milliseconds since 1970 */
export const eventText = <T extends { readonly at: number }>(event: T): string =>
  jsonText({ ...event, at: new Date(event.at).toISOString() });
