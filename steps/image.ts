import { cpuCreditsOf } from "../src/aws/ec2/cpu-credits.ts";
import { type ImageLive, type ImageSpec, image as imageType } from "../src/aws/ec2/image.ts";
import { imageBuilder } from "../src/aws/ec2/image-builder.ts";
import { instance } from "../src/aws/ec2/instance.ts";
import { launchTemplate as launchTemplateType } from "../src/aws/ec2/launch-template.ts";
import { publicImage } from "../src/aws/ec2/public-image.ts";
import { instanceProfile } from "../src/aws/iam/instance-profile.ts";
import { role as roleType, type Statement } from "../src/aws/iam/role.ts";
import { nameFor, ownPath } from "../src/aws/names.ts";
import { arnIn, servicePrincipal } from "../src/aws/partition.ts";
import { appSecretPath } from "../src/aws/ssm/app-secret.ts";
import { releaseReport, releaseReportName } from "../src/aws/ssm/release-report.ts";
import type { Config } from "../src/config/schema.ts";
import { type Resource, resource, step } from "../src/engine/resource.ts";
import { isUnknown } from "../src/lib/unknown.ts";
import { appSecrets } from "./app-secrets.ts";
import { archives as archivesFor } from "./archives.ts";
import { DATABASE_NAME, DATABASE_USER } from "./databases.ts";
import type { EfsStep } from "./efs.ts";
import type { Inputs } from "./inputs.ts";
import type { LoadBalancerStep } from "./load-balancer.ts";
import { LOGS } from "./log-names.ts";
import { type LogGroups, writesTo } from "./logs.ts";
import type { NatBastionStep } from "./nat-bastion.ts";
import { appSettings, domainNames, releaseCommand, releaseSettings } from "./scripts/app-settings.ts";
import { builderUserData, imageContentHash, imageParts, webUserData } from "./scripts/user-data.ts";
import type { SecurityGroupsStep } from "./security-groups.ts";
import type { SubnetsStep } from "./subnets.ts";

/** What web instances send lines to. */
const SENT_BY_WEB = ["apache", "app", "boot", "release"] as const;

interface Around {
  readonly subnets: SubnetsStep;
  readonly natBastion: NatBastionStep;
  readonly securityGroups: SecurityGroupsStep;
  readonly efs: EfsStep;
  readonly loadBalancer: LoadBalancerStep["loadBalancer"];
  readonly logs: LogGroups;
}

/** What goes into the web image, as the config says it: "revision v1.2.0 of https://…". */
export function applicationOf({ image: { app } }: Config): string {
  if (app === null) return "the built-in page";
  return "git" in app ? `revision ${app.revision} of ${app.git}` : `the folder ${app.folder}`;
}

/** The same, and which content of a folder. */
const releaseWords = (config: Config, { appArchive }: Inputs): string =>
  `${applicationOf(config)}${appArchive ? ` (${appArchive.sha256.slice(0, 12)})` : ""}`;

const gitOf = ({ image: { app } }: Config) => (app !== null && "git" in app ? app : null);

/** Of all that goes into the image, and of its edition. */
function imageHash(config: Config, { appArchive, imageEdition, project }: Inputs): string {
  const content = [
    ...imageParts(gitOf(config), appSettings(config, project)),
    config.image.base,
    appArchive?.sha256 ?? "",
  ];
  return imageContentHash(imageEdition === undefined ? content : [...content, imageEdition]);
}

/** Key of how the web instances are launched: a change of it replaces them. */
export const LAUNCH_TEMPLATE_KEY = "launch-template";
/** Key of the web image. */
export const imageKey = (config: Config, inputs: Inputs): string => `image-${imageHash(config, inputs)}`;
/** True for the name of a web image's type. */
export const isImage = (object: string): boolean => object === imageType.name;
/** Key of what it starts from. */
export const imageBaseKey = ({ image }: Config): string => `image-base-${slug(image.base)}`;

/**
 * The image of the web instances, what they may do, and how they are launched. The keys of builder and image hold a hash of
 * the content: what is new is made beside what still runs.
 */
