/** AWS's rules for hosted zones, records and certificates, as the sandbox keeps them. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { connect } from "../../src/aws/connect.ts";
import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { durationSeconds } from "../../src/sandbox/durations.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { delegate } from "../../src/sandbox/outside.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";

const START = Date.UTC(2026, 10, 22);
const DOMAIN = "a.link";
let clock: Clock;
let sandbox: Sandbox;
let aws: Aws;
beforeEach(async () => {
  clock = jumpingClock(START);
  const world = freshWorld({ region: "ap-northeast-2", domain: DOMAIN, time: START, seed: 3 });
  sandbox = openSandbox({ world, clock });
  aws = await connect({ region: "ap-northeast-2", clock, wire: sandbox, network: sandbox.network });
});

const sim = () => simAt(sandbox.world, clock.now());
/** Longer than any read lags. */
const settle = () => clock.sleep(5_000);
const seconds = (count: number) => clock.sleep(count * 1_000);
const refused = (call: Promise<unknown>, name: string, message: RegExp = /./) =>
  expect(call).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
const zoneId = async (name = DOMAIN) =>
  (await aws.route53.listHostedZonesByName({ DNSName: name })).HostedZones?.[0]?.Id?.replace("/hostedzone/", "") ?? "";
type Changes = NonNullable<
  NonNullable<Parameters<Aws["route53"]["changeResourceRecordSets"]>[0]["ChangeBatch"]>["Changes"]
>;
const change = async (...Changes: Changes) => {
  const answer = await aws.route53.changeResourceRecordSets({
    HostedZoneId: await zoneId(),
    ChangeBatch: { Changes },
  });
  await settle();
  return answer;
};
const set = (Name: string, Type: "A" | "AAAA" | "CAA" | "CNAME" | "HTTPS", value: string, TTL = 60) => ({
  Name,
  Type,
  TTL,
  ResourceRecords: [{ Value: value }],
});
const records = async () =>
  (await aws.route53.listResourceRecordSets({ HostedZoneId: await zoneId() })).ResourceRecordSets ?? [];

describe("hosted zones", () => {
  test("the fresh world's zone has NS and SOA records and is delegated", async () => {
    const { DelegationSet, HostedZone } = await aws.route53.getHostedZone({ Id: await zoneId() });
    expect(HostedZone).toMatchObject({ Name: "a.link.", Config: { PrivateZone: false }, ResourceRecordSetCount: 2 });
    expect(DelegationSet?.NameServers).toHaveLength(4);
    expect(await sandbox.network.nameServers(DOMAIN)).toEqual(DelegationSet?.NameServers);
    expect((await records()).map(({ Type }) => Type)).toEqual(["NS", "SOA"]);
  });

  test("a caller reference is used up for ever; another makes a second zone of the same name, delegated to nobody", async () => {
    const second = await aws.route53.createHostedZone({ Name: "A.link", CallerReference: "r1" });
    await settle();
    expect((await aws.route53.listHostedZonesByName({ DNSName: DOMAIN })).HostedZones).toHaveLength(2);
    expect(second.HostedZone?.Name).toBe("a.link.");
    await refused(aws.route53.createHostedZone({ Name: DOMAIN, CallerReference: "r1" }), "HostedZoneAlreadyExists");
    await aws.route53.deleteHostedZone({ Id: second.HostedZone?.Id?.slice(12) });
    await settle();
    await refused(aws.route53.createHostedZone({ Name: DOMAIN, CallerReference: "r1" }), "HostedZoneAlreadyExists");
    const servers = second.DelegationSet?.NameServers ?? [];
    expect(await sandbox.network.nameServers(DOMAIN)).not.toEqual(expect.arrayContaining(servers));
  });

  test("ListHostedZonesByName starts at a name, in the order of labels from the right", async () => {
    for (const Name of ["b.link", "x.a.link", "z.com"]) {
      await aws.route53.createHostedZone({ Name, CallerReference: Name });
    }
    await settle();
    const names = async (DNSName: string) =>
      (await aws.route53.listHostedZonesByName({ DNSName })).HostedZones?.map(({ Name }) => Name);
    expect(await names("a.link")).toEqual(["a.link.", "x.a.link.", "b.link."]);
    expect(await names("c.link")).toEqual([]);
    const first = await aws.route53.listHostedZonesByName({ DNSName: "a.link", MaxItems: 1 });
    expect(first).toMatchObject({ IsTruncated: true, NextDNSName: "x.a.link." });
  });

  test("a zone with records of its own is not deleted; ten tags are enough", async () => {
    await change({ Action: "CREATE", ResourceRecordSet: set("m.a.link", "A", "192.0.2.1") });
    await refused(aws.route53.deleteHostedZone({ Id: await zoneId() }), "HostedZoneNotEmpty");
    await refused(aws.route53.getHostedZone({ Id: "Z0" }), "NoSuchHostedZone");
    const tags = (from: number) => Array.from({ length: 10 }, (_, index) => ({ Key: `t${from + index}`, Value: "" }));
    const put = async (from: number) =>
      aws.route53.changeTagsForResource({
        ResourceType: "hostedzone",
        ResourceId: await zoneId(),
        AddTags: tags(from),
      });
    await put(0);
    await refused(put(1), "InvalidInput");
  });
});

