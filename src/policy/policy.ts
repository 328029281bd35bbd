import { STACK_TAG } from "../aws/owned.ts";
import { partitionOf } from "../aws/partition.ts";
import type { Condition, Narrowed, PolicyScope, RecordedObject } from "../aws/permissions.ts";
import { isRead } from "../aws/safety.ts";
import type { Service } from "../aws/service.ts";
import { eachService } from "../aws/services.ts";
import { groupBy } from "../lib/group.ts";
import { actionsFor, type More, prefixOf, type Sent } from "./actions.ts";

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Condition;
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

const sortedSet = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();

/** What a service must know to narrow its own actions. */
function scopeOf(
  service: Service,
  sent: readonly Sent[],
  { stack, region }: Names,
  needed: ReadonlySet<string>,
  recorded: readonly RecordedObject[],
): PolicyScope {
  const used = new Set(sent.map((call) => call.service));
  const inputsOf = ({ package: suffix }: Service, operation?: string) =>
    sent
      .filter((call) => call.service === suffix && (operation === undefined || call.operation === operation))
      .map(({ input }) => (input ?? {}) as Readonly<Record<string, unknown>>);
  const inputs = (operation?: string) => inputsOf(service, operation);
  const valuesOf = (one: Service, parameter: string) =>
    sortedSet(
      inputsOf(one)
        .map((input) => input[parameter])
        .filter((value) => typeof value === "string"),
    );
  return {
    stack,
    region,
    arn: (rest) => `arn:${partitionOf(region).name}:${rest}`,
    needs: (action) => needed.has(action),
    inputs,
    values: (parameter) => valuesOf(service, parameter),
    usersOf: (parameter) =>
      eachService
        .map((one) => ({ prefix: one.permissions.prefix, values: valuesOf(one, parameter) }))
        .filter(({ values }) => values.length > 0),
    recorded: (type) => recorded.filter((one) => one.type === type),
    linkedRoles: sortedSet(
      eachService.flatMap((one) => (used.has(one.package) ? (one.permissions.linkedRole ?? []) : [])),
    ),
  };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A statement and which actions it may have; those that nobody needs are left out. */
interface Rule {
  readonly statement: Pick<PolicyStatement, "Sid" | "Resource" | "Condition">;
  readonly takes: (action: string) => boolean;
}

/** The rules of a service that say themselves what they are narrowed to; those of one are for the same actions. */
const narrowedRules = (prefix: string, narrowed: readonly Narrowed[] = []): readonly (readonly Rule[])[] =>
  narrowed.map(({ takes, statements }) =>
    statements.map((statement) => ({
      statement,
      takes: (action) => prefixOf(action) === prefix && takes(action.slice(prefix.length + 1)),
    })),
  );

/** What the services narrow to names. */
const byNames = ({ permissions: { prefix, narrowed } }: Service, scope: PolicyScope): readonly (readonly Rule[])[] =>
  narrowedRules(prefix, narrowed?.(scope));

/** What is held by tags to the stack's own objects. */
function byTags({ permissions }: Service, scope: PolicyScope): readonly Rule[] {
  const { prefix, tagging } = permissions;
  if (!permissions.byTags) return [];
  const { creates, changes, besides = {}, createAction, named, untagged } = permissions.byTags;
  const { stack, region, arn } = scope;
  const inRegion = { "aws:RequestedRegion": region };
  const forStack = { ...inRegion, [`aws:RequestTag/${STACK_TAG}`]: stack };
  const ofStack = { ...inRegion, [`aws:ResourceTag/${STACK_TAG}`]: stack };
  const actions = (operations: readonly string[]) => operations.map((operation) => `${prefix}:${operation}`);
  const arns = (ends: readonly string[]) => ends.map((end) => arn(`${prefix}:${region}:*:${end}`));
  const rule = (
    Sid: string,
    Resource: PolicyStatement["Resource"],
    keys: Condition[string],
    of: readonly string[],
  ) => ({
    statement: { Sid, Resource, Condition: { StringEquals: keys } },
    takes: (action: string) => of.includes(action),
  });
  const creating = creates.filter((operation) => scope.needs(`${prefix}:${operation}`));
  const checkedBesides = (Object.entries(besides) as [string, readonly string[]][]).filter(([operation]) =>
    scope.needs(`${prefix}:${operation}`),
  );
  const byResources = groupBy(checkedBesides, ([, ends]) => ends.join(" "));
  return [
    rule("Create", "*", forStack, actions(creates)),
    rule("ChangeOwn", "*", ofStack, [...actions(changes), ...(tagging && createAction ? [tagging] : [])]),
    ...(tagging && creating.length > 0
      ? [
          rule(
            `TagNew${capital(prefix)}`,
            named ? arns(named(scope)) : "*",
            createAction ? { ...forStack, [createAction]: creating } : forStack,
            [tagging],
          ),
        ]
      : []),
    ...[...byResources].map(([ends, checked]) => {
      const operations = checked.map(([operation]) => operation);
      return rule(`Besides${operations[0]}`, arns(ends.split(" ")), inRegion, actions(operations));
    }),
    ...narrowedRules(prefix, untagged?.(scope)).flat(),
  ];
}

/**
 * The policy's statements for the calls that a stack sends: nothing more, each narrowed to what is known beforehand: names,
 * the stack's tag, the region.
 * @param more also what these commands send.
 * @param recorded what the stack's state has, where there is one.
 */
export function statementsFor(
  sent: readonly Sent[],
  names: Names,
  more: readonly More[] = [],
  recorded: readonly RecordedObject[] = [],
): readonly PolicyStatement[] {
  const needed = actionsFor(sent, more);
  const scopes = eachService.map((service) => ({ service, scope: scopeOf(service, sent, names, needed, recorded) }));
  const global = new Set(eachService.flatMap(({ permissions }) => (permissions.global ? [permissions.prefix] : [])));
  const Condition = { StringEquals: { "aws:RequestedRegion": names.region } };
  // An action belongs to all rules of the first list that takes it.
  const lists: readonly (readonly Rule[])[] = [
    ...scopes.flatMap(({ service, scope }) => byNames(service, scope)),
    scopes.flatMap(({ service, scope }) => byTags(service, scope)),
    [{ statement: { Sid: "Global", Resource: "*" }, takes: (action) => global.has(prefixOf(action)) }],
    [{ statement: { Sid: "Read", Resource: "*", Condition }, takes: (action) => /:(Describe|Get|List)/.test(action) }],
    [{ statement: { Sid: "Change", Resource: "*", Condition }, takes: () => true }],
  ];
  const left = new Set(needed);
  const statements = new Map<string, PolicyStatement>();
  for (const list of lists) {
    const taken = new Set<string>();
    for (const { statement, takes } of list) {
      const actions = [...left].filter(takes);
      for (const action of actions) taken.add(action);
      const others = statements.get(statement.Sid)?.Action ?? [];
      const { Sid, Resource, ...rest } = statement;
      if (actions.length > 0)
        statements.set(Sid, { Sid, Effect: "Allow", Action: sortedSet([...others, ...actions]), Resource, ...rest });
    }
    for (const action of taken) left.delete(action);
  }
  return [...statements.values()].sort((a, b) => (a.Sid < b.Sid ? -1 : 1));
}

/** The statements without what changes anything: enough for `plan`, `status` and what else only looks. */
export const readingOnly = (statements: readonly PolicyStatement[]): readonly PolicyStatement[] =>
  statements.flatMap((statement) => {
    const Action = statement.Action.filter((action) => isRead(action.slice(action.indexOf(":") + 1)));
    return Action.length === 0 ? [] : [{ ...statement, Action }];
  });

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
