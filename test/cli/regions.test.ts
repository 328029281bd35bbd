/** `--region`, and configs for other regions. */
import { expect, test } from "vitest";
import { folder } from "./folder.ts";

const zonesIn = (stdout: string): readonly string[] =>
  [...new Set(stdout.match(/[a-z]{2}(?:-[a-z]+)+-\d[a-z]\b/g))].sort();

test("init --region writes that region with its zones, and a stack named after the file; the commands it names work", async () => {
  const on = folder(null);
  const { code, stdout } = await on.run("init --yes --region eu-central-1 --config eu.config.json");
  expect(code).toBe(0);
  expect(JSON.parse(on.read("eu.config.json"))).toMatchObject({
    stack: "eu",
    region: "eu-central-1",
    zones: ["eu-central-1a", "eu-central-1c"],
  });
  const next = /or buddyverse (plan [^.]*\.config\.json)\.$/m.exec(stdout)?.[1];
  expect(next).toBe("plan --config eu.config.json");
  const plan = await on.run(`${next} --offline`);
  expect(plan.code, plan.stderr).toBe(0);
  expect(plan.stdout).toContain("eu-central-1a");

  expect((await on.run("init --yes --region us-gov-west-1 --config gov.config.json")).code).toBe(0);
  expect(JSON.parse(on.read("gov.config.json"))).toMatchObject({ region: "us-gov-west-1", domain: null });
  const wrong = await on.run("init --yes --region Seoul --config no.config.json");
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('"Seoul" is not a region') });
  expect(on.files()).not.toContain("no.config.json");
});

test("--region over a config brings its zones: the other region's own, or those of the same letters", async () => {
  const on = folder({ zones: ["ap-northeast-2a", "ap-northeast-2c"] });
  const us = await on.run("plan --offline --region us-west-1");
  expect(us.code, us.stderr).toBe(0);
  expect(zonesIn(us.stdout)).toEqual(["us-west-1a", "us-west-1b"]);
  on.configure({ zones: ["ap-northeast-2b", "ap-northeast-2d"] });
  expect(zonesIn((await on.run("plan --offline --region eu-central-1")).stdout)).toEqual([
    "eu-central-1b",
    "eu-central-1d",
  ]);
  on.configure({ region: "ap-northeast-1", zones: ["ap-northeast-2b", "ap-northeast-1c"] });
  const wrong = await on.run("plan --offline --region eu-central-1");
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('"ap-northeast-2b" is not a zone of eu-central-1');

  on.configure({ zones: ["ap-northeast-2a", "ap-northeast-2c"] });
  const doctor = await on.rehearse("plan --region eu-west-1");
  expect(doctor.code, doctor.stderr).toBe(0);
  expect(doctor.stderr + doctor.stdout).toContain("In eu-west-1 the zones are eu-west-1a, eu-west-1c.");
});

test("cost --region: what has no price there is unknown, and is not 0", async () => {
  const on = folder({ zones: ["ap-northeast-2a", "ap-northeast-2c"] });
  const { code, stdout } = await on.run("cost --region eu-central-1");
  expect(code).toBe(0);
  expect(stdout).toMatch(/unknown/);
  expect(JSON.parse((await on.run("cost --region eu-central-1 --json")).stdout)).toMatchObject({
    region: "eu-central-1",
  });
});
