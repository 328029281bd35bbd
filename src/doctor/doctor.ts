import type { Instance, Tag } from "@aws-sdk/client-ec2";
import type { Aws } from "../aws/aws.ts";
import { classify } from "../aws/classify.ts";
import { clockWords, isFarOff } from "../aws/clock.ts";
import { hasCode } from "../aws/errors.ts";
import { failureOf } from "../aws/failure.ts";
import { STACK_TAG, tagsFrom } from "../aws/owned.ts";
import { allPages } from "../aws/pages.ts";
import { delegationOf, elsewhereText } from "../aws/route53/read-delegation.ts";
import { isOfStack } from "../aws/route53/read-zones.ts";
import type { Config } from "../config/schema.ts";
import { BuddyError } from "../lib/errors.ts";
import { some } from "../lib/text.ts";
import type { PolicyStatement } from "../policy/policy.ts";
import type { Finding } from "../report/findings.ts";
import { preflight } from "./preflight.ts";

const POLICY = "Give the caller the permissions that `buddyverse policy` prints.";

const ok = (about: string, message: string): Finding => ({ about, verdict: "ok", message });
const problem = (about: string, message: string, hint: string): Finding => ({
  about,
  verdict: "problem",
  message,
  hint,
});
const unseen = (about: string, message: string, hint?: string): Finding => ({
  about,
  verdict: "unseen",
  message,
  hint,
});

/** Why something could not be looked at. An interrupt is no finding: it is thrown on. */
export function notSeen(about: string, error: unknown): Finding {
  if (error instanceof BuddyError && error.code === "interrupted") throw error;
  const kind = classify(error);
  const { message, hint } = failureOf(error);
  // AWS says the same to everything that comes after: not what could not be looked at, but what is wrong.
  if (kind === "unverified" || kind === "not-activated") return problem(about, message, hint as string);
  return unseen(about, message, hint ?? (kind === "denied" ? POLICY : undefined));
}

const looked = async (
  about: string,
  look: () => Promise<Finding | readonly Finding[]>,
): Promise<readonly Finding[]> => {
  try {
    return [await look()].flat();
  } catch (error) {
    return [notSeen(about, error)];
  }
};

/** What AWS says before anything is made. Only reads, and calls that EC2 only pretends to make (DryRun). */
export async function examine(
  aws: Aws,
  config: Config,
  statements: readonly PolicyStatement[],
): Promise<readonly Finding[]> {
  const findings = await Promise.all([
    looked("permissions", () => simulated(aws, statements)),
    looked("EC2 permissions", () => probed(aws, config)),
    looked("zones and instance types", () => offered(aws, config)),
    looked("vCPU quota", () => vcpuQuota(aws, config)),
    ...(config.nat.mode === "gateway" ? [looked("Elastic IP quota", () => addressQuota(aws, config))] : []),
    looked("VPC quota", () => vpcQuota(aws, config)),
    looked("database class", () => orderable(aws, config)),
    ...(config.domain ? [looked("domain", () => delegation(aws, config, config.domain?.name ?? ""))] : []),
    looked("clock", async () => clockOf(aws)),
  ]);
  return findings.flat();
}

// ---- Permissions --------------------------------------------------------------------------------------------------

/** Whose policies count: the user, or the role behind a session. Undefined: the account's root user. */
async function principalOf(aws: Aws): Promise<string | undefined> {
  const { Arn = "" } = await aws.sts.getCallerIdentity({});
  if (Arn.endsWith(":root")) return undefined;
  const role = /:assumed-role\/([^/]+)\//.exec(Arn)?.[1];
  if (role === undefined) return Arn;
  // A role of IAM Identity Center has a path, which the session's ARN does not show.
  return (await aws.iam.getRole({ RoleName: role })).Role?.Arn ?? Arn;
}

async function simulated(aws: Aws, statements: readonly PolicyStatement[]): Promise<Finding> {
  const about = "permissions";
  const PolicySourceArn = await principalOf(aws);
  if (PolicySourceArn === undefined)
    return ok(about, "the account's root user may do everything; an IAM role is safer");
  const results = (await Promise.all(statements.map((one) => simulate(aws, PolicySourceArn, one)))).flat();
  const refused = new Set(results.filter(({ allowed }) => !allowed).map(({ action }) => action));
  if (refused.size === 0) {
    const asked = new Set(results.map(({ action }) => action)).size;
    return ok(about, `IAM's policy simulator allows all ${asked} actions that were asked about`);
  }
  const shown = some([...refused].sort(), 8);
  return problem(about, `IAM's policy simulator refuses ${PolicySourceArn}: ${shown}`, POLICY);
}

