import type { Outcome } from "./commands.ts";
import type { Files } from "./files.ts";

/** The first part of a path: what is at the root. */
const entryOf = (path: string): string => path.split("/")[1] ?? "";
const idOf = (directory: string): string => directory.replace(/[^A-Za-z0-9]/g, "").replace(/^awsbackuprestore/, "");
const RECOVERY = /^aws-backup-restore_/;
const ASIDE = /^\.before-restore-/;
const DRILL = "/.buddyverse-drill";
const isFile = (path: string): boolean => !path.endsWith("/");
/** `.buddyverse` is what web-boot.sh and web-release.py know of releases. */
const stays = (entry: string): boolean => /^aws-backup-/.test(entry) || ASIDE.test(entry) || entry === ".buddyverse";

const directories = (files: Files, which: RegExp): readonly string[] =>
  [...new Set(files.paths().map(entryOf))].filter((entry) => which.test(entry)).sort();
const isSwitched = (files: Files, id: string): boolean => files.read(`/.before-restore-${id}/.switched`) !== undefined;

function move(files: Files, from: string, to: string): void {
  if (isFile(to)) files.write(to, files.read(from) ?? "");
  files.remove(from);
}

/** files-recovered.sh */
export function recovered(files: Files): Outcome {
  const lines = directories(files, RECOVERY)
    .filter((one) => !isSwitched(files, idOf(one)))
    .map((one) => {
      const texts = files
        .paths()
        .filter((path) => entryOf(path) === one && isFile(path))
        .map((path) => files.read(path) ?? "");
      const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      return `recovered ${one} ${texts.length} ${bytes} whole`;
    });
  const aside = directories(files, ASIDE).filter((one) => isSwitched(files, one.replace(ASIDE, "")));
  const drill = files.read(DRILL)?.trim();
  return {
    code: 0,
    out: [...lines, ...aside.map((one) => `aside ${one}`), ...(drill === undefined ? [] : [`drill ${drill}`]), ""].join(
      "\n",
    ),
  };
}

/** files-switch.sh */
export function switchTo(files: Files, id: string): Outcome {
  if (isSwitched(files, id)) return { code: 0 };
  const from = directories(files, RECOVERY).find((one) => idOf(one) === id);
  if (from === undefined) return { code: 1, err: "the recovery directory is gone\n" };
  const old = `/.before-restore-${id}`;
  for (const path of files.paths()) if (!stays(entryOf(path))) move(files, path, `${old}${path}`);
  for (const path of files.paths())
    if (entryOf(path) === from && !stays(entryOf(path.slice(from.length + 1))))
      move(files, path, path.slice(from.length + 1));
  files.write(`${old}/.switched`, "");
  return { code: 0 };
}

/** What web-boot.sh does with a file system that AWS Backup has made: at its root is only the recovery directory. */
export function bornOf(files: Files): void {
  const entries = [...new Set(files.paths().map(entryOf))];
  const [from = ""] = entries;
  if (entries.length !== 1 || !RECOVERY.test(from)) return;
  for (const path of files.paths()) move(files, path, path.slice(from.length + 1));
}

/** files-discard.sh */
export function discardOld(files: Files): Outcome {
  for (const path of files.paths()) {
    const entry = entryOf(path);
    if (ASIDE.test(entry) && isSwitched(files, entry.replace(ASIDE, "")) && !path.endsWith("/.switched"))
      files.remove(path);
  }
  for (const path of files.paths()) if (ASIDE.test(entryOf(path)) && path.endsWith("/.switched")) files.remove(path);
  return { code: 0 };
}

/** files-trial-begin.sh */
export function beginTrial(files: Files, token: string): Outcome {
  files.write(DRILL, `${token}\n`);
  return { code: 0 };
}

/** files-trial-read.sh. The sandbox's files can all be read. */
export function readTrial(files: Files, token: string): Outcome {
  const from = directories(files, RECOVERY).find((one) => idOf(one) === token);
  if (from === undefined) return { code: 1, err: "the recovery directory is gone\n" };
  const isCounted = (path: string) =>
    isFile(path) && !stays(entryOf(path)) && !entryOf(path).startsWith(".buddyverse-");
  const sizes = (paths: readonly string[]) => paths.map((path) => Buffer.byteLength(files.read(path) ?? ""));
  const sum = (bytes: readonly number[]) => bytes.reduce((total, one) => total + one, 0);
  const running = sizes(files.paths().filter(isCounted));
  const all = files.paths().filter((path) => entryOf(path) === from && isFile(path));
  const restored = sizes(all.filter((path) => isCounted(path.slice(from.length + 1))));
  const line = (name: string, bytes: readonly number[]) => `${name} ${bytes.length} ${sum(bytes)} whole`;
  return {
    code: 0,
    out: `${line("running", running)}\n${line("restored", restored)}\nread ${sum(sizes(all))}\n`,
    ms: 500,
  };
}

/** files-trial-end.sh */
export function endTrial(files: Files, token: string): Outcome {
  const from = directories(files, RECOVERY).find((one) => idOf(one) === token);
  if (from !== undefined && !directories(files, ASIDE).includes(`.before-restore-${token}`)) {
    for (const path of files.paths()) if (entryOf(path) === from) files.remove(path);
    return { code: 0, out: "there\n" };
  }
  files.remove(DRILL);
  return { code: 0, out: "gone\n" };
}
