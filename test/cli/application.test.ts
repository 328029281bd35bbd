import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { gitServer } from "../app/git-server.ts";
import { type Layout, manage, STARTPROJECT, write, wsgi } from "../app/projects.ts";
import { needs } from "../tools.ts";
import { folder } from "./folder.ts";

const withProject = (layout: Layout) => {
  const on = folder({ image: { app: { folder: "site" } }, domain: null });
  write(join(on.path, "site"), layout);
  return on;
};

test("what would fail in the image is said before anything is sent, with the key to set; then what was found", async () => {
  const on = withProject({
    ...STARTPROJECT,
    ".gitignore": "*.log\n",
    "site.log": "",
    ".env": "",
    "runtime.txt": "python-3.12\n",
    "old/manage.py": manage("old"),
    "old/old/wsgi.py": wsgi("old"),
  });
  for (const line of ["plan --offline", "plan --trace trace.jsonl", "up --yes --trace trace.jsonl"]) {
    const { code, stderr, stdout } = await on.rehearse(line);
    expect({ line, code, stdout }).toEqual({ line, code: 2, stdout: "" });
    expect(stderr).toBe(`error: The application would not run on the instances as it is:
  app.directory: there are two manage.py: manage.py and old/manage.py
      → name the folder of the one that is meant: { "app": { "directory": "old" } }; or name the WSGI entry, in app.wsgi
  to do  Correct it or the config, then run the command again; nothing was sent to AWS. Not sent: .env; by .gitignore site.log.
`);
  }
  expect(on.trace()).toEqual([]);
  // It looks at what stands: nothing does.
  expect(await on.rehearse("status")).toMatchObject({ code: 3, stderr: "" });

  const app = { wsgi: "mysite.wsgi" };
  on.configure({ image: { app: { folder: "site" } }, domain: null, app });
  expect((await on.run("plan --offline")).stderr).toContain(
    "image.base: runtime.txt wants Python 3.12, and the Python of ubuntu-22.04 is 3.10",
  );
  on.configure({ image: { base: "ubuntu-24.04", app: { folder: "site" } }, domain: null, app });
  const found =
    "mysite.wsgi, settings mysite.settings, installs requirements.txt, each release runs: python manage.py migrate --noinput";
  const planned = await on.rehearse("plan");
  expect(planned).toMatchObject({ code: 0, stdout: expect.stringContaining(`\napplication: ${found}\n`) });
  expect((await on.rehearse("doctor")).stdout.split("\n").filter((line) => line.includes("application  "))).toEqual([
    expect.stringContaining(found),
  ]);
});

test("a repository is looked at before an image is made of it, and not again", needs("git"), async () => {
  const app = (revision: string) => ({
    image: { app: { git: "https://git.example.com/site.git", revision } },
    domain: null,
  });
  const on = folder(app("main"));
  const work = join(on.path, "work");
  const git = (...words: readonly string[]) =>
    execFileSync("git", ["-c", "user.name=n", "-c", "user.email=n@example.com", ...words]);
  git("init", "-q", "-b", "main", work);
  write(work, { ...STARTPROJECT, Procfile: "release: ./release.sh\n" });
  git("-C", work, "add", "-A");
  git("-C", work, "commit", "-q", "-m", "first");
  git("clone", "-q", "--bare", work, join(on.path, "site.git"));
  const server = await gitServer(on.path);
  onTestFinished(() => server.close());
  // git.example.com is here.
  const here = {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `url.${server.origin}/.insteadOf`,
    GIT_CONFIG_VALUE_0: "https://git.example.com/",
  };
  const rehearse = (line: string) => on.run(`${line} --sandbox --sandbox-speed max`, here);

  on.configure(app("mian"));
  expect(await rehearse("plan")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      "image.app.revision: there is no branch, tag or commit mian in https://git.example.com/site.git\n      → did you mean main?",
    ),
  });
  on.configure(app("main"));
  const found =
    "\napplication: mysite.wsgi:application, settings mysite.settings, installs requirements.txt, each release runs: ./release.sh\n";
  expect((await rehearse("up --yes --step vpc")).stderr).toContain(found);
  server.requests.length = 0;
  expect((await rehearse("plan --step vpc")).stdout).toContain(found);
  expect(server.requests).toEqual([]);
  server.close();
  expect((await rehearse("plan --step vpc --refresh-image")).stdout).toContain(
    "image.app.git: not looked at: unable to access",
  );
});
