import { join } from "node:path";
import { expect, test } from "vitest";
import { type Layout, manage, STARTPROJECT, write, wsgi } from "../app/projects.ts";
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
  const doctor = await on.rehearse("doctor");
  expect(doctor).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/ ✖ {2}application +app\.directory: there are two manage\.py/),
  });
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
