import type { Aws } from "../aws/aws.ts";
import { classify } from "../aws/classify.ts";
import { clockWords, isFarOff } from "../aws/clock.ts";
import { hasCode } from "../aws/errors.ts";
import { failureOf } from "../aws/failure.ts";
import { STACK_TAG } from "../aws/owned.ts";
import { allPages } from "../aws/pages.ts";
import { linkedPrincipal } from "../aws/partition.ts";
import { ok, problem } from "../aws/preflight.ts";
import { delegationOf, elsewhereText } from "../aws/route53/read-delegation.ts";
import { isOfStack } from "../aws/route53/read-zones.ts";
import type { Config } from "../config/schema.ts";
import type { Right } from "../engine/resource.ts";
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
    ask(aws, plannedStack(aws, objects), new Set(objects.map(({ node }) => node.type))),
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

/** What IAM knows of a call for the stack: a policy with conditions denies what is asked about without them. */
const contextOf = ({ region }: Aws, stack: string): NonNullable<PolicyStatement["Condition"]> => ({
  StringEquals: {
    "aws:RequestedRegion": region,
    [`aws:ResourceTag/${STACK_TAG}`]: stack,
    [`aws:RequestTag/${STACK_TAG}`]: stack,
    "iam:PassedToService": linkedPrincipal("backup"),
  },
});

/** Which of those actions the caller may not do, by IAM's policy simulator; none where that cannot be asked. */
export async function lacking(aws: Aws, stack: string, rights: readonly Right[]): Promise<readonly string[]> {
  try {
    const principal = await principalOf(aws);
    if (principal === undefined) return [];
    const results = await Promise.all(
      rights.map(({ action, resources }) =>
        simulate(aws, principal, {
          Sid: "Asked",
          Effect: "Allow",
          Action: [action],
          Resource: [...resources],
          Condition: contextOf(aws, stack),
        }),
      ),
    );
    return [...new Set(results.flat().flatMap(({ action, allowed }) => (allowed ? [] : [action])))].sort();
  } catch {
    return [];
  }
}

async function simulated(aws: Aws, statements: readonly PolicyStatement[]): Promise<Finding> {
  const about = "permissions";
  const PolicySourceArn = await principalOf(aws);
  if (PolicySourceArn === undefined)
    return ok(about, "the account's root user may do everything; an IAM role is safer");
  const results = (await Promise.all(statements.map((one) => simulate(aws, PolicySourceArn, one)))).flat();
  const asked = new Set(statements.flatMap(({ Action }) => Action));
  const answered = new Set(results.map(({ action }) => action));
  const refused = new Set(results.filter(({ allowed }) => !allowed).map(({ action }) => action));
  if (refused.size === 0) {
    return answered.size < asked.size
      ? unseen(about, `IAM's policy simulator answered for ${answered.size} of ${asked.size} actions`)
      : ok(about, `IAM's policy simulator allows all ${asked.size} actions that were asked about`);
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
      operator.startsWith("ForA")
        ? { ContextKeyName, ContextKeyType: "stringList" as const, ContextKeyValues: [values].flat().map(example) }
        : {
            ContextKeyName,
            ContextKeyType: operator === "Bool" ? ("boolean" as const) : ("string" as const),
            ContextKeyValues: [values].flat().slice(0, 1),
          },
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
      // The same in every partition; the account is not.
      Owners: ["amazon"],
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
    return unseen(
      about,
      `${first.name} was not answered as a dry run: ${(first.error as Error | undefined)?.message ?? "it was answered as done"}`,
    );
  return ok(about, `EC2 would let the caller do ${answers.map(({ name }) => name).join(", ")}`);
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
