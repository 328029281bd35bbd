/** Nothing that is sent to AWS, or runs on its machines, may name another part of AWS than the one that the region is in. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { AGENT_KEY, linkedPrincipal } from "../src/aws/partition.ts";
import { configSchema } from "../src/config/schema.ts";
import { warningsFor } from "../src/config/warnings.ts";
import { scriptFor } from "../src/verify/scripts.ts";
import { stage } from "./lifecycle/stage.ts";

const root = join(import.meta.dirname, "..");
const AWS_DOMAIN = /amazonaws\.com(\.cn)?/g;

/** Every text in what is sent, user data as the machine unpacks it. */
function textsIn(value: unknown, key = ""): string[] {
  if (typeof value === "string") return [key === "UserData" ? unpacked(value) : value];
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return [];
  return Object.entries(value).flatMap(([name, inner]) => textsIn(inner, name));
}
function unpacked(userData: string): string {
  const script = Buffer.from(userData, "base64").toString();
  const files = /<<'FILES'\n([\w+/=]+)\nFILES\n/.exec(script)?.[1];
  return files === undefined ? script : script + gunzipSync(Buffer.from(files, "base64")).toString();
}

/** The names in a text that are of another partition. */
const strangers = (text: string, partition: string, suffix: string): string[] => [
  ...[...text.matchAll(/arn:(aws[\w-]*):/g)].filter(([, name]) => name !== partition).map(([arn]) => arn),
  ...[...text.matchAll(AWS_DOMAIN)].filter(([domain]) => domain !== suffix).map(([domain]) => domain),
];

describe.each([
  ["ap-northeast-2", "aws", "amazonaws.com", {}],
  ["cn-north-1", "aws-cn", "amazonaws.com.cn", {}],
  ["us-gov-west-1", "aws-us-gov", "amazonaws.com", { domain: null }],
])("in %s", (region, partition, suffix, given) => {
  test("up, a look and down name no other part of AWS", async () => {
    const on = await stage({ region, monitoring: { email: "ops@buddyverse.link" }, ...given });
    const { settled } = await on.up();
    expect(settled.filter(({ outcome }) => outcome === "failed" || outcome === "skipped")).toEqual([]);
    expect((await on.status()).filter(({ standing }) => standing !== "in-sync" && standing !== "blocked")).toEqual([]);
    await on.down();
    expect(await on.left()).toEqual([]);

    const texts = on.calls.flatMap(({ operation, input }) =>
      // Service-linked roles have the same principals everywhere, and so has AWS Backup (aws-cdk, region-info's default.ts).
      operation === "CreateServiceLinkedRole"
        ? []
        : textsIn(input).map((text) =>
            text.replaceAll(`"Service":"${linkedPrincipal("backup")}"`, "").replace(AGENT_KEY.url, ""),
          ),
    );
    expect(texts.some((text) => text.includes(`arn:${partition}:`))).toBe(true);
    expect(texts.some((text) => text.includes(`BUDDYVERSE_DNS_SUFFIX=${suffix}\n`))).toBe(true);
    expect(texts.some((text) => text.includes(`"Service":"ec2.${suffix}"`))).toBe(true);
    expect(texts.flatMap((text) => strangers(text, partition, suffix))).toEqual([]);
  });
});

test("a region of a part of AWS that is not known is refused, and in GovCloud a domain", () => {
  const said = (given: object) => configSchema.safeParse(given).error?.issues.map(({ message }) => message);
  for (const region of ["us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "eusc-de-east-1"])
    expect(said({ region, domain: null })).toEqual([expect.stringContaining("isolated or sovereign cloud")]);
  expect(said({ region: "us-gov-west-1" })).toEqual([expect.stringContaining("no public hosted zones in GovCloud")]);
  expect(configSchema.parse({ region: "us-gov-east-1", domain: null }).zones).toEqual([
    "us-gov-east-1a",
    "us-gov-east-1c",
  ]);
  const warned = warningsFor(configSchema.parse({ region: "cn-northwest-1" })).map(({ path }) => path);
  expect(warned).toContain("region");
});

test("the names of AWS's parts are written in one place", () => {
  const ownCode = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g, "");
  const found = ["src", "steps"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name))
      .filter((path) => /arn:aws|amazonaws/.test(ownCode(readFileSync(path, "utf8"))))
      .map((path) => path.slice(root.length + 1)),
  );
  expect(found).toEqual([
    "src/aws/partition.ts",
    // Which CAA records let Amazon issue certificates: the authorities' names, the same everywhere (ACM user guide, setup-caa).
    "src/sandbox/services/acm/acm.ts",
  ]);
  expect(linkedPrincipal("rds")).toBe("rds.amazonaws.com");
  expect(scriptFor("outbound-address", "a")).toContain("https://checkip.amazonaws.com/\n");
});
