/** Bundles the command for `bin/buddyverse.js`: ESM with one chunk per lazily loaded part, so that a command loads only what it uses. */
import { readFileSync, rmSync } from "node:fs";
import { build } from "esbuild";
import { esbuildText } from "./text-loader.js";

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
  plugins: [esbuildText],
  logLevel: "warning",
});