/**
 * Asks about what one statement allows, on an example of its resources, with the tags and other values that it demands: a
 * policy with conditions denies what is asked about without them.
 */
async function simulate(
  aws: Aws,
  PolicySourceArn: string,
  { Action, Resource, Condition = {} }: PolicyStatement,
): Promise<readonly { readonly action: string; readonly allowed: boolean }[]> {
  const ResourceArns = [Resource].flat().map((arn) => example(arn.replaceAll(":*:", `:${aws.account}:`)));
  const ContextEntries = Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([ContextKeyName, values]) =>
      operator.startsWith("ForAllValues:")
        ? { ContextKeyName, ContextKeyType: "stringList" as const, ContextKeyValues: [values].flat().map(example) }
        : { ContextKeyName, ContextKeyType: "string" as const, ContextKeyValues: [values].flat().slice(0, 1) },
    ),
  );
  const results = await allPages(
    (Marker) =>
      aws.iam.simulatePrincipalPolicy({
        PolicySourceArn,
        ActionNames: [...Action],
        ...(Resource === "*" ? {} : { ResourceArns }),
        ...(ContextEntries.length > 0 ? { ContextEntries } : {}),
        MaxItems: 1000,
        Marker,
      }),
    (page) => page.EvaluationResults,
    (page) => (page.IsTruncated ? page.Marker : undefined),
  );
  return results.map(({ EvalActionName: action = "", EvalDecision, ResourceSpecificResults = [] }) => ({
    action,
    allowed:
      EvalDecision === "allowed" &&
      ResourceSpecificResults.every(({ EvalResourceDecision }) => EvalResourceDecision === "allowed"),
  }));
}

/** Something that the pattern takes. */
const example = (pattern: string): string => pattern.replaceAll("*", "x");

/** EC2 checks the permission of a call with DryRun and answers with an error in any case. */
async function probed(aws: Aws, { stack, network, zones, bastion, nat }: Config): Promise<Finding> {
  const about = "EC2 permissions";
  const DryRun = true;
  // With the stack's tag: without it the policy allows none of it.
  const tags = (...kinds: readonly ("vpc" | "internet-gateway" | "elastic-ip" | "instance" | "volume")[]) =>
    kinds.map((ResourceType) => ({ ResourceType, Tags: [{ Key: STACK_TAG, Value: stack }] }));
  const [{ Subnets = [] }, { Images = [] }] = await Promise.all([
    aws.ec2.describeSubnets({ Filters: [{ Name: "availability-zone", Values: [...zones] }] }),
    aws.ec2.describeImages({
      Owners: ["137112412989"],
      Filters: [
        { Name: "name", Values: ["al2023-ami-2023.*-x86_64"] },
        { Name: "state", Values: ["available"] },
        { Name: "architecture", Values: ["x86_64"] },
      ],
    }),
  ]);
  const SubnetId = Subnets[0]?.SubnetId;
  const ImageId = Images[0]?.ImageId;
  const probes: Readonly<Record<string, () => Promise<unknown>>> = {
    CreateVpc: () => aws.ec2.createVpc({ DryRun, CidrBlock: network.cidr, TagSpecifications: tags("vpc") }),
    CreateInternetGateway: () => aws.ec2.createInternetGateway({ DryRun, TagSpecifications: tags("internet-gateway") }),
    ...(nat.mode === "gateway"
      ? {
          AllocateAddress: () =>
            aws.ec2.allocateAddress({ DryRun, Domain: "vpc", TagSpecifications: tags("elastic-ip") }),
        }
      : {}),
    // A launch needs a subnet: any that is there will do.
    ...(SubnetId && ImageId
      ? {
          RunInstances: () =>
            aws.ec2.runInstances({
              DryRun,
              ImageId,
              InstanceType: bastion.instanceType as never,
              MinCount: 1,
              MaxCount: 1,
              SubnetId,
              TagSpecifications: tags("instance", "volume"),
            }),
        }
      : {}),
  };
  const answers = await Promise.all(
    Object.entries(probes).map(async ([name, probe]) => {
      try {
        await probe();
        return { name, error: undefined, fine: false };
      } catch (error) {
        return { name, error, fine: hasCode(error, "DryRunOperation") };
      }
    }),
  );
  for (const { error } of answers) if (error instanceof BuddyError) throw error;
  const bad = answers.filter(({ fine }) => !fine);
  // EC2 answers alike when the account is not (yet) let in.
  const account = bad.find(({ error }) => ["unverified", "not-activated"].includes(classify(error)));
  if (account) return notSeen(about, account.error);
  const denied = bad.filter(({ error }) => classify(error) === "denied");
  if (denied.length > 0) {
    const [other] = denied.flatMap(({ error }) => failureOf(error, aws.cli).hint ?? []);
    return problem(about, `EC2 refuses ${denied.map(({ name }) => name).join(", ")}`, other ?? POLICY);
  }
  const freePlan = bad.find(({ error }) => /free tier/i.test((error as Error | undefined)?.message ?? ""));
  if (freePlan)
    return problem(
      about,
      `the account is on AWS's free plan: ${(freePlan.error as Error).message}`,
      "Choose instance types that the plan has (t3.micro, t3.small), or upgrade the plan (billing console).",
    );
  const [first] = bad;
  if (first)
    return unseen(about, `${first.name} was not answered as a dry run: ${(first.error as Error | undefined)?.message}`);
  return ok(about, `EC2 would let the caller do ${answers.map(({ name }) => name).join(", ")}`);
}

