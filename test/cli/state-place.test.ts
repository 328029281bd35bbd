import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folder } from "./folder.ts";

/** A command that an error names, as it is typed. */
const named = (text: string, command: string): string => {
  const [, line] = new RegExp(`\`buddyverse (${command} [^\`]*)\``).exec(text) ?? [];
  if (line === undefined) throw new Error(`no ${command} in ${text}`);
  return line;
};

test("a state moves into a bucket that is not there yet by the commands that the errors name", async () => {
  const on = folder();
  expect((await on.rehearse("up --yes --quiet --step vpc")).code).toBe(0);
  const none = await on.rehearse("state move s3://mine/k.json");
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("there is no bucket mine")]);
  const init = named(none.stderr, "state init");
  expect(init).toContain("s3://mine");
  expect((await on.run(`${init} --sandbox-speed max`)).stdout).toContain("Made the bucket mine");
  const moved = await on.rehearse("state move s3://mine/k.json");
  expect(moved.stdout).toMatch(/^Moved the state \(1 object\) from .* to s3:\/\/mine\/k\.json\./);
  // As after one that was killed before it could say so.
  const again = await on.rehearse("state move s3://mine/k.json");
  expect([again.code, again.stderr]).toEqual([
    2,
    expect.stringMatching(
      /it is at s3:\/\/mine\/k\.json already[\s\S]*Nothing was changed\.[\s\S]*"state": \{ "bucket": "mine", "key": "k\.json" \}/,
    ),
  ]);
});

test("state init makes the bucket of --state; a bucket alone means the usual key in it", async () => {
  const on = folder();
  expect((await on.rehearse("state init --state s3://mine/k.json")).stdout).toMatch(
    /Made the bucket mine[\s\S]*"state": \{ "bucket": "mine", "key": "k\.json" \}/,
  );
  expect((await on.rehearse("state init s3://mine")).stdout).toMatch(
    /The bucket is there: mine[\s\S]*"state": \{ "bucket": "mine" \}/,
  );
  expect((await on.rehearse("up --yes --quiet --step vpc --state s3://mine")).code).toBe(0);
  expect((await on.rehearse("state --state s3://mine/buddyverse.state.json")).stdout).toMatch(/^Objects +1$/m);
});

test("no state moves into a bucket that could lose it", async () => {
  const on = folder();
  expect((await on.rehearse("up --yes --quiet --step vpc")).code).toBe(0);
  expect((await on.rehearse("state init s3://mine")).code).toBe(0);
  const world = JSON.parse(on.read("buddyverse.sandbox.json"));
  const text = JSON.stringify(world).replaceAll('"versioning":"Enabled"', '"versioning":"Suspended"');
  expect(text).not.toBe(JSON.stringify(world));
  writeFileSync(join(on.path, "buddyverse.sandbox.json"), text);
  const refused = await on.rehearse("state move s3://mine/k.json");
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining("no state is begun in the bucket mine: versioning is off"),
  ]);
  expect((await on.run(`${named(refused.stderr, "state init")} --sandbox-speed max`)).code).toBe(0);
  expect((await on.rehearse("state move s3://mine/k.json")).code).toBe(0);
});

test("a move that was cut off after the copy goes on, both ways; over another state nothing is written", async () => {
  const on = folder();
  expect((await on.rehearse("state init s3://mine")).code).toBe(0);
  expect((await on.rehearse("up --yes --quiet --step vpc")).code).toBe(0);
  expect((await on.rehearse("state move s3://mine")).code).toBe(0);
  // The next one was killed when the file was there, and the object, too.
  const pulled = await on.rehearse("state pull --state s3://mine");
  const sandbox = join(on.path, "buddyverse.sandbox.json");
  const world = JSON.parse(readFileSync(sandbox, "utf8"));
  const both = (state: object) => writeFileSync(sandbox, JSON.stringify({ ...world, state }));
  both({ ...JSON.parse(pulled.stdout), serial: 900 });
  const other = await on.rehearse("state move buddyverse.state.json --state s3://mine");
  expect(other.stderr).toMatch(/there is a state at .* already/);
  both(JSON.parse(pulled.stdout));
  const back = await on.rehearse("state move buddyverse.state.json --state s3://mine");
  expect([back.code, back.stderr]).toEqual([0, ""]);
  expect((await on.rehearse("state --state s3://mine")).stdout).toContain("none at s3://mine/buddyverse.state.json");
});
