/** One call as it was sent: the SDK package's suffix, the operation, and its parameters. */
export interface Sent {
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
}

/** IAM's prefixes of the services, where they are not the SDK package's suffix. */
const PREFIXES: Readonly<Record<string, string>> = {
  efs: "elasticfilesystem",
  "elastic-load-balancing-v2": "elasticloadbalancing",
  "auto-scaling": "autoscaling",
  "route-53": "route53",
  "service-quotas": "servicequotas",
};

/** Operations that IAM knows by another name (Service Authorization Reference, Amazon S3). */
const RENAMED: Readonly<Record<string, string>> = {
  "s3:HeadBucket": "s3:ListBucket",
  "s3:ListObjectsV2": "s3:ListBucket",
  "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
  "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
};

/** What a create call that carries tags asks for besides. Without it the create itself is refused. */
const TAGGING: Readonly<Record<string, string>> = {
  ec2: "ec2:CreateTags",
  rds: "rds:AddTagsToResource",
  elasticloadbalancing: "elasticloadbalancing:AddTags",
  elasticfilesystem: "elasticfilesystem:TagResource",
  autoscaling: "autoscaling:CreateOrUpdateTags",
  cloudwatch: "cloudwatch:TagResource",
  acm: "acm:AddTagsToCertificate",
  ssm: "ssm:AddTagsToResource",
  sns: "sns:TagResource",
  s3: "s3:TagResource",
};

const RDS_READS = [
  "ec2:DescribeAccountAttributes",
  "ec2:DescribeAvailabilityZones",
  "ec2:DescribeInternetGateways",
  "ec2:DescribeSecurityGroups",
  "ec2:DescribeSubnets",
  "ec2:DescribeVpcAttribute",
  "ec2:DescribeVpcs",
  "iam:CreateServiceLinkedRole",
];

/** What AWS checks besides the action of the call's own name. */
const BESIDES: Readonly<Record<string, readonly string[]>> = {
  "iam:CreateRole": ["iam:TagRole"],
  "iam:CreateInstanceProfile": ["iam:TagInstanceProfile"],
  // The role of the launch (EC2 user guide, "Grant permissions to attach an IAM role to an instance"). The profile hands it on.
  "iam:AddRoleToInstanceProfile": ["iam:PassRole"],
  "ec2:RunInstances": ["iam:PassRole"],
  // EFS makes and removes the interface in the caller's name (EFS API reference, CreateMountTarget and its siblings).
  "elasticfilesystem:CreateMountTarget": [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "iam:CreateServiceLinkedRole",
  ],
  "elasticfilesystem:DeleteMountTarget": ["ec2:DeleteNetworkInterface"],
  "elasticfilesystem:ModifyMountTargetSecurityGroups": ["ec2:ModifyNetworkInterfaceAttribute"],
  // For the final snapshot and its tags: checked since August 2024 (AWS's notice, convox/convox#856).
  "rds:DeleteDBInstance": ["rds:CreateDBSnapshot", "rds:AddTagsToResource"],
  // The first use of such a service in an account makes its service-linked role.
  "rds:CreateDBSubnetGroup": ["iam:CreateServiceLinkedRole"],
  // RDS reads the network in the caller's name (AWS's own aws-cloudformation-resource-providers-rds, aws-rds-dbinstance,
  // "handlers"; re:Post knowledge-center/rds-iam-least-privileges).
  "rds:CreateDBInstance": RDS_READS,
  "rds:CreateDBInstanceReadReplica": RDS_READS,
  "rds:ModifyDBInstance": RDS_READS,
  // User guide, "Elastic Load Balancing API permissions". ec2:GetSecurityGroupsForVpc is not on that page, but checked since
  // October 2024 (kubernetes-sigs/aws-load-balancer-controller#3917).
  "elasticloadbalancing:CreateLoadBalancer": [
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAddresses",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "ec2:GetSecurityGroupsForVpc",
    "iam:CreateServiceLinkedRole",
  ],
  "elasticloadbalancing:CreateTargetGroup": [
    "ec2:DescribeInternetGateways",
    "ec2:DescribeVpcs",
    "iam:CreateServiceLinkedRole",
  ],
  "elasticloadbalancing:SetSubnets": ["ec2:DescribeSubnets"],
  "elasticloadbalancing:SetSecurityGroups": ["ec2:DescribeSecurityGroups", "ec2:GetSecurityGroupsForVpc"],
  // A group with a launch template is checked as a launch by the caller (Auto Scaling user guide, "Control Amazon EC2 launch
  // template usage in Auto Scaling groups").
  "autoscaling:CreateAutoScalingGroup": [
    "ec2:CreateTags",
    "ec2:RunInstances",
    "iam:CreateServiceLinkedRole",
    "iam:PassRole",
  ],
  "autoscaling:UpdateAutoScalingGroup": ["ec2:CreateTags", "ec2:RunInstances", "iam:PassRole"],
  "autoscaling:StartInstanceRefresh": ["ec2:CreateTags", "ec2:RunInstances", "iam:PassRole"],
};

/**
 * What is sent only when something is not as it was left: a change of the config, drift, a failure, an interrupted run. By
 * the action that shows that the stack has such an object.
 */
