/** That what types say of AWS's answers is so: on whole stacks, whose answers come by the SDK's own names. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GetParametersCommand } from "@aws-sdk/client-ssm";
import { beforeAll, describe, expect, test } from "vitest";
import { eachService } from "../../src/aws/services.ts";
import { classify } from "../../src/engine/baseline.ts";
import { countsOf, coverageOf as coverageOfAll, declaredCoverage } from "../../src/engine/coverage.ts";
import type { AnyType, Coverage, Identified } from "../../src/engine/resource.ts";
import { propertiesOf } from "../../src/lib/properties.ts";
import { coverageView } from "../../src/report/views/coverage.ts";
import { type Stage, stage } from "../lifecycle/stage.ts";
import { stranger } from "../stranger.ts";

/** They are no objects of their own, or go with the run that makes them. */
const PARTS: Readonly<Record<string, string>> = {
  "acm:issued-certificate": "a state of the certificate",
  "ec2:image-builder": "gone when the image is there",
  "ec2:snapshot": "found only where it was left behind",
  "ssm:release-report": "the instances write it",
};

/** Names of the stack's secrets, by its state. */
const secrets = (text: string): string[] =>
  Object.values((JSON.parse(text) as { resources: Record<string, { type: string; id: string }> }).resources).flatMap(
    ({ type, id }) => (type === "ssm:generated-secret" ? [id] : []),
  );

const coverageOf = ({ coverage }: AnyType) => coverage as Coverage<Record<string, unknown>>;
const all = eachService.flatMap((service) => service.types.map((type) => ({ service, type })));
const covered = all.filter(({ type }) => type.coverage);

test("each type says whose its properties are, but for what is only looked up or a part of another", () => {
  const without = all.filter(({ type }) => !type.coverage && !type.external).map(({ type }) => type.name);
  expect(without.sort()).toEqual(Object.keys(PARTS));
});

