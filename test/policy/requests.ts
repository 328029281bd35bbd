import { kindOfId, type Ledger, rdsArns, stringsIn, type Tags, tagsIn } from "./ledger.ts";
import { type Action, IMPLIED, REFERENCE } from "./tables.ts";

type Json = Readonly<Record<string, unknown>>;
type Keys = Readonly<Record<string, readonly string[]>>;

/** What IAM decides on: an action, on one resource, with what is known of the call. */
export interface Request {
  readonly action: string;
  readonly resource: string;
  readonly context: Keys;
}

/** IAM's prefixes, by the SDK's packages. */
const PREFIXES: Readonly<Record<string, string>> = {
  acm: "acm",
  "auto-scaling": "autoscaling",
  backup: "backup",
  cloudwatch: "cloudwatch",
  "cloudwatch-logs": "logs",
  ec2: "ec2",
  efs: "elasticfilesystem",
  "elastic-load-balancing-v2": "elasticloadbalancing",
  iam: "iam",
  kms: "kms",
  pricing: "pricing",
  rds: "rds",
  "route-53": "route53",
  s3: "s3",
  "service-quotas": "servicequotas",
  sns: "sns",
  ssm: "ssm",
  sts: "sts",
};
/** S3's actions that have another name than the operation (S3 user guide, "Required permissions for Amazon S3 API operations"). */
const S3_ACTIONS: Readonly<Record<string, string>> = {
  ListObjectsV2: "ListBucket",
  ListObjectVersions: "ListBucketVersions",
  DeleteObjects: "DeleteObject",
  GetBucketEncryption: "GetEncryptionConfiguration",
  GetPublicAccessBlock: "GetBucketPublicAccessBlock",
  PutPublicAccessBlock: "PutBucketPublicAccessBlock",
};
/** To delete a version of an object has an action of its own. */
const s3Action = (operation: string, { VersionId }: Json): string =>
  operation === "DeleteObject" && VersionId !== undefined
    ? "DeleteObjectVersion"
    : (S3_ACTIONS[operation] ?? operation);
/** The region that calls of these go to. */
const GLOBAL: Readonly<Record<string, string>> = { iam: "us-east-1", pricing: "us-east-1", route53: "us-east-1" };

/**
 * By prefix or action: the action that a create with tags is checked for, too (each service's guide, "tag resources during
 * creation"), and the key that says which create it was.
 */
const TAGGING: Readonly<Record<string, { readonly action: string; readonly key?: string }>> = {
  acm: { action: "acm:AddTagsToCertificate" },
  autoscaling: { action: "autoscaling:CreateOrUpdateTags" },
  cloudwatch: { action: "cloudwatch:TagResource" },
  ec2: { action: "ec2:CreateTags", key: "ec2:CreateAction" },
  elasticfilesystem: { action: "elasticfilesystem:TagResource", key: "elasticfilesystem:CreateAction" },
  elasticloadbalancing: { action: "elasticloadbalancing:AddTags", key: "elasticloadbalancing:CreateAction" },
  "iam:CreateRole": { action: "iam:TagRole" },
  "iam:CreateInstanceProfile": { action: "iam:TagInstanceProfile" },
  logs: { action: "logs:TagResource" },
  rds: { action: "rds:AddTagsToResource" },
  s3: { action: "s3:TagResource" },
  sns: { action: "sns:TagResource" },
  ssm: { action: "ssm:AddTagsToResource" },
};

/** A call as it comes to AWS. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly input: Json;
  /** Undefined: the account's of the ledger. */
  readonly region?: string | undefined;
}

/** All that IAM is asked about a call. Throws for an action that the reference does not have, or whose resource is not known. */
export function requestsOf(call: Call, ledger: Ledger): readonly Request[] {
  const { region = ledger.region } = call;
  const asked = requestsAtHome(call, ledger);
  if (region === ledger.region) return asked;
  return asked.map(({ context, ...one }) => ({ ...one, context: { ...context, "aws:RequestedRegion": [region] } }));
}

