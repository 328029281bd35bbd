import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { packFolder } from "../../src/cli/app-archive.ts";
import { BuddyError } from "../../src/lib/errors.ts";
import { needs } from "../tools.ts";

let temp: string;
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), "buddyverse-app-"));
});
afterEach(() => rmSync(temp, { recursive: true, force: true }));

/** Makes a folder of files: a name that ends with "/" is an empty folder. */
function folder(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(temp, name);
  mkdirSync(path, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(join(path, file, file.endsWith("/") ? "." : ".."), { recursive: true });
    if (!file.endsWith("/")) writeFileSync(join(path, file), content);
  }
  return path;
}

/** What an archive holds, as GNU tar on the instance sees it. */
function listed(bytes: Uint8Array): string[] {
  return execFileSync("tar", ["-tvzf", "-", "--utc", "--numeric-owner"], { input: bytes, encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.replace(/\s+/g, " "));
}
const namesIn = (bytes: Uint8Array): string[] =>
  execFileSync("tar", ["-tzf", "-"], { input: bytes, encoding: "utf8" }).trim().split("\n");

const problemOf = (act: () => unknown): BuddyError => {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(BuddyError);
    return error as BuddyError;
  }
  throw new Error("it was packed");
};

const SITE = {
  "manage.py": "#!/usr/bin/env python3\n",
  "site/settings.py": "DEBUG = False\n",
  "static/logo.svg": "<svg/>",
  "media/": "",
};

test("the same content gives the same bytes, whatever its times, rights, hard links and order", () => {
  const one = folder("one", SITE);
  const other = folder("other", Object.fromEntries(Object.entries(SITE).reverse()));
  for (const path of [one, other]) chmodSync(join(path, "manage.py"), 0o755);
  utimesSync(join(other, "site/settings.py"), 1, 1);
  chmodSync(join(other, "site/settings.py"), 0o600);
  chmodSync(join(other, "static"), 0o700);
  writeFileSync(join(one, "static/copy.svg"), "<svg/>");
  linkSync(join(other, "static/logo.svg"), join(other, "static/copy.svg"));
  const packed = packFolder(one);
  expect(packFolder(other).sha256).toBe(packed.sha256);
  expect(packed.sha256).toMatch(/^[0-9a-f]{64}$/);

  writeFileSync(join(other, "site/settings.py"), "DEBUG = True!\n");
  expect(packFolder(other).sha256).not.toBe(packed.sha256);
});

test("tar unpacks it to what was there, readable by the web server", needs("GNU tar"), () => {
  const path = folder("site", { ...SITE, "@odd name": "at", [`deep/${"long".repeat(40)}/x`]: "x" });
  chmodSync(join(path, "manage.py"), 0o700);
  symlinkSync("static/logo.svg", join(path, "icon"));
  const { bytes } = packFolder(path);
  expect(listed(bytes).filter((line) => !line.includes("deep"))).toEqual([
    "-rw-r--r-- 0/0 2 1970-01-01 00:00 ./@odd name",
    "lrwxr-xr-x 0/0 0 1970-01-01 00:00 ./icon -> static/logo.svg",
    "-rwxr-xr-x 0/0 23 1970-01-01 00:00 ./manage.py",
    "drwxr-xr-x 0/0 0 1970-01-01 00:00 ./media/",
    "drwxr-xr-x 0/0 0 1970-01-01 00:00 ./site/",
    "-rw-r--r-- 0/0 14 1970-01-01 00:00 ./site/settings.py",
    "drwxr-xr-x 0/0 0 1970-01-01 00:00 ./static/",
    "-rw-r--r-- 0/0 6 1970-01-01 00:00 ./static/logo.svg",
  ]);
  const out = folder("out", {});
  execFileSync("tar", ["-xzf", "-", "-C", out], { input: bytes });
  expect(readFileSync(join(out, "icon"), "utf8")).toBe("<svg/>");
  expect(readFileSync(join(out, "deep", "long".repeat(40), "x"), "utf8")).toBe("x");
});

test("history, packages and caches stay out, and so does what the caller names", needs("GNU tar"), () => {
  const path = folder("site", {
    "a.py": "",
    ".git/HEAD": "",
    "front/node_modules/x/index.js": "",
    "front/app.js": "",
    "site/__pycache__/a.pyc": "",
    "secret.pem": "",
  });
  const { bytes, leftOut } = packFolder(path, (one) => one === join(path, "secret.pem"));
  expect(namesIn(bytes)).toEqual(["./a.py", "./front/", "./front/app.js", "./site/"]);
  expect(leftOut).toEqual([".git", "__pycache__", "node_modules"]);
});

test("virtual environments, .env and SQLite files stay out and are named", needs("GNU tar"), () => {
  const path = folder("site", {
    "manage.py": "",
    "dotenv.py": "",
    ".env": "SECRET=1",
    "config/.env.local": "SECRET=2",
    "config/settings.py": "",
    "db.sqlite3": "",
    "db.sqlite3-wal": "",
    "venv/pyvenv.cfg": "home = /usr/bin\n",
    "venv/bin/activate": "",
    "tools/env/pyvenv.cfg": "home = /usr/bin\n",
  });
  symlinkSync("/usr/bin/python3", join(path, "venv/bin/python3"));
  const { bytes, leftOut } = packFolder(path);
  expect(namesIn(bytes)).toEqual(["./config/", "./config/settings.py", "./dotenv.py", "./manage.py", "./tools/"]);
  expect(leftOut).toEqual([".env", "config/.env.local", "db.sqlite3", "db.sqlite3-wal", "tools/env", "venv"]);
});

