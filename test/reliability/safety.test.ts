import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { NodeHttpHandler } from "@smithy/node-http-handler";
import { expect, onTestFinished, test, vi } from "vitest";
import { requestHandler } from "../../src/aws/clients.ts";
import { isRead, type Safety } from "../../src/aws/safety.ts";
import { serviceNames, services } from "../../src/aws/services.ts";

const DOC = join(import.meta.dirname, "..", "..", "docs", "internals", "safety.md");

interface Call {
  readonly service: string;
  readonly operation: string;
  readonly safety: Safety | undefined;
}

async function changingCalls(): Promise<{ readonly exported: Call[]; readonly named: string[] }> {
  const exported: Call[] = [];
  const named: string[] = [];
  for (const service of serviceNames) {
    const { package: suffix, load, safety } = services[service];
    for (const name of Object.keys(await load())) {
      if (!name.endsWith("Command")) continue;
      const operation = name.slice(0, -"Command".length);
      if (!isRead(operation)) exported.push({ service: suffix, operation, safety: safety[operation] });
    }
    named.push(...Object.keys(safety).map((operation) => `${suffix}:${operation}`));
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

test("docs/internals/safety.md has exactly these calls", async () => {
  const wanted = (await changingCalls()).exported.map(rowOf).sort();
  const isRow = (line: string) => line.startsWith("| `");
  const lines = readFileSync(DOC, "utf8").split("\n");
  // After a change in src/aws/*/service.ts: WRITE_DOCS=1 npx vitest run test/reliability/safety.test.ts
  if (process.env.WRITE_DOCS) {
    const first = lines.findIndex(isRow);
    lines.splice(first, lines.filter(isRow).length, ...wanted);
    writeFileSync(DOC, lines.join("\n"));
  }
  expect(lines.filter(isRow), "docs/internals/safety.md is not what src/aws/*/service.ts says").toEqual(wanted);
});

// They swallow denials and expired credentials until their time is up, wait up to half an hour between two looks, and take a
// group that is not there for one in service.
test("no waiter of the SDK is used", async () => {
  for (const service of serviceNames) {
    const names = Object.keys(await services[service].load());
    expect(names.filter((name) => name.startsWith("waitUntil"))).toEqual([]);
  }
});

test("a call that is not answered ends after a minute", async () => {
  const mute = createServer();
  const asked = new Promise((resolve) => mute.on("request", resolve));
  await new Promise<void>((done) => void mute.listen(0, "127.0.0.1", done));
  onTestFinished(() => mute.closeAllConnections());
  const handler = (await requestHandler()) as NodeHttpHandler;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const { port } = mute.address() as AddressInfo;
  const request = { protocol: "http:", hostname: "127.0.0.1", port, method: "GET", path: "/", query: {}, headers: {} };
  const call = handler.handle(request as Parameters<NodeHttpHandler["handle"]>[0]);
  await asked;
  vi.advanceTimersByTime(61_000);
  await expect(call).rejects.toMatchObject({ name: "TimeoutError" });
});
