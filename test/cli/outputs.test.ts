/** What scripts get: names that stay, one value as it is, from the state, without credentials. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Folder, folder, folderThatIsUp } from "./folder.ts";

let base: string;
beforeAll(async () => {
  base = await folderThatIsUp();
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const documentOf = async (on: Folder, line: string) => JSON.parse((await on.rehearse(`${line} --json`)).stdout);

test("from the state: no call is sent, and it is what AWS says", async () => {
  const on = folder({}, base);
  const recorded = await documentOf(on, "outputs --trace trace.jsonl");
  expect(on.read("trace.jsonl")).toBe("");
  const { source, recordedAt, webInstances, ...rest } = recorded;
  expect({ source, webInstances }).toEqual({ source: "state", webInstances: null });
  expect(new Date(recordedAt).toISOString()).toBe(recordedAt);
  expect(await documentOf(on, "outputs --refresh")).toEqual({
    ...rest,
    source: "aws",
    recordedAt: null,
    webInstances: Array(2).fill(
      expect.objectContaining({
        ssh: expect.stringMatching(/^ssh -i .+ ec2-user@[\d.]+' ubuntu@172\.31\.[12]1\.\d+$/),
      }),
    ),
  });
  expect((await on.rehearse("outputs")).stdout).toMatch(
    /\n\nThese are the sandbox's: .*\n\nFrom the state, as of \S+ \S+ UTC; `buddyverse outputs --sandbox --refresh` asks AWS\.\n$/,
  );
});

test("the command for the password is one for the sandbox, which the AWS CLI refuses where it is not served", async () => {
  const { stdout } = await folder({}, base).rehearse("outputs");
  expect(stdout).toMatch(/^Database password\s+aws --endpoint-url SANDBOX ssm get-parameter /m);
});

test("a state file on AWS: without credentials and without a network; one of an older version asks AWS", async () => {
  const on = folder({}, base);
  const { state } = JSON.parse(on.read("buddyverse.sandbox.json"));
  const file = join(on.path, "buddyverse.state.json");
  writeFileSync(file, JSON.stringify(state));
  expect(await on.run("outputs database.port")).toEqual({ code: 0, stdout: "3306\n", stderr: expect.anything() });
  expect((await on.run("outputs site --json")).stdout).toContain('"value": "https://buddyverse.link/"');

  delete state.resources.database.attributes;
  writeFileSync(file, JSON.stringify(state));
  expect(await on.run("outputs site")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("there are no AWS credentials"),
  });
  writeFileSync(file, JSON.stringify({ ...state, resources: {} }));
  expect(await on.run("outputs site")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining("The state says so; `buddyverse outputs --refresh` asks AWS."),
  });
});

test("one value, as it is; a name that is not known is 2 and says which there are, one that is not there is 1", async () => {
  const on = folder({}, base);
  const { database, bastions } = await documentOf(on, "outputs");
  expect(await on.rehearse("outputs database.writer")).toEqual({
    code: 0,
    stdout: `${database.writer}\n`,
    stderr: "",
  });
  expect((await on.rehearse("outputs bastions.1.address")).stdout).toBe(`${bastions[1].address}\n`);
  expect(JSON.parse((await on.rehearse("outputs database")).stdout)).toEqual(database);
  for (const name of ["databse.writer", "constructor", "site.length"]) {
    const { code, stdout, stderr } = await on.rehearse(`outputs ${name}`);
    expect({ name, code, stdout }).toEqual({ name, code: 2, stdout: "" });
    expect(stderr).toContain("There are stack, account, region, site, loadBalancer, database.writer, database.reader,");
    expect(stderr).toContain("bastions.0.address, ");
  }
  expect((await on.rehearse("outputs databse.writer")).stderr).toContain("Did you mean database.writer?");
  expect(await on.rehearse("outputs webInstances")).toMatchObject({ code: 1, stdout: "" });
});

test("an address that has changed is recorded by the next up, though nothing else is to do", async () => {
  const on = folder({}, base);
  const file = join(on.path, "buddyverse.sandbox.json");
  const world = JSON.parse(readFileSync(file, "utf8"));
  const old = world.state.resources["bastion-1"].attributes.publicAddressFound;
  world.state.resources["bastion-1"].attributes.publicAddressFound = "203.0.113.9";
  writeFileSync(file, JSON.stringify(world));
  expect((await on.rehearse("outputs bastions.0.address")).stdout).toBe("203.0.113.9\n");
  expect(await on.rehearse("up --yes")).toMatchObject({ code: 0 });
  expect((await on.rehearse("outputs bastions.0.address")).stdout).toBe(`${old}\n`);
});

test("a state of another stack or region, and a bad one, are refused", async () => {
  const on = folder({}, base);
  writeFileSync(join(on.path, "buddyverse.config.json"), JSON.stringify({ stack: "other" }));
  expect(await on.rehearse("outputs")).toMatchObject({ code: 6, stderr: expect.stringContaining("belongs to stack") });
  writeFileSync(join(on.path, "buddyverse.state.json"), "{}");
  expect(await on.run("outputs site --json")).toMatchObject({ code: 2, stderr: "" });
});
