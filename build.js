/**
 * Bundles the command for `bin/buddyverse.js`, with one chunk per lazily loaded part, so that a command loads only what it
 * uses. As CommonJS: to start Node's loader of ES modules takes a tenth of an empty process's time, and each file more.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, rolldown } from "rolldown";
import { shakenSchemas } from "./shaken-schemas.js";
import { textLoader } from "./text-loader.js";

/** What is bundled in place of modules that are imported, and never used. */
const LEFT_OUT = [
  // A proxy that is named by a PAC file needs an interpreter, which reads a file of its own package at run time. `connect` says
  // that it does not take one.
  { name: "pac-proxy-agent", by: /[/\\]proxy-agent[/\\]/, text: "export class PacProxyAgent {}" },
  // For services that are spoken to by HTTP/2, which none of ours is. Node takes longer to load it than all of HTTP.
  { name: "node:http2", by: /[/\\]node-http-handler[/\\]/, text: "export default { constants: {} }" },
  // For commands that are programs of their own. Node takes long to load it.
  { name: "node:child_process", by: /[/\\]commander[/\\]/, text: "export {}" },
];
const leftOut = {
  name: "left-out",
  resolveId(source, importer = "") {
    const found = LEFT_OUT.findIndex(({ name, by }) => name === source && by.test(importer));
    return found < 0 ? null : `\0left-out:${found}`;
  },
  load(id) {
    const [, found] = /^\0left-out:(\d+)$/.exec(id) ?? [];
    return found && LEFT_OUT[found].text;
  },
};

/** Not installed with their users either: each is only for who asks for it, and this command does not. */
const NEVER_LOADED = ["@aws-sdk/signature-v4-crt", "kerberos"];

/** The installed command has no node_modules. */
function checkSelfContained(chunks) {
  const own = new Set(chunks.map(({ fileName }) => fileName));
  const missing = chunks
    .flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])
    .filter((name) => !own.has(name) && !isBuiltin(name) && !NEVER_LOADED.includes(name));
  if (missing.length > 0) throw new Error(`dist would need ${missing.join(", ")} at run time`);
}

/** The licences of all packages that are in the bundle: each text once, below those that it is of. */
function thirdParty(chunks) {
  const folders = new Set(
    chunks.flatMap(({ modules }) =>
      Object.entries(modules)
        .filter(([, { renderedLength }]) => renderedLength > 0)
        .flatMap(([path]) => path.match(/^.*node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/) ?? []),
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
  const dir = mkdtempSync(join(tmpdir(), "buddyverse-man-"));
  const input = { commandLine: "src/cli/command-line.ts", manPage: "src/cli/man-page.ts" };
  try {
    await build({
      input,
      platform: "node",
      external: /^\.\/commands\//,
      output: { dir, entryFileNames: "[name].mjs" },
    });
    const built = (name) => import(pathToFileURL(join(dir, `${name}.mjs`)).href);
    const [{ commandLine }, { manPage }] = await Promise.all(Object.keys(input).map(built));
    return manPage(commandLine(version), version, new Date().toISOString().slice(0, 10));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

const bundle = await rolldown({
  input: { main: "src/cli/main.ts" },
  platform: "node",
  // The SDK's ES modules, not their CommonJS twins: only what is used of them is then bundled.
  resolve: { mainFields: ["module", "main"], conditionNames: ["node", "import", "module"] },
  transform: { target: "node20", define: { BUDDYVERSE_VERSION: JSON.stringify(version) } },
  external: NEVER_LOADED,
  // Its package does not say that what is not used of it may be left out: the tables of its formatter take long to make.
  treeshake: { moduleSideEffects: [{ test: /[/\\]jsonc-parser[/\\]/, sideEffects: false }] },
  plugins: [textLoader, shakenSchemas, leftOut],
  onLog(level, log, handle) {
    if (log.code === "UNRESOLVED_IMPORT") throw new Error(log.message);
    handle(level, log);
  },
});
// Chunks are named by their content: a build beside a running command takes nothing away from it, and what was kept of one
// when it was compiled (bin/compiled.js) is of no other.
if (process.argv.includes("--clean")) rmSync("dist", { recursive: true, force: true });
const { output: chunks } = await bundle.write({
  dir: "dist",
  format: "cjs",
  // V8 does not keep for a script how its own imports are resolved (bin/compiled.js).
  dynamicImportInCjs: false,
  entryFileNames: "[name]-[hash].cjs",
  chunkFileNames: "[name]-[hash].cjs",
  // Names stay: a stack trace is to be read.
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  comments: false,
});
/** Half as long in memory, and read three times as fast: V8 keeps a text with a single other character in two bytes for each. */
function inAscii({ fileName, code }) {
  if (/String\.raw`[^`]*[^\0-\x7f]/.test(code)) throw new Error(`${fileName} has raw text that is not ASCII`);
  return code.replace(/[^\0-\x7f]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

checkSelfContained(chunks);
for (const chunk of chunks) writeFileSync(join("dist", chunk.fileName), inAscii(chunk));
if (chunks.some(({ code }) => /(?<![.\w$])import\(/.test(code ?? "")))
  throw new Error("dist imports something by import()");
writeFileSync("dist/entry.json", JSON.stringify({ entry: chunks.find(({ isEntry }) => isEntry).fileName }));
writeFileSync("dist/THIRD-PARTY.txt", thirdParty(chunks));
mkdirSync("man", { recursive: true });
writeFileSync("man/buddyverse.1", await manual(version));
