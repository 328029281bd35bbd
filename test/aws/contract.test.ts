/**
 * The contract that every type keeps, checked for each object of the whole stack over the SDK's own clients
 * (aws-sdk-client-mock), which the embedded AWS answers.
 */
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { connect } from "../../src/aws/connect.ts";
import { KEY_TAG } from "../../src/aws/owned.ts";
import { isRead } from "../../src/aws/safety.ts";
import { type ServiceName, serviceNames, services } from "../../src/aws/services.ts";
import type { Node } from "../../src/engine/graph.ts";
import type { Identified } from "../../src/engine/resource.ts";
import { propertiesOf } from "../../src/lib/properties.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { awsError } from "../engine/toy.ts";
import { type Stage, stage } from "../lifecycle/stage.ts";

const VARIANTS = {
  "NAT instances": { monitoring: { email: "ops@example.com" } },
  "NAT gateways, own zone": { nat: { mode: "gateway" }, domain: { name: "buddyverse.example", zone: "create" } },
};
/** AWS has no way to tag these in the call that makes them, or they lie in what is tagged; each says in its file how it proves whose it is. */
const UNTAGGED_ON_CREATE = new Set([
  "route53:owned-zone",
  "ec2:route",
  "elb:redirect",
  "auto-scaling:scaling-policy",
  "route53:record",
  "route53:alias-records",
  "sns:subscription",
  "acm:issued-certificate",
  "s3:object",
]);

const mocks: { restore(): void }[] = [];
afterEach(() => {
  for (const mock of mocks.splice(0)) mock.restore();
});

/** The SDK's clients, answered by a sandbox; `fault` may answer in its place. */
async function overSdk(sandbox: Sandbox, clock: Stage["clock"], fault?: (operation: string) => Error | undefined) {
  const calls: string[] = [];
  const originals = new Map<ServiceName, { restore(): void }>();
  for (const service of serviceNames) {
    const module = (await services[service].load()) as { Client: Parameters<typeof mockClient>[0] };
    const mock = mockClient(module.Client);
    mock.send.callsFake(async (command: { constructor: { name: string }; input: object }) => {
      const operation = command.constructor.name.replace(/Command$/, "");
      calls.push(operation);
      const error = operation === "GetCallerIdentity" ? undefined : fault?.(operation);
      if (error) throw error;
      return { ...(await sandbox.answer(services[service].package, operation, command.input)), $metadata: {} };
    });
    originals.set(service, mock);
    mocks.push(mock);
  }
  const aws: Aws = await connect({ region: sandbox.world.region, clock, network: sandbox.network });
  calls.length = 0;
  return { aws, calls };
}

describe.each(Object.entries(VARIANTS))("%s", (_name, config) => {
  let up: Stage;
  let fresh: Stage;
  let nodes: readonly Node[];

  beforeAll(async () => {
    up = await stage(config);
    fresh = await stage(config);
    const { settled } = await up.up();
    // A zone just made is not delegated: https waits, so its listener and redirect are looked at in the other variant.
    const waiting = settled
      .filter(({ outcome }) => outcome === "skipped" || outcome === "blocked")
      .map(({ key }) => key);
    expect(settled.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    const made = [...up.graph.nodes.values()].filter(
      ({ key, resource }) => resource?.temporaryFor().length === 0 && !waiting.includes(key),
    );
    // One object of each type is enough.
    nodes = [...new Map(made.map((node) => [node.type.name, node])).values()];
  });
  const each = async (check: (node: Node) => Promise<void>) => {
    for (const node of nodes) await check(node);
  };
  const idOf = (node: Node): string => up.store.get(node.key)?.id as string;

  test("what is not there is undefined, also by a recorded id that AWS no longer knows", async () => {
    const { aws } = await overSdk(fresh.sandbox, fresh.clock);
    await each(async ({ type, owner, ...node }) => {
      if (type.external) return;
      expect(await type.find(aws, owner), type.name).toBeUndefined();
      expect(await type.find(aws, owner, idOf({ type, owner, ...node })), `${type.name} by id`).toBeUndefined();
    });
  });

  test("find only reads, and finds the same object by its id and by its tags or name", async () => {
    const { aws, calls } = await overSdk(up.sandbox, up.clock);
    await each(async (node) => {
      const byId = await node.type.find(aws, node.owner, idOf(node));
      const byOwner = await node.type.find(aws, node.owner);
      expect(byId?.id, node.type.name).toBe(idOf(node));
      // Where AWS shows tags only in a call of their own, they are read only for what is not recorded.
      const { tags, described } = byId as Identified;
      const found = { ...byOwner, described, ...(tags === undefined ? { tags } : {}) };
      expect(found, node.type.name).toEqual(byId);
      // The clock goes on between the two, and its times with it.
      expect([...propertiesOf(byOwner?.described)], node.type.name).toEqual([...propertiesOf(described)]);
    });
    expect(calls.filter((operation) => !isRead(operation))).toEqual([]);
  });

  test("an error that is not AWS's not-found is never taken for missingMessage", async () => {
    await each(async (node) => {
      const { aws, calls } = await overSdk(up.sandbox, up.clock);
      await node.type.find(aws, node.owner, idOf(node));
      const reads = [...new Set(calls)];
      for (const read of reads) {
        for (const mock of mocks.splice(0)) mock.restore();
        const denied = await overSdk(up.sandbox, up.clock, (operation) =>
          operation === read ? awsError("AccessDenied", 403) : undefined,
        );
        await expect(
          node.type.find(denied.aws, node.owner, idOf(node)),
          `${node.type.name}: ${read}`,
        ).rejects.toMatchObject({ name: "AccessDenied" });
      }
    });
  });

  test("what is made carries its ownership tags from the same call", async () => {
    await each(async (node) => {
      if (node.type.external || UNTAGGED_ON_CREATE.has(node.type.name)) return;
      const first = up.calls.find(
        ({ operation, input }) =>
          !isRead(operation) &&
          JSON.stringify(input).includes(KEY_TAG) &&
          JSON.stringify(input).includes(`"${node.key}"`),
      );
      expect(first?.operation, node.type.name).toMatch(/^(Create|Run|Put|Import|Allocate|Request|Register)/);
      expect(first?.operation, node.type.name).not.toBe("CreateTags");
    });
  });

  test("a second object with the same key is refused by AWS, or found out as ambiguous", async () => {
    const { aws } = await overSdk(up.sandbox, up.clock);
    await each(async (node) => {
      const { create, list } = node.type;
      const spec = up.store.get(node.key)?.spec;
      if (!create || !list || node.type.external || node.type.unrecorded?.length || !spec) return;
      const outcome = await create(aws, spec, node.owner, `twin${node.key.replaceAll(/\W/g, "")}`.slice(0, 32)).catch(
        (error: Error) => error,
      );
      // Refused, or answered with the one that is there.
      if (outcome instanceof Error || outcome === idOf(node)) return;
      await up.clock.sleep(60_000);
      await expect(node.type.find(aws, node.owner), node.type.name).rejects.toMatchObject({
        code: "ambiguous",
      });
    });
  });
});
