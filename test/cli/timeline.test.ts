/** `--timeline`, as it is typed. */

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { at, folder, folderThatIsUp } from "./folder.ts";

test("up draws what was done when, with its calls, also when it fails; history draws it again; so does down", async () => {
  const on = folder({});
  expect((await on.rehearse("sandbox fail database database1")).code).toBe(0);
  const failed = await on.rehearse("up --yes --timeline failed.html");
  expect(failed.code).toBe(1);
  expect(on.read("failed.html")).toMatch(/<p class="verdict failed">Failed: .*database1/);
  expect((await on.rehearse("sandbox mend")).code).toBe(0);

  const { code, stderr } = await on.rehearse("up --yes --timeline up.html");
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  const page = on.read("up.html");
  const path = page.slice(page.indexOf("The critical path"), page.indexOf("</table>"));
  const chain = [...path.matchAll(/<th scope="row">([^<]+)/g)].map((match) => match[1]);
  expect(chain.slice(0, 2)).toEqual(["database1", "database1-replica"]);
  expect(page).toMatch(/<td>rds:CreateDBInstanceReadReplica<\/td><td class="n">1</);
  expect(page).toMatch(/<g class="hot"><title>rds:replica database1-replica: created in 8m.*calls/);
  // The builder of the image is made, and later removed again: two bars.
  expect(on.read("failed.html").match(/<title>ec2:image-builder /g)?.length).toBeGreaterThan(0);

  const drawn = await on.run("history 2 --sandbox --timeline again.svg");
  expect(drawn).toMatchObject({ code: 0, stdout: "The timeline of run 2 is in again.svg.\n" });
  const again = on.read("again.svg");
  const hot = (text: string) =>
    [...(text.split('class="gantt narrow"')[0]?.matchAll(/<g class="hot"><title>(\S+ \S+):/g) ?? [])].map(
      (match) => match[1],
    );
  // The history keeps whole seconds: what ends in the last one may be another.
  expect(hot(again).slice(0, 2)).toEqual(hot(page).slice(0, 2));
  expect(again).not.toContain("calling");

  const line = JSON.parse(on.read("buddyverse.sandbox.json.history.jsonl").split("\n")[1] ?? "");
  for (const change of line.changes) delete change.from;
  writeFileSync(join(on.path, "buddyverse.sandbox.json.history.jsonl"), `${JSON.stringify(line)}\n`);
  expect(await on.run("history 2 --sandbox --timeline old.svg")).toMatchObject({ code: 1 });
  expect(on.files()).not.toContain("old.svg");

  expect((await on.rehearse("down --yes --discard-data --timeline down.svg")).code).toBe(0);
  expect(on.read("down.svg")).toMatch(/What took the time, one after the other: .*Buddy-Project \d+/);
});

test("what only prepares a down is measured by its own usual time, not by how long its object takes to be made", async () => {
  const path = await folderThatIsUp();
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const { code, stdout } = await at(path).rehearse("down --yes --json-lines");
  expect(code).toBe(0);
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const usual = lines
    .filter(({ type, action }) => type === "resource.started" && ["stop", "copy"].includes(action))
    .map(({ action, name, usual: seconds }) => [action, name, seconds]);
  expect(usual.sort()).toEqual([
    ["copy", "Buddy-EFS", 240],
    ["copy", "database1", 120],
    ["stop", "Buddy-AutoScaling-Group", 150],
  ]);
});