function requestsAtHome({ service, operation, input }: Call, ledger: Ledger): readonly Request[] {
  const prefix = PREFIXES[service];
  if (prefix === undefined) throw new Error(`no IAM prefix of ${service}`);
  const name = service === "s3" ? s3Action(operation, input) : operation;
  const action = `${prefix}:${name}`;
  const own = on(action, input, ledger);
  const tags = tagsOfRequest(input);
  const tagging = (TAGGING[action] ?? TAGGING[prefix]) as { action: string; key?: string } | undefined;
  const tagged =
    tagging && tagging.action !== action && Object.keys(tags).length > 0
      ? onMade(tagging.action, action, input, ledger, tagging.key ? { [tagging.key]: [name] } : {})
      : [];
  const implied = new Set(
    IMPLIED.flatMap(({ implied, with: parameter }) =>
      parameter === undefined || input[parameter] !== undefined ? (implied[action] ?? []) : [],
    ),
  );
  return [...own, ...tagged, ...[...implied].flatMap((other) => impliedBy(other, action, input, ledger))];
}

/** What AWS checks of another service, in the caller's name. */
function impliedBy(other: string, action: string, input: Json, ledger: Ledger): readonly Request[] {
  if (other.startsWith("kms:")) return throughService(other, action, input, ledger);
  if (/:(Describe|Get)/.test(other)) return [request(other, "*", undefined, {}, {}, ledger)];
  if (other === "iam:CreateServiceLinkedRole") {
    const principal = `${action.slice(0, action.indexOf(":"))}.amazonaws.com`;
    return on(other, { AWSServiceName: principal }, ledger);
  }
  const launched = action.startsWith("autoscaling:") ? launchOf(input, ledger) : input;
  if (other === "iam:PassRole") return passedRole(launched, ledger);
  switch (other) {
    case "ec2:RunInstances":
      return on(other, launched, ledger);
    case "ec2:CreateTags":
      // Other creates were seen to already.
      return action.startsWith("autoscaling:")
        ? onMade(other, "ec2:RunInstances", launched, ledger, { "ec2:CreateAction": ["RunInstances"] })
        : [];
    case "ec2:CreateNetworkInterface":
      return on(other, input, ledger);
    case "ec2:DeleteNetworkInterface":
    case "ec2:ModifyNetworkInterfaceAttribute":
      return on(other, { ...input, NetworkInterfaceId: "eni-0000000000000ef50" }, ledger);
    case "ec2:DeleteSnapshot":
      if (input.DeleteAssociatedSnapshots !== true) return [];
      return (ledger.snapshotsOfImage.get(String(input.ImageId)) ?? []).flatMap((SnapshotId) =>
        on(other, { SnapshotId }, ledger),
      );
    case "rds:CreateDBSnapshot":
      return input.FinalDBSnapshotIdentifier ? on(other, input, ledger) : [];
    case "rds:AddTagsToResource":
      // Of creates it was seen to already; the final snapshot's tags are not in the request.
      return input.FinalDBSnapshotIdentifier
        ? on(other, { DBSnapshotIdentifier: input.FinalDBSnapshotIdentifier }, ledger)
        : [];
    case "backup-storage:MountCapsule":
      return on(other, {}, ledger);
    case "backup:TagResource":
      return on(other, { BackupVaultName: input.BackupVaultName }, ledger);
    case "elasticfilesystem:TagResource":
      return [];
    default:
      throw new Error(`it is not known what ${action} has AWS check ${other} on`);
  }
}

/** What a service does with a key in the caller's name (KMS developer guide, kms:ViaService, kms:GrantIsForAWSResource). */
const throughService = (other: string, action: string, { KmsKeyId }: Json, ledger: Ledger): readonly Request[] =>
  on(other, { KeyId: KmsKeyId ?? ledger.arn("kms", "key/aws-backup") }, ledger, {
    "kms:ViaService": [`${action.slice(0, action.indexOf(":"))}.${ledger.region}.amazonaws.com`],
    "kms:GrantIsForAWSResource": ["true"],
  });

