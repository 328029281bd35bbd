/** `graph`, as it is typed, and what `--timeline` refuses. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { browserFor } from "../../src/cli/browser.ts";
import { folder, folderThatIsUp } from "./folder.ts";

let base: string;
beforeAll(async () => {
  base = await folderThatIsUp();
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const standingsIn = (stdout: string): Record<string, string[]> => {
  const { conditions } = JSON.parse(stdout) as { conditions: Record<string, { standing: string }> };
  const standings: Record<string, string[]> = {};
  for (const [key, { standing }] of Object.entries(conditions))
    standings[standing] = [...(standings[standing] ?? []), key];
  return standings;
};

test("without a state it draws the config; in a pipe that is SVG, and a file's name says what it is", async () => {
  const on = folder({ database: { replica: false } });
  const { code, stdout, stderr } = await on.run("graph");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^<svg .*<\/svg>\n$/s);
  expect(stdout).toContain("As the config describes it.");
  expect(stdout).not.toContain("database1-replica");
  for (const [name, begins] of [
    ["a.html", "<!doctype html>"],
    ["a.SVG", "<svg "],
    ["a.txt", "buddyverse in ap-northeast-2\n"],
  ] as const) {
    expect((await on.run(`graph --output ${name}`)).stdout).toBe(`The picture is in ${name}.\n`);
    expect(on.read(name).startsWith(begins), name).toBe(true);
  }
  expect((await on.run("graph --dependencies")).stdout).toMatch(/^flowchart LR\n/);
  expect((await on.run("graph --dependencies --output b.html")).code).toBe(0);
  expect(on.read("b.html")).toContain("resources in 12 steps");
});

test("what cannot be done is refused before anything is written", async () => {
  const on = folder({});
  const files = on.files();
  for (const [line, says] of [
    ["graph --format mermaid", "--dependencies"],
    ["graph --dependencies --format text", "--format mermaid, svg or html"],
    ["graph --output no/where.svg", "no/where.svg cannot be written"],
    ["graph --output .", ". cannot be written"],
    ["graph --open", "--output FILE.html"],
    ["graph --dependencies --refresh", "cannot be used with"],
    ["up --yes --timeline no/where.html", "no/where.html cannot be written"],
    ["down --yes --timeline up.png", "ends in .html (a page) or .svg"],
    ["history --timeline a.svg", "history NUMBER --timeline FILE.html"],
  ] as const) {
    const { code, stdout, stderr } = await on.run(line);
    expect({ code, stdout }, line).toEqual({ code: 2, stdout: "" });
    expect(stderr, line).toContain(says);
  }
  expect(on.files()).toEqual(files);
  expect(browserFor("linux", { WAYLAND_DISPLAY: "wayland-0" })).toEqual(["xdg-open"]);
  expect(browserFor("darwin", {})).toEqual(["open"]);
  expect(() => browserFor("linux", { DISPLAY: "" })).toThrow("there is no screen");
});

test("with a state it says how all stands without a call: what is made, changes to come, what is not wanted", async () => {
  const on = folder({}, base);
  const same = await on.run("graph --sandbox --json --trace trace.jsonl");
  expect(Object.keys(standingsIn(same.stdout))).toEqual(["recorded"]);
  expect(JSON.parse(same.stdout).extras).toEqual([]);
  on.configure({ database: { replica: false }, web: { max: 6 }, monitoring: { email: "ops@example.com" } });
  const changed = await on.run("graph --sandbox --json --trace trace.jsonl");
  const { missing, "pending-change": pending } = standingsIn(changed.stdout);
  expect(missing).toEqual(["topic", "subscription-ops@example.com"]);
  expect(pending).toContain("auto-scaling-group");
  expect(JSON.parse(changed.stdout).conditions["auto-scaling-group"].why).toBe("max");
  const { extras } = JSON.parse(changed.stdout) as { extras: { key: string; standing: string; id: string }[] };
  expect(extras.find(({ key }) => key === "replica")).toMatchObject({ standing: "extra", id: "database1-replica" });
  expect(on.trace()).toEqual([]);
  const page = await on.run("graph --sandbox --format html");
  expect(page.stdout).toContain("There, and not in the config");
  expect(page.stdout).toMatch(/by the state, as of 20\d\d-.* UTC; AWS was not asked/);
});

test("with --refresh AWS says it", async () => {
  const on = folder({}, base);
  const { code, stdout } = await on.rehearse("graph --refresh --json");
  expect(code).toBe(0);
  expect(Object.keys(standingsIn(stdout))).toEqual(["in-sync"]);
  expect(JSON.parse(stdout).source).toMatch(/^as AWS said at /);
});