test("docs/internals/coverage.md has what each type says of AWS's answers", () => {
  const doc = join(import.meta.dirname, "../../docs/internals/coverage.md");
  const cell = (texts: readonly string[]) => texts.join("; ").replaceAll("|", "\\|");
  const rows = declaredCoverage(all.map(({ type }) => type)).map(
    ({ object, managed, ignored, unshown }) =>
      `| \`${object}\` | ${[managed, ignored, unshown].map(cell).join(" | ")} |`,
  );
  const isRow = (line: string) => /^\| `/.test(line);
  const lines = readFileSync(doc, "utf8").split("\n");
  // After a change of a type's `coverage`: WRITE_DOCS=1 npx vitest run test/aws/coverage.test.ts
  if (process.env.WRITE_DOCS) {
    const rest = lines
      .filter((line) => !isRow(line))
      .join("\n")
      .trimEnd();
    writeFileSync(doc, `${rest}\n${rows.join("\n")}\n`);
  }
  expect(readFileSync(doc, "utf8").split("\n").filter(isRow)).toEqual(rows);
});

test("what AWS does not show, and what nobody watches, has its reason", () => {
  for (const { type } of covered) {
    const { covers, ignores = {}, unshown = {} } = coverageOf(type);
    const hidden = Object.keys(covers).filter((field) => covers[field] === "unshown");
    expect(
      hidden.filter((field) => unshown[field] === undefined),
      type.name,
    ).toEqual([]);
    for (const reason of [...Object.values(ignores), ...Object.values(unshown)])
      expect(reason, type.name).toMatch(/^\S.{5,}[^.]$/);
  }
});

test("each name in a path is one of the service's own in the SDK", () => {
  for (const { service, type } of covered) {
    const folder = join(import.meta.dirname, `../../node_modules/@aws-sdk/client-${service.package}/dist-es`);
    const words = new Set(readFileSync(join(folder, "schemas/schemas_0.js"), "utf8").match(/(?<=")\w+(?=")/g));
    const { covers, ignores = {}, dangers = [] } = coverageOf(type);
    const paths = [
      ...Object.values(covers).flatMap((one) => (typeof one === "string" ? [] : one)),
      ...Object.keys(ignores),
      ...dangers.flatMap(({ at }) => at).filter((path) => !(path in covers)),
    ];
    const unknown = paths.filter((path) =>
      path
        .replace(/\[[^\]]*\]/g, "")
        .split(".")
        .some((name) => !words.has(name)),
    );
    expect(unknown, type.name).toEqual([]);
  }
});

describe("on the stack", () => {
  const stages: Stage[] = [];
  const objects: {
    readonly type: AnyType;
    readonly spec: object;
    readonly live: Identified;
    readonly tags: Record<string, string>;
  }[] = [];
  beforeAll(async () => {
    for (const config of [
      { monitoring: { email: "ops@example.com" }, tags: { team: "web" } },
      { nat: { mode: "gateway" }, domain: { name: "buddyverse.example", zone: "create" } },
    ]) {
      const on = await stage(config);
      await on.up();
      stages.push(on);
      for (const { node, look, recorded } of (await on.refresh()).entries.values())
        if (look.live && recorded && node.type.coverage)
          objects.push({ type: node.type, spec: recorded.spec, live: look.live, tags: node.owner.tags });
    }
  }, 60_000);

  test("each field of the spec is found where its type says", () => {
    const seen = new Set(
      objects.flatMap(({ type, spec, live, tags }) =>
        [...propertiesOf(live.described).keys()].map((path) => `${type.name} ${classify(type, spec, tags, path).why}`),
      ),
    );
    const asked = new Set(
      objects.flatMap(({ type, spec }) =>
        Object.entries(spec)
          // Nothing of it is there, nor in the answer.
          .filter(
            ([field, value]) => typeof coverageOf(type).covers[field] !== "string" && JSON.stringify(value) !== "[]",
          )
          .map(([field]) => `${type.name} ${field}`),
      ),
    );
    expect([...asked].filter((one) => !seen.has(one)).sort()).toEqual([
      // "": nothing was gone back from.
      "ec2:launch-template rolledBackFrom",
      // In the same place as the target group, which is named first.
      "elb:listener action",
      // 0: there is none.
      "rds:database maxStorageGiB",
      "rds:replica maxStorageGiB",
    ]);
  });

  test("each object has what AWS answers, and all but a bucket, a topic and a redirect something that is watched", () => {
    for (const { type, spec, live, tags } of objects) {
      const paths = [...propertiesOf(live.described).keys()];
      const watched = paths.filter((path) => classify(type, spec, tags, path).standing === "watched");
      expect(paths.length, `${type.name} ${live.id}`).toBeGreaterThan(0);
      expect(watched.length > 0, `${type.name} ${live.id}`).toBe(!/bucket|topic|redirect/.test(type.name));
    }
  });

  test("status counts each property once, as what it is", async () => {
    const [on] = stages as [Stage, Stage];
    const types = coverageOfAll(await on.refresh());
    const { managed, watched, ignored, unshown } = countsOf(types);
    const paths = [...(await on.refresh()).entries.values()].flatMap(({ node, look, recorded }) =>
      node.type.coverage && recorded ? [...propertiesOf(look.live?.described).keys()] : [],
    );
    expect(managed + watched + ignored).toBe(paths.length);
    expect(Math.min(managed, watched, ignored, unshown)).toBeGreaterThan(20);
    const vpc = types.find(({ object }) => object === "ec2:vpc");
    expect(vpc?.managedBy).toMatchObject({ cidr: ["CidrBlock"], dnsHostnames: ["EnableDnsHostnames"] });
    expect(coverageView(types)).toMatch(/^vpc \(1 object\)\n {2}managed {3}cidr: CidrBlock$/m);
  });

  test("the baseline in the state: a line for each object, no value of a secret, nothing long", async () => {
    for (const { text, sandbox } of stages) {
      const lines = (text.text ?? "").split("\n").filter((line) => line.includes('"baseline":'));
      expect(lines.length).toBeGreaterThan(50);
      const { Parameters = [] } = await stranger(sandbox).ssm.send(
        new GetParametersCommand({ Names: secrets(text.text ?? ""), WithDecryption: true }),
      );
      expect(Parameters.length).toBeGreaterThan(0);
      for (const { Value } of Parameters) expect(text.text).not.toContain(Value);
      for (const line of lines) {
        const { properties } = (
          JSON.parse(`{${line.replace(/,$/, "")}}`) as { baseline: { properties: Record<string, string> } }
        ).baseline;
        for (const value of Object.values(properties)) expect(value.length).toBeLessThanOrEqual(120);
      }
    }
  });
});
