import type { Accepted } from "../../engine/watching.ts";
import { indented } from "../../lib/text.ts";
import { type Look, WIDTH } from "./look.ts";

/** What was taken as it is; and of what the config manages how it would ask for that. */
export function acceptedView(all: readonly Accepted[], { width = WIDTH }: Look = {}): string[] {
  return all.flatMap(({ name, changes, managed }) => [
    changes.length === 0
      ? `${name}: nothing was changed of what the config leaves open.`
      : `${name}: accepted as it is: ${changes.map(({ path }) => path).join(", ")}.`,
    ...managed.flatMap(({ field, found, configured }) =>
      indented(
        configured === undefined
          ? `${field} is the config's, and no key of it asks for what is there: \`buddyverse up\` puts it back`
          : `${field} is the config's. To keep it: "${configured}": ${JSON.stringify(found)}`,
        width,
        "  ",
      ),
    ),
  ]);
}
