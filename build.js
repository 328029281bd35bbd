/** Bundles the command for `bin/buddyverse.js`: ESM with one chunk per lazily loaded part, so that a command loads only what it uses. */
import { readFileSync, rmSync } from "node:fs";
import { build } from "esbuild";
import { esbuildText } from "./text-loader.js";

/**
 * The SDK's schemas name some keys by constants (`{ [_xN]: _Ti }`). A computed key may have an effect for all that a bundler
 * knows, so all 2,000 schemas of EC2 would be kept for the 60 operations that are used. Written out, only those remain.
 */
const shakenSchemas = {
  name: "shaken-schemas",
  setup({ onLoad }) {
    onLoad({ filter: /@aws-sdk[/\\]client-[^/\\]+[/\\]dist-es[/\\]schemas[/\\]schemas_0\.js$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const constants = Object.fromEntries(
        [...text.matchAll(/^const (_\w+) = (".*");$/gm)].map(([, name, value]) => [name, value]),
      );
      return {
        contents: text.replace(/\[(_\w+)\]:/g, (key, name) => (name in constants ? `${constants[name]}:` : key)),
      };
    });
  },
};

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

// Chunks are named by their content: a build beside a running command takes nothing away from it.
if (process.argv.includes("--clean")) rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints: { main: "src/cli/main.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  // The SDK's ES modules, not their CommonJS twins: only what is used of them is then bundled.
  mainFields: ["module", "main"],
  conditions: ["module"],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "external",
  define: { BUDDYVERSE_VERSION: JSON.stringify(version) },
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  plugins: [esbuildText, shakenSchemas],
  logLevel: "warning",
});