describe("records", () => {
  const elb = (HostedZoneId = "ZWKZPGTI48KDX", DNSName = "Lb-1.ap-northeast-2.elb.amazonaws.com") => ({
    Name: DOMAIN,
    Type: "A" as const,
    AliasTarget: { HostedZoneId, DNSName, EvaluateTargetHealth: true },
  });

  test("names come back in lower case, with a dot, and escaped; an alias too, without TTL", async () => {
    await change(
      { Action: "CREATE", ResourceRecordSet: set("*.A.link", "A", "192.0.2.1") },
      { Action: "CREATE", ResourceRecordSet: elb() },
    );
    const found = await records();
    expect(found.map(({ Name, Type }) => `${Name} ${Type}`)).toContain("\\052.a.link. A");
    const alias = found.find(({ AliasTarget }) => AliasTarget);
    expect(alias?.AliasTarget?.DNSName).toBe("lb-1.ap-northeast-2.elb.amazonaws.com.");
    expect(alias).not.toHaveProperty("TTL");
  });

  const create = (ResourceRecordSet: Changes[number]["ResourceRecordSet"]) =>
    ({ Action: "CREATE", ResourceRecordSet }) as const;
  const remove = (ResourceRecordSet: Changes[number]["ResourceRecordSet"]) =>
    ({ Action: "DELETE", ResourceRecordSet }) as const;
  const bad = (name: string, message: RegExp, ...changes: Changes) => refused(change(...changes), name, message);

  test("what Route 53 refuses", async () => {
    await change({ Action: "CREATE", ResourceRecordSet: set("www.a.link", "A", "192.0.2.1") });
    await bad("InvalidChangeBatch", /already exists/, create(set("WWW.a.link.", "A", "192.0.2.1")));
    await bad("InvalidChangeBatch", /do not match/, remove(set("www.a.link", "A", "192.0.2.1", 61)));
    await bad("InvalidChangeBatch", /not found/, remove(set("x.a.link", "A", "192.0.2.1")));
    await bad("InvalidChangeBatch", /not permitted at apex/, create(set(DOMAIN, "CNAME", "b.link")));
    await bad("InvalidChangeBatch", /conflicts with other records/, create(set("www.a.link", "CNAME", "b.link")));
    await bad("InvalidChangeBatch", /not permitted in zone/, create(set("www.b.link", "A", "192.0.2.1")));
    await bad("InvalidChangeBatch", /does not lie within/, create(elb("Z0")));
    await bad("InvalidChangeBatch", /does not lie within/, create(elb(undefined, "lb.example.com")));
    await bad("InvalidInput", /more than one/, create({ ...elb(), TTL: 60 }));
    await bad("InvalidInput", /none/, create({ Name: "y.a.link", Type: "A" }));
    const [soa] = (await records()).filter(({ Type }) => Type === "SOA");
    await bad("InvalidChangeBatch", /exactly one SOA/, remove(soa));
    expect(await records()).toHaveLength(3);
  });

  test("a batch is done as a whole or not at all", async () => {
    await bad(
      "InvalidChangeBatch",
      /invalid set of changes for a resource record set 'A x.a.link.'/,
      { Action: "CREATE", ResourceRecordSet: set("x.a.link", "A", "192.0.2.1") },
      { Action: "CREATE", ResourceRecordSet: set("x.a.link", "A", "192.0.2.1") },
    );
    expect(await records()).toHaveLength(2);
    // From A to CNAME: both in one batch, in that order.
    await change({ Action: "CREATE", ResourceRecordSet: set("x.a.link", "A", "192.0.2.1") });
    await change(
      { Action: "DELETE", ResourceRecordSet: set("x.a.link", "A", "192.0.2.1") },
      { Action: "CREATE", ResourceRecordSet: set("x.a.link", "CNAME", "b.link") },
    );
    expect((await records()).find(({ Name }) => Name === "x.a.link.")?.Type).toBe("CNAME");
    // The other order is refused, and nothing is changed.
    await bad(
      "InvalidChangeBatch",
      /conflicts with other records/,
      { Action: "CREATE", ResourceRecordSet: set("x.a.link", "A", "192.0.2.1") },
      { Action: "DELETE", ResourceRecordSet: set("x.a.link", "CNAME", "b.link") },
    );
    expect((await records()).find(({ Name }) => Name === "x.a.link.")?.Type).toBe("CNAME");
  });

  test("several under a routing policy have identifiers; a simple record does not stand beside them", async () => {
    const weighted = (SetIdentifier: string, Weight = 1) => ({
      Action: "CREATE" as const,
      ResourceRecordSet: { ...set("w.a.link", "A", "192.0.2.1"), SetIdentifier, Weight },
    });
    await change(weighted("blue"), weighted("green", 0));
    const found = (await records()).filter(({ Name }) => Name === "w.a.link.");
    expect(found.map(({ SetIdentifier, Weight }) => [SetIdentifier, Weight])).toEqual([
      ["blue", 1],
      ["green", 0],
    ]);
    await bad("InvalidChangeBatch", /already exists/, weighted("blue"));
    await bad(
      "InvalidChangeBatch",
      /cannot be created as other RRSets exist with the same name and type/,
      create(set("w.a.link", "A", "192.0.2.2")),
    );
    await bad(
      "InvalidInput",
      /Missing field 'SetIdentifier'/,
      create({ ...set("v.a.link", "A", "192.0.2.1"), Weight: 1 }),
    );
    await bad("InvalidInput", /found none/, create({ ...set("v.a.link", "A", "192.0.2.1"), SetIdentifier: "x" }));
  });

  test("an AAAA or HTTPS record stands beside an A record, an alias leads to CloudFront; each list is current", async () => {
    const cloudFront = { HostedZoneId: "Z2FDTNDATAQYW2", DNSName: "d111.cloudfront.net", EvaluateTargetHealth: false };
    await aws.route53.changeResourceRecordSets({
      HostedZoneId: await zoneId(),
      ChangeBatch: {
        Changes: [
          { Action: "CREATE", ResourceRecordSet: { Name: "y.a.link", Type: "A", AliasTarget: cloudFront } },
          { Action: "CREATE", ResourceRecordSet: set("y.a.link", "AAAA", "2001:db8::1") },
          { Action: "CREATE", ResourceRecordSet: set("y.a.link", "HTTPS", "1 . alpn=h3") },
        ],
      },
    });
    expect((await records()).filter(({ Name }) => Name === "y.a.link.").map(({ Type }) => Type)).toEqual([
      "A",
      "AAAA",
      "HTTPS",
    ]);
  });
});

