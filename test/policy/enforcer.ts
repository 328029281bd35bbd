import type { PolicyDocument, PolicyStatement } from "../../src/policy/policy.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { kindOfId, Ledger, stringsIn } from "./ledger.ts";
import { type Request, requestsOf } from "./requests.ts";

/** What AWS's policy matching does with `*` (no other wildcard is in the policy). */
export const covers = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .split("*")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"))
      .join(".*")}$`,
  ).test(text);

const OPERATORS: Readonly<Record<string, (found: readonly string[], wanted: readonly string[]) => boolean>> = {
  StringEquals: ([found], wanted) => found !== undefined && wanted.includes(found),
  StringLike: ([found], wanted) => found !== undefined && wanted.some((one) => covers(one, found)),
  Bool: ([found], wanted) => found !== undefined && wanted.includes(found),
  "ForAnyValue:StringEquals": (found, wanted) => found.some((value) => wanted.includes(value)),
  "ForAllValues:StringEquals": (found, wanted) => found.every((value) => wanted.includes(value)),
  "ForAllValues:StringLike": (found, wanted) => found.every((value) => wanted.some((one) => covers(one, value))),
};

/** Whether a statement allows a request (IAM user guide, "Policy evaluation logic"). Throws for what it cannot evaluate. */
export function allows({ Action, Resource, Condition = {} }: PolicyStatement, request: Request): boolean {
  return (
    Action.includes(request.action) &&
    [Resource].flat().some((pattern) => covers(pattern, request.resource)) &&
    Object.entries(Condition).every(([name, keys]) => {
      const operator = OPERATORS[name];
      if (!operator) throw new Error(`the enforcer does not know the condition operator ${name}`);
      return Object.entries(keys).every(([key, wanted]) => operator(request.context[key] ?? [], [wanted].flat()));
    })
  );
}

/** One action of one statement: what can be taken away from a policy. */
export const grant = ({ Sid }: PolicyStatement, action: string): string => `${Sid} ${action}`;

/** What was denied. */
export interface Denial extends Request {
  /** It was only asked whether it would be. */
  readonly dryRun: boolean;
}

/**
 * The one thing that the printed policy allows only once the stack stands: its VPC's default group bears no tags, and its id is not
 * known before. A run asks first, and says what it leaves (docs/policy.md).
 */
export const emptiesDefaultGroup = ({ action, dryRun }: Denial): boolean =>
  dryRun && /^ec2:RevokeSecurityGroup(In|E)gress$/.test(action);

export interface Enforced {
  /** The sandbox for a caller who has these policies. */
  readonly sandbox: Sandbox;
  readonly denials: readonly Denial[];
  /** The grants without which something of what was done would have been denied. */
  readonly needed: ReadonlySet<string>;
}

/** How each service says that the caller may not. */
const denied = (service: string, { action, resource }: Request): Error =>
  Object.assign(new Error(`User is not authorized to perform: ${action} on resource: ${resource}`), {
    name: service === "ec2" ? "UnauthorizedOperation" : "AccessDenied",
    Code: service === "ec2" ? "UnauthorizedOperation" : "AccessDenied",
    $fault: "client",
    $metadata: { httpStatusCode: 403, requestId: "00000000-enforcer" },
  });

interface Simulation {
  readonly ActionNames: readonly string[];
  readonly ResourceArns?: readonly string[];
  readonly ContextEntries?: readonly {
    readonly ContextKeyName: string;
    readonly ContextKeyValues: readonly string[];
  }[];
}

/** IAM's policy simulator: it knows of the call what it is told, and no more. */
function simulated(
  statements: readonly PolicyStatement[],
  { ActionNames, ResourceArns = ["*"], ContextEntries = [] }: Simulation,
): object {
  const context = Object.fromEntries(
    ContextEntries.map(({ ContextKeyName, ContextKeyValues }) => [ContextKeyName, ContextKeyValues]),
  );
  const decision = (action: string, resource: string) =>
    statements.some((statement) => allows(statement, { action, resource, context })) ? "allowed" : "implicitDeny";
  return {
    EvaluationResults: ActionNames.map((EvalActionName) => {
      const decisions = ResourceArns.map((arn) => decision(EvalActionName, arn));
      return {
        EvalActionName,
        EvalResourceName: ResourceArns[0],
        EvalDecision: decisions[0],
        ResourceSpecificResults: ResourceArns.map((EvalResourceName, index) => ({
          EvalResourceName,
          EvalResourceDecision: decisions[index],
        })),
      };
    }),
    IsTruncated: false,
  };
}

/**
 * A sandbox that holds its caller to policies, as printed. It takes nothing from what prints them: which resources and keys
 * an action has are AWS's own tables, whose tags are what it learns from the calls and their answers.
 * @param ledger what is known of the account already.
 */
export function enforced(
  sandbox: Sandbox,
  documents: readonly PolicyDocument[],
  ledger = new Ledger(sandbox.world),
): Enforced {
  const statements = documents.flatMap(({ Statement }) => Statement);
  const denials: Denial[] = [];
  const needed = new Set<string>();
  const check = (service: string, request: Request, input?: object): void => {
    const allowing = statements.filter((statement) => allows(statement, request));
    const [only, ...others] = new Set(allowing.map((statement) => grant(statement, request.action)));
    if (only === undefined) {
      denials.push({ ...request, dryRun: input !== undefined && "DryRun" in input && input.DryRun === true });
      throw denied(service, request);
    }
    if (others.length === 0) needed.add(only);
  };
  /** An instance that a group launched may have been shown to nobody yet. */
  const look = async (input: object): Promise<void> => {
    const unseen = stringsIn(input).filter(
      (id) => kindOfId(id) === "instance" && !ledger.tags.has(ledger.ec2("instance", id)),
    );
    for (const id of unseen) {
      const question = { Filters: [{ Name: "instance-id", Values: [id] }] };
      ledger.learn(
        "ec2",
        "DescribeInstances",
        {},
        (await sandbox.answer("ec2", "DescribeInstances", question)) as never,
      );
    }
  };
  /** Who may not list a bucket is told of an object that is not there that access is denied (S3 API reference, GetObject). */
  const listed =
    (service: string, operation: string, { Bucket }: { readonly Bucket?: string }) =>
    (error: Error) => {
      if (operation === "GetObject" && error.name === "NoSuchKey")
        for (const request of requestsOf({ service, operation: "ListObjectsV2", input: { Bucket } }, ledger))
          check(service, request);
      throw error;
    };
  return {
    denials,
    needed,
    sandbox: {
      ...sandbox,
      async answer(service, operation, input, region) {
        await look(input);
        for (const request of requestsOf({ service, operation, input: input as never, region }, ledger))
          check(service, request, input);
        const answer =
          operation === "SimulatePrincipalPolicy"
            ? simulated(statements, input as Simulation)
            : await sandbox.answer(service, operation, input, region).catch(listed(service, operation, input));
        ledger.learn(service, operation, input as never, answer as never);
        return answer;
      },
    },
  };
}
