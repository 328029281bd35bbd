import type { Condition, Narrowed, PolicyScope } from "../aws/permissions.ts";
import type { Service } from "../aws/service.ts";
import { eachService } from "../aws/services.ts";
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

const partitionOf = (region: string): string =>
  region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";

const sortedSet = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();

/** The values of a parameter in the calls to a service. */
const valuesIn = (sent: readonly Sent[], service: Service, parameter: string): readonly string[] =>
  sortedSet(
    sent.flatMap((call) => {
      const value = (call.input as Readonly<Record<string, unknown>> | undefined)?.[parameter];
      return call.service === service.package && typeof value === "string" ? [value] : [];
    }),
  );

/** What the services narrow by themselves: which of all actions, and to what. */
function narrowedByService(sent: readonly Sent[], { stack, region }: Names, needed: ReadonlySet<string>) {
  const used = new Set(sent.map(({ service }) => service));
  const linkedRoles = sortedSet(
    eachService.flatMap((service) => (used.has(service.package) ? (service.permissions.linkedRole ?? []) : [])),
  );
  return eachService.flatMap((service): readonly Narrowed[] => {
    const { prefix, narrowed = () => [] } = service.permissions;
    const scope: PolicyScope = {
      stack,
      region,
      arn: (rest) => `arn:${partitionOf(region)}:${rest}`,
      needs: (action) => needed.has(action),
      values: (parameter) => valuesIn(sent, service, parameter),
      linkedRoles,
    };
    return narrowed(scope).map(({ takes, statements }) => ({
      takes: (action) => prefixOf(action) === prefix && takes(action.slice(prefix.length + 1)),
      statements,
    }));
  });
}

/**
 * The policy's statements for the calls that a stack sends: nothing more, each narrowed where the names are known beforehand.
 * @param more also what these commands send.
 */
export function statementsFor(
  sent: readonly Sent[],
  names: Names,
  more: readonly More[] = [],
): readonly PolicyStatement[] {
  const needed = actionsFor(sent, more);
  const global = new Set(eachService.flatMap(({ permissions }) => (permissions.global ? [permissions.prefix] : [])));
  const Condition = { StringEquals: { "aws:RequestedRegion": names.region } };
  const left = new Set(needed);
  const rules: readonly Narrowed[] = [
    ...narrowedByService(sent, names, needed),
    { takes: (action) => global.has(prefixOf(action)), statements: [{ Sid: "Global", Resource: "*" }] },
    { takes: (action) => /:(Describe|Get|List)/.test(action), statements: [{ Sid: "Read", Resource: "*", Condition }] },
    { takes: () => true, statements: [{ Sid: "Change", Resource: "*", Condition }] },
  ];
  return rules
    .flatMap(({ takes, statements }): readonly PolicyStatement[] => {
      const Action = [...left].filter(takes).sort();
      for (const action of Action) left.delete(action);
      return Action.length === 0
        ? []
        : statements.map(({ Sid, Resource, ...rest }) => ({ Sid, Effect: "Allow", Action, Resource, ...rest }));
    })
    .sort((a, b) => (a.Sid < b.Sid ? -1 : 1));
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
