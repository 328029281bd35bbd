import { ACMClient, ListCertificatesCommand, ListTagsForCertificateCommand } from "@aws-sdk/client-acm";
import {
  ChangeResourceRecordSetsCommand,
  InvalidChangeBatch,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  NoSuchHostedZone,
  type ResourceRecordSet,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { type RecordSpec, record, recordName } from "../../../src/aws/route53/record.ts";
import { differences } from "../../../src/engine/differences.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const route53 = mocked(Route53Client);
const acm = mocked(ACMClient);
beforeEach(() => {
  route53.reset();
  acm.reset();
});

const fault = { $metadata: { httpStatusCode: 400, attempts: 1 } };
const refusal = (...messages: string[]) => new InvalidChangeBatch({ message: "", messages, ...fault });
const ALB = "Buddy-LoadBalance-1234567890.ap-northeast-2.elb.amazonaws.com";
const alias: RecordSpec = {
  zoneId: "Z1",
  name: "a.link",
  type: "A",
  alias: { dnsName: ALB, zoneId: "ZELB", evaluateTargetHealth: true },
  values: undefined,
  ttl: undefined,
};
const cname: RecordSpec = {
  zoneId: "Z1",
  name: "_x.a.link.",
  type: "CNAME",
  alias: undefined,
  values: ["_Y.acm-validations.aws."],
  ttl: 300,
};
const aliasSet = (DNSName: string): ResourceRecordSet => ({
  Name: "a.link.",
  Type: "A",
  AliasTarget: { HostedZoneId: "ZELB", DNSName, EvaluateTargetHealth: true },
});
const cnameSet: ResourceRecordSet = {
  Name: "_x.a.link.",
  Type: "CNAME",
  TTL: 300,
  ResourceRecords: [{ Value: "_y.acm-validations.aws." }],
};
const owner = ownerOf("record-a.link", recordName("a.link", "Buddy-LoadBalance"));
const has = (...ResourceRecordSets: ResourceRecordSet[]) => {
  route53.on(ListHostedZonesByNameCommand).resolves({
    HostedZones: [{ Id: "/hostedzone/Z1", Name: "a.link.", CallerReference: "c", Config: { PrivateZone: false } }],
  });
  route53.on(ListResourceRecordSetsCommand).resolves({ ResourceRecordSets });
};
const changes = () =>
  route53.commandCalls(ChangeResourceRecordSetsCommand).map(({ args }) => args[0].input.ChangeBatch?.Changes?.[0]);
const asked = { discardData: false, label: "" };

describe("find", () => {
  test("Route 53's rewriting is undone: case, last dot, dualstack, octal escapes", async () => {
    has(aliasSet(`dualstack.${ALB.toLowerCase()}.`));
    const live = await record.find(aws, owner, "Z1|a.link|A");
    expect(live && differences(record, alias, live, undefined)).toEqual([]);
    has({ ...cnameSet, Name: "\\052.a.link." });
    expect(await record.find(aws, owner, "Z1|*.a.link|CNAME")).toMatchObject({ name: "*.a.link" });
  });

  test("without a recorded id only an alias to a load balancer of our name is ours", async () => {
    has(aliasSet(`${ALB.toLowerCase()}.`));
    expect(await record.find(aws, owner)).toMatchObject({ id: "Z1|a.link|A" });
    for (const other of [
      "Buddy-LoadBalance-old-1.ap-northeast-2.elb.amazonaws.com.",
      "buddy-loadbalance-1.eu-west-1.elb.amazonaws.com.",
      "d111.cloudfront.net.",
    ]) {
      has(aliasSet(other));
      expect(await record.find(aws, owner), other).toBeUndefined();
    }
  });

  test("one that lies in the zone of a parent is found there, though there is a zone of its own, too", async () => {
    const zone = (Id: string, Name: string) => ({ Id, Name, CallerReference: "c", Config: { PrivateZone: false } });
    route53
      .on(ListHostedZonesByNameCommand)
      .resolves({ HostedZones: [zone("/hostedzone/Z1", "a.link."), zone("/hostedzone/Z2", "b.a.link.")] });
    const set = { ...aliasSet(ALB), Name: "b.a.link." };
    route53.on(ListResourceRecordSetsCommand, { HostedZoneId: "Z1" }).resolves({ ResourceRecordSets: [set] });
    route53.on(ListResourceRecordSetsCommand, { HostedZoneId: "Z2" }).resolves({ ResourceRecordSets: [] });
    const deep = ownerOf("record", recordName("B.a.link", "Buddy-LoadBalance"));
    expect(await record.find(aws, deep)).toMatchObject({ id: "Z1|b.a.link|A", zoneId: "Z1" });
  });

  test("a weighted record of somebody's is not ours", async () => {
    has({ ...aliasSet(ALB), SetIdentifier: "blue", Weight: 1 });
    expect(await record.find(aws, owner)).toBeUndefined();
  });

  test("a zone that is gone has no records; denied is not absent", async () => {
    has();
    route53.on(ListResourceRecordSetsCommand).rejects(new NoSuchHostedZone({ message: "no", ...fault }));
    expect(await record.find(aws, owner, "Z1|a.link|A")).toBeUndefined();
    route53
      .on(ListResourceRecordSetsCommand)
      .rejects(Object.assign(new Error("no"), { name: "AccessDenied", ...fault }));
    await expect(record.find(aws, owner, "Z1|a.link|A")).rejects.toMatchObject({ name: "AccessDenied" });
  });

  test("all records of a zone asked for at once are one list, all pages of it", async () => {
    route53
      .on(ListResourceRecordSetsCommand)
      .resolvesOnce({
        ResourceRecordSets: [aliasSet(ALB)],
        IsTruncated: true,
        NextRecordName: "b.",
        NextRecordType: "A",
      })
      .resolves({ ResourceRecordSets: [cnameSet] });
    const found = await Promise.all(["Z1|a.link|A", "Z1|_x.a.link|CNAME"].map((id) => record.find(aws, owner, id)));
    expect(found.map((one) => one?.type)).toEqual(["A", "CNAME"]);
    const calls = route53.commandCalls(ListResourceRecordSetsCommand).map(({ args }) => args[0].input);
    expect(calls).toMatchObject([{ HostedZoneId: "Z1" }, { StartRecordName: "b.", StartRecordType: "A" }]);
  });
});

describe("create", () => {
  test("it creates, never upserts; an alias has no TTL", async () => {
    route53.on(ChangeResourceRecordSetsCommand).resolves({});
    expect(await record.create?.(aws, alias, owner, "t")).toBe("Z1|a.link|A");
    expect(changes()[0]?.Action).toBe("CREATE");
    expect(changes()[0]?.ResourceRecordSet).not.toHaveProperty("TTL");
  });

  test("a name that is taken: an error that says what is there", async () => {
    route53.on(ChangeResourceRecordSetsCommand).rejects(refusal("Tried to create … but it already exists"));
    has({ Name: "a.link.", Type: "A", TTL: 60, ResourceRecords: [{ Value: "192.0.2.1" }] });
    await expect(record.create?.(aws, alias, owner, "t")).rejects.toMatchObject({
      code: "not-ours",
      message: expect.stringContaining("192.0.2.1"),
    });
  });

  test("a validation record that is there already is used, and noted as found", async () => {
    route53.on(ChangeResourceRecordSetsCommand).rejects(refusal("Tried to create … but it already exists"));
    has(cnameSet);
    const id = await record.create?.(aws, cname, owner, "t");
    expect(id).toBe("Z1|_x.a.link|CNAME|found");
    const live = await record.find(aws, owner, id);
    expect(live?.id).toBe(id);
    acm.on(ListCertificatesCommand).resolves({ CertificateSummaryList: [] });
    // It answers its own id: it stays.
    expect(live && (await record.delete?.(aws, live, asked))).toBe(id);
  });

  test("any other refusal passes through", async () => {
    route53
      .on(ChangeResourceRecordSetsCommand)
      .rejects(refusal("RRSet with DNS name a.link. is not permitted in zone b."));
    has({ Name: "a.link.", Type: "A", TTL: 60, ResourceRecords: [{ Value: "192.0.2.1" }] });
    await expect(record.create?.(aws, alias, owner, "t")).rejects.toMatchObject({ name: "InvalidChangeBatch" });
  });
});

describe("delete", () => {
  const live = async () => {
    has(aliasSet(`dualstack.${ALB}.`), cnameSet);
    return (await record.find(aws, owner, "Z1|a.link|A")) ?? Promise.reject(new Error("not found"));
  };
  const validation = async () =>
    (await record.find(aws, owner, "Z1|_x.a.link|CNAME")) ?? Promise.reject(new Error("not found"));

  test("it repeats exactly what Route 53 has", async () => {
    route53.on(ChangeResourceRecordSetsCommand).resolves({});
    await record.delete?.(aws, await live(), asked);
    expect(changes()).toEqual([{ Action: "DELETE", ResourceRecordSet: aliasSet(`dualstack.${ALB}.`) }]);
  });

  test("gone is gone; changed meanwhile is looked at again; another refusal passes through", async () => {
    const one = await live();
    for (const message of ["… but it was not found", "… but the values provided do not match the current values"]) {
      route53.on(ChangeResourceRecordSetsCommand).rejects(refusal(message));
      expect(await record.delete?.(aws, one, asked)).toBeUndefined();
    }
    route53.on(ChangeResourceRecordSetsCommand).rejects(refusal("something else"));
    await expect(record.delete?.(aws, one, asked)).rejects.toMatchObject({ name: "InvalidChangeBatch" });
  });

  test("a validation record stays while somebody else's certificate needs it, for its renewal", async () => {
    await live();
    route53.on(ChangeResourceRecordSetsCommand).resolves({});
    const certificates = (Tags: { Key: string; Value: string }[]) => {
      acm.on(ListCertificatesCommand).resolves({
        CertificateSummaryList: [{ CertificateArn: "arn:1", DomainName: "*.a.link", Status: "ISSUED" }],
      });
      acm.on(ListTagsForCertificateCommand).resolves({ Tags });
    };
    certificates([{ Key: "team", Value: "shop" }]);
    expect(await record.delete?.(aws, await validation(), asked)).toBe("Z1|_x.a.link|CNAME");
    expect(changes()).toEqual([]);
    certificates(awsTags("certificate-a.link", "a.link"));
    await record.delete?.(aws, await validation(), asked);
    expect(changes()).toHaveLength(1);
  });
});
