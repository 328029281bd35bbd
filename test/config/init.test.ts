import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Answers, initialConfig, QUESTIONS, type QuestionKey, schemaRefFor } from "../../src/config/init.ts";
import { parseConfig } from "../../src/config/load.ts";

const ref = "./buddyverse.config.schema.json";
const read = (answers: Answers) => parseConfig(initialConfig(answers, ref), "x.json");

function ask(key: QuestionKey) {
  const question = QUESTIONS.find((one) => one.key === key);
  if (question === undefined) throw new Error(`no question ${key}`);
  return question;
}

describe("initialConfig", () => {
  test("without answers: every key with its default, $schema first", () => {
    const config = initialConfig({}, ref);
    expect(Object.keys(config)[0]).toBe("$schema");
    expect(JSON.stringify(config)).toBe(JSON.stringify({ $schema: ref, ...parseConfig({}, "x.json") }));
  });

  test("the defaults of all questions, answered as typed, give the same", () => {
    const answers: Partial<Record<QuestionKey, string>> = {};
    for (const question of QUESTIONS) {
      answers[question.key] = question.default(answers);
      expect(question.validate(question.default(answers), answers)).toBeUndefined();
    }
    // Who is asked may own another domain than the config's default.
    expect(answers["domain.name"]).toBe("none");
    expect(initialConfig(answers, ref)).toEqual({ ...initialConfig({}, ref), domain: null });
  });

  test("puts the answers in their places", () => {
    const config = read({
      stack: "shop",
      region: "eu-west-1",
      zones: "eu-west-1b, eu-west-1c",
      "domain.name": "shop.example.com",
      "domain.zone": "create",
      "nat.mode": "gateway",
      "monitoring.email": "ops@example.com",
      "bastion.allowedCidrs": "203.0.113.7/32 198.51.100.0/24",
    });
    expect(config).toMatchObject({
      stack: "shop",
      region: "eu-west-1",
      zones: ["eu-west-1b", "eu-west-1c"],
      domain: { name: "shop.example.com", www: true, zone: "create" },
      nat: { mode: "gateway", instanceType: "t3.micro" },
      monitoring: { email: "ops@example.com" },
      bastion: { allowedCidrs: ["203.0.113.7/32", "198.51.100.0/24"] },
    });
  });

  test("an application is a folder, or a repository with its revision; what was found of it is in app", () => {
    const git = { git: "https://github.com/owner/name.git", revision: "v1" };
    const answers = { "image.app": git.git, "image.app.revision": git.revision };
    expect(parseConfig(initialConfig(answers, ref, { wsgi: "config.wsgi" }), "x.json")).toMatchObject({
      image: { app: git },
      app: { wsgi: "config.wsgi", settings: null },
    });
    expect(read({ "image.app": "./site" }).image.app).toEqual({ folder: "./site" });
    expect(read({ "image.app": "None" }).image.app).toBeNull();
    expect(ask("image.app.revision").applies({ "image.app": "./site" })).toBe(false);
    expect(ask("image.app.revision").applies(answers)).toBe(true);
  });

  test("another region alone brings its zones", () => {
    expect(read({ region: "us-east-1" }).zones).toEqual(["us-east-1a", "us-east-1c"]);
    expect(ask("zones").default({ region: "us-west-1" })).toBe("us-west-1a, us-west-1b");
  });

  test("three zones bring a third row of subnets", () => {
    const { network } = read({ zones: "ap-northeast-2a,ap-northeast-2b,ap-northeast-2c" });
    expect(network.web).toEqual(["172.31.11.0/24", "172.31.21.0/24", "172.31.31.0/24"]);
    expect(network.public).toHaveLength(3);
    expect(network.db).toHaveLength(3);
  });

  test("none means no domain and no mail", () => {
    expect(read({ "domain.name": "none", "monitoring.email": "None" })).toMatchObject({
      domain: null,
      monitoring: { email: null },
    });
    expect(ask("domain.zone").applies({ "domain.name": "none" })).toBe(false);
    expect(ask("domain.zone").applies({})).toBe(true);
  });
});

test.each<[QuestionKey, string, Answers, RegExp]>([
  ["stack", "My Shop", {}, /is not a stack name.*such as "my-shop"/],
  ["region", "seoul", {}, /is not a region/],
  ["image.app", "http://github.com/owner/name.git", {}, /https/],
  ["image.app", "git@github.com:owner/name.git", {}, /https:\/\/github.com\/owner\/name/],
  ["image.app.revision", "a b", { "image.app": "https://github.com/owner/name" }, /is not a branch, tag or commit/],
  ["zones", "ap-northeast-2a, us-east-1a", {}, /"us-east-1a" is not a zone of ap-northeast-2/],
  ["zones", "ap-northeast-2a ap-northeast-2c", { region: "us-east-1" }, /is not a zone of us-east-1/],
  ["zones", "ap-northeast-2a", {}, /needs two zones/],
  ["domain.name", "https://shop.example.com", {}, /write "shop.example.com"/],
  ["domain.zone", "yes", {}, /"existing" or "create"/],
  ["nat.mode", "cheap", {}, /"instance" or "gateway"/],
  ["monitoring.email", "ops", {}, /is not an e-mail address/],
  ["bastion.allowedCidrs", "my-ip, 203.0.113.7", {}, /write 203.0.113.7\/32/],
])("%s refuses %j", (key, answer, soFar, message) => {
  expect(ask(key).validate(answer, soFar)).toMatch(message);
});

test("a wrong earlier answer is not blamed on a later one", () => {
  expect(ask("nat.mode").validate("gateway", { stack: "!!" })).toBeUndefined();
});

describe("schemaRefFor", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "buddyverse-init-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("names the installed package's own", () => {
    mkdirSync(join(folder, "node_modules/buddyverse"), { recursive: true });
    writeFileSync(join(folder, "node_modules/buddyverse/buddyverse.config.schema.json"), "{}");
    expect(schemaRefFor(folder)).toEqual({ ref: "./node_modules/buddyverse/buddyverse.config.schema.json" });
  });

  test("else asks for a copy beside the config, once", () => {
    const copyTo = join(folder, "buddyverse.config.schema.json");
    expect(schemaRefFor(folder)).toEqual({ ref, copyTo });
    writeFileSync(copyTo, "{}");
    expect(schemaRefFor(folder)).toEqual({ ref });
  });
});
