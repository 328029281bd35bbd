/** `logs`, as it is typed, on a stack that is up. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folder, folderThatIsUp } from "./folder.ts";

let base: string;
beforeAll(async () => {
  base = await folderThatIsUp();
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

test("what the machines wrote stands by time, with the log and the end of the instance's id; a silent log is named", async () => {
  const on = folder({}, base);
  const { code, stdout, stderr } = await on.rehearse("logs --since 1h");
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(/^Nothing since \d{4}-\S+Z: apache, app and release\.\n$/),
  });
  const lines = stdout.trimEnd().split("\n");
  const times = lines.map((line) => line.slice(0, 20));
  expect([...times].sort()).toEqual(times);
  const shown = lines.map((line) => /^\S+Z (\S+) +([0-9a-f]{6}) (.*)$/.exec(line)?.slice(1) ?? line);
  expect(shown.filter(([log]) => log === "nat")).toHaveLength(2);
  expect(shown.find(([log]) => log === "builder")?.[2]).toBe("BUDDYVERSE-SETUP set up; sealing");
  const boots = shown.filter(([log]) => log === "boot");
  expect(boots.map(([, , message]) => message)).toEqual(
    Array(2).fill("BUDDYVERSE-BOOT READY: EFS is mounted, Apache serves"),
  );

  const end = boots[0]?.[1] as string;
  const one = await on.rehearse(`logs boot --since 1h --instance ${end}`);
  expect(one.stdout.trimEnd().split("\n")).toHaveLength(1);
  const { lines: found } = JSON.parse((await on.rehearse(`logs boot --instance ${end} --json`)).stdout);
  expect(found).toEqual([
    { at: expect.any(String), log: "boot", instance: expect.stringMatching(`^i-.*${end}$`), message: boots[0]?.[2] },
  ]);
  const whole = await on.rehearse(`logs boot nat --instance ${found[0].instance} --grep READY`);
  expect([whole.stdout, whole.stderr]).toEqual([
    one.stdout,
    expect.stringMatching(/^No such line since \S+: nat\.\n$/),
  ]);
});

test("what it cannot do it says before it asks", async () => {
  const on = folder({}, base);
  const { code, stdout } = await on.rehearse("logs --follow --json");
  expect({ code, hint: JSON.parse(stdout).error.hint }).toEqual({
    code: 2,
    hint: expect.stringContaining("--json-lines"),
  });
  for (const [line, says] of [
    ["logs --follow", "--sandbox-speed max"],
    ["logs --since yesterday", '"yesterday" is no time'],
    ["logs mail", "Allowed choices are apache, app, boot, release, builder, nat"],
  ] as const)
    expect(await on.rehearse(line)).toMatchObject({ code: 2, stderr: expect.stringContaining(says) });
});

test("without the log groups it says that they are not there", async () => {
  const { code, stdout, stderr } = await folder({ nat: { mode: "gateway" } }).rehearse("logs app nat");
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: expect.stringContaining("app and nat") });
});
