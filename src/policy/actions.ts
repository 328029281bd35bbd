import type { Call } from "../aws/aws.ts";
import { listCalls } from "../aws/ec2/read-stacks.ts";
import { logsCalls } from "../aws/logs/read-lines.ts";
import { lockCalls } from "../aws/logs/run-lock.ts";
import type { Permissions } from "../aws/permissions.ts";
import { eachService, type ServiceName, services } from "../aws/services.ts";
import { liveCostCalls } from "../cost/calls.ts";
import { doctorCalls } from "../doctor/calls.ts";
import { restoreFilesCalls } from "../recovery/calls.ts";
import { commandCalls, runCalls } from "../verify/aws/commands.ts";
import { drillCalls, verifyCalls } from "../verify/calls.ts";

/** One call as it was sent: the SDK package's suffix, the operation, and its parameters. */
export interface Sent {
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
}

const permissionsOf = new Map<string, Permissions>(
  eachService.map((service) => [service.package, service.permissions]),
);

const actionIn = ({ prefix, actions = {} }: Permissions, operation: string): string =>
  `${prefix}:${actions[operation] ?? operation}`;

/** The IAM action of the call itself. */
export function actionOf({ service, operation }: Pick<Sent, "service" | "operation">): string {
  const permissions = permissionsOf.get(service);
  return permissions ? actionIn(permissions, operation) : `${service}:${operation}`;
}

/** The IAM prefix of an action: "ec2". */
export const prefixOf = (action: string): string => action.slice(0, action.indexOf(":"));

/** By action: the actions that come with it, of all services. */
const WITH = new Map<string, readonly string[]>(
  eachService.flatMap(({ permissions }) => {
    const { implied = {}, changes = {} } = permissions;
    return [...new Set([...Object.keys(implied), ...Object.keys(changes)])].map((operation) => [
      actionIn(permissions, operation),
      [...(implied[operation] ?? []), ...(changes[operation] ?? []).map((other) => actionIn(permissions, other))],
    ]);
  }),
);

const COMMANDS = {
  verify: verifyCalls,
  // A drill starts with `verify`.
  drills: [...verifyCalls, ...drillCalls],
  // Its parameters are those that `up` makes.
  rotate: commandCalls,
  run: runCalls,
  "restore-files": restoreFilesCalls,
  logs: logsCalls,
  doctor: doctorCalls,
  "cost-live": liveCostCalls,
  stacks: [...listCalls, ...lockCalls],
} as const satisfies Readonly<Record<string, readonly Call[]>>;

/** A command that needs more than `up`, `status` and `down`. */
export type More = keyof typeof COMMANDS;
export const MORE = Object.keys(COMMANDS) as readonly More[];

/** The actions of what a command sends besides what `up`, `status` and `down` do. */
export const actionsOfCommand = (command: More): readonly string[] =>
  COMMANDS[command].map((call) => {
    const [service, method = ""] = call.split(".");
    const operation = `${method.charAt(0).toUpperCase()}${method.slice(1)}`;
    return actionIn(services[service as ServiceName].permissions, operation);
  });

function carriesTags(input: unknown): boolean {
  if (Array.isArray(input)) return input.some(carriesTags);
  if (typeof input !== "object" || input === null) return false;
  return Object.entries(input).some(
    ([key, value]) => (/^(Tags|TagSpecifications)$/.test(key) && (value as []).length > 0) || carriesTags(value),
  );
}

/** All actions that the calls need, each once: their own, what AWS checks besides, what changes need, and those of `more`. */
export function actionsFor(sent: readonly Sent[], more: readonly More[] = []): ReadonlySet<string> {
  const needed = new Set<string>();
  const add = (action: string): void => {
    if (needed.has(action)) return;
    needed.add(action);
    for (const other of WITH.get(action) ?? []) add(other);
  };
  for (const call of sent) {
    add(actionOf(call));
    const { tagging, impliedWith = {} } = permissionsOf.get(call.service) ?? {};
    for (const other of impliedWith[call.operation]?.((call.input ?? {}) as Readonly<Record<string, unknown>>) ?? [])
      add(other);
    if (tagging && /^(Create|Put|Request|Run|Import|Allocate)/.test(call.operation) && carriesTags(call.input))
      add(tagging);
  }
  for (const command of more) for (const action of actionsOfCommand(command)) add(action);
  return needed;
}
