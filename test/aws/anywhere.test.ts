/**
 * What a type can create it finds: a stack of one object of each type, with names and places that this tool's own stack never
 * uses but AWS takes. A hidden prefix, path, zone or pattern in a `find` shows here as an object that is made and never found.
 */
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { certificate } from "../../src/aws/acm/certificate.ts";
import { issuedCertificate } from "../../src/aws/acm/issued.ts";
import { group } from "../../src/aws/auto-scaling/group.ts";
import { scalingPolicy } from "../../src/aws/auto-scaling/scaling-policy.ts";
import { vault as vaultType } from "../../src/aws/backup/vault.ts";
import { alarm } from "../../src/aws/cloudwatch/alarm.ts";
import { dashboard } from "../../src/aws/cloudwatch/dashboard.ts";
import { address } from "../../src/aws/ec2/address.ts";
import { type ImageLive, type ImageSpec, image } from "../../src/aws/ec2/image.ts";
import { imageBuilder } from "../../src/aws/ec2/image-builder.ts";
import { instance } from "../../src/aws/ec2/instance.ts";
import { internetGateway } from "../../src/aws/ec2/internet-gateway.ts";
import { keyPair } from "../../src/aws/ec2/key-pair.ts";
import { launchTemplate } from "../../src/aws/ec2/launch-template.ts";
import { natGateway } from "../../src/aws/ec2/nat-gateway.ts";
import { publicImage } from "../../src/aws/ec2/public-image.ts";
import { route } from "../../src/aws/ec2/route.ts";
import { routeTable } from "../../src/aws/ec2/route-table.ts";
import { ALL_OUTBOUND, securityGroup } from "../../src/aws/ec2/security-group.ts";
import { subnet } from "../../src/aws/ec2/subnet.ts";
import { vpc } from "../../src/aws/ec2/vpc.ts";
import { fileSystem } from "../../src/aws/efs/file-system.ts";
import { listener } from "../../src/aws/elb/listener.ts";
import { loadBalancer } from "../../src/aws/elb/load-balancer.ts";
import { redirect, TO_HTTPS } from "../../src/aws/elb/redirect.ts";
import { targetGroup } from "../../src/aws/elb/target-group.ts";
import { instanceProfile } from "../../src/aws/iam/instance-profile.ts";
import { role } from "../../src/aws/iam/role.ts";
import { logGroup } from "../../src/aws/logs/log-group.ts";
import { database } from "../../src/aws/rds/database.ts";
import { parameterGroup } from "../../src/aws/rds/parameter-group.ts";
import { replica } from "../../src/aws/rds/replica.ts";
import { subnetGroup } from "../../src/aws/rds/subnet-group.ts";
import { aliasRecords, aliasRecordsName } from "../../src/aws/route53/alias-records.ts";
import { record, validationName } from "../../src/aws/route53/record.ts";
import { existingZone, ownedZone } from "../../src/aws/route53/zone.ts";
import { bucket } from "../../src/aws/s3/bucket.ts";
import { object } from "../../src/aws/s3/object.ts";
import { types } from "../../src/aws/services.ts";
import { subscription, subscriptionName } from "../../src/aws/sns/subscription.ts";
import { topic } from "../../src/aws/sns/topic.ts";
import { generatedSecret } from "../../src/aws/ssm/generated-secret.ts";
import { parameter } from "../../src/aws/ssm/parameter.ts";
import { releaseReport } from "../../src/aws/ssm/release-report.ts";
import { type Config, configSchema } from "../../src/config/schema.ts";
import type { Node } from "../../src/engine/graph.ts";
import type { NodeResult } from "../../src/engine/node-result.ts";
import { isEmpty } from "../../src/engine/plan.ts";
import { type Identified, type Resource, resource, step, type Tags } from "../../src/engine/resource.ts";
import { isUnknown } from "../../src/lib/unknown.ts";
import type { Inputs } from "../../steps/inputs.ts";
import { appSettings, releaseSettings } from "../../steps/scripts/app-settings.ts";
import { builderUserData } from "../../steps/scripts/user-data.ts";
import { type Stage, stage } from "../lifecycle/stage.ts";

