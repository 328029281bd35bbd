/** `secret set`, `list` and `rm`, as they are typed, and what `up`, `doctor` and `down` make of secrets. */
import {
  DeleteParameterCommand,
  GetParametersCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
} from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { inSandboxOf } from "../stranger.ts";
import { type Folder, folder, writesIn } from "./folder.ts";

const CANARY = "sk_live_CANARY";
/** A stack with an application that reads these. */
const reading = (...secrets: readonly string[]) => ({
  domain: null,
  image: { app: { git: "https://example.com/site.git", revision: "v1" } },
  app: { secrets: [...secrets] },
});
const PATH = "/buddyverse/buddyverse/app/";

async function valuesIn(on: Folder, ...names: string[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  await inSandboxOf(on.path, async ({ ssm }, clock) => {
    // Longer than reads lag.
    await clock.sleep(5_000);
    const Names = names.map((name) => PATH + name);
    const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names, WithDecryption: true }));
    for (const { Name = "", Value = "" } of Parameters) found[Name.slice(PATH.length)] = Value;
  });
  return found;
}
const later = (on: Folder) => inSandboxOf(on.path, async (_, clock) => clock.sleep(60_000));

test("a value from standard input is kept before there is a stack, and shown nowhere; another one takes its place", async () => {
  const on = folder(reading("STRIPE_KEY"));
  const made = await on.rehearse("secret set STRIPE_KEY --trace trace.jsonl", `${CANARY}\n`);
  expect(made, made.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("STRIPE_KEY has a value") });
  expect(await valuesIn(on, "STRIPE_KEY")).toEqual({ STRIPE_KEY: CANARY });
  await inSandboxOf(on.path, async ({ ssm }) => {
    const { TagList } = await ssm.send(
      new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: `${PATH}STRIPE_KEY` }),
    );
    expect(TagList).toContainEqual({ Key: "buddyverse:stack", Value: "buddyverse" });
  });
  const changed = await on.rehearse("secret set STRIPE_KEY --json", `${CANARY} 2\r\n`);
  expect(JSON.parse(changed.stdout)).toMatchObject({ secret: "STRIPE_KEY", outcome: "changed", named: true });
  expect(await valuesIn(on, "STRIPE_KEY")).toEqual({ STRIPE_KEY: `${CANARY} 2` });
  const written = [made, changed].map(({ stdout, stderr }) => stdout + stderr).join("") + JSON.stringify(on.trace());
  expect(written).toContain('"Value":"***"');
  expect(written).not.toContain("CANARY");
});

test("of a value only one line break at its end goes: what is in it stays", async () => {
  const on = folder();
  const pem = "-----BEGIN KEY-----\n  ünïcode \n\n";
  expect((await on.rehearse("secret set PEM", pem)).code).toBe(0);
  expect(await valuesIn(on, "PEM")).toEqual({ PEM: pem.slice(0, -1) });
});

test.each([
  ["nothing", "", "the value is empty"],
  ["an empty line", "\n", "the value is empty"],
  ["more than Parameter Store takes", "x".repeat(4_097), "the value has 4097 bytes: Parameter Store takes 4096"],
  ["a NUL", "CANARY\0", "holds a NUL character"],
  ["what Parameter Store takes for a reference", "CANARY {{a}}", "holds {{…}}"],
  ["no text", Buffer.from([0x43, 0xff, 0xfe]), "is not text in UTF-8"],
])("%s is refused before anything is sent, and not quoted", async (_name, value, complaint) => {
  const on = folder();
  const { code, stdout, stderr } = await on.rehearse("secret set KEY --trace trace.jsonl", value);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(complaint);
  expect(stderr).not.toMatch(/CANARY|xxx/);
  expect(on.trace()).toEqual([]);
});

test("the largest value that Parameter Store takes is kept", async () => {
  expect((await folder().rehearse("secret set KEY", "x".repeat(4_096))).code).toBe(0);
});