test(
  "what .gitignore lists stays out, as git reads it, and is named; .buddyverseignore takes its place",
  needs("GNU tar", "git"),
  () => {
    const path = folder("site", {
      ".gitignore": "# of development\n*.log\n/media/\n!keep.log\nbuild/\nlocal?.py\n\\#odd\n",
      "a.log": "",
      "keep.log": "",
      "b.LOG": "",
      "#odd": "",
      "media/x": "",
      "shop/media/y": "",
      "shop/build/z": "",
      "shop/local1.py": "",
      "shop/data/.gitignore": "*\n!.gitignore\n!sample.log\n",
      "shop/data/sample.log": "",
      "shop/data/real.csv": "",
      "build.txt": "",
    });
    const packed = packFolder(path);
    expect(packed.files).toEqual([
      ".gitignore",
      "b.LOG",
      "build.txt",
      "keep.log",
      "shop/data/.gitignore",
      "shop/data/sample.log",
      "shop/media/y",
    ]);
    expect(packed.ignored).toEqual({
      by: ".gitignore",
      paths: ["#odd", "a.log", "media", "shop/build", "shop/data/real.csv", "shop/local1.py"],
    });
    expect(namesIn(packed.bytes)).not.toContain("./media/");
    // The same as git's own answer.
    execFileSync("git", ["init", "-q"], { cwd: path });
    const others = execFileSync(
      "git",
      ["-c", "core.excludesFile=", "-c", "core.quotePath=off", "ls-files", "--others", "--exclude-standard"],
      { cwd: path, encoding: "utf8" },
    );
    expect(packed.files).toEqual(others.trim().split("\n"));

    writeFileSync(join(path, ".buddyverseignore"), "/shop\n!.env\n");
    writeFileSync(join(path, ".env"), "");
    const own = packFolder(path);
    expect(own.files).toEqual(["#odd", ".gitignore", "a.log", "b.LOG", "build.txt", "keep.log", "media/x"]);
    expect([own.ignored, own.leftOut]).toEqual([{ by: ".buddyverseignore", paths: ["shop"] }, [".env", ".git"]]);
  },
);

test("a folder that is a virtual environment is refused as one, not for its links", () => {
  const path = folder("site", { "manage.py": "", "pyvenv.cfg": "", "bin/activate": "" });
  symlinkSync("/usr/bin/python3", join(path, "bin/python3"));
  expect(problemOf(() => packFolder(path)).message).toBe(
    `${path} is itself a Python virtual environment: it holds pyvenv.cfg`,
  );
});

test("a folder that is missing, no folder, or empty is named", () => {
  const empty = folder("empty", { ".git/HEAD": "" });
  const file = join(folder("some", { file: "" }), "file");
  for (const [path, what] of [
    [join(temp, "nowhere"), "is not there"],
    [file, "is not a folder"],
    [empty, "is empty"],
  ] as const) {
    const error = problemOf(() => packFolder(path));
    expect(error.code).toBe("config");
    expect(error.message).toBe(`${path} ${what}`);
    expect(error.about).toEqual({ file: path, path: "image.app.folder" });
    expect(error.hint).toContain("Django project");
  }
});

test(
  "links that leave the folder are refused, straight or through another link; those inside are kept",
  needs("GNU tar"),
  () => {
    const outside = folder("outside", { passwd: "secret" });
    for (const [target, also] of [
      ["../outside/passwd"],
      [outside],
      ["/etc/passwd"],
      ["inner/../../outside", "inner"],
    ] as const) {
      const path = folder(`site-${target.replaceAll("/", "_")}`, { "a/b/c": "" });
      if (also) symlinkSync("a/b", join(path, also));
      symlinkSync(target, join(path, "link"));
      expect(problemOf(() => packFolder(path)).message).toMatch(/link is a symbolic link that leaves /);
    }
    const path = folder("inside", { "a/b": "", c: "" });
    symlinkSync("../c", join(path, "a/link"));
    symlinkSync("missing", join(path, "dangling"));
    expect(namesIn(packFolder(path).bytes)).toEqual(["./a/", "./a/b", "./a/link", "./c", "./dangling"]);
  },
);

test("what is no file is refused", needs("mkfifo"), () => {
  const path = folder("site", { "manage.py": "" });
  execFileSync("mkfifo", [join(path, "pipe")]);
  expect(problemOf(() => packFolder(path)).message).toBe(
    `${join(path, "pipe")} is neither a file, a folder nor a symbolic link`,
  );
});

test("what is too large is refused, with its size", () => {
  const path = folder("site", { "manage.py": "" });
  writeFileSync(join(path, "film"), "");
  truncateSync(join(path, "film"), 600 * 2 ** 20);
  expect(problemOf(() => packFolder(path)).message).toBe(
    `${path} is too large: more than 512 MiB; 32 MiB packed is the most`,
  );
});
