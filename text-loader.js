/** Lets TypeScript import a script, page, style or template as its text; used alike by the build (rolldown) and the tests (vite). */
import { readFile } from "node:fs/promises";

const TEXT = /\.(sh|py|conf|service|timer|nft|txt|html|css|sql)$/;

/** By that name no other plugin knows it: vite would take a style for its own, and give an empty text. */
const AS_SCRIPT = /^\0(.*)\.js$/;

export const textLoader = {
  name: "text",
  enforce: "pre",
  async resolveId(source, importer) {
    if (!TEXT.test(source)) return null;
    const found = await this.resolve(source, importer, { skipSelf: true });
    return found && `\0${found.id}.js`;
  },
  async load(id) {
    const [, file] = AS_SCRIPT.exec(id) ?? [];
    if (file === undefined || !TEXT.test(file)) return null;
    this.addWatchFile(file);
    return `export default ${JSON.stringify(await readFile(file, "utf8"))}`;
  },
};
