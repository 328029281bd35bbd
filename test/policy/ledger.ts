import type { World } from "../../src/sandbox/world.ts";

type Json = Readonly<Record<string, unknown>>;
export type Tags = Readonly<Record<string, string>>;

/** EC2's kinds of resource as IAM names them, by the start of their ids. */
const KINDS: Readonly<Record<string, string>> = {
  vpc: "vpc",
  subnet: "subnet",
  igw: "internet-gateway",
  rtb: "route-table",
  sg: "security-group",
  key: "key-pair",
  eipalloc: "elastic-ip",
  nat: "natgateway",
  i: "instance",
  vol: "volume",
  eni: "network-interface",
  ami: "image",
  snap: "snapshot",
  lt: "launch-template",
};
/** Which part of EC2's answers shows things of which kind, and their ids. */
const SHOWN: Readonly<Record<string, string>> = {
  Vpcs: "VpcId",
  Subnets: "SubnetId",
  InternetGateways: "InternetGatewayId",
  RouteTables: "RouteTableId",
  SecurityGroups: "GroupId",
  KeyPairs: "KeyName",
  Addresses: "AllocationId",
  NatGateways: "NatGatewayId",
  Instances: "InstanceId",
  Volumes: "VolumeId",
  NetworkInterfaces: "NetworkInterfaceId",
  Images: "ImageId",
  Snapshots: "SnapshotId",
  LaunchTemplates: "LaunchTemplateId",
};

export const kindOfId = (id: string): string | undefined => KINDS[/^([a-z]+)-[0-9a-f]{8,}$/.exec(id)?.[1] ?? ""];

/** Of AWS's list of pairs, or, where a service has one, its record. */
export const tagsIn = (given: unknown): Tags =>
  given === undefined || Array.isArray(given)
    ? Object.fromEntries(
        ((given ?? []) as readonly { Key: string; Value?: string }[]).map(({ Key, Value }) => [Key, Value ?? ""]),
      )
    : (given as Tags);

/** Every string in a value, at whatever depth. */
export function stringsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || value instanceof Uint8Array || value instanceof Date) return [];
  return Object.values(value).flatMap(stringsIn);
}

/** What is known of the account from all that was asked and answered: whose tags are what, and what belongs to what. */
export class Ledger {
  readonly tags = new Map<string, Tags>();
  /** When something was first given tags. */
  readonly since = new Map<string, number>();
  /** Of an association of a route table: both its sides. */
  readonly associations = new Map<string, readonly string[]>();
  readonly mountTargets = new Map<string, string>();
  readonly roleOfProfile = new Map<string, string>();
  readonly templates = new Map<string, Json>();
  readonly templateOfGroup = new Map<string, string>();
  readonly snapshotsOfImage = new Map<string, readonly string[]>();
  /** KMS's names, and the ARNs of the keys that they stand for. */
  readonly #aliases = new Map<string, string>();
  readonly #snapshotTags = new Map<string, Tags>();

  readonly region: string;
  readonly account: string;
  readonly #now: () => number;
  readonly #lagMs: number;

  /** @param lag how long after an object is made IAM does not know its tags, milliseconds, on which clock */
  constructor(
    { region, account, tables = {} }: Pick<World, "region" | "account"> & Partial<Pick<World, "tables">>,
    lag: { readonly ms: number; now(): number } = { ms: 0, now: () => 0 },
  ) {
    this.region = region;
    this.account = account;
    for (const { row } of Object.values(tables["kms.aliases"] ?? {})) {
      const { name, key } = row as { name: string; key: string };
      this.#aliases.set(name, key);
    }
    this.#now = lag.now;
    this.#lagMs = lag.ms;
  }