/** A tag's value takes letters of any script, spaces and `_.:/=+-@`; a name is the value of the tag Name. */
const TEXT = "Ünusual / nr. 9: λ = a+b@c_";
const LB = "x-9-Y";
const GROUP = "team/web-1";
const DOMAIN = "Shop.Deep.buddyverse.link";

const BODY = Buffer.from("odd");
const SHA256 = createHash("sha256").update(BODY).digest("hex");
const CHEST = "odd.chest-9";
const MARKER = "/Else.where/a-b/baked";

/** One object of each type, with what it needs. */
function everyType({ zones, region }: Config, { publicKey }: Inputs) {
  const net = resource(vpc, "net", TEXT, {}, () => ({
    cidr: "10.9.0.0/16",
    dnsSupport: true,
    dnsHostnames: true,
    defaultGroupRules: [],
  }));
  const subnets = zones.map((zone, at) =>
    resource(subnet, `subnet/${at}`, `${TEXT} ${at}`, { net }, ({ net }) => ({
      vpcId: net.id,
      cidr: `10.9.${at}.0/24`,
      zone,
      publicAddresses: true,
    })),
  );
  const first = subnets.slice(0, 1);
  const gateway = resource(internetGateway, "gate", TEXT, { net }, ({ net }) => ({ vpcId: net.id }));
  const out = resource(routeTable, "out", `${TEXT} out`, { net, gateway, subnets }, ({ net, gateway, subnets }) => ({
    vpcId: net.id,
    routes: [{ to: "0.0.0.0/0", gatewayId: gateway.id }],
    subnetIds: subnets.map(({ id }) => id),
  }));
  const table = resource(routeTable, "table", TEXT, { net }, ({ net }) => ({
    vpcId: net.id,
    routes: undefined,
    subnetIds: [],
  }));
  const open = resource(securityGroup, "open", "Else where._-:/()#,@[]+=&;{}!$*", { net }, ({ net }) => ({
    vpcId: net.id,
    description: "Open",
    inbound: [],
    outbound: ALL_OUTBOUND,
  }));
  // What `*` stands for in a filter has another owner.
  const key = resource(keyPair, "key", "an odd key?*", {}, () => ({ publicKey }));
  const ip = resource(address, "ip", TEXT, { gateway }, () => ({ domain: "vpc" as const }));
  const nat = resource(natGateway, "nat", TEXT, { first, ip, out }, ({ first, ip }) => ({
    subnetId: first[0]?.id as string,
    allocationId: ip.id,
  }));
  const way = resource(route, "way", `${TEXT} 192.0.2.0/24`, { table, nat }, ({ table, nat }) => ({
    tableId: table.id,
    to: "192.0.2.0/24",
    via: { natGatewayId: nat.id },
  }));

  const assumed = resource(role, "role", "Odd+role=x@._", {}, () => ({
    service: "ec2.amazonaws.com",
    statements: [
      {
        Effect: "Allow" as const,
        Action: ["ssm:PutParameter"],
        Resource: [`arn:aws:ssm:${region}:*:parameter${MARKER}`],
      },
      { Effect: "Allow" as const, Action: ["s3:GetObject"], Resource: [`arn:aws:s3:::${CHEST}-*/scripts/*`] },
    ],
    managedPolicies: [],
  }));
  const profile = resource(instanceProfile, "profile", "Odd+profile=x@._", { assumed }, ({ assumed }) => ({
    roleName: assumed.id,
  }));
  const base = resource(publicImage, "base", "ubuntu-22.04", {}, () => ({}));
  const chest = resource(bucket, "chest", CHEST, {}, () => ({ publicAccessBlocked: true }));
  const put = ({ chest }: { readonly chest: { readonly id: string } }) => ({
    bucket: chest.id,
    sha256: SHA256,
    body: BODY,
  });
  const scripts = resource(object, "scripts", `${CHEST}/scripts`, { chest }, put);
  const userData = (bucket: string, scriptsKey: string) =>
    builderUserData({
      region,
      stack: "odd",
      markerName: MARKER,
      bucket,
      scriptsKey,
      app: null,
      settings: appSettings(configSchema.parse({}), undefined),
      release: releaseSettings(configSchema.parse({}), undefined, {
        imageHash: "0123456789ab",
        siteNames: ["image.invalid"],
      }),
    });
  const machine = { base, profile, first, open, key, out };
  const launch = { instanceType: "t3.micro", publicAddress: true, cpuCredits: "unlimited" } as const;
  const host = resource(instance, "host", TEXT, machine, ({ base, first, open, key }) => ({
    ...launch,
    setUp: undefined,
    imageId: base.id,
    rootDevice: base.rootDevice,
    subnetId: first[0]?.id as string,
    groupIds: [open.id],
    keyName: key.keyName,
    profileName: undefined,
    volumeGiB: base.rootGiB,
    sourceDestCheck: true,
    userData: undefined,
  }));
  const builder = resource(
    imageBuilder,
    "builder",
    TEXT,
    { ...machine, scripts },
    ({ base, first, open, profile, scripts }) => ({
      ...launch,
      imageId: base.id,
      rootDevice: base.rootDevice,
      subnetId: first[0]?.id as string,
      groupIds: [open.id],
      keyName: undefined,
      profileName: profile.id,
      volumeGiB: base.rootGiB,
      marker: MARKER,
      userData: isUnknown(scripts.key) ? scripts.key : userData(scripts.bucket, scripts.key),
    }),
    { temporaryFor: () => [baked] },
  );
  const baked: Resource<ImageSpec, ImageLive> = resource(
    image,
    "baked",
    "Odd image./-@_",
    { builder },
    ({ builder }) => ({ builderId: builder.id, baseId: builder.imageId, edition: undefined }),
  );
  const template = resource(
    launchTemplate,
    "template",
    "Odd-template./_9",
    { baked, open, profile, key },
    ({ baked, open, profile, key }) => ({
      imageId: baked.id,
      rootDevice: baked.rootDevice,
      instanceType: "t3.micro",
      cpuCredits: "unlimited" as const,
      metadataTokens: "required" as const,
      encrypted: true,
      release: "revision v1",
      rolledBackFrom: "",
      keyName: key.keyName,
      volumeGiB: baked.rootGiB,
      groupIds: [open.id],
      profileName: profile.id,
      instanceName: TEXT,
      userData: userData("buddy", `scripts/${SHA256}.tar.gz`),
    }),
  );

  const files = resource(fileSystem, "files", TEXT, { first, open }, ({ first, open }) => ({
    encrypted: false,
    performance: "generalPurpose" as const,
    throughput: "bursting" as const,
    transitionToIaDays: null,
    backup: false,
    restoring: false,
    mounts: first.map(({ id }) => ({ subnetId: id, groupId: open.id })),
    zones: first.map(({ zone }) => zone),
  }));

  const secret = resource(generatedSecret, "secret", "Odd.secret-without_a_path", {}, () => ({}));
  const text = resource(parameter, "text", "/Else.where/a/b/c/d/e/f/g/h/i/j/k/l/m", {}, () => ({ value: "text" }));
  const told = resource(releaseReport, "told", "/Else.where/release/report", {}, () => ({}));
  const place = resource(subnetGroup, "place", "Odd.place_in subnets-", { subnets }, ({ subnets }) => ({
    description: "Odd",
    subnetIds: subnets.map(({ id }) => id),
  }));
  const settings = resource(parameterGroup, "settings", "Odd-Settings-9", {}, () => ({
    family: "mysql8.4",
    description: "Odd",
    parameters: { character_set_server: "utf8mb4" },
  }));
  const common = {
    instanceClass: "db.t3.micro",
    publicAccess: false,
    minorUpgrades: true,
    copyTagsToSnapshot: true,
    parametersApplied: true,
    deletionProtection: false,
    engineVersion: "8.4",
    storageGiB: 20,
    maxStorageGiB: 0,
    apply: "now" as const,
  };
  const primary = resource(database, "primary", "X-9-DB", { place, settings, secret, open }, (live) => ({
    ...common,
    zone: zones[1] as string,
    databaseName: "odd_9",
    user: "odd",
    passwordParameter: live.secret.id,
    passwordFrom: "parameter" as const,
    subnetGroup: live.place.id,
    parameterGroup: live.settings.id,
    groupIds: [live.open.id],
    backupRetentionDays: 1,
    encrypted: true,
  }));
  const copy = resource(
    replica,
    "copy",
    "X-9-Copy",
    { primary, settings, secret, open },
    ({ primary, settings, open }) => ({
      ...common,
      parameterGroup: settings.id,
      source: primary.id,
      zone: zones[0] as string,
      groupIds: [open.id],
    }),
  );

  const balancer = resource(loadBalancer, "balancer", LB, { subnets, open, out }, ({ subnets, open }) => ({
    scheme: "internet-facing" as const,
    groupIds: [open.id],
    subnetIds: subnets.map(({ id }) => id),
    zones: subnets.map(({ zone }) => zone),
  }));
  const targets = resource(targetGroup, "targets", "9-of-them", { net }, ({ net }) => ({
    vpcId: net.id,
    protocol: "HTTP" as const,
    port: 8080,
    targetType: "instance" as const,
    healthCheckPath: "/odd",
    healthCheckCodes: "200",
    healthCheckSeconds: 15,
    healthCheckTimeoutSeconds: 5,
    healthyThreshold: 2,
    unhealthyThreshold: 3,
    stickinessSeconds: 60,
    algorithm: "round_robin",
    deregistrationSeconds: 60,
  }));
  const port = resource(listener, "port", `${LB}:8081`, { balancer, targets }, ({ balancer, targets }) => ({
    loadBalancerArn: balancer.id,
    port: 8081,
    protocol: "HTTP" as const,
    certificateArn: undefined,
    policy: undefined,
    targetGroupArn: targets.id,
    action: undefined,
  }));
  const elsewhere = resource(redirect, "elsewhere", `${LB}:8081 ${TEXT}`, { port, targets }, ({ port, targets }) => ({
    listenerArn: port.id,
    targetGroupArn: targets.id,
    answer: TO_HTTPS,
  }));
  const fleet = resource(group, "fleet", GROUP, { subnets, template }, ({ subnets, template }) => ({
    min: 0,
    max: 1,
    desired: 0,
    launchTemplateId: template.id,
    launchTemplateVersion: String(template.version),
    subnetIds: subnets.map(({ id }) => id),
    targetGroupArns: [],
    healthCheckType: "EC2" as const,
    gracePeriodSeconds: 60,
    warmupSeconds: 60,
    metrics: [],
    registered: true,
  }));
  const scaling = resource(scalingPolicy, "scaling", `${GROUP}:a:b/c d`, { fleet }, ({ fleet }) => ({
    groupName: fleet.id,
    metric: "ASGAverageCPUUtilization" as const,
    target: 50,
  }));

  const found = resource(existingZone, "found", DOMAIN, {}, () => ({ domain: DOMAIN }));
  const own = resource(ownedZone, "own", "Odd.Example", {}, () => ({ domain: "Odd.Example" }));
  const proof = resource(certificate, "proof", DOMAIN, { found }, () => ({ names: [DOMAIN] }));
  const leads = aliasRecordsName(DOMAIN, LB);
  const alias = resource(aliasRecords, "alias", leads, { found, balancer }, ({ found, balancer }) => ({
    zoneId: found.id,
    names: [DOMAIN],
    alias: { dnsName: balancer.dnsName, zoneId: balancer.canonicalZoneId, evaluateTargetHealth: true },
    takeOver: false,
  }));
  const cname = resource(record, "cname", validationName(DOMAIN), { found, proof }, ({ found, proof }) => ({
    zoneId: found.id,
    name: proof.records[0]?.name ?? "",
    value: proof.records[0]?.value ?? "",
    ttl: 60,
  }));
  const issued = resource(issuedCertificate, "issued", DOMAIN, { proof, cname }, ({ proof }) => ({
    certificateArn: proof.id,
  }));

  const safe = resource(vaultType, "safe", "Odd_Vault-9", {}, () => ({}));
  const bell = resource(topic, "bell", "Odd_Bell-9", {}, () => ({}));
  const mail = resource(
    subscription,
    "mail",
    subscriptionName("Odd_Bell-9", "a+b@x.example"),
    { bell },
    ({ bell }) => ({
      topicArn: bell.id,
      email: "a+b@x.example",
    }),
  );
  const watch = resource(alarm, "watch", `${TEXT}:alarm:9`, {}, () => ({
    description: "Odd",
    namespace: "AWS/EC2",
    metric: "CPUUtilization",
    dimensions: { InstanceId: "i-0" },
    statistic: "Average",
    periodSeconds: 60,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    threshold: 1,
    comparison: "GreaterThanThreshold" as const,
    treatMissing: "missing" as const,
    lowSampleCount: undefined,
    actions: [],
    okActions: [],
    actionsEnabled: true,
  }));
  const board = resource(dashboard, "board", "Odd_Board-9", {}, () => ({ widgets: [] }));

  const lines = resource(logGroup, "lines", "Odd-lines/of_a.group-9", {}, () => ({ retentionDays: 3 }));

  const thing = resource(object, "thing", `${CHEST}/deep/er folder`, { chest }, put);

  return [
    step("every type", {
      ...{
        net,
        subnets,
        gateway,
        out,
        table,
        open,
        key,
        ip,
        nat,
        way,
        chest,
        scripts,
        assumed,
        profile,
        base,
        host,
        builder,
        baked,
      },
      ...{
        template,
        files,
        safe,
        secret,
        text,
        told,
        place,
        settings,
        primary,
        copy,
        balancer,
        targets,
        port,
        elsewhere,
        fleet,
      },
      ...{ scaling, found, own, proof, alias, cname, issued, bell, mail, watch, board, lines, chest, scripts, thing },
    }),
  ];
}