function passedRole({ RoleName, IamInstanceProfile, IamRoleArn }: Json, ledger: Ledger): readonly Request[] {
  if (typeof IamRoleArn === "string")
    return on("iam:PassRole", { RoleName: IamRoleArn.split("/").at(-1) }, ledger, {
      "iam:PassedToService": ["backup.amazonaws.com"],
    });
  const profile = (IamInstanceProfile as { Name?: string } | undefined)?.Name;
  const role = RoleName ?? (profile === undefined ? undefined : ledger.roleOfProfile.get(profile));
  return role === undefined ? [] : on("iam:PassRole", { RoleName: role }, ledger);
}

/** The launch that Auto Scaling has checked: that of the launch template, in the group's subnets. */
function launchOf({ AutoScalingGroupName, LaunchTemplate, VPCZoneIdentifier }: Json, ledger: Ledger): Json {
  const id =
    (LaunchTemplate as { LaunchTemplateId?: string } | undefined)?.LaunchTemplateId ??
    ledger.templateOfGroup.get(String(AutoScalingGroupName)) ??
    "";
  const template = ledger.templates.get(id);
  if (!template) throw new Error(`the launch template ${id} is not known`);
  return { ...template, LaunchTemplateId: id, SubnetIds: String(VPCZoneIdentifier ?? "").split(",") };
}

/** Where nothing is named that the reference narrows the action to: on "*". */
function on(action: string, input: Json, ledger: Ledger, more: Keys = {}): readonly Request[] {
  const known = knownAction(action);
  const kinds = Object.keys(known.resources);
  if (kinds.length === 0) return [request(action, "*", undefined, tagsOfRequest(input), more, ledger, input)];
  const resources = resourcesOf(action, input, ledger).filter(([kind]) => kinds.includes(kind));
  if (resources.length === 0) {
    if (/:(Describe|List|Get)/.test(action)) return [request(action, "*", undefined, {}, more, ledger, input)];
    throw new Error(`it is not known what ${action} works on: ${JSON.stringify(input)}`);
  }
  // It is not documented whether RDS knows the tags of the request where it checks what an instance uses: it is taken not to.
  const asked = ([, arn]: readonly [string, string]) => !action.startsWith("rds:") || arn === resources[0]?.[1];
  return resources.map((one) =>
    request(action, one[1], one[0], asked(one) ? tagsOfRequest(input, one[0]) : {}, more, ledger, input),
  );
}

/** The tagging of what a create makes. */
function onMade(tagging: string, action: string, input: Json, ledger: Ledger, more: Keys): readonly Request[] {
  return madeBy(action, input, ledger)
    .filter(([kind]) => Object.keys(tagsOfRequest(input, kind)).length > 0)
    .map(([kind, arn]) => request(tagging, arn, kind, tagsOfRequest(input, kind), more, ledger, input));
}

function knownAction(action: string): Action {
  const known = REFERENCE[action];
  if (!known) throw new Error(`test/policy/service-authorization.json does not have ${action}`);
  return known;
}

/** Only keys that the reference lists for the action on such a resource are in the context; aws:RequestedRegion always is. */
function request(
  action: string,
  resource: string,
  kind: string | undefined,
  tags: Tags,
  more: Keys,
  ledger: Ledger,
  input: Json = {},
): Request {
  const { resources, keys = [] } = knownAction(action);
  const listed = [...keys, ...(kind === undefined ? [] : (resources[kind] ?? []))];
  const prefix = action.slice(0, action.indexOf(":"));
  const values: Record<string, readonly string[]> = {
    ...(typeof input.PolicyArn === "string" ? { "iam:PolicyARN": [input.PolicyArn] } : {}),
    ...(action === "iam:PassRole" ? { "iam:PassedToService": ["ec2.amazonaws.com"] } : {}),
    ...more,
    ...routeKeys(input),
    ...(prefix === "kms" ? { "kms:ResourceAliases": ledger.aliasesOf(resource) } : {}),
    ...(typeof input.AWSServiceName === "string" ? { "iam:AWSServiceName": [input.AWSServiceName] } : {}),
  };
  for (const [key, value] of Object.entries(tags)) values[`aws:RequestTag/${key}`] = [value];
  for (const [key, value] of Object.entries(ledger.knownTags(resource)))
    for (const name of ["aws:ResourceTag", `${prefix}:ResourceTag`, "ssm:resourceTag"])
      values[`${name}/${key}`] = [value];
  const context = Object.entries(values).filter(([key]) =>
    listed.some((one) => one === key || (one.endsWith("/*") && key.startsWith(one.slice(0, -1)))),
  );
  return {
    action,
    resource,
    context: { "aws:RequestedRegion": [GLOBAL[prefix] ?? ledger.region], ...Object.fromEntries(context) },
  };
}

