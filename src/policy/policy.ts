import { STACK_TAG } from "../aws/owned.ts";
import { actionsFor, type More, type Sent, serviceOf } from "./actions.ts";

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly PolicyStatement[];
}

/** Characters of a customer managed policy, white space not counted (IAM quotas). */
export const MOST_CHARACTERS = 6_144;

export interface Names {
  readonly stack: string;
  readonly region: string;
}

export const partitionOf = (region: string): string =>
  region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";

/** Services that first make a role of their own in the account. */
const LINKED_SERVICES = ["autoscaling", "elasticfilesystem", "elasticloadbalancing", "rds"];

/** IAM cannot narrow these to a resource (Service Authorization Reference): "*" only. */
const WITHOUT_RESOURCE = new Set([
  "ssm:DescribeInstanceInformation",
  "ssm:DescribeParameters",
  "ssm:GetCommandInvocation",
]);

const READS = /:(Describe|Get|List)/;

/**
 * The policy's statements for the calls that a stack sends: nothing more, each narrowed where the names are known beforehand.
 * @param more also what these commands send.
 */
export function statementsFor(
  sent: readonly Sent[],
  { stack, region }: Names,
  more: readonly More[] = [],
): readonly PolicyStatement[] {
  const arn = (rest: string) => `arn:${partitionOf(region)}:${rest}`;
  const named = (parameter: string) =>
    [
      ...new Set(
        sent.flatMap(({ service, input }) => {
          const value = (input as Readonly<Record<string, unknown>> | undefined)?.[parameter];
          return service === "iam" && typeof value === "string" ? [value] : [];
        }),
      ),
    ].sort();
  const roles = named("RoleName").map((name) => arn(`iam::*:role/${name}`));
  const profiles = named("InstanceProfileName").map((name) => arn(`iam::*:instance-profile/${name}`));
  const attached = named("PolicyArn").map((name) => arn(name.split(":").slice(2).join(":")));
  const bucket = arn(`s3:::buddyverse-${stack}-*-${region}`);

  const left = new Set(actionsFor(sent, more));
  const statements: PolicyStatement[] = [];
  const state = (
    Sid: string,
    Resource: PolicyStatement["Resource"],
    takes: (action: string) => boolean,
    Condition?: PolicyStatement["Condition"],
  ): void => {
    const Action = [...left].filter(takes).sort();
    for (const action of Action) left.delete(action);
    if (Action.length > 0) statements.push({ Sid, Effect: "Allow", Action, Resource, ...(Condition && { Condition }) });
  };
  const only = (...actions: readonly string[]) => {
    const set = new Set(actions);
    return (action: string) => set.has(action);
  };
  const of = (service: string) => (action: string) => serviceOf(action) === service;

  // AWS checks SendCommand on the document and on each instance. Neither may have a condition on a global key, such as
  // aws:RequestedRegion: Systems Manager asks again in the caller's name (user guide, "Setting up Run Command").
  if (left.delete("ssm:SendCommand")) {
    const Action = ["ssm:SendCommand"];
    const Condition = { StringEquals: { [`ssm:resourceTag/${STACK_TAG}`]: stack } };
    statements.push(
      {
        Sid: "RunCommandDocument",
        Effect: "Allow",
        Action,
        Resource: arn(`ssm:${region}::document/AWS-RunShellScript`),
      },
      { Sid: "RunCommandInstances", Effect: "Allow", Action, Resource: arn(`ec2:${region}:*:instance/*`), Condition },
    );
  }
  // The caller himself, whoever that is.
  if (more.includes("doctor")) state("Caller", "*", only("iam:GetRole", "iam:SimulatePrincipalPolicy"));
  state("InstanceRolePass", roles, only("iam:PassRole"), {
    StringEquals: { "iam:PassedToService": region.startsWith("cn-") ? "ec2.amazonaws.com.cn" : "ec2.amazonaws.com" },
  });
  state("ServiceLinkedRoles", arn("iam::*:role/aws-service-role/*"), only("iam:CreateServiceLinkedRole"), {
    StringEquals: { "iam:AWSServiceName": LINKED_SERVICES.map((service) => `${service}.amazonaws.com`) },
  });
  // Nothing but this policy can be hung on the role; what others hung on it goes with the role.
  state("InstanceRoleAttach", roles, only("iam:AttachRolePolicy"), { ArnEquals: { "iam:PolicyARN": attached } });
  state("InstanceProfile", profiles, (action) => /^iam:.*InstanceProfile$/.test(action));
  state("InstanceRole", roles, of("iam"));
  state("AppArchive", `${bucket}/*`, only("s3:DeleteObject", "s3:PutObject"));
  state("AppBucket", bucket, of("s3"));
  state(
    "Parameters",
    [arn(`ssm:${region}:*:parameter/buddyverse/${stack}/*`), arn(`ssm:${region}::parameter/aws/service/*`)],
    (action) => serviceOf(action) === "ssm" && !WITHOUT_RESOURCE.has(action),
  );
  // The price list answers in a few regions, for all of them.
  const global = new Set(["pricing", "route53", "sts"]);
  state("Global", "*", (action) => global.has(serviceOf(action)));
  const here = { StringEquals: { "aws:RequestedRegion": region } };
  state("Read", "*", (action) => READS.test(action), here);
  state("Change", "*", () => true, here);
  return statements.sort((a, b) => (a.Sid < b.Sid ? -1 : 1));
}

const sizeOf = (statements: readonly PolicyStatement[]): number => JSON.stringify(document(statements)).length;

const document = (Statement: readonly PolicyStatement[]): PolicyDocument => ({ Version: "2012-10-17", Statement });

/**
 * The statements as one managed policy, or, where they are too long for one, as several that belong together.
 * @param most characters of one, white space not counted.
 */
export function documentsOf(statements: readonly PolicyStatement[], most = MOST_CHARACTERS): readonly PolicyDocument[] {
  const parts: PolicyStatement[][] = [];
  for (const statement of [...statements].sort((a, b) => sizeOf([b]) - sizeOf([a]))) {
    const roomy = parts.find((part) => sizeOf([...part, statement]) <= most);
    if (roomy) roomy.push(statement);
    else parts.push([statement]);
  }
  return parts.map((part) => document(part.sort((a, b) => (a.Sid < b.Sid ? -1 : 1))));
}