describe("certificates", () => {
  const request = (input: object = {}) =>
    aws.acm.requestCertificate({ DomainName: DOMAIN, ValidationMethod: "DNS", IdempotencyToken: "t1", ...input });
  const detail = async (CertificateArn: string | undefined) =>
    (await aws.acm.describeCertificate({ CertificateArn })).Certificate;
  async function requested(input: object = {}): Promise<string> {
    const { CertificateArn } = await request(input);
    await seconds(durationSeconds("certificateRecordShown") + 3);
    return CertificateArn as string;
  }
  async function validate(arn: string): Promise<void> {
    for (const { ResourceRecord } of (await detail(arn))?.DomainValidationOptions ?? [])
      await change({
        Action: "UPSERT",
        ResourceRecordSet: set(ResourceRecord?.Name ?? "", "CNAME", ResourceRecord?.Value ?? ""),
      });
  }
  const status = async (arn: string) => (await detail(arn))?.Status;
  /** A load balancer in the default VPC that serves the certificate. */
  async function https(CertificateArn: string) {
    const { Subnets = [] } = await aws.ec2.describeSubnets({});
    const { SecurityGroups = [] } = await aws.ec2.describeSecurityGroups({});
    const { LoadBalancers } = await aws.elb.createLoadBalancer({
      Name: "site",
      Subnets: Subnets.slice(0, 2).map(({ SubnetId }) => SubnetId as string),
      SecurityGroups: [SecurityGroups[0]?.GroupId as string],
    });
    const { TargetGroups } = await aws.elb.createTargetGroup({
      Name: "web",
      Protocol: "HTTP",
      Port: 80,
      VpcId: Subnets[0]?.VpcId as string,
    });
    await settle();
    const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn as string;
    const { Listeners } = await aws.elb.createListener({
      LoadBalancerArn,
      Port: 443,
      Protocol: "HTTPS",
      SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
      Certificates: [{ CertificateArn }],
      DefaultActions: [{ Type: "forward", TargetGroupArn: TargetGroups?.[0]?.TargetGroupArn as string }],
    });
    await settle();
    return { LoadBalancerArn, ListenerArn: Listeners?.[0]?.ListenerArn as string };
  }

  test("the record comes later than the certificate, which itself is not to be seen at once", async () => {
    const { CertificateArn } = await request();
    await refused(detail(CertificateArn), "ResourceNotFoundException");
    await seconds(4);
    expect((await detail(CertificateArn))?.DomainValidationOptions?.[0]).not.toHaveProperty("ResourceRecord");
    await seconds(durationSeconds("certificateRecordShown"));
    expect((await detail(CertificateArn))?.DomainValidationOptions?.[0]?.ResourceRecord).toMatchObject({
      Type: "CNAME",
    });
  });

  test("a token holds for an hour and has no hyphens; a domain and its wildcard have one record", async () => {
    const first = await requested();
    expect((await request()).CertificateArn).toBe(first);
    await seconds(3600);
    expect((await request()).CertificateArn).not.toBe(first);
    await refused(request({ IdempotencyToken: "a-b" }), "ValidationException");
    const wild = await detail(await requested({ SubjectAlternativeNames: ["*.a.link"], IdempotencyToken: "t2" }));
    const names = wild?.DomainValidationOptions?.map(({ ResourceRecord }) => ResourceRecord?.Name);
    expect(new Set(names).size).toBe(1);
  });

  test("issued some time after all records are there, never without them", async () => {
    const arn = await requested({ SubjectAlternativeNames: ["www.a.link"] });
    await seconds(1800);
    expect(await status(arn)).toBe("PENDING_VALIDATION");
    await validate(arn);
    await seconds(durationSeconds("certificateIssued") / 2);
    expect(await status(arn)).toBe("PENDING_VALIDATION");
    await seconds(durationSeconds("certificateIssued"));
    expect(await status(arn)).toBe("ISSUED");
  });

  test("never issued while the registrar leads elsewhere; given up after 72 hours", async () => {
    const arn = await requested();
    delegate(sim(), DOMAIN, ["ns.elsewhere.example"]);
    await validate(arn);
    await seconds(71 * 3600);
    expect(await status(arn)).toBe("PENDING_VALIDATION");
    await seconds(2 * 3600);
    expect(await status(arn)).toBe("VALIDATION_TIMED_OUT");
  });

  test("a CAA record for another authority makes it fail", async () => {
    const arn = await requested();
    await change({ Action: "CREATE", ResourceRecordSet: set(DOMAIN, "CAA", '0 issue "letsencrypt.org"') });
    await validate(arn);
    await seconds(durationSeconds("certificateIssued") + 40);
    expect(await detail(arn)).toMatchObject({ Status: "FAILED", FailureReason: "CAA_ERROR" });
  });

  test("in use while a listener has it, and for a while after", async () => {
    const arn = await requested();
    await validate(arn);
    await seconds(durationSeconds("certificateIssued") + 30);
    const { LoadBalancerArn, ListenerArn } = await https(arn);
    expect((await detail(arn))?.InUseBy).toEqual([LoadBalancerArn]);
    const remove = () => aws.acm.deleteCertificate({ CertificateArn: arn });
    await refused(remove(), "ResourceInUseException");
    await aws.elb.deleteListener({ ListenerArn });
    await refused(remove(), "ResourceInUseException");
    await seconds(durationSeconds("certificateHeld"));
    await remove();
    await settle();
    await refused(remove(), "ResourceNotFoundException");
  });
});
