import { spawn } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { loadModels, type ServiceModel } from "../../src/sandbox/http/model.ts";
import { unknownMembers, type WireAnswer, type WireRequest } from "../../src/sandbox/http/protocol.ts";
import { protocolOf, wireError } from "../../src/sandbox/http/wire.ts";
import { awsError } from "../../src/sandbox/service.ts";
import { ended } from "../command.ts";
import { needs } from "../tools.ts";

interface Sample {
  readonly service: string;
  readonly operation: string;
  readonly input: object;
  readonly output: object;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body: string;
  readonly errors: readonly { readonly name: string; readonly code: string; readonly fields: object }[];
}

/** What botocore calls the SDK's packages where it is not their signing name. */
const NAMES: Readonly<Record<string, string>> = {
  "elastic-load-balancing-v2": "elbv2",
  "auto-scaling": "autoscaling",
  "route-53": "route53",
  "cloudwatch-logs": "logs",
};
const botocoreName = (name: string): string => NAMES[name] ?? name;

async function python(mode: "samples" | "parse", lines: readonly string[]): Promise<unknown[]> {
  const child = spawn("python3", [join(import.meta.dirname, "shapes.py"), mode], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(`${lines.join("\n")}\n`);
  const { code, stdout, stderr } = await ended(child as never);
  if (code !== 0) throw new Error(stderr);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Python's values with the types that JSON does not have. */
function revived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revived);
  if (typeof value !== "object" || value === null) return value;
  if ("$date" in value) return new Date(Math.round(Number(value.$date)));
  if ("$bytes" in value) return new Uint8Array(Buffer.from(String(value.$bytes), "base64"));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revived(inner)]));
}
const tagged = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(tagged);
  if (value instanceof Date) return { $date: value.getTime() };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, tagged(inner)]));
};

describe("every operation's shapes, held to botocore's models", needs("python3 with boto3"), () => {
  let models: ReadonlyMap<string, ServiceModel>;
  let samples: Sample[];
  const operations: (readonly [ServiceModel, string])[] = [];

  beforeAll(async () => {
    models = await loadModels("ap-northeast-2");
    for (const model of models.values()) for (const name of model.operations.keys()) operations.push([model, name]);
    samples = (await python(
      "samples",
      operations.map(([{ name }, operation]) => `${botocoreName(name)} ${operation}`),
    )) as Sample[];
  });

  test("a request of botocore's is read as what was given to it", async () => {
    const wrong: unknown[] = [];
    for (const [index, sample] of samples.entries()) {
      const [service, name] = operations[index] as [ServiceModel, string];
      const url = new URL(sample.url);
      const request: WireRequest = {
        method: sample.method,
        path: url.pathname,
        query: url.searchParams,
        headers: sample.headers,
        body: Buffer.from(sample.body, "base64"),
      };
      const protocol = protocolOf(service, request);
      const named = protocol.operationName(service, request);
      const operation = service.operations.get(named);
      if (named !== name || !operation) {
        wrong.push({ of: `${service.name}:${name}`, named });
        continue;
      }
      const { input, unknown } = await protocol.read(service, operation, request);
      try {
        expect({ input: tagged(input), unknown }).toEqual({ input: sample.input, unknown: [] });
      } catch (error) {
        wrong.push({ of: `${service.name}:${name}`, message: (error as Error).message });
      }
    }
    expect(wrong).toEqual([]);
    expect(samples.length).toBeGreaterThan(300);
  });

  test("an answer is read by botocore as what was answered", async () => {
    const lines: string[] = [];
    const skewed: string[] = [];
    for (const [index, { headers, url, method, output }] of samples.entries()) {
      const [service, name] = operations[index] as [ServiceModel, string];
      const operation = service.operations.get(name);
      if (!operation) continue;
      const request = { method, path: new URL(url).pathname, query: new URLSearchParams(), headers, body: Buffer.of() };
      const value = revived(output) as object;
      // The two SDKs are not of the same day.
      skewed.push(...unknownMembers(operation.output, value).map((member) => `${service.name}:${name} ${member}`));
      const answer = protocolOf(service, request).answer(service, operation, value, "request-1");
      lines.push(lineOf(service, name, answer, headers));
    }
    const parsed = (await python("parse", lines)) as Record<string, unknown>[];
    const wrong = samples.flatMap(({ service, operation, output }, index) => {
      const { ResponseMetadata, ...read } = parsed[index] as { ResponseMetadata: { HTTPStatusCode: number } };
      try {
        expect(read).toEqual(output);
        expect(ResponseMetadata.HTTPStatusCode).toBeLessThan(300);
        return [];
      } catch (error) {
        return [{ of: `${service}:${operation}`, message: (error as Error).message }];
      }
    });
    expect(wrong).toEqual([]);
    expect(skewed).toEqual([]);
  });

  test("an error is read by botocore by its code, with its message and members", async () => {
    const cases = samples.flatMap((sample, index) => {
      const [service, operation] = operations[index] as [ServiceModel, string];
      const { headers, url, method } = sample;
      const request = { method, path: new URL(url).pathname, query: new URLSearchParams(), headers, body: Buffer.of() };
      return sample.errors.map((error) => {
        const fields = revived(error.fields) as object;
        const thrown = awsError(error.name, "what <&> happened", { code: error.code, fields });
        const wire = wireError(service, thrown as never);
        const answer = protocolOf(service, request).error(service, wire, "request-1", { ...request, method: "POST" });
        return { error, service, operation, line: lineOf(service, operation, answer, headers), status: wire.status };
      });
    });
    const parsed = (await python(
      "parse",
      cases.map(({ line }) => line),
    )) as { Error: { Code: string; Message: string } & object; ResponseMetadata: { HTTPStatusCode: number } }[];
    const wrong = cases.flatMap(({ error, service, operation, status }, index) => {
      const { Error: read, ...rest } = parsed[index] as (typeof parsed)[number];
      const members = { ...read, ...rest };
      try {
        expect(read).toMatchObject({ Code: error.code, Message: "what <&> happened" });
        expect(rest.ResponseMetadata.HTTPStatusCode).toBe(status);
        // AWS Backup's errors have their code as a member too.
        expect(members).toMatchObject({ ...error.fields, Code: error.code });
        return [];
      } catch (problem) {
        return [{ of: `${service.name}:${operation} ${error.name}`, message: (problem as Error).message }];
      }
    });
    expect(wrong).toEqual([]);
    expect(cases.length).toBeGreaterThan(500);
  });
});

function lineOf(
  service: ServiceModel,
  operation: string,
  { status, headers, body }: WireAnswer,
  sent: Readonly<Record<string, string>>,
): string {
  const names = {
    ec2Query: "ec2",
    awsQuery: "query",
    awsJson1_0: sent["smithy-protocol"] ? "smithy-rpc-v2-cbor" : "json",
    awsJson1_1: "json",
    restJson1: "rest-json",
    restXml: "rest-xml",
  };
  return JSON.stringify({
    service: botocoreName(service.name),
    operation,
    status,
    headers,
    body: Buffer.from(body as string).toString("base64"),
    protocol: names[service.protocol],
  });
}
