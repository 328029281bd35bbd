/** What is run on a web instance around recovered files, run here by a shell in a temporary folder. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { scriptFor } from "../../src/verify/scripts.ts";
import { needs } from "../tools.ts";
import { programs, run } from "./run.ts";

const DIRECTORY = "aws-backup-restore_2026-11-23T09-21-16-832Z";
const TOKEN = "20261123T092116832Z";
let root: string;
let bin: string;
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "buddyverse-files-"));
  root = join(bin, "efs");
  lay();
});
afterEach(() => rmSync(bin, { recursive: true, force: true }));

/** The files as they are, and what was recovered beside them. */
function lay(): void {
  mkdirSync(root);
  put("media/photo.txt", "spoiled");
  put("media/later.txt", "later");
  put("static/page.css", "css");
  put("notes $(x) 'y'.txt", "odd");
  put(".hidden", "now");
  put(".buddyverse", "");
  put("aws-backup-restore_2020-01-01T00-00-00-000Z/old.txt", "another");
  put(`${DIRECTORY}/media/photo.txt`, "a photo");
  put(`${DIRECTORY}/static/page.css`, "css of then");
  put(`${DIRECTORY}/.hidden`, "then");
  put(`${DIRECTORY}/.buddyverse`, "then");
}

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
const read = (path: string) => readFileSync(join(root, path), "utf8");
const at = (path = "") =>
  readdirSync(join(root, path))
    .filter((name) => name !== ".buddyverse-restore")
    .sort();

/** @param mvs how many renames are done before the shell is killed; undefined: all */
const sh = (
  name: Parameters<typeof scriptFor>[0],
  token: string,
  mvs?: number,
  played: Readonly<Record<string, string>> = {},
) =>
  run("sh", ["-s"], {
    input: scriptFor(name, token).replaceAll("/mnt/efs", root),
    env: {
      PATH: programs(join(bin, "bin"), {
        mountpoint: "exit 0",
        // systemd-run OPTION… PROGRAM …
        "systemd-run": 'while case $1 in --*) true ;; *) false ;; esac; do shift; done; exec "$@"',
        ...played,
        mv:
          mvs === undefined
            ? 'exec /bin/mv "$@"'
            : `n=$(cat ${bin}/mvs 2>/dev/null || echo 0); [ "$n" -lt ${mvs} ] || { kill -9 $PPID; exit 1; }; echo $((n + 1)) >${bin}/mvs; exec /bin/mv "$@"`,
      }),
    },
  });

const SWITCHED = {
  root: [
    `.before-restore-${TOKEN}`,
    ".buddyverse",
    ".hidden",
    "aws-backup-restore_2020-01-01T00-00-00-000Z",
    DIRECTORY,
    "media",
    "static",
  ],
  aside: [".hidden", ".recovered", ".switched", "media", "notes $(x) 'y'.txt", "static"],
};

describe("recovered files", needs("bash with timeout and awk"), () => {
  test("are counted, directory by directory", async () => {
    const { code, out } = await sh("files-recovered", "files");
    expect({ code, out }).toEqual({
      code: 0,
      out: `recovered aws-backup-restore_2020-01-01T00-00-00-000Z 1 7 whole\nrecovered ${DIRECTORY} 4 26 whole\n`,
    });
  });

  test("take the place of what is at the root, which is put aside; once more changes nothing", async () => {
    for (const _ of [1, 2]) {
      expect(await sh("files-switch", TOKEN)).toEqual({ code: 0, out: "" });
      expect(at()).toEqual(SWITCHED.root);
      expect(at("media")).toEqual(["photo.txt"]);
      expect([read("media/photo.txt"), read("static/page.css"), read(".hidden"), read(".buddyverse")]).toEqual([
        "a photo",
        "css of then",
        "then",
        "",
      ]);
      expect(at(`.before-restore-${TOKEN}`)).toEqual(SWITCHED.aside);
      expect(read(`.before-restore-${TOKEN}/media/later.txt`)).toBe("later");
    }
    const { out } = await sh("files-recovered", "files");
    expect(out).toBe(
      `recovered aws-backup-restore_2020-01-01T00-00-00-000Z 1 7 whole\naside .before-restore-${TOKEN}\n`,
    );
    expect(await sh("files-discard", "files")).toEqual({ code: 0, out: "" });
    expect(at()).toEqual(SWITCHED.root.slice(1).filter((name) => name !== DIRECTORY));
  });

  test("killed before any rename, and run again, ends the same; what the site wrote meanwhile is put aside, too", async () => {
    for (let mvs = 0; mvs < 9; mvs++) {
      rmSync(join(bin, "mvs"), { force: true });
      await sh("files-switch", TOKEN, mvs);
      if (!existsSync(join(root, "media"))) put("media/meanwhile.txt", "meanwhile");
      expect(await sh("files-switch", TOKEN), String(mvs)).toEqual({ code: 0, out: "" });
      expect(at(), String(mvs)).toEqual(SWITCHED.root);
      expect(at("media"), String(mvs)).toEqual(["photo.txt"]);
      expect(read("media/photo.txt"), String(mvs)).toBe("a photo");
      expect(
        at(`.before-restore-${TOKEN}`).filter((name) => !/\.\d+$/.test(name)),
        String(mvs),
      ).toEqual(SWITCHED.aside);
      rmSync(root, { recursive: true });
      lay();
    }
  });

  test("a drill's are counted beside those that are there, read, and removed; its note goes with them", async () => {
    put(".buddyverse-restore", "");
    put(`${DIRECTORY}/aws-backup-restore_2019-01-01T00-00-00-000Z/old.txt`, "older");
    expect(await sh("files-trial-begin", "AB12")).toEqual({ code: 0, out: "" });
    expect((await sh("files-recovered", "files")).out).toContain("\ndrill AB12\n");
    expect(await sh("files-trial-read", TOKEN)).toEqual({
      code: 0,
      out: "running 5 21 whole\nrestored 3 22 whole\nread 31\n",
    });
    const before = at();
    expect(await sh("files-trial-end", TOKEN)).toEqual({ code: 0, out: "there\n" });
    expect(at()).toEqual(before.filter((name) => name !== DIRECTORY));
    expect(await sh("files-trial-end", TOKEN)).toEqual({ code: 0, out: "gone\n" });
    expect(at()).not.toContain(".buddyverse-drill");
    expect((await sh("files-trial-read", TOKEN)).code).toBe(1);
  });

  test("a drill says which file cannot be read, and removes nothing that a switch has to do with", async () => {
    const cat =
      'for each; do case $each in */photo.txt) echo "cat: $each: Input/output error" >&2; exit 1 ;; esac; done; exec /bin/cat "$@"';
    const { code, out } = await sh("files-trial-read", TOKEN, undefined, { cat });
    expect({ code, out }).toEqual({ code: 1, out: expect.stringMatching(/cat: .*photo\.txt: Input\/output error\n$/) });
    put(`.before-restore-${TOKEN}/.recovered`, "");
    expect((await sh("files-trial-end", TOKEN)).out).toBe("gone\n");
    expect(at()).toContain(DIRECTORY);
  });

  test("of a directory that is not there nothing is moved", async () => {
    const before = at();
    const { code, out } = await sh("files-switch", "20200202T000000000Z");
    expect({ code, out }).toEqual({ code: 1, out: "the recovery directory is gone\n" });
    expect(at()).toEqual(before);
  });
});
