import { ACMClient, ListCertificatesCommand } from "@aws-sdk/client-acm";
import {
  ChangeResourceRecordSetsCommand,
  InvalidChangeBatch,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { type RecordSpec, record, validationName } from "../../../src/aws/route53/record.ts";
import { differences } from "../../../src/engine/differences.ts";
import { removable } from "../../../src/engine/resource.ts";
import { mocked, ownerOf, testAws } from "../aws.ts";

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const route53 = mocked(Route53Client);
const acm = mocked(ACMClient);
beforeEach(() => {
  route53.reset();
  acm.reset();
  acm.on(ListCertificatesCommand).resolves({ CertificateSummaryList: [] });
});

const fault = { $metadata: { httpStatusCode: 400, attempts: 1 } };
const refusal = (...messages: string[]) => new InvalidChangeBatch({ message: "", messages, ...fault });
const spec: RecordSpec = { zoneId: "Z1", name: "_x.a.link.", value: "_Y.acm-validations.aws.", ttl: 300 };
const set = (Value = "_y.acm-validations.aws.", TTL = 300): ResourceRecordSet => ({
  Name: "_x.a.link.",
  Type: "CNAME",
  TTL,
  ResourceRecords: [{ Value }],
});
const owner = ownerOf("record-validation-a.link", validationName("a.link"));
const ID = "Z1|_x.a.link|CNAME";
const has = (...ResourceRecordSets: ResourceRecordSet[]) => {
  route53.on(ListHostedZonesByNameCommand).resolves({
    HostedZones: [{ Id: "/hostedzone/Z1", Name: "a.link.", CallerReference: "c", Config: { PrivateZone: false } }],
  });
  route53.on(ListResourceRecordSetsCommand).resolves({ ResourceRecordSets });
};

test("one that is there already is used as it is, whatever its TTL", async () => {
  route53.on(ChangeResourceRecordSetsCommand).rejects(refusal("Tried to create … but it already exists"));
  has(set(undefined, 60));
  expect(await record.create?.(aws, spec, owner, "t")).toBe(ID);
  const live = await record.find(aws, owner, ID);
  expect(live && differences(record, spec, live, undefined)).toEqual([]);
});

test("a name that is taken by something else: an error that says what is there; any other refusal passes through", async () => {
  has(set("somewhere.example."));
  route53.on(ChangeResourceRecordSetsCommand).rejects(refusal("Tried to create … but it already exists"));
  await expect(record.create?.(aws, spec, owner, "t")).rejects.toMatchObject({
    code: "not-ours",
    message: expect.stringContaining("somewhere.example"),
  });
  route53
    .on(ChangeResourceRecordSetsCommand)
    .rejects(refusal("RRSet with DNS name _x.a.link. is not permitted in zone b."));
  await expect(record.create?.(aws, spec, owner, "t")).rejects.toMatchObject({ name: "InvalidChangeBatch" });
});

test("it is never removed, as certificates of other regions renew by it; and that is said", async () => {
  has(set());
  const live = await record.find(aws, owner, ID);
  expect(removable(record)).toBe(false);
  expect(live && record.farewell?.(live, { deleteKept: false })?.kept).toContain("CNAME _x.a.link");
});