// ---- What AWS offers ----------------------------------------------------------------------------------------------

async function offered(aws: Aws, config: Config): Promise<readonly Finding[]> {
  const about = "zones and instance types";
  const found = await preflight(aws, config);
  return found.length === 0
    ? [ok(about, `${config.zones.join(" and ")} have all of them`)]
    : found.map(({ path, message, hint }) => problem(about, `${path}: ${message}`, hint ?? "Change the config."));
}

async function orderable(aws: Aws, { database, zones }: Config): Promise<Finding> {
  const about = "database class";
  const { engineVersion, instanceClass } = database;
  // A major version is not a version to this call: all are asked for, and the fitting ones taken.
  const options = await allPages(
    (Marker) =>
      aws.rds.describeOrderableDBInstanceOptions({
        Engine: "mysql",
        DBInstanceClass: instanceClass,
        Vpc: true,
        MaxRecords: 100,
        Marker,
      }),
    (page) => page.OrderableDBInstanceOptions,
    (page) => page.Marker,
  );
  if (options.length === 0) return unseen(about, `RDS says nothing about ${instanceClass} for MySQL`);
  const hint = "Choose another database.instanceClass or database.engineVersion; or other zones.";
  const fitting = options.filter(
    ({ EngineVersion = "", StorageType }) =>
      (EngineVersion === engineVersion || EngineVersion.startsWith(`${engineVersion}.`)) && StorageType === "gp3",
  );
  if (fitting.length === 0)
    return problem(about, `RDS does not offer ${instanceClass} for MySQL ${engineVersion} with gp3 storage`, hint);
  const used = zones.slice(0, database.replica ? 2 : 1);
  const missing = used.filter(
    (zone) => !fitting.some(({ AvailabilityZones = [] }) => AvailabilityZones.some(({ Name }) => Name === zone)),
  );
  return missing.length > 0
    ? problem(about, `RDS does not offer ${instanceClass} for MySQL ${engineVersion} in ${missing.join(" and ")}`, hint)
    : ok(about, `RDS offers ${instanceClass} for MySQL ${engineVersion} in ${used.join(" and ")}`);
}

// ---- Quotas -------------------------------------------------------------------------------------------------------

async function quota(aws: Aws, ServiceCode: string, QuotaCode: string): Promise<number> {
  const { Quota } = await aws.serviceQuotas.getServiceQuota({ ServiceCode, QuotaCode });
  if (Quota?.Value === undefined) throw new Error(`Service Quotas gives no value for ${QuotaCode}`);
  return Quota.Value;
}

const ask = (name: string) => `Ask for more in the Service Quotas console ("${name}"), or remove what is not needed.`;

const ofStack = (tags: readonly Tag[] | undefined, stack: string): boolean => tagsFrom(tags)[STACK_TAG] === stack;

// The families of the quota "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances".
const STANDARD = /^(a|c|d|h|i|im|is|m|r|t|z)\d/;

