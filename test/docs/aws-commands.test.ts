/** The AWS CLI's commands in the users' pages exist, with their options: by AWS's models, which the SDK and the CLI share. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { needs } from "../tools.ts";
import { blocksOf, type Started, shellReads, typedIn } from "./commands.ts";
import { prose, ROOT, read, USERS_PAGES } from "./pages.ts";

/** Where the CLI's name of a service is not that of the SDK's package. */
const PACKAGES: Readonly<Record<string, string>> = {
  autoscaling: "auto-scaling",
  elbv2: "elastic-load-balancing-v2",
  logs: "cloudwatch-logs",
  route53: "route-53",
};
/** The CLI's own, which no model has. */
const OWN = new Set(["configure", "login", "sso"]);
const OPTIONS_OF_ALL = ["profile", "region", "query", "output", "source-region"];

const dashed = (name: string): string =>
  name
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .replace(/([a-z\d])([A-Z])/g, "$1-$2")
    .toLowerCase();

type Schema = readonly unknown[];
const known = (schema: unknown): Schema => (typeof schema === "function" ? schema() : schema) as Schema;

/** What the CLI would say against it; undefined: nothing. Not judged: a service whose model is not here. */
async function refusal({ words: [service = "", operation = "", ...rest] }: Started): Promise<string | undefined> {
  const name = `@aws-sdk/client-${PACKAGES[service] ?? service}`;
  if (OWN.has(service) || !existsSync(join(ROOT, "node_modules", name))) return undefined;
  const sdk = (await import(name)) as Record<string, unknown>;
  const found = Object.entries(sdk).find(
    ([key]) => key.endsWith("$") && `${key.slice(0, -1)}Command` in sdk && dashed(key.slice(0, -1)) === operation,
  );
  if (found === undefined) return `${service} has no ${operation}`;
  const input = known(known(found[1])[4]);
  const options = new Set([...OPTIONS_OF_ALL, ...(input[4] as readonly string[]).map(dashed)]);
  const strange = rest
    .filter((word) => word.startsWith("--"))
    .map((word) => word.slice(2))
    .filter((option) => !options.has(option) && !options.has(option.replace(/^no-/, "")));
  return strange.length === 0 ? undefined : `${service} ${operation} has no --${strange.join(", --")}`;
}

const typed = USERS_PAGES.map((page) => {
  const spans = [...prose(read(page)).matchAll(/`(aws [a-z][\w-]* [a-z][^`]*)`/g)].map(([, text = ""]) => text);
  return { page, typed: [...blocksOf(page).flatMap(typedIn), ...spans.map((text) => ({ line: 0, text }))] };
});

describe("AWS's commands", needs("bash"), () => {
  test("exist", async () => {
    const faults: string[] = [];
    let seen = 0;
    for (const { page, typed: lines } of typed)
      for (const one of shellReads(lines).started.filter(({ program }) => program === "aws")) {
        seen += 1;
        const refused = await refusal(one);
        if (refused !== undefined) faults.push(`${page}:${one.line}: ${refused}`);
      }
    expect(faults).toEqual([]);
    expect(seen).toBeGreaterThan(20);
  });

  test("a slip of the pen does not pass", async () => {
    const said = (text: string) => refusal(shellReads([{ line: 1, text }]).started[0] as Started);
    expect(await said("aws rds modify-db-instnace")).toBe("rds has no modify-db-instnace");
    expect(await said("aws rds modify-db-instance --no-deletion-protection")).toBeUndefined();
    expect(await said("aws rds modify-db-instance --deletion-protecton")).toBe(
      "rds modify-db-instance has no --deletion-protecton",
    );
  });
});