/** Route 53 developer guide, "Using IAM policy conditions for fine-grained access control". */
function routeKeys({ ChangeBatch }: Json): Keys {
  const changes = (ChangeBatch as { Changes: { Action: string; ResourceRecordSet: { Name: string; Type: string } }[] })
    ?.Changes;
  if (!changes) return {};
  const key = "route53:ChangeResourceRecordSets";
  return {
    [`${key}Actions`]: changes.map(({ Action }) => Action),
    [`${key}RecordTypes`]: changes.map(({ ResourceRecordSet }) => ResourceRecordSet.Type),
    [`${key}NormalizedRecordNames`]: changes.map(({ ResourceRecordSet: { Name } }) =>
      Name.toLowerCase().replace(/\.$/, "").replaceAll("*", "\\052"),
    ),
  };
}

/** The tags in a request; of EC2, which has them by kind, those for that kind. */
function tagsOfRequest(input: Json, kind?: string): Tags {
  const byKind = input.TagSpecifications as readonly { ResourceType: string; Tags: unknown }[] | undefined;
  if (byKind)
    return Object.assign(
      {},
      ...byKind
        .filter(({ ResourceType }) => kind === undefined || ResourceType === kind)
        .map(({ Tags }) => tagsIn(Tags)),
    );
  const bucket = input.CreateBucketConfiguration as { Tags?: unknown } | undefined;
  const list = input.Tags ?? bucket?.Tags;
  if (typeof input.tags === "object" && input.tags !== null) return input.tags as Tags;
  return Array.isArray(list) && (list.length === 0 || list[0].Value !== undefined) ? tagsIn(list) : {};
}

/** What a create makes, by kind; the end of the ARN is made up. */
function madeBy(action: string, input: Json, ledger: Ledger): readonly (readonly [string, string])[] {
  const { resources } = knownAction(action);
  if (action.startsWith("ec2:"))
    return Object.entries(resources)
      .filter(([, keys]) => keys.includes("aws:RequestTag/*") && !keys.includes("aws:ResourceTag/*"))
      .map(([kind]) => [kind, ledger.ec2(kind, kind === "key-pair" ? String(input.KeyName) : "new")]);
  switch (action) {
    case "acm:RequestCertificate":
      return [["certificate", ledger.arn("acm", "certificate/new")]];
    case "elasticfilesystem:CreateFileSystem":
      return [["file-system", ledger.arn("elasticfilesystem", "file-system/fs-new")]];
    case "elasticloadbalancing:CreateListener":
      return [["listener/app", `${String(input.LoadBalancerArn).replace(":loadbalancer/", ":listener/")}/new`]];
    case "elasticloadbalancing:CreateLoadBalancer":
      return [["loadbalancer/app/", ledger.arn("elasticloadbalancing", `loadbalancer/app/${input.Name}/new`)]];
    case "elasticloadbalancing:CreateTargetGroup":
      return [["targetgroup", ledger.arn("elasticloadbalancing", `targetgroup/${input.Name}/new`)]];
    default: {
      const [first] = resourcesOf(action, input, ledger);
      if (!first) throw new Error(`it is not known what ${action} makes`);
      return [first];
    }
  }
}

const EC2_MADE = /^ec2:(Allocate|Create|Import|Run|Authorize)/;

