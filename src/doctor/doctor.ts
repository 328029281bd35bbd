import type { Aws } from "../aws/aws.ts";
import { classify } from "../aws/classify.ts";
import { clockWords, isFarOff } from "../aws/clock.ts";
import { hasCode } from "../aws/errors.ts";
import { failureOf } from "../aws/failure.ts";
import { STACK_TAG } from "../aws/owned.ts";
import { allPages } from "../aws/pages.ts";
import { ok, problem } from "../aws/preflight.ts";
import { isOfStack, zoneById, zonesFor } from "../aws/route53/read-zones.ts";
import type { Config } from "../config/schema.ts";
import { BuddyError } from "../lib/errors.ts";
import { some } from "../lib/text.ts";
import type { PolicyStatement } from "../policy/policy.ts";
import type { Finding } from "../report/findings.ts";
import { ask, type Decided, notSeen, POLICY, plannedStack } from "./preflight.ts";

const unseen = (about: string, message: string): Finding => ({ about, verdict: "unseen", message });

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

/**
 * What AWS says before anything is made. Only reads, and calls that EC2 only pretends to make (DryRun).
 * @param objects the stack's, and what is decided of each
 */
export async function examine(
  aws: Aws,
  config: Config,
  statements: readonly PolicyStatement[],
  objects: readonly Decided[],
): Promise<readonly Finding[]> {
  const findings = await Promise.all([
    looked("permissions", () => simulated(aws, statements)),
    looked("EC2 permissions", () => probed(aws, config)),
    ask(aws, plannedStack(objects), new Set(objects.map(({ node }) => node.type))),
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
  const refused = new Set<string>();
  let asked = 0;
  for (const { Action, Resource, Condition } of statements) {
    // Names with a "*" in them cannot be asked about, but for an account that is known.
    const ResourceArns = [Resource].flat().map((arn) => arn.replace("::*:", `::${aws.account}:`));
    if (Resource !== "*" && (ResourceArns.length > 1 || ResourceArns.some((arn) => arn.includes("*")))) continue;
    const ContextEntries = Object.values(Condition ?? {}).flatMap((keys) =>
      Object.entries(keys).map(([ContextKeyName, values]) => ({
        ContextKeyName,
        ContextKeyValues: [values].flat().slice(0, 1),
        ContextKeyType: "string" as const,
      })),
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
    asked += results.length;
    for (const { EvalActionName = "", EvalDecision } of results)
      if (EvalDecision !== "allowed") refused.add(EvalActionName);
  }
  if (refused.size === 0) return ok(about, `IAM's policy simulator allows all ${asked} actions that were asked about`);
  const shown = some([...refused].sort(), 8);
  return problem(about, `IAM's policy simulator refuses ${PolicySourceArn}: ${shown}`, POLICY);
}

/** EC2 checks the permission of a call with DryRun and answers with an error in any case. */
async function probed(aws: Aws, { network, zones, bastion, nat }: Config): Promise<Finding> {
  const about = "EC2 permissions";
  const DryRun = true;
  const tags = (ResourceType: "vpc" | "internet-gateway" | "elastic-ip" | "instance") => [
    { ResourceType, Tags: [{ Key: STACK_TAG, Value: "dry-run" }] },
  ];
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
              TagSpecifications: tags("instance"),
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

// ---- Domain and clock ---------------------------------------------------------------------------------------------

async function delegation(aws: Aws, { stack, domain }: Config, name: string): Promise<Finding> {
  const about = "domain";
  const own = domain?.zone === "create";
  const zones = (await zonesFor(aws, name)).filter((zone) => !own || isOfStack(zone, stack));
  const [zone] = (await Promise.all(zones.map(({ id }) => zoneById(aws, id)))).filter((one) => one !== undefined);
  if (!zone)
    return own
      ? ok(about, `\`up\` makes the zone ${name}, then the registrar must name its name servers; they are shown`)
      : problem(
          about,
          `there is no public hosted zone for ${name} in this account`,
          'Create it in Route 53, or set domain.zone to "create".',
        );
  const named = (await aws.network.nameServers(zone.name))?.map((one) => one.toLowerCase().replace(/\.$/, ""));
  if (named === undefined) return unseen(about, `DNS does not answer for ${zone.name}`);
  if (zone.nameServers.some((one) => named.includes(one)))
    return ok(about, `${zone.name} is delegated to Route 53's zone ${zone.id}`);
  return problem(
    about,
    named.length === 0
      ? `the public DNS names no name servers for ${zone.name}`
      : `the public DNS leads ${zone.name} to ${named.join(", ")}, not to zone ${zone.id}`,
    `Name these at the registrar: ${zone.nameServers.join(", ")}.`,
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