export function imageStep(config: Config, inputs: Inputs, around: Around) {
  const { stack, region } = config;
  const { subnets, natBastion, securityGroups, efs } = around;
  const stored = archivesFor(config, inputs);
  const archives = { scripts: stored.scripts, apps: stored.app ? [stored.app] : [] };
  const git = gitOf(config);
  const hash = imageHash(config, inputs);
  const marker = `${ownPath(stack)}image/${hash}`;

  // Instances start when all have a value; `down` removes them when no instance reads them any more.
  const secrets = appSecrets(config);

  const cpuCredits = cpuCreditsOf(config.web.instanceType, config.cpuCredits);

  const { logs } = around;

  // What came of a release, where something runs that can fail before its instances serve.
  const report =
    releaseCommand(config, inputs.project) === ""
      ? []
      : [resource(releaseReport, "release-report", releaseReportName(stack), {}, () => ({}))];

  const role = resource(
    roleType,
    "role-web",
    nameFor(config, roleType, "Buddy-WEB"),
    archives,
    ({ scripts, apps }) => ({
      service: servicePrincipal(region, "ec2"),
      statements: [
        // SecureStrings too: the key aws/ssm decrypts for every principal of the account that may read the parameter
        // (Systems Manager user guide, ps-restrict-decryption). So what the role may read is all that keeps a secret.
        allow(["ssm:GetParameters"], arnIn(region, `ssm:${region}:*:parameter${ownPath(stack)}database/*`)),
        // Also where the config names no secret (any more): an earlier release that is gone back to reads its own.
        allow(["ssm:GetParameters"], arnIn(region, `ssm:${region}:*:parameter${appSecretPath(stack)}*`)),
        allow(["ssm:PutParameter"], arnIn(region, `ssm:${region}:*:parameter${ownPath(stack)}image/*`)),
        ...report.map(({ name }) => allow(["ssm:PutParameter"], arnIn(region, `ssm:${region}:*:parameter${name}`))),
        ...[scripts, ...apps].map(({ bucket, key }) => allow(["s3:GetObject"], arnIn(region, `s3:::${bucket}/${key}`))),
        writesTo(config, [...SENT_BY_WEB, "builder"]),
        allow(AGENT, "*"),
      ],
      managedPolicies: [],
    }),
  );
  const profile = resource(
    instanceProfile,
    "profile-web",
    nameFor(config, instanceProfile, "Buddy-WEB"),
    { role },
    ({ role }) => ({ roleName: role.id }),
  );
  const base = resource(publicImage, imageBaseKey(config), config.image.base, {}, () => ({}));

  const builder = resource(
    imageBuilder,
    `builder-${hash}`,
    nameFor(config, imageBuilder, "Buddy-WEB-Builder"),
    {
      base,
      profile,
      ...archives,
      log: logs.builder,
      subnet: subnets.web[0] as SubnetsStep["web"][number],
      group: securityGroups.web,
      // Its set-up begins when it runs: the way out must be there.
      natRoutes: natBastion.natRoutes.slice(0, 1),
    },
    ({ base, profile, scripts, apps, subnet, group }) => ({
      imageId: base.id,
      rootDevice: base.rootDevice,
      instanceType: config.web.instanceType,
      subnetId: subnet.id,
      groupIds: [group.id],
      keyName: undefined,
      profileName: profile.id,
      publicAddress: false,
      volumeGiB: base.rootGiB,
      cpuCredits,
      marker,
      userData: whenKnown([scripts.key, ...apps.map(({ key }) => key)], () =>
        builderUserData({
          region,
          stack,
          markerName: marker,
          bucket: scripts.bucket,
          scriptsKey: scripts.key,
          app: apps[0] ?? git,
          settings: appSettings(config, inputs.project),
          release: releaseSettings(config, inputs.project, {
            imageHash: hash,
            // The load balancer may not be there yet, whose name a site without a domain has.
            siteNames: config.domain === null ? ["image.invalid"] : domainNames(config),
          }),
        }),
      ),
    }),
    { temporaryFor: () => [image], configured: { instanceType: "web.instanceType" } },
  );
  const image: Resource<ImageSpec, ImageLive> = resource(
    imageType,
    imageKey(config, inputs),
    nameFor(config, imageType, `Buddy-WEB-Image-${hash}`),
    { builder },
    ({ builder }) => ({
      builderId: builder.id,
      baseId: builder.imageId,
      edition: inputs.imageEdition,
    }),
    { keeps: config.image.keep },
  );

  const launchTemplate = resource(
    launchTemplateType,
    LAUNCH_TEMPLATE_KEY,
    nameFor(config, launchTemplateType, "Buddy-WEB-Image-Start"),
    {
      image,
      profile,
      group: securityGroups.web,
      fileSystem: efs.fileSystem,
      keyPair: natBastion.keyPair,
      logs: SENT_BY_WEB.map((name) => logs[name]),
      report,
      // Without a domain the site is called by its name.
      entrances: config.domain === null ? [around.loadBalancer] : [],
      secrets,
    },
    ({ image, profile, group, fileSystem, keyPair, entrances }) => ({
      imageId: image.id,
      rootDevice: image.rootDevice,
      instanceType: config.web.instanceType,
      volumeGiB: isUnknown(image.rootGiB) ? config.web.volumeGiB : Math.max(config.web.volumeGiB, image.rootGiB),
      groupIds: [group.id],
      keyName: keyPair.keyName,
      profileName: profile.id,
      instanceName: nameFor(config, instance, "Buddy-WEB"),
      cpuCredits,
      metadataTokens: "required" as const,
      encrypted: true,
      release: releaseWords(config, inputs),
      rolledBackFrom: "",
      userData: whenKnown([fileSystem.id, ...entrances.map(({ dnsName }) => dnsName)], () =>
        webUserData({
          region,
          stack,
          fileSystemId: fileSystem.id,
          parameterPath: `${ownPath(stack)}database/`,
          database: DATABASE_NAME,
          user: DATABASE_USER,
          release: releaseSettings(config, inputs.project, {
            imageHash: hash,
            siteNames: [...domainNames(config), ...entrances.map(({ dnsName }) => dnsName)],
          }),
        }),
      ),
    }),
    { configured: { instanceType: "web.instanceType" } },
  );
  return step("image", {
    ...stored,
    // NAT's is there before, as its instances write to it.
    logs: LOGS.filter((name) => name !== "nat").map((name) => logs[name]),
    role,
    profile,
    base,
    secrets,
    report,
    builder,
    image,
    launchTemplate,
  });
}