/** What a call names, by kind, as ARNs. */
function resourcesOf(action: string, input: Json, ledger: Ledger): readonly (readonly [string, string])[] {
  const prefix = action.slice(0, action.indexOf(":"));
  const text = (name: string): readonly string[] =>
    [input[name]].flat().filter((value) => typeof value === "string") as string[];
  const here = (kind: string, rest: (name: string) => string, ...names: readonly string[]) =>
    names.flatMap((name) => text(name).map((value) => [kind, ledger.arn(prefix, rest(value))] as const));
  switch (prefix) {
    case "ec2":
      return ofEc2(action, input, ledger);
    case "acm":
      return text("CertificateArn").map((arn) => ["certificate", arn] as const);
    case "autoscaling": {
      const names = [...text("AutoScalingGroupName"), ...tagged(input)];
      return names.map(
        (name) =>
          ["autoScalingGroup", ledger.arn("autoscaling", `autoScalingGroup:0:autoScalingGroupName/${name}`)] as const,
      );
    }
    case "backup":
      return [
        ...here("backupVault", (name) => `backup-vault:${name}`, "BackupVaultName"),
        ...[...text("ResourceArn"), ...text("RecoveryPointArn")].flatMap((arn) => {
          const kind = { "backup-vault": "backupVault", "recovery-point": "recoveryPoint" }[arn.split(":")[5] ?? ""];
          return kind === undefined ? [] : [[kind, arn] as const];
        }),
      ];
    case "cloudwatch":
      return [
        ...here("alarm", (name) => `alarm:${name}`, "AlarmName", "AlarmNames"),
        ...[...text("DashboardName"), ...text("DashboardNames")].map(
          (name) => ["dashboard", `arn:aws:cloudwatch::${ledger.account}:dashboard/${name}`] as const,
        ),
        ...text("ResourceARN").map((arn) => [arn.includes(":alarm:") ? "alarm" : "dashboard", arn] as const),
      ];
    case "elasticfilesystem": {
      const ids = [
        ...text("FileSystemId"),
        ...text("ResourceId"),
        ...text("MountTargetId").flatMap((id) => ledger.mountTargets.get(id) ?? []),
      ];
      return ids.map((id) => ["file-system", ledger.arn(prefix, `file-system/${id}`)] as const);
    }
    case "elasticloadbalancing":
      return ofElb(action, input, ledger);
    case "iam":
      return ofIam(input, ledger);
    case "logs": {
      // The three about tags are checked on the group, all others on what is in it (API reference, LogGroup: arn, logGroupArn;
      // as in cloudposse/terraform-aws-cicd#33).
      const rest = /:(Tag|Untag|ListTagsFor)Resource$/.test(action) ? "" : ":log-stream:";
      return [
        ...text("resourceArn"),
        ...here("log-group", (name) => `log-group:${name}`, "logGroupName", "logGroupIdentifier").map(([, arn]) => arn),
      ].map((arn) => ["log-group", `${arn}${rest}`] as const);
    }
    case "rds":
      return ofRds(action, input, ledger);
    case "kms":
      return text("KeyId").map((name) => ["key", ledger.key(name)] as const);
    case "route53":
      return ["HostedZoneId", "Id", "ResourceId"].flatMap((name) =>
        text(name).map(
          (id) => ["hostedzone", `arn:aws:route53:::hostedzone/${id.replace(/^\/hostedzone\//, "")}`] as const,
        ),
      );
    case "s3":
      return text("Bucket").flatMap((bucket) => [
        ["bucket", `arn:aws:s3:::${bucket}`] as const,
        ...[...text("Key"), ...deletedKeys(input)].map((key) => ["object", `arn:aws:s3:::${bucket}/${key}`] as const),
      ]);
    case "servicequotas":
      return [["quota", ledger.arn(prefix, `${input.ServiceCode}/${input.QuotaCode}`)]];
    case "sns": {
      const arns = [
        ...text("TopicArn"),
        ...text("ResourceArn"),
        ...text("Name").map((name) => ledger.arn("sns", name)),
      ];
      const topics = text("SubscriptionArn").map((arn) => arn.replace(/:[^:]+$/, ""));
      return [...arns, ...topics].map((arn) => ["topic", arn] as const);
    }
    case "ssm":
      return [
        ...[...text("Name"), ...text("Names"), ...text("ResourceId")].map(
          (name) =>
            [
              "parameter",
              `arn:aws:ssm:${ledger.region}:${name.startsWith("/aws/") ? "" : ledger.account}:parameter/${name.replace(/^\//, "")}`,
            ] as const,
        ),
        ...text("DocumentName").map(
          (name) =>
            [
              "document",
              `arn:aws:ssm:${ledger.region}:${name.startsWith("AWS-") ? "" : ledger.account}:document/${name}`,
            ] as const,
        ),
        ...text("InstanceIds").map((id) => ["instance", ledger.ec2("instance", id)] as const),
      ];
    default:
      return [];
  }
}