const BAD_DAYS: Readonly<Record<string, readonly string[]>> = {
  "acm:RequestCertificate": ["acm:AddTagsToCertificate"],
  "autoscaling:CreateAutoScalingGroup": [
    "autoscaling:AttachLoadBalancerTargetGroups",
    "autoscaling:CreateOrUpdateTags",
    "autoscaling:DescribeInstanceRefreshes",
    "autoscaling:DetachLoadBalancerTargetGroups",
    "autoscaling:StartInstanceRefresh",
    "autoscaling:UpdateAutoScalingGroup",
  ],
  "cloudwatch:PutMetricAlarm": ["cloudwatch:ListTagsForResource"],
  "ec2:CreateLaunchTemplate": ["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"],
  "ec2:CreateRouteTable": ["ec2:DeleteRoute", "ec2:ReplaceRoute", "ec2:ReplaceRouteTableAssociation"],
  "ec2:CreateImage": ["ec2:DeleteSnapshot"],
  "ec2:CreateSecurityGroup": [
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
    "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
    "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
  ],
  "ec2:RunInstances": ["ec2:GetConsoleOutput", "ec2:ModifyInstanceAttribute"],
  "elasticfilesystem:CreateFileSystem": [
    "elasticfilesystem:ModifyMountTargetSecurityGroups",
    "elasticfilesystem:PutBackupPolicy",
    "elasticfilesystem:PutLifecycleConfiguration",
    "elasticfilesystem:UpdateFileSystem",
  ],
  "elasticloadbalancing:CreateLoadBalancer": [
    "elasticloadbalancing:ModifyListener",
    "elasticloadbalancing:SetSecurityGroups",
    "elasticloadbalancing:SetSubnets",
  ],
  "elasticloadbalancing:CreateTargetGroup": ["elasticloadbalancing:ModifyTargetGroup"],
  "iam:CreateRole": ["iam:UpdateAssumeRolePolicy"],
  "rds:CreateDBInstance": ["rds:ListTagsForResource", "rds:ModifyDBInstance", "rds:RebootDBInstance"],
  "rds:CreateDBSubnetGroup": ["rds:ModifyDBSubnetGroup"],
  "route53:CreateHostedZone": ["route53:ChangeTagsForResource"],
  "s3:CreateBucket": ["s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging"],
  "sns:CreateTopic": ["sns:TagResource", "sns:Unsubscribe"],
  "ssm:PutParameter": ["ssm:ListTagsForResource"],
};

/**
 * What commands send besides what `up`, `status` and `down` do. A drill starts with `verify`. Tests hold it to what they
 * send on the sandbox.
 */
export const MORE = {
  verify: [
    "cloudwatch:GetMetricData",
    "ec2:DescribeSnapshots",
    "ec2:DescribeVolumes",
    "elasticloadbalancing:DescribeTargetHealth",
    "ssm:DescribeInstanceInformation",
    "ssm:GetCommandInvocation",
    "ssm:SendCommand",
  ],
  drills: [
    "autoscaling:DescribeScalingActivities",
    "autoscaling:SetDesiredCapacity",
    "autoscaling:UpdateAutoScalingGroup",
    "ec2:TerminateInstances",
  ],
  doctor: [
    "iam:GetRole",
    "iam:SimulatePrincipalPolicy",
    "rds:DescribeOrderableDBInstanceOptions",
    "servicequotas:GetServiceQuota",
  ],
  "cost-live": ["ec2:DescribeSpotPriceHistory", "pricing:GetProducts"],
} as const;
/** A command that needs more than `up`, `status` and `down`. */
export type More = keyof typeof MORE;

/** The service of an action: "ec2". */
export const serviceOf = (action: string): string => action.slice(0, action.indexOf(":"));

/** The IAM action of the call itself. */
export function actionOf({ service, operation }: Pick<Sent, "service" | "operation">): string {
  const own = `${PREFIXES[service] ?? service}:${operation}`;
  return RENAMED[own] ?? own;
}

function carriesTags(input: unknown): boolean {
  if (Array.isArray(input)) return input.some(carriesTags);
  if (typeof input !== "object" || input === null) return false;
  return Object.entries(input).some(
    ([key, value]) => (/^(Tags|TagSpecifications)$/.test(key) && (value as []).length > 0) || carriesTags(value),
  );
}

/** All actions that the calls need, each once: their own, what AWS checks besides, those of bad days, and `more`. */
export function actionsFor(sent: readonly Sent[], more: readonly More[] = []): ReadonlySet<string> {
  const needed = new Set<string>(more.flatMap((one) => MORE[one]));
  if (more.includes("drills")) for (const action of MORE.verify) needed.add(action);
  const add = (action: string): void => {
    if (needed.has(action)) return;
    needed.add(action);
    for (const one of [...(BESIDES[action] ?? []), ...(BAD_DAYS[action] ?? [])]) add(one);
  };
  for (const call of sent) {
    const action = actionOf(call);
    add(action);
    const tagging = TAGGING[serviceOf(action)];
    if (tagging && /^(Create|Put|Request|Run|Import|Allocate)/.test(call.operation) && carriesTags(call.input))
      add(tagging);
  }
  return needed;
}
