import * as z from "zod";
import { partitionOf } from "../../../aws/partition.ts";
import { awsError } from "../../service.ts";
import type { Sim, Table } from "../../world.ts";
import { interfaceTable, type NetworkInterface } from "../ec2/tables.ts";

export const SERVICE = "elastic-load-balancing-v2";

export type Tags = Readonly<Record<string, string>>;

export interface LoadBalancer {
  readonly arn: string;
  readonly name: string;
  /** The last part of its ARN. */
  readonly hash: string;
  readonly dnsName: string;
  readonly scheme: "internet-facing" | "internal";
  readonly vpcId: string;
  readonly groupIds: readonly string[];
  readonly subnetIds: readonly string[];
  readonly createdAt: number;
  readonly activeAt: number;
  /** Those that somebody has set; the others are as AWS has them. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly tags: Tags;
}
export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly protocol: "HTTP" | "HTTPS";
  readonly port: number;
  readonly vpcId: string;
  readonly health: HealthCheck;
  readonly attributes: Readonly<Record<string, string>>;
  /** A listener that is gone still counts as its user until then. */
  readonly heldUntil: number;
  readonly tags: Tags;
}
export interface HealthCheck {
  readonly path: string;
  readonly codes: string;
  readonly seconds: number;
  readonly timeoutSeconds: number;
  readonly healthy: number;
  readonly unhealthy: number;
}
export interface Authenticate {
  readonly Issuer: string;
  readonly AuthorizationEndpoint: string;
  readonly TokenEndpoint: string;
  readonly UserInfoEndpoint: string;
  readonly ClientId: string;
}
export type Action =
  /** `authenticate`: who is not known yet is sent there first. */
  | { readonly kind: "forward"; readonly targetGroupArn: string; readonly authenticate?: Authenticate }
  | {
      readonly kind: "weighted";
      readonly groups: readonly { readonly targetGroupArn: string; readonly weight: number }[];
    }
  | { readonly kind: "fixed"; readonly status: string; readonly contentType: string; readonly body: string }
  | {
      readonly kind: "redirect";
      readonly protocol: string;
      readonly port: string;
      readonly status: string;
      /** Absent: as in the request. */
      readonly host?: string;
      readonly path?: string;
      readonly query?: string;
    };
/** The target groups that requests are sent to. */
export const groupsOf = (action: Action): readonly string[] =>
  action.kind === "forward"
    ? [action.targetGroupArn]
    : action.kind === "weighted"
      ? action.groups.map(({ targetGroupArn }) => targetGroupArn)
      : [];
export interface Listener {
  readonly arn: string;
  readonly loadBalancerArn: string;
  readonly port: number;
  readonly protocol: "HTTP" | "HTTPS";
  readonly certificateArn: string | null;
  readonly policy: string | null;
  readonly action: Action;
  readonly tags: Tags;
}
/** An instance in a target group. */
export interface Target {
  readonly targetGroupArn: string;
  readonly instanceId: string;
  readonly state: "initial" | "healthy" | "unhealthy" | "draining";
  /** Checks of the same outcome in a row. */
  readonly good: number;
  readonly bad: number;
  /** When a draining target leaves. */
  readonly leavesAt: number | null;
}

/** How many hosts a target group had, from each change on. */
export interface Hosts {
  readonly targetGroupArn: string;
  readonly changes: readonly { readonly at: number; readonly healthy: number; readonly unhealthy: number }[];
}
/** How many changes of a count are kept for CloudWatch. */
export const CHANGES = 200;
/** Requests to a load balancer in one minute: how many, and who answered with which class of status. */
export interface Minute {
  /** The minute's begin. */
  readonly at: number;
  readonly requests: number;
  /** By metric, such as HTTPCode_Target_2XX_Count. */
  readonly codes: Readonly<Record<string, number>>;
}
export interface Traffic {
  readonly loadBalancerArn: string;
  readonly minutes: readonly Minute[];
}