let on: Stage;
let ids: ReadonlyMap<string, string>;
const nodeOf = (type: string): Node => {
  const nodes = [...on.graph.nodes.values()].filter((node) => node.type.name === type);
  expect(nodes.length, `${type} is in the stack of this test`).toBeGreaterThan(0);
  return nodes.at(-1) as Node;
};
const made = [...types.values()].filter(({ create }) => create !== undefined);
const troubles = (settled: readonly NodeResult[]) =>
  settled
    .filter(({ outcome }) => !["created", "deleted", "unchanged"].includes(outcome))
    .map(({ key, outcome, reason }) => `${key} ${outcome}: ${reason}`);
const everywhere = () => on.stack.plan({ orphans: "all" });

beforeAll(async () => {
  on = await stage({ stack: "odd-9" }, 5, everyType as never);
  const { settled } = await on.up();
  expect(troubles(settled)).toEqual([]);
  ids = new Map(settled.flatMap(({ key, id }) => (id === undefined ? [] : [[key, id]])));
});

describe.each(made.map((type) => [type.name, type] as const))("%s", (name, type) => {
  // A builder is there only until its image is.
  const temporary = name === "ec2:image-builder";

  test("is found again by its tags or its name, as by its id, and listed", async () => {
    const node = nodeOf(name);
    const id = ids.get(node.key);
    if (temporary) {
      expect(await type.find(on.aws, node.owner)).toBeUndefined();
      return;
    }
    expect(((await type.find(on.aws, node.owner)) as Identified | undefined)?.id).toBe(id);
    expect(((await type.find(on.aws, node.owner, id)) as Identified | undefined)?.id).toBe(id);
    const listed = (await type.list?.(on.aws, on.config.stack)) as readonly (Identified & { tags: Tags })[] | undefined;
    if (listed) expect(listed.map((live) => live.id)).toContain(id);
  });
});

test("nothing is left to do, with the state lost, too", async () => {
  expect(isEmpty(await everywhere())).toBe(true);
  for (const key of Object.keys(on.store.resources)) on.store.drop(key);
  const plan = await everywhere();
  expect(plan.items.filter(({ action }) => action !== "none").map(({ key, action }) => `${key} ${action}`)).toEqual([]);
});

test("all of it is removed, and found to be gone", async () => {
  // Copies go to the stack's own vault, which would stay with them.
  Object.assign(on.run, { discardData: true });
  expect(troubles(await on.down())).toEqual([]);
  expect(await on.left()).toEqual([]);
  for (const { type, owner, key } of on.graph.nodes.values())
    if (!type.external && type !== ownedZone) expect(await type.find(on.aws, owner), key).toBeUndefined();
});