test.each([["STRIPE_KEY=CANARY"], ["1CANARY"], ["BUDDYVERSE_CANARY"], ["CANARY-KEY"], [""]])(
  "%j is no name of a secret, and is not said: it may be a value",
  async (name) => {
    const { code, stdout, stderr } = await folder().rehearse(
      name ? `secret set ${name} --json` : "secret set --json",
      "x",
    );
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain("CANARY");
  },
);

test("what is not this stack's by its tags is not written over, nor removed", async () => {
  const on = folder();
  await on.rehearse("secret set OTHER", "x");
  await inSandboxOf(on.path, async ({ ssm }, clock) => {
    await ssm.send(new PutParameterCommand({ Name: `${PATH}KEY`, Type: "SecureString", Value: "theirs" }));
    await clock.sleep(60_000);
  });
  const set = await on.rehearse("secret set KEY --trace trace.jsonl", CANARY);
  const removed = await on.rehearse("secret rm KEY --yes --trace rm.jsonl");
  for (const { code, stderr } of [set, removed]) {
    expect(code).toBe(1);
    expect(stderr).toContain(`parameter ${PATH}KEY exists already and does not belong to stack "buddyverse"`);
  }
  expect([...writesIn(on.trace()), ...writesIn(on.trace("rm.jsonl"))]).toEqual([]);
  expect(await valuesIn(on, "KEY")).toEqual({ KEY: "theirs" });
});

test("a name that was deleted a moment ago is waited for", async () => {
  const on = folder();
  await on.rehearse("secret set KEY", "one");
  await inSandboxOf(on.path, async ({ ssm }, clock) => {
    await clock.sleep(60_000);
    await ssm.send(new DeleteParameterCommand({ Name: `${PATH}KEY` }));
  });
  const { code, stderr } = await on.rehearse("secret set KEY", "two");
  expect(code, stderr).toBe(0);
  expect(await valuesIn(on, "KEY")).toEqual({ KEY: "two" });
});

test("set again and again while calls and answers are lost, it ends with the value", async () => {
  const on = folder();
  for (const seed of [1, 2, 3, 4]) {
    const chaos = `--chaos throttle=0.2,lose-answer=0.3,lose-call=0.2,seed=${seed}`;
    const { code, stderr } = await on.rehearse(`secret set KEY${seed} ${chaos}`, "value");
    expect(code, stderr).toBe(0);
    expect(await valuesIn(on, `KEY${seed}`)).toEqual({ [`KEY${seed}`]: "value" });
  }
});

test("list says what is set and since when, what is missing, and what the config does not name", async () => {
  const on = folder(reading("A_KEY", "B_KEY"));
  await on.rehearse("secret set B_KEY", CANARY);
  await on.rehearse("secret set OTHER", CANARY);
  // Also right after it was set: reads lag behind writes.
  const { code, stdout } = await on.rehearse("secret list");
  expect(code).toBe(0);
  expect(stdout).toContain("A_KEY  missing: buddyverse secret set A_KEY --sandbox");
  expect(stdout).toMatch(/B_KEY {2}set \d{4}-\d\d-\d\d \d\d:\d\d UTC, .* ago\n/);
  expect(stdout).toMatch(/OTHER {2}set .* ago · app.secrets does not name it/);
  const { secrets } = JSON.parse((await on.rehearse("secret list --json")).stdout);
  expect(secrets).toEqual([
    { name: "A_KEY", set: false, named: true },
    { name: "B_KEY", set: true, named: true, changedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
    { name: "OTHER", set: true, named: false, changedAt: expect.any(String) },
  ]);
});

test("the built-in page reads no secrets: plan does not ask for them, and set says so", async () => {
  const on = folder({ domain: null, app: { secrets: ["KEY"] } });
  const { code, stdout, stderr } = await on.rehearse("plan");
  expect(code).toBe(0);
  expect(stdout + stderr).toContain("app.secrets: Without effect: image.app is null");
  expect(stdout).not.toContain("blocked");
  expect((await on.rehearse("secret set KEY", "x")).stdout).toContain("No instance reads it: image.app is null");
});

test("rm asks, refuses what the config names, and may be said again", async () => {
  const on = folder(reading("NAMED"));
  await on.rehearse("secret set NAMED", "x");
  await on.rehearse("secret set KEY", "x");
  expect(await on.rehearse("secret rm NAMED --yes")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("app.secrets names NAMED"),
  });
  expect(await on.rehearse("secret rm KEY")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Say --yes: buddyverse secret rm KEY --sandbox --yes"),
  });
  expect(await on.rehearse("secret rm KEY --yes")).toMatchObject({ code: 0, stdout: "KEY is removed.\n" });
  await later(on);
  expect(await on.rehearse("secret rm KEY --yes")).toMatchObject({
    code: 0,
    stdout: "KEY has no value: there is nothing to remove.\n",
  });
  expect(await valuesIn(on, "KEY", "NAMED")).toEqual({ NAMED: "x" });
});