export const hostsTable = (sim: Sim): Table<Hosts> => sim.table("elb.hosts");
export const trafficTable = (sim: Sim): Table<Traffic> => sim.table("elb.traffic");
export const loadBalancerTable = (sim: Sim): Table<LoadBalancer> => sim.table("elb.loadBalancers");
export const targetGroupTable = (sim: Sim): Table<TargetGroup> => sim.table("elb.targetGroups");
export const listenerTable = (sim: Sim): Table<Listener> => sim.table("elb.listeners");
export const targetTable = (sim: Sim): Table<Target> => sim.table("elb.targets");

/** What the description of its network interfaces says. */
export const ownerOf = ({ name, hash }: LoadBalancer): string => `ELB app/${name}/${hash}`;
export const interfacesOf = (sim: Sim, balancer: LoadBalancer): NetworkInterface[] =>
  interfaceTable(sim)
    .all()
    .filter(({ description }) => description === ownerOf(balancer));

export const arn = (sim: Sim, rest: string): string =>
  `arn:${partitionOf(sim.region).name}:elasticloadbalancing:${sim.region}:${sim.account}:${rest}`;

/** An error that the service models: the SDK's name has a suffix that the wire's code has not. */
export const modelled = (code: string, message: string): Error => awsError(`${code}Exception`, message, { code });
export const invalid = (message: string): Error => awsError("ValidationError", message);

export const noLoadBalancer = (): Error => modelled("LoadBalancerNotFound", "One or more load balancers not found");
export const noTargetGroup = (): Error => modelled("TargetGroupNotFound", "One or more target groups not found");
export const noListener = (): Error => modelled("ListenerNotFound", "One or more listeners not found");

/** The object as another call may refer to it: it must be visible already. */
export function visible<Row extends object>(table: Table<Row>, id: string, missing: () => Error): Row {
  const row = table.visible(id) && table.get(id);
  if (!row) throw missing();
  return row;
}

/** Names of load balancers and target groups (API reference). */
export function checkName(what: string, name: string): void {
  if (name.length > 32) throw invalid(`${what} name '${name}' cannot be longer than '32' characters`);
  if (!/^[a-zA-Z0-9-]+$/.test(name))
    throw invalid(`${what} name '${name}' can only contain characters that are alphanumeric characters and hyphens(-)`);
  if (name.startsWith("-") || name.endsWith("-"))
    throw invalid(`${what} name '${name}' cannot begin or end with a hyphen`);
}

// Letters, spaces, numbers and `_ . : / = + - @` only: less than EC2 takes (service model, TagValue).
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
export const tagsSchema = z
  .array(
    z.strictObject({
      Key: z
        .string()
        .min(1)
        .max(128)
        .regex(tagText)
        .regex(/^(?!aws:)/i),
      Value: z.string().max(256).regex(tagText).optional(),
    }),
  )
  .min(1);
export type TagInput = z.infer<typeof tagsSchema> | undefined;

export function tagsOf(given: TagInput): Tags {
  const tags: Record<string, string> = {};
  for (const { Key, Value } of given ?? []) {
    if (Key in tags) throw modelled("DuplicateTagKeys", "Tag keys must be unique");
    tags[Key] = Value ?? "";
  }
  if (Object.keys(tags).length > 50) throw modelled("TooManyTags", "The maximum number of tags has been reached");
  return tags;
}

export const paging = { PageSize: z.number().int().min(1).max(400).optional(), Marker: z.string().optional() };
export function page<T>(
  items: readonly T[],
  { PageSize, Marker }: { PageSize?: number | undefined; Marker?: string | undefined },
): { items: T[]; NextMarker?: string } {
  const from = Marker ? Number(Marker) : 0;
  const to = PageSize ? from + PageSize : items.length;
  return { items: items.slice(from, to), ...(to < items.length ? { NextMarker: String(to) } : {}) };
}
