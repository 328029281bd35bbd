/** Lets TypeScript import a script, page or template as its text; used alike by the build (esbuild) and the tests (vite). */
import { readFile } from "node:fs/promises";

const TEXT = /\.(sh|py|conf|service|timer|nft|txt|html|css|sql)$/;

export const esbuildText = {
  name: "text",
  setup(build) {
    build.onLoad({ filter: TEXT }, async ({ path }) => ({ contents: await readFile(path, "utf8"), loader: "text" }));
  },
};

export const viteText = {
  name: "text",
  enforce: "pre",
  async load(id) {
    if (!TEXT.test(id)) return null;
    return `export default ${JSON.stringify(await readFile(id, "utf8"))}`;
  },
};