  /** The ARN of the key that a name stands for: IAM decides on keys only. */
  key(name: string): string {
    return this.#aliases.get(name.replace(/^arn:.*:alias/, "alias")) ?? name;
  }
  aliasesOf(key: string): readonly string[] {
    return [...this.#aliases].flatMap(([alias, target]) => (target === key ? [alias] : []));
  }

  /** What IAM knows of an object's tags by now. */
  knownTags(arn: string): Tags {
    return this.#now() - (this.since.get(arn) ?? 0) < this.#lagMs ? {} : (this.tags.get(arn) ?? {});
  }

  ec2(kind: string, id: string): string {
    const account = kind === "image" || kind === "snapshot" ? "" : this.account;
    return `arn:aws:ec2:${this.region}:${account}:${kind}/${id}`;
  }
  arn(service: string, rest: string): string {
    return `arn:aws:${service}:${this.region}:${this.account}:${rest}`;
  }

  /** Reads may lag behind what was written: what was written counts. */
  #shown(arn: string, list: unknown): void {
    if (!this.tags.has(arn) && list !== undefined) this.tags.set(arn, tagsIn(list));
  }
  #given(arn: string, list: unknown): void {
    if (!this.since.has(arn)) this.since.set(arn, this.#now());
    this.tags.set(arn, { ...this.tags.get(arn), ...tagsIn(list) });
  }

  learn(service: string, operation: string, input: Json, answer: Json): void {
    if (service === "ec2") this.#learnEc2(operation, input, answer);
    else this.#learnOthers(service, operation, input, answer);
  }