test("up and doctor name all that have no value, with the commands, before anything is changed; then it comes up, and down removes all", async () => {
  const on = folder(reading("A_KEY", "B_KEY"));
  const refused = await on.rehearse("up --yes --trace trace.jsonl");
  expect(refused.code).toBe(2);
  for (const name of ["A_KEY", "B_KEY"]) {
    expect(refused.stderr).toContain(`app.secrets names ${name}, which has no value`);
    expect(refused.stderr).toContain(`buddyverse secret set ${name} --sandbox`);
  }
  expect(writesIn(on.trace())).toEqual([]);
  const examined = await on.rehearse("doctor");
  expect(examined.code).toBe(1);
  expect(examined.stdout).toMatch(
    /✖ {2}secret .*app.secrets names A_KEY, which has no value\n.*buddyverse secret set A_KEY/,
  );

  for (const name of ["A_KEY", "B_KEY", "EARLIER"]) await on.rehearse(`secret set ${name}`, CANARY);
  const up = await on.rehearse("up --yes");
  expect(up.code, up.stderr).toBe(0);
  expect(await valuesIn(on, "A_KEY", "B_KEY", "EARLIER")).toMatchObject({ EARLIER: CANARY });
  expect((await on.rehearse("plan --detailed-exit-code")).code).toBe(0);
  expect((await on.rehearse("doctor")).code).toBe(0);

  // What the config no longer names stays, as an earlier release reads it; only down removes it.
  on.configure(reading("A_KEY"));
  expect(await on.rehearse("secret rm B_KEY --yes")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("web instances read B_KEY"),
  });
  expect((await on.rehearse("up --yes")).code).toBe(0);
  expect(Object.keys(await valuesIn(on, "A_KEY", "B_KEY", "EARLIER"))).toHaveLength(3);
  expect((await on.rehearse("secret rm B_KEY --yes")).code).toBe(0);
  await later(on);
  expect(await on.rehearse("rollback --yes")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/release 1 reads B_KEY without a value(.|\n)*buddyverse secret set B_KEY --sandbox/),
  });
  await on.rehearse("secret set B_KEY", CANARY);
  const back = await on.rehearse("rollback --yes");
  expect(back.code, back.stderr).toBe(0);
  expect(back.stderr).toContain("! Besides the image: app.secrets (B_KEY).\n");
  expect(back.stderr.replace(/\s+/g, " ")).toContain(
    "! The data stays as release 2 left it: what its `python manage.py migrate --noinput` did is not undone.",
  );
  const down = await on.rehearse("down --yes --discard-data --trace down.jsonl");
  expect(down.code, down.stderr).toBe(0);
  for (const name of ["A_KEY", "EARLIER"]) expect(down.stderr).toContain(`Secret ${name}: its value is deleted`);
  await later(on);
  expect(await valuesIn(on, "A_KEY", "B_KEY", "EARLIER")).toEqual({});
  // Instances read it until they are gone.
  const order = on.trace("down.jsonl").map(({ operation, input }) => `${operation} ${JSON.stringify(input)}`);
  const at = (what: RegExp) => order.findIndex((line) => what.test(line));
  expect(at(/^DeleteParameter .*A_KEY/)).toBeGreaterThan(at(/^DeleteLaunchTemplate/));
});
