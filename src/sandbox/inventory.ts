import type { World } from "./world.ts";

/** What is shown of a world, by table. Bookkeeping (names held for a while, activities, tags) is left out. */
const KINDS: Readonly<Record<string, string>> = {
  "ec2.vpcs": "VPCs",
  "ec2.subnets": "subnets",
  "ec2.internetGateways": "internet gateways",
  "ec2.routeTables": "route tables",
  "ec2.groups": "security groups",
  "ec2.interfaces": "network interfaces",
  "ec2.addresses": "Elastic IP addresses",
  "ec2.natGateways": "NAT gateways",
  "ec2.keyPairs": "key pairs",
  "ec2.instances": "instances",
  "ec2.images": "images",
  "ec2.snapshots": "snapshots",
  "ec2.launchTemplates": "launch templates",
  "efs.systems": "file systems",
  "efs.targets": "mount targets",
  "rds.databases": "databases",
  "rds.snapshots": "database snapshots",
  "rds.retainedBackups": "retained database backups",
  "rds.subnetGroups": "DB subnet groups",
  "rds.parameterGroups": "DB parameter groups",
  "elb.loadBalancers": "load balancers",
  "elb.listeners": "listeners",
  "elb.targetGroups": "target groups",
  "autoScaling.groups": "Auto Scaling groups",
  "autoScaling.policies": "scaling policies",
  "iam.roles": "IAM roles",
  "iam.profiles": "instance profiles",
  "ssm.parameters": "SSM parameters",
  "acm.certificates": "certificates",
  "route53.zones": "hosted zones",
  "route53.records": "DNS records",
  "cloudwatch.alarms": "alarms",
  "cloudwatch.dashboards": "dashboards",
  "sns.topics": "topics",
  "sns.subscriptions": "subscriptions",
  "s3.buckets": "buckets",
  "s3.objects": "S3 objects",
};
const OVER = new Set(["terminated", "deleted"]);

export interface Kind {
  readonly kind: string;
  readonly ids: readonly string[];
  /** How many are over (terminated, deleted) and only still shown, as AWS shows them for about an hour. */
  readonly over: number;
}

/** What is in a world, by kind. */
export function inventory(world: World): readonly Kind[] {
  return Object.entries(KINDS)
    .map(([table, kind]) => {
      const rows = Object.entries(world.tables[table] ?? {}).filter(([, { row }]) => row !== null);
      const isOver = ([, { row }]: (typeof rows)[number]) => OVER.has((row as { state?: string }).state ?? "");
      return { kind, ids: rows.filter((row) => !isOver(row)).map(([id]) => id), over: rows.filter(isOver).length };
    })
    .filter(({ ids, over }) => ids.length + over > 0);
}
