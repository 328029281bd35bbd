import { readFile } from "node:fs/promises";

/**
 * The SDK's schemas name some keys by constants (`{ [_xN]: _Ti }`). A computed key may have an effect for all that a bundler
 * knows, so all 2,000 schemas of EC2 would be kept for the 60 operations that are used. Written out, only those remain.
 * Throws where they are written otherwise: a newer SDK's would pass in silence, and each start would load all of them.
 */
export function writtenOut(text, file) {
  const constants = new Map([...text.matchAll(/^const (_\w+) = (".*");$/gm)].map(([, name, value]) => [name, value]));
  const keys = new Set();
  const contents = text.replace(/\[(_\w+)\]:/g, (key, name) => {
    keys.add(name);
    return constants.has(name) ? `${constants.get(name)}:` : key;
  });
  const unknown = [...keys].filter((name) => !constants.has(name));
  if (keys.size === 0)
    throw new Error(`${file} names no key by a constant: the SDK has changed, look at shaken-schemas.js`);
  if (unknown.length > 0)
    throw new Error(
      `${file} has keys whose constants are written otherwise (${unknown[0]}): look at shaken-schemas.js`,
    );
  return contents;
}

let found = false;
export const shakenSchemas = {
  name: "shaken-schemas",
  load: {
    filter: { id: /@aws-sdk[/\\]client-[^/\\]+[/\\]dist-es[/\\]schemas[/\\]schemas_0\.js$/ },
    async handler(file) {
      found = true;
      return writtenOut(await readFile(file, "utf8"), file);
    },
  },
  buildEnd(error) {
    if (!found && !error)
      throw new Error("No schemas of the SDK were found: it has changed, look at shaken-schemas.js");
  },
};
