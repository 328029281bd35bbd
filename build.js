/** Bundles the command for `bin/buddyverse.js`: ESM with one chunk per lazily loaded part, so that a command loads only what it uses. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { shakenSchemas } from "./shaken-schemas.js";
import { esbuildText } from "./text-loader.js";

/**
 * A proxy that is named by a PAC file needs an interpreter, which reads a file of its own package at run time. `connect` says
 * that it does not take one.
 */
const noProxyFiles = {
  name: "no-proxy-files",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^pac-proxy-agent$/ }, () => ({ path: "pac-proxy-agent", namespace: "left-out" }));
    onLoad({ filter: /./, namespace: "left-out" }, () => ({ contents: "export class PacProxyAgent {}" }));
  },
};

/** Not installed with their users either: each is only for who asks for it, and this command does not. */
const NEVER_LOADED = ["@aws-sdk/signature-v4-crt", "kerberos"];

/** The installed command has no node_modules. */
function checkSelfContained(outputs) {
  const missing = Object.values(outputs)
    .flatMap(({ imports }) => imports)
    .filter(({ path, external }) => external && !isBuiltin(path) && !NEVER_LOADED.includes(path));
  if (missing.length > 0) throw new Error(`dist would need ${missing.map(({ path }) => path).join(", ")} at run time`);
}

/** The licences of all packages that are in the bundle: each text once, below those that it is of. */
function thirdParty(outputs) {
  const folders = new Set(
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs)
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        .flatMap(([path]) => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/) ?? []),
    ),
  );
  const packages = [...folders].sort().map((folder) => {
    const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const by = author?.name ?? author;
    const texts = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|notice|copying)\b/i.test(file))
      .map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim());
    return { title: `${name} ${version} (${license}${by ? `, ${by}` : ""})`, text: texts.join("\n\n") };
  });
  return [...new Set(packages.map(({ text }) => text))]
    .map((text) => [text, packages.filter((one) => one.text === text).map(({ title }) => title)])
    .map(
      ([text, titles]) =>
        `${titles.join("\n")}\n\n${text || "Without a text of its own in the package: the text of that licence stands elsewhere in this file."}\n`,
    )
    .join(`\n${"-".repeat(80)}\n\n`);
}

/** The manual page says what the command line says of itself: it is asked, without its commands. */
async function manual(version) {
  const folder = mkdtempSync(join(tmpdir(), "buddyverse-man-"));
  const outfile = join(folder, "man.mjs");
  try {
    await build({
      stdin: {
        contents:
          'export { commandLine } from "./src/cli/command-line.ts"; export { manPage } from "./src/cli/man-page.ts";',
        resolveDir: ".",
      },
      outfile,
      external: ["./commands/*"],
      ...COMMON,
    });
    const { commandLine, manPage } = await import(pathToFileURL(outfile).href);
    return manPage(commandLine(version), version, new Date().toISOString().slice(0, 10));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const COMMON = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
};

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

// Chunks are named by their content: a build beside a running command takes nothing away from it.
if (process.argv.includes("--clean")) rmSync("dist", { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { main: "src/cli/main.ts" },
  ...COMMON,
  outdir: "dist",
  splitting: true,
  // The SDK's ES modules, not their CommonJS twins: only what is used of them is then bundled.
  mainFields: ["module", "main"],
  conditions: ["module"],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "external",
  define: { BUDDYVERSE_VERSION: JSON.stringify(version) },
  plugins: [esbuildText, shakenSchemas, noProxyFiles],
  metafile: true,
});
checkSelfContained(metafile.outputs);
writeFileSync("dist/THIRD-PARTY.txt", thirdParty(metafile.outputs));
mkdirSync("man", { recursive: true });
writeFileSync("man/buddyverse.1", await manual(version));
