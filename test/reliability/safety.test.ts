import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { clientModules, type ServiceName } from "../../src/aws/aws.ts";
import { isRead, type Safety } from "../../src/aws/safety.ts";

const DOC = join(import.meta.dirname, "..", "..", "docs", "safety.md");
const SERVICES = Object.keys(clientModules) as ServiceName[];

interface Call {
  readonly service: string;
  readonly operation: string;
  readonly safety: Safety | undefined;
}

async function changingCalls(): Promise<{ readonly exported: Call[]; readonly named: string[] }> {
  const exported: Call[] = [];
  const named: string[] = [];
  for (const service of SERVICES) {
    const { package: suffix, load } = clientModules[service];
    const module = (await load()) as unknown as Record<string, unknown> & {
      readonly safety: Readonly<Record<string, Safety>>;
    };
    for (const name of Object.keys(module)) {
      if (!name.endsWith("Command")) continue;
      const operation = name.slice(0, -"Command".length);
      if (!isRead(operation)) exported.push({ service: suffix, operation, safety: module.safety[operation] });
    }
    named.push(...Object.keys(module.safety).map((operation) => `${suffix}:${operation}`));
  }
  return { exported, named };
}

const rowOf = ({ service, operation, safety }: Call): string => `| \`${service}\` | \`${operation}\` | ${safety} |`;

test("every changing call that the program can send says what makes it safe to repeat, and nothing else does", async () => {
  const { exported, named } = await changingCalls();
  expect(exported.filter(({ safety }) => safety === undefined)).toEqual([]);
  expect(named.sort()).toEqual(exported.map(({ service, operation }) => `${service}:${operation}`).sort());
  expect(exported.length).toBeGreaterThan(100);
});

test("docs/safety.md has exactly these calls", async () => {
  const wanted = (await changingCalls()).exported.map(rowOf).sort();
  const isRow = (line: string) => line.startsWith("| `");
  const lines = readFileSync(DOC, "utf8").split("\n");
  // After a change in src/aws/clients: WRITE_DOCS=1 npx vitest run test/reliability/safety.test.ts
  if (process.env.WRITE_DOCS) {
    const first = lines.findIndex(isRow);
    lines.splice(first, lines.filter(isRow).length, ...wanted);
    writeFileSync(DOC, lines.join("\n"));
  }
  expect(lines.filter(isRow), "docs/safety.md is not what src/aws/clients says").toEqual(wanted);
});