/**
 * What the SSM agent needs for Run Command and Session Manager. It gets commands through ssmmessages, or, where it is older
 * than 3.3.40 or may not, through ec2messages (Systems Manager user guide, systems-manager-setting-up-messageAPIs, and
 * getting-started-create-iam-instance-profile). Neither service knows resources: "*" is the only one (Service
 * Authorization Reference).
 */
const AGENT = [
  "ssm:UpdateInstanceInformation",
  "ssmmessages:CreateControlChannel",
  "ssmmessages:CreateDataChannel",
  "ssmmessages:OpenControlChannel",
  "ssmmessages:OpenDataChannel",
  "ec2messages:AcknowledgeMessage",
  "ec2messages:DeleteMessage",
  "ec2messages:FailMessage",
  "ec2messages:GetEndpoint",
  "ec2messages:GetMessages",
  "ec2messages:SendReply",
];

const allow = (actions: readonly string[], resource: string): Statement => ({
  Effect: "Allow",
  Action: [...actions],
  Resource: [resource],
});

const slug = (name: string): string => name.replace(/[^A-Za-z0-9.]+/g, "-").replace(/^-|-$/g, "");

/** The text made of values; the first of them that is not known yet, in a plan. */
const whenKnown = (values: readonly string[], text: () => string): string => values.find(isUnknown) ?? text();