async function vcpuQuota(aws: Aws, { stack, zones, bastion, nat, web }: Config): Promise<Finding> {
  const about = "vCPU quota";
  const [limit, reservations] = await Promise.all([
    quota(aws, "ec2", "L-1216C47A"),
    allPages(
      (NextToken) =>
        aws.ec2.describeInstances({
          Filters: [{ Name: "instance-state-name", Values: ["pending", "running"] }],
          NextToken,
        }),
      (page) => page.Reservations,
      (page) => page.NextToken,
    ),
  ]);
  const others = reservations
    .flatMap(({ Instances = [] }) => Instances)
    .filter(({ InstanceLifecycle, Tags }: Instance) => InstanceLifecycle !== "spot" && !ofStack(Tags, stack))
    .map(({ InstanceType = "" }) => InstanceType as string);
  const own = [
    ...zones.map(() => bastion.instanceType),
    ...(nat.mode === "instance" ? zones.map(() => nat.instanceType) : []),
    // The image's builder.
    web.instanceType,
  ];
  const types = [...new Set([...others, ...own])].filter((type) => STANDARD.test(type)).sort();
  const sizes = new Map<string, number>();
  for (let from = 0; from < types.length; from += 100) {
    const { InstanceTypes = [] } = await aws.ec2.describeInstanceTypes({
      InstanceTypes: types.slice(from, from + 100) as never[],
    });
    for (const { InstanceType = "", VCpuInfo } of InstanceTypes) sizes.set(InstanceType, VCpuInfo?.DefaultVCpus ?? 0);
  }
  const sum = (all: readonly string[]) => all.reduce((total, type) => total + (sizes.get(type) ?? 0), 0);
  const used = sum(others);
  const each = sum([web.instanceType]);
  const start = sum(own) + each * web.desired;
  const most = sum(own) + each * web.max;
  const facts = `${limit} allowed, ${used} in use by others, ${start} needed`;
  if (used + start > limit) return problem(about, facts, ask("Running On-Demand Standard instances"));
  return ok(about, used + most > limit ? `${facts}; not enough for web.max, which needs ${most}` : facts);
}

async function addressQuota(aws: Aws, { stack, zones }: Config): Promise<Finding> {
  const [limit, { Addresses = [] }] = await Promise.all([
    quota(aws, "ec2", "L-0263D0A3"),
    aws.ec2.describeAddresses({}),
  ]);
  const used = Addresses.filter(({ Tags }) => !ofStack(Tags, stack)).length;
  const facts = `${limit} allowed, ${used} in use by others, ${zones.length} needed`;
  return used + zones.length > limit
    ? problem("Elastic IP quota", facts, ask("EC2-VPC Elastic IPs"))
    : ok("Elastic IP quota", facts);
}

async function vpcQuota(aws: Aws, { stack }: Config): Promise<Finding> {
  const [limit, vpcs] = await Promise.all([
    quota(aws, "vpc", "L-F678F1CE"),
    allPages(
      (NextToken) => aws.ec2.describeVpcs({ NextToken }),
      (page) => page.Vpcs,
      (page) => page.NextToken,
    ),
  ]);
  const used = vpcs.filter(({ Tags }) => !ofStack(Tags, stack)).length;
  const facts = `${limit} allowed, ${used} in use by others, 1 needed`;
  return used + 1 > limit ? problem("VPC quota", facts, ask("VPCs per Region")) : ok("VPC quota", facts);
}

// ---- Domain and clock ---------------------------------------------------------------------------------------------

async function delegation(aws: Aws, { stack, domain }: Config, name: string): Promise<Finding> {
  const about = "domain";
  const own = domain?.zone === "create";
  const delegation = await delegationOf(aws, stack, name);
  if (!delegation || (own && !isOfStack(delegation.zone, aws, stack)))
    return own
      ? ok(about, `\`up\` makes the zone ${name}, then the registrar must name its name servers; they are shown`)
      : problem(
          about,
          `there is no public hosted zone for ${name} in this account`,
          'Create it in Route 53, or set domain.zone to "create".',
        );
  const { zone, named, leadsHere } = delegation;
  if (named === undefined) return unseen(about, `DNS does not answer for ${zone.name}`);
  return leadsHere
    ? ok(about, `${zone.name} is delegated to Route 53's zone ${zone.id}`)
    : problem(
        about,
        elsewhereText(delegation),
        `Name these at the registrar: ${zone.nameServers.join(", ")}. Until then https waits.`,
      );
}

function clockOf(aws: Aws): Finding {
  const ahead = aws.clockAhead();
  if (ahead === undefined) return unseen("clock", "AWS's answers bear no date");
  const seconds = Math.round(Math.abs(ahead) / 1000);
  return isFarOff(ahead)
    ? problem(
        "clock",
        `${clockWords(ahead)}. AWS refuses requests that are 5 min off; these are signed with AWS's time instead`,
        "Set the clock (NTP): the web server, certificates and other tools go by it.",
      )
    : ok("clock", seconds < 2 ? "as AWS's" : `${seconds} s ${ahead > 0 ? "behind" : "ahead of"} AWS's`);
}