const tagged = ({ Tags }: Json): readonly string[] => [
  ...new Set(((Tags ?? []) as readonly { ResourceId?: string }[]).flatMap(({ ResourceId }) => ResourceId ?? [])),
];

const deletedKeys = ({ Delete }: Json): readonly string[] =>
  ((Delete as { Objects?: readonly { Key: string }[] } | undefined)?.Objects ?? []).map(({ Key }) => Key);

function ofEc2(action: string, input: Json, ledger: Ledger): readonly (readonly [string, string])[] {
  // The groups that rules name are not checked.
  const named = /SecurityGroup(RuleDescriptions)?(In|E)gress$/.test(action)
    ? [String(input.GroupId)]
    : stringsIn(input);
  const ids = named.flatMap((text) => ledger.associations.get(text) ?? [text]);
  const found = ids.flatMap((id) => {
    const kind = kindOfId(id);
    return kind === undefined ? [] : [[kind, ledger.ec2(kind, id)] as const];
  });
  const key = typeof input.KeyName === "string" ? [["key-pair", ledger.ec2("key-pair", input.KeyName)] as const] : [];
  return [
    ...found,
    ...(action === "ec2:ImportKeyPair" ? [] : key),
    ...(EC2_MADE.test(action) ? madeBy(action, input, ledger) : []),
  ];
}

function ofElb(action: string, input: Json, ledger: Ledger): readonly (readonly [string, string])[] {
  if (/:Create(LoadBalancer|TargetGroup)$/.test(action)) return madeBy(action, input, ledger);
  const kinds = Object.keys(knownAction(action).resources);
  return ["LoadBalancerArn", "TargetGroupArn", "ListenerArn", "ResourceArns"]
    .flatMap((name) => [input[name] ?? []].flat() as string[])
    .flatMap((arn) => kinds.filter((kind) => arn.includes(`:${kind}`)).map((kind) => [kind, arn] as const));
}

function ofIam(
  { RoleName, InstanceProfileName, AWSServiceName, PolicySourceArn }: Json,
  { account }: Ledger,
): readonly (readonly [string, string])[] {
  const arn = (rest: string) => `arn:aws:iam::${account}:${rest}`;
  return [
    ...(RoleName ? [["role", arn(`role/${RoleName}`)] as const] : []),
    ...(InstanceProfileName ? [["instance-profile", arn(`instance-profile/${InstanceProfileName}`)] as const] : []),
    ...(AWSServiceName ? [["role", arn(`role/aws-service-role/${AWSServiceName}/AWSServiceRoleForIt`)] as const] : []),
    ...(PolicySourceArn
      ? [[String(PolicySourceArn).includes(":role/") ? "role" : "user", String(PolicySourceArn)] as const]
      : []),
  ];
}

function ofRds(action: string, input: Json, ledger: Ledger): readonly (readonly [string, string])[] {
  // RDS's own option group, which every instance has.
  const own = /:(Create|Modify|Restore)DBInstance/.test(action) ? [ledger.arn("rds", "og:default:mysql-8-4")] : [];
  return [...rdsArns(ledger, input), ...own].map((arn) => [arn.split(":")[5] ?? "", arn] as const);
}