  #learnEc2(operation: string, input: Json, answer: Json): void {
    const ids = stringsIn(answer);
    for (const { ResourceType = "", Tags } of (input.TagSpecifications ?? []) as readonly {
      ResourceType?: string;
      Tags: unknown;
    }[])
      for (const id of ids) if (kindOfId(id) === ResourceType) this.#given(this.ec2(ResourceType, id), Tags);
    if (operation === "ImportKeyPair")
      this.#given(
        this.ec2("key-pair", String(input.KeyName)),
        (input.TagSpecifications as readonly { Tags: unknown }[] | undefined)?.[0]?.Tags,
      );
    if (operation === "CreateTags")
      for (const id of input.Resources as string[]) this.#given(this.ec2(kindOfId(id) ?? "", id), input.Tags);
    if (operation === "CreateLaunchTemplate") {
      const { LaunchTemplateId } = answer.LaunchTemplate as { LaunchTemplateId: string };
      this.templates.set(LaunchTemplateId, input.LaunchTemplateData as Json);
    }
    if (operation === "CreateLaunchTemplateVersion")
      this.templates.set(String(input.LaunchTemplateId), input.LaunchTemplateData as Json);
    if (operation === "CreateImage") {
      const specification = (input.TagSpecifications as readonly { ResourceType: string; Tags: unknown }[]).find(
        ({ ResourceType }) => ResourceType === "snapshot",
      );
      if (specification) this.#snapshotTags.set(String(answer.ImageId), tagsIn(specification.Tags));
    }
    if (operation === "AssociateRouteTable")
      this.associations.set(String(answer.AssociationId), [String(input.RouteTableId), String(input.SubnetId)]);
    this.#see(answer);
  }

  /** Things that EC2 shows, with their tags. */
  #see(value: unknown): void {
    if (typeof value !== "object" || value === null) return;
    for (const [list, things] of Object.entries(value)) {
      const id = SHOWN[list];
      if (id !== undefined && Array.isArray(things))
        for (const thing of things as Json[]) {
          const name = String(thing[id]);
          this.#shown(this.ec2(id === "KeyName" ? "key-pair" : (kindOfId(name) ?? ""), name), thing.Tags);
          if (list === "Images") this.#seeImage(name, thing);
          if (list === "RouteTables")
            for (const one of (thing.Associations ?? []) as Json[])
              if (one.SubnetId)
                this.associations.set(String(one.RouteTableAssociationId), [name, String(one.SubnetId)]);
        }
      this.#see(things);
    }
  }

  #seeImage(id: string, { BlockDeviceMappings }: Json): void {
    const snapshots = stringsIn(BlockDeviceMappings).filter((one) => kindOfId(one) === "snapshot");
    this.snapshotsOfImage.set(id, snapshots);
    const tags = this.#snapshotTags.get(id);
    if (tags)
      for (const snapshot of snapshots)
        this.tags.set(this.ec2("snapshot", snapshot), { ...tags, ...this.tags.get(this.ec2("snapshot", snapshot)) });
  }

  #learnOthers(service: string, operation: string, input: Json, answer: Json): void {
    if (service === "iam" && operation === "AddRoleToInstanceProfile")
      this.roleOfProfile.set(String(input.InstanceProfileName), String(input.RoleName));
    if (service === "auto-scaling") {
      const launch = input.LaunchTemplate as { LaunchTemplateId?: string } | undefined;
      if (launch?.LaunchTemplateId)
        this.templateOfGroup.set(String(input.AutoScalingGroupName), launch.LaunchTemplateId);
      for (const group of (answer.AutoScalingGroups ?? []) as Json[]) {
        const name = String(group.AutoScalingGroupName);
        this.#shown(this.#group(name), group.Tags);
        const shown = (group.LaunchTemplate as { LaunchTemplateId?: string } | undefined)?.LaunchTemplateId;
        if (shown && !this.templateOfGroup.has(name)) this.templateOfGroup.set(name, shown);
      }
      if (operation === "CreateAutoScalingGroup")
        this.#given(this.#group(String(input.AutoScalingGroupName)), input.Tags);
    }
    if (service === "efs") {
      if (operation === "CreateFileSystem")
        this.#given(this.arn("elasticfilesystem", `file-system/${answer.FileSystemId}`), input.Tags);
      for (const one of [answer, ...((answer.MountTargets ?? []) as Json[])])
        if (one.MountTargetId) this.mountTargets.set(String(one.MountTargetId), String(one.FileSystemId));
      for (const one of (answer.FileSystems ?? []) as Json[])
        this.#shown(this.arn("elasticfilesystem", `file-system/${one.FileSystemId}`), one.Tags);
    }
    // Where an answer names what it shows by ARNs.
    for (const thing of thingsIn(answer)) {
      const arn = thing.ResourceArn ?? thing.DBInstanceArn ?? thing.FileSystemArn;
      if (typeof arn === "string") this.#shown(arn, thing.Tags ?? thing.TagList);
    }
    if (/^ListTags/.test(operation)) {
      const arn = input.CertificateArn ?? input.ResourceName ?? input.ResourceArn;
      if (arn) this.#shown(String(arn), answer.Tags ?? answer.TagList ?? []);
    }
    if (service === "rds" && input.Tags) this.#given(rdsArns(this, input)[0] ?? "", input.Tags);
    else if (/^(Create|Request)/.test(operation) && input.Tags) {
      // The ARN of what was made is in the answer: the one that is not in the question.
      const asked = new Set(stringsIn(input));
      const made = stringsIn(answer).filter((text) => text.startsWith("arn:") && !asked.has(text));
      for (const arn of made) this.#given(arn, input.Tags);
    }
  }

  #group(name: string): string {
    return this.arn("autoscaling", `autoScalingGroup:0:autoScalingGroupName/${name}`);
  }
}

const RDS_NAMES: Readonly<Record<string, string>> = {
  TargetDBInstanceIdentifier: "db",
  DBInstanceIdentifier: "db",
  SourceDBInstanceIdentifier: "db",
  DBParameterGroupName: "pg",
  DBSubnetGroupName: "subgrp",
  DBSnapshotIdentifier: "snapshot",
  FinalDBSnapshotIdentifier: "snapshot",
};

/** What of RDS a call names; what it makes or changes is the first. */
export const rdsArns = (ledger: Ledger, input: Json): readonly string[] => [
  ...Object.entries(RDS_NAMES).flatMap(([name, kind]) =>
    typeof input[name] === "string" ? [ledger.arn("rds", `${kind}:${input[name]}`)] : [],
  ),
  ...(typeof input.ResourceName === "string" ? [input.ResourceName] : []),
];

/** All objects in a value, at whatever depth. */
function thingsIn(value: unknown): readonly Json[] {
  if (typeof value !== "object" || value === null || value instanceof Date) return [];
  const inner = Object.values(value).flatMap(thingsIn);
  return Array.isArray(value) ? inner : [value as Json, ...inner];
}
