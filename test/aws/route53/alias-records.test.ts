import {
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  type Change,
  ChangeResourceRecordSetsCommand,
  InvalidChangeBatch,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  NoSuchHostedZone,
  type ResourceRecordSet,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { DeleteParameterCommand, GetParametersCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import {
  type AliasRecordsLive,
  type AliasRecordsSpec,
  aliasRecords,
  aliasRecordsName,
} from "../../../src/aws/route53/alias-records.ts";
import { differences } from "../../../src/engine/differences.ts";
import { unknownLive } from "../../../src/lib/unknown.ts";
import { mocked, ownerOf, testAws } from "../aws.ts";

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const route53 = mocked(Route53Client);
const ssm = mocked(SSMClient);
const elb = mocked(ElasticLoadBalancingV2Client);

const fault = { $metadata: { httpStatusCode: 400, attempts: 1 } };
const refusal = (...messages: string[]) => new InvalidChangeBatch({ message: "", messages, ...fault });
const ALB = "Buddy-LoadBalance-1234567890.ap-northeast-2.elb.amazonaws.com";
const PARAMETER = "/buddyverse/test/domain/a.link";
const owner = ownerOf("records-a.link", aliasRecordsName("a.link", "Buddy-LoadBalance"));
const spec: AliasRecordsSpec = {
  zoneId: "Z1",
  names: ["a.link", "www.a.link"],
  alias: { dnsName: ALB, zoneId: "ZELB", evaluateTargetHealth: true },
  takeOver: false,
};
const moving = { ...spec, takeOver: true };
const aliasSet = (Name: string, DNSName = `${ALB.toLowerCase()}.`): ResourceRecordSet => ({
  Name: `${Name}.`,
  Type: "A",
  AliasTarget: { HostedZoneId: "ZELB", DNSName, EvaluateTargetHealth: true },
});
const plainSet = (Name: string, Type: ResourceRecordSet["Type"], Value: string): ResourceRecordSet => ({
  Name: `${Name}.`,
  Type,
  TTL: 300,
  ResourceRecords: [{ Value }],
});
const APEX = [plainSet("a.link", "NS", "ns-1."), plainSet("a.link", "SOA", "ns-1. x. 1 7200 900 1209600 86400")];
const OURS = [aliasSet("a.link"), aliasSet("www.a.link")];
const OLD = [plainSet("a.link", "A", "203.0.113.9"), plainSet("www.a.link", "CNAME", "old.example.")];

const has = (...ResourceRecordSets: ResourceRecordSet[]) => {
  route53.on(ListHostedZonesByNameCommand).resolves({
    HostedZones: [{ Id: "/hostedzone/Z1", Name: "a.link.", CallerReference: "c", Config: { PrivateZone: false } }],
  });
  // Two answers are never the same objects.
  route53
    .on(ListResourceRecordSetsCommand)
    .callsFake(async () => structuredClone({ ResourceRecordSets: [...APEX, ...ResourceRecordSets] }));
};
const keeps = (...records: ResourceRecordSet[]) => {
  const Value = JSON.stringify({ zoneId: "Z1", records });
  ssm.on(GetParametersCommand).resolves({ Parameters: [{ Name: PARAMETER, Type: "String", Value, Version: 1 }] });
};
beforeEach(() => {
  route53.reset();
  ssm.reset();
  elb.reset();
  elb.on(DescribeLoadBalancersCommand).resolves({ LoadBalancers: [] });
  route53.on(ChangeResourceRecordSetsCommand).resolves({});
  ssm.on(GetParametersCommand).resolves({ Parameters: [] });
  ssm.on(PutParameterCommand).resolves({});
  ssm.on(DeleteParameterCommand).resolves({});
});
const brief = ({ Action, ResourceRecordSet: set }: Change) =>
  `${Action} ${set?.Name?.replace(/\.$/, "")} ${set?.AliasTarget ? "alias" : `${set?.Type} ${set?.ResourceRecords?.[0]?.Value}`}`;
/** The batches that were sent. */
const batches = () =>
  route53
    .commandCalls(ChangeResourceRecordSetsCommand)
    .map(({ args }) => (args[0].input.ChangeBatch?.Changes ?? []).map(brief));
const find = async (id?: string): Promise<AliasRecordsLive> => {
  const live = await aliasRecords.find(aws, owner, id);
  if (!live) throw new Error("not found");
  return live;
};
const asked = { discardData: false, label: "" };
const ID = "Z1|a.link+www.a.link";

describe("find", () => {
  test("Route 53's rewriting is undone: case, last dot, dualstack", async () => {
    has(...OURS.map(({ Name = "" }) => aliasSet(Name.slice(0, -1), `dualstack.${ALB.toLowerCase()}.`)));
    const live = await find(ID);
    expect(differences(aliasRecords, spec, live, undefined)).toEqual([]);
    expect(live.id).toBe(ID);
  });

  test("without a recorded id only aliases to a load balancer of our name and region are ours", async () => {
    has(...OURS);
    expect(await find()).toMatchObject({ id: ID });
    for (const other of [
      "Buddy-LoadBalance-old-1.ap-northeast-2.elb.amazonaws.com.",
      "buddy-loadbalance-1.eu-west-1.elb.amazonaws.com.",
      "d111.cloudfront.net.",
    ]) {
      has(aliasSet("a.link", other));
      expect(await aliasRecords.find(aws, owner), other).toBeUndefined();
    }
    has({ ...aliasSet("a.link"), SetIdentifier: "blue", Weight: 1 });
    expect(await aliasRecords.find(aws, owner)).toBeUndefined();
  });

  test("nor are they while the load balancer of that name is another stack's", async () => {
    has(...OURS);
    const balancer = { LoadBalancerArn: "arn:1", LoadBalancerName: "Buddy-LoadBalance" };
    elb.on(DescribeLoadBalancersCommand).resolves({ LoadBalancers: [balancer] });
    const tags = (stack: string) => [{ ResourceArn: "arn:1", Tags: [{ Key: "buddyverse:stack", Value: stack }] }];
    elb.on(DescribeTagsCommand).resolves({ TagDescriptions: tags("other") });
    expect(await aliasRecords.find(aws, owner)).toBeUndefined();
    elb.on(DescribeTagsCommand).resolves({ TagDescriptions: tags("test") });
    expect(await find()).toMatchObject({ id: ID });
  });

  test("a recorded one that leads elsewhere is drift; a name that is not recorded is somebody else's", async () => {
    has(aliasSet("a.link", "d111.cloudfront.net."), plainSet("www.a.link", "A", "192.0.2.1"));
    const live = await find("Z1|a.link");
    expect(live.names).toEqual(["a.link"]);
    expect(differences(aliasRecords, spec, live, undefined).map(({ field }) => field)).toEqual(["names", "alias"]);
    // up leads it back; down leaves it: whoever moved the site away goes on there.
    expect(await aliasRecords.delete?.(aws, live, asked)).toBe(live.id);
    expect(batches()).toEqual([]);
    expect(aliasRecords.farewell?.(live, { deleteKept: false })?.note).toMatch(
      /^Led elsewhere by now, and left so: A a.link/,
    );
    has(aliasSet("a.link", "d111.cloudfront.net."));
    await aliasRecords.update?.(aws, live, spec, new Set(["names", "alias"]), owner);
    expect(batches()).toEqual([["DELETE a.link alias", "CREATE a.link alias", "CREATE www.a.link alias"]]);
  });

  test("what was put back is not ours, though the state still names it", async () => {
    has(...OLD);
    keeps(...OLD);
    for (const id of [ID, `${ID}|taken`])
      expect(await find(id)).toMatchObject({ id: "Z1||taken", names: [], ours: [] });
    ssm.on(GetParametersCommand).resolves({ Parameters: [] });
    expect(await aliasRecords.find(aws, owner, `${ID}|taken`)).toBeUndefined();
  });

  test("records that lie in the zone of a parent are found there, though there is a zone of its own, too", async () => {
    const zone = (Id: string, Name: string) => ({ Id, Name, CallerReference: "c", Config: { PrivateZone: false } });
    route53
      .on(ListHostedZonesByNameCommand)
      .resolves({ HostedZones: [zone("/hostedzone/Z1", "a.link."), zone("/hostedzone/Z2", "b.a.link.")] });
    route53
      .on(ListResourceRecordSetsCommand, { HostedZoneId: "Z1" })
      .resolves({ ResourceRecordSets: [aliasSet("b.a.link")] });
    route53.on(ListResourceRecordSetsCommand, { HostedZoneId: "Z2" }).resolves({ ResourceRecordSets: [] });
    const deep = ownerOf("records", aliasRecordsName("B.a.link", "Buddy-LoadBalance"));
    expect(await aliasRecords.find(aws, deep)).toMatchObject({ id: "Z1|b.a.link", zoneId: "Z1" });
  });

  test("a zone that is gone has no records; denied is not absent; a list has pages", async () => {
    has();
    route53.on(ListResourceRecordSetsCommand).rejects(new NoSuchHostedZone({ message: "no", ...fault }));
    expect(await aliasRecords.find(aws, owner, ID)).toBeUndefined();
    const denied = Object.assign(new Error("no"), { name: "AccessDenied", ...fault });
    route53.on(ListResourceRecordSetsCommand).rejects(denied);
    await expect(aliasRecords.find(aws, owner, ID)).rejects.toMatchObject({ name: "AccessDenied" });
    route53.reset();
    route53.on(ListHostedZonesByNameCommand).resolves({ HostedZones: [] });
    route53
      .on(ListResourceRecordSetsCommand)
      .resolvesOnce({
        ResourceRecordSets: [aliasSet("a.link")],
        IsTruncated: true,
        NextRecordName: "b.",
        NextRecordType: "A",
      })
      .resolves({ ResourceRecordSets: [aliasSet("www.a.link")] });
    expect((await find(ID)).names).toEqual(["a.link", "www.a.link"]);
  });
});

describe("names that are free", () => {
  test("all are made in one batch, by CREATE, without a TTL", async () => {
    has(plainSet("a.link", "MX", "10 mail"), plainSet("a.link", "TXT", '"v=spf1"'));
    expect(await aliasRecords.create?.(aws, spec, owner, "t")).toBe(ID);
    expect(batches()).toEqual([["CREATE a.link alias", "CREATE www.a.link alias"]]);
    const [call] = route53.commandCalls(ChangeResourceRecordSetsCommand);
    expect(call?.args[0].input.ChangeBatch?.Changes?.[0]?.ResourceRecordSet).not.toHaveProperty("TTL");
    expect(await aliasRecords.foresee?.(aws, spec, owner, undefined)).toBeUndefined();
  });

  test("in a zone that is yet to be made nothing is asked", async () => {
    const zoneId = (unknownLive("zone") as { id: string }).id;
    expect(await aliasRecords.foresee?.(aws, { ...spec, zoneId }, owner, undefined)).toBeUndefined();
    expect(route53.calls()).toEqual([]);
  });

  test("down deletes exactly what Route 53 has, and says that the names lead nowhere then", async () => {
    const found = OURS.map(({ Name = "" }) => aliasSet(Name.slice(0, -1), `dualstack.${ALB}.`));
    has(...found);
    const live = await find(ID);
    await aliasRecords.delete?.(aws, live, asked);
    const [call] = route53.commandCalls(ChangeResourceRecordSetsCommand);
    expect(call?.args[0].input.ChangeBatch?.Changes?.map(({ ResourceRecordSet }) => ResourceRecordSet)).toEqual(found);
    expect(aliasRecords.farewell?.(live, { deleteKept: false })?.note).toBe(
      "Afterwards a.link and www.a.link lead nowhere.",
    );
    // Taken over once, and what was kept of it is gone.
    const forgotten = await find(`${ID}|taken`);
    expect(aliasRecords.farewell?.(forgotten, { deleteKept: false })?.note).toMatch(
      /before the stack is no longer known/,
    );
  });

  test("deleted meanwhile is gone; another refusal passes through", async () => {
    has(...OURS);
    const live = await find(ID);
    for (const message of ["… but it was not found", "… but the values provided do not match the current values"]) {
      route53.on(ChangeResourceRecordSetsCommand).rejects(refusal(message));
      expect(await aliasRecords.delete?.(aws, live, asked)).toBeUndefined();
    }
    route53.on(ChangeResourceRecordSetsCommand).rejects(refusal("something else"));
    await expect(aliasRecords.delete?.(aws, live, asked)).rejects.toMatchObject({ name: "InvalidChangeBatch" });
  });

  test("www that the config no longer has goes, one that it has again comes: a batch each", async () => {
    has(...OURS);
    await aliasRecords.update?.(aws, await find(ID), { ...spec, names: ["a.link"] }, new Set(["names"]), owner);
    has(aliasSet("a.link"));
    await aliasRecords.update?.(aws, await find(ID), spec, new Set(["names"]), owner);
    expect(batches()).toEqual([["DELETE www.a.link alias"], ["CREATE www.a.link alias"]]);
  });
});

describe("names that lead elsewhere", () => {
  const foresee = (wanted: AliasRecordsSpec) => aliasRecords.foresee?.(aws, wanted, owner, undefined);

  test.each([
    ["A", "203.0.113.9"],
    ["AAAA", "2001:db8::9"],
    ["CNAME", "old.example."],
    ["HTTPS", "1 . alpn=h3"],
  ] as const)(
    "%s: refused before anything is made, with both ways out; and when it comes later",
    async (type, value) => {
      has(plainSet("www.a.link", type, value));
      expect(await foresee(spec)).toMatchObject({
        kind: "clash",
        message: expect.stringContaining(`${type} www.a.link: ${value.replace(/\.$/, "")} (TTL 300 s)`),
        hint: expect.stringMatching(/domain\.takeOver.*or choose another domain\.name/),
      });
      await expect(aliasRecords.create?.(aws, spec, owner, "t")).rejects.toMatchObject({ code: "not-ours" });
      expect(batches()).toEqual([]);
    },
  );

  test.each([
    ["weighted", { SetIdentifier: "blue", Weight: 1 }, /one of several under a routing policy/],
    ["a traffic policy's", { TrafficPolicyInstanceId: "p" }, /a traffic policy's/],
    ["delegated", { Type: "NS" as const }, /delegated to other name servers/],
  ])("%s: not even taken over, with the reason", async (_what, more, reason) => {
    has({ ...plainSet("www.a.link", "A", "203.0.113.9"), ...more });
    expect(await foresee(moving)).toMatchObject({ kind: "clash", hint: expect.stringMatching(reason) });
  });

  test("taken over: said before; kept first; replaced in one batch when that is seen", async () => {
    has(...OLD, plainSet("a.link", "MX", "10 mail"));
    expect(await foresee(moving)).toMatchObject({
      kind: "note",
      note: expect.stringContaining(
        "takes over A a.link: 203.0.113.9 (TTL 300 s) and CNAME www.a.link: old.example (TTL 300 s)",
      ),
    });
    expect(await aliasRecords.create?.(aws, moving, owner, "t")).toBe("Z1||taken");
    const [put] = ssm.commandCalls(PutParameterCommand);
    expect(put?.args[0].input).toMatchObject({
      Name: PARAMETER,
      Value: JSON.stringify({ zoneId: "Z1", records: OLD }),
    });
    expect(batches()).toEqual([]);
    keeps(...OLD);
    await aliasRecords.update?.(aws, await find("Z1||taken"), moving, new Set(["names"]), owner);
    expect(batches()).toEqual([
      [
        "DELETE a.link A 203.0.113.9",
        "DELETE www.a.link CNAME old.example.",
        "CREATE a.link alias",
        "CREATE www.a.link alias",
      ],
    ]);
  });

  test("changed before the batch: kept again as it is now, and only then replaced", async () => {
    const now = plainSet("a.link", "A", "203.0.113.10");
    has(now, OLD[1] as ResourceRecordSet);
    keeps(...OLD);
    await aliasRecords.update?.(aws, await find("Z1||taken"), moving, new Set(["names"]), owner);
    expect(batches()).toEqual([]);
    const [put] = ssm.commandCalls(PutParameterCommand);
    expect(put?.args[0].input).toMatchObject({ Overwrite: true });
    expect(JSON.parse(put?.args[0].input.Value ?? "").records).toEqual([now, OLD[1]]);
  });

  test("down puts them back in the batch that deletes ours, and says so; what is kept goes last", async () => {
    has(...OURS);
    keeps(...OLD);
    const live = await find(ID);
    expect(aliasRecords.farewell?.(live, { deleteKept: false })?.note).toBe(
      "Put back as before the stack: A a.link: 203.0.113.9 (TTL 300 s) and CNAME www.a.link: old.example (TTL 300 s).",
    );
    await aliasRecords.delete?.(aws, live, asked);
    expect(batches()).toEqual([
      [
        "DELETE a.link alias",
        "DELETE www.a.link alias",
        "CREATE a.link A 203.0.113.9",
        "CREATE www.a.link CNAME old.example.",
      ],
    ]);
    expect(ssm.commandCalls(DeleteParameterCommand)).toEqual([]);
    has(...OLD);
    await aliasRecords.delete?.(aws, await find(ID), asked);
    expect(ssm.commandCalls(DeleteParameterCommand)).toHaveLength(1);
  });

  test("an alias within the zone comes back after its target; what is there again by hand is left", async () => {
    const inZone: ResourceRecordSet = {
      Name: "a.link.",
      Type: "A",
      AliasTarget: { HostedZoneId: "Z1", DNSName: "www.a.link.", EvaluateTargetHealth: false },
    };
    has(...OURS, plainSet("www.a.link", "AAAA", "2001:db8::9"));
    keeps(inZone, plainSet("www.a.link", "A", "203.0.113.9"), plainSet("www.a.link", "AAAA", "2001:db8::9"));
    await aliasRecords.delete?.(aws, await find(ID), asked);
    expect(batches()[0]?.slice(2)).toEqual(["CREATE www.a.link A 203.0.113.9", "CREATE a.link alias"]);
  });

  test.each([
    ["something beside a CNAME", [plainSet("www.a.link", "TXT", '"x"')], undefined],
    ["what Route 53 refuses", [], refusal("Tried to create an alias that targets …, but that target was missing")],
  ])("cannot be put back: %s: said, with the way to go on without them", async (_what, more, error) => {
    has(...OURS, ...more);
    keeps(...OLD);
    if (error) route53.on(ChangeResourceRecordSetsCommand).rejects(error);
    await expect(aliasRecords.delete?.(aws, await find(ID), asked)).rejects.toMatchObject({
      message: expect.stringContaining("CNAME www.a.link: old.example"),
      hint: expect.stringContaining(`ssm delete-parameter --region ap-northeast-2 --name ${PARAMETER}`),
    });
  });

  test("too long to be kept in a parameter: said, and not begun", async () => {
    const ResourceRecords = Array.from({ length: 200 }, (_, index) => ({ Value: `203.0.113.${index}` }));
    has({ ...plainSet("a.link", "A", ""), ResourceRecords });
    expect(await foresee(moving)).toMatchObject({ kind: "clash", hint: expect.stringMatching(/too long/) });
  });
});
