import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seeRepository } from "../../src/app/git.ts";
import { needs } from "../tools.ts";
import { type GitServer, gitServer } from "./git-server.ts";
import { STARTPROJECT, write } from "./projects.ts";

let temp: string;
let server: GitServer;
let origin: string;
let commit: string;
beforeAll(async () => {
  temp = mkdtempSync(join(tmpdir(), "buddyverse-origin-"));
  const work = join(temp, "work");
  const git = (...words: readonly string[]) =>
    execFileSync("git", ["-C", work, "-c", "user.name=n", "-c", "user.email=n@example.com", ...words], {
      encoding: "utf8",
    });
  execFileSync("git", ["init", "-q", "-b", "main", work]);
  write(work, { ...STARTPROJECT, "data/large.bin": Buffer.alloc(2 ** 20 + 1, "x") });
  git("add", "-A");
  git("commit", "-q", "-m", "first");
  git("tag", "-a", "-m", "t", "v1.0");
  commit = git("rev-parse", "HEAD").trim();
  git("rm", "-q", "manage.py");
  git("commit", "-q", "-m", "second");
  git("clone", "-q", "--bare", work, join(temp, "site.git"));
  execFileSync("git", ["-C", join(temp, "site.git"), "config", "uploadpack.allowFilter", "true"]);
  server = await gitServer(temp);
  origin = server.origin;
});
afterAll(() => {
  server.close();
  rmSync(temp, { recursive: true, force: true });
});

const see = (revision: string, path = "site.git", signal?: AbortSignal) => {
  server.requests.length = 0;
  return seeRepository(
    { git: `${origin}/${path}`, revision },
    ({ paths, read }) => ({ paths, read: read("mysite/wsgi.py"), large: read("data/large.bin") }),
    signal,
  );
};

test("a branch, tag or commit is fetched without its history, and read", needs("git"), async () => {
  const atFirst = {
    kind: "seen",
    value: {
      paths: [
        "data/large.bin",
        "manage.py",
        "mysite/__init__.py",
        "mysite/asgi.py",
        "mysite/settings.py",
        "mysite/urls.py",
        "mysite/wsgi.py",
        "requirements.txt",
      ],
      read: STARTPROJECT["mysite/wsgi.py"],
      large: undefined,
    },
  };
  expect(await see("v1.0")).toEqual(atFirst);
  expect(await see(commit)).toEqual(atFirst);
  const main = await see("main");
  expect(main.kind === "seen" && main.value.paths).toEqual(atFirst.value.paths.filter((path) => path !== "manage.py"));
});

test("a revision or repository that is not there, or is not for everybody, is a problem", needs("git"), async () => {
  expect(await see("v1.1")).toEqual({
    kind: "problem",
    problem: {
      path: "image.app.revision",
      message: `there is no branch, tag or commit v1.1 in ${origin}/site.git`,
      hint: "did you mean v1.0?",
    },
  });
  expect(await see("1".repeat(40))).toMatchObject({ kind: "problem", problem: { path: "image.app.revision" } });
  expect(await see("main", "nothing.git")).toMatchObject({
    kind: "problem",
    problem: { path: "image.app.git", message: `there is no repository ${origin}/nothing.git` },
  });
  // Nobody is asked for a name, and no helper.
  const before = { ...process.env };
  Object.assign(process.env, {
    GIT_ASKPASS: "echo",
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "credential.helper",
    GIT_CONFIG_VALUE_0: "!echo username=u; echo password=p",
  });
  try {
    expect(await see("main", "private/site.git")).toMatchObject({
      kind: "problem",
      problem: { path: "image.app.git", message: expect.stringContaining("wants a login") },
    });
  } finally {
    for (const name of ["GIT_ASKPASS", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"]) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
  expect(server.requests).toHaveLength(1);
});

test("what cannot be seen from here says why", needs("git"), async () => {
  expect(await see(commit.slice(0, 8))).toMatchObject({
    kind: "unseen",
    why: expect.stringContaining("all 40 characters"),
  });
  const closed = { git: "http://127.0.0.1:1/site.git", revision: "main" };
  expect(await seeRepository(closed, () => {}, undefined)).toMatchObject({
    kind: "unseen",
    why: expect.stringContaining("unable to access"),
  });
  const { PATH } = process.env;
  process.env.PATH = "/nowhere";
  try {
    expect(await see("main")).toEqual({ kind: "unseen", why: "there is no git on this machine" });
  } finally {
    process.env.PATH = PATH;
  }
  const interrupted = new AbortController();
  const waiting = see("main", "slow.git", interrupted.signal);
  const reason = new Error("interrupted");
  server.slow.once("asked", () => interrupted.abort(reason));
  await expect(waiting).rejects.toBe(reason);
});
