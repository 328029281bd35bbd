import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { STARTPROJECT, write } from "../app/projects.ts";
import { folder } from "./folder.ts";

const asked = vi.hoisted(() => ({ answers: {} as Record<string, string[]>, questions: [] as string[] }));
vi.mock("../../src/cli/ask.ts", () => ({
  canAsk: () => true,
  requireConsent: () => {},
  ask: async (question: string) => {
    asked.questions.push(question);
    const [key] = Object.keys(asked.answers).filter((words) => question.includes(words));
    return (key && asked.answers[key]?.shift()) ?? "";
  },
}));

const disk = vi.hoisted(() => ({ isFull: false }));
vi.mock("node:fs", async (actual) => {
  const fs = await actual<typeof import("node:fs")>();
  return {
    ...fs,
    writeFileSync: (...given: Parameters<typeof fs.writeFileSync>) => {
      if (!disk.isFull) return fs.writeFileSync(...given);
      fs.writeFileSync(given[0], "", given[2]);
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    },
  };
});

test("a config that a full disk cut off is not left behind", async () => {
  const on = folder(null);
  disk.isFull = true;
  const { code, stderr } = await on.run("init --yes");
  disk.isFull = false;
  expect({ code, files: on.files() }).toEqual({ code: 2, files: [] });
  expect(stderr).toContain("ENOSPC");
});

test("init asks for the application until it can be sent, and writes what it found", async () => {
  const on = folder(null);
  write(join(on.path, "shop/backend"), STARTPROJECT);
  asked.answers = { "The Django application": ["shp", "shop"] };
  const { code, stdout, stderr } = await on.run("init");
  expect(code).toBe(0);
  expect(stderr).toContain(
    `${join(on.path, "shp")} is not there (Name the folder with the Django project, relative to the config file.)\n`,
  );
  expect(stderr).toMatch(/The whole stack in an ordinary month: instance at least \$\d+, gateway at least \$\d+\.\n/);
  expect(stdout).toMatch(
    /^Wrote buddyverse\.config\.json:\n\n.+\n {2}application {2}mysite\.wsgi in backend, settings mysite\.settings, installs backend\/requirements\.txt,\s+each release/,
  );
  expect(stdout).toContain("  site         http at the load balancer's name");
  expect(stdout).toMatch(/\nPlan: \d+ to create\. About 16 min, at least \$\d+ a month\./);
  expect(JSON.parse(on.read("buddyverse.config.json"))).toMatchObject({
    image: { app: { folder: "shop" } },
    app: {
      directory: "backend",
      wsgi: "mysite.wsgi",
      settings: "mysite.settings",
      requirements: "backend/requirements.txt",
      release: null,
    },
  });
  expect((await on.run("plan --offline")).code).toBe(0);
});

test("the domain's answers say what they lead to", async () => {
  const on = folder(null);
  asked.answers = { "Domain of the site": ["play.example.com"], "hosted zone": ["create"], "E-mail": ["a@b.example"] };
  const { stdout, stderr } = await on.run("init");
  expect(stderr).toContain("create: up makes it, and waits until you have had the registrar name its name servers");
  expect(stdout.replace(/\s+/g, " ")).toContain(
    "https://play.example.com/ and www.play.example.com; up makes the hosted zone",
  );
  expect(stdout).toContain("mailed to a@b.example");
});

test("where it stands in a project it proposes that, takes it with --yes, and says what has to be corrected", async () => {
  const on = folder(null);
  write(on.path, { ...STARTPROJECT, "runtime.txt": "python-3.12.1" });
  const { code, stdout } = await on.run("init --yes");
  expect(code).toBe(0);
  expect(JSON.parse(on.read("buddyverse.config.json"))).toMatchObject({
    image: { app: { folder: "." } },
    app: { directory: null },
  });
  expect(stdout).toContain(
    "\nimage.base: runtime.txt wants Python 3.12.1, and the Python of ubuntu-22.04 is 3.10\n    → set image.base to",
  );
  expect(stdout).toContain("Next: correct that, which buddyverse plan also says.");
  asked.questions.length = 0;
  await on.run("init --config other.json");
  expect(asked.questions[1]).toBe(
    "The Django application: its folder, the https address of its git repository, or none? [.] ",
  );
});
