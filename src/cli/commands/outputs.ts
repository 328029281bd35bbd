import { webInstances } from "../../../steps/access.ts";
import { KEY_PAIR_KEY } from "../../../steps/inputs.ts";
import { isUp, type Outputs, outputRows, outputsFor } from "../../../steps/outputs.ts";
import { awsCli } from "../../aws/cli.ts";
import type { Config } from "../../config/schema.ts";
import { at } from "../../lib/duration.ts";
import { BuddyError } from "../../lib/errors.ts";
import { nearest } from "../../lib/nearest.ts";
import { outputsView, SANDBOX_NOTE } from "../../report/views/outputs.ts";
import { lostKey, privateKeyFile } from "../inputs.ts";
import { lookOf } from "../look.ts";
import type { CommonOptions } from "../options.ts";
import { isForPrograms, printResult, tell } from "../output.ts";
import { configOf, pathsOf } from "../paths.ts";
import { recordedStack } from "../recorded.ts";
import { again } from "../screen.ts";
import { withSession } from "../session.ts";
import { staged } from "../staged.ts";

export interface OutputsOptions extends CommonOptions {
  readonly refresh?: boolean;
}

/** The commands that lead into the machines. */
const INSIDE: readonly (readonly [command: string, own?: readonly string[]])[] = [
  ["ssh web"],
  ["ssh bastion"],
  ["run", ["--", "python", "manage.py", "check"]],
  ["tunnel database"],
  ["logs"],
  ["why"],
];

interface Found {
  readonly config: Config;
  readonly account: string;
  /** How the AWS CLI is called. */
  readonly cli: string;
  readonly outputs: Outputs;
  /** From the state: when that was last written, milliseconds since 1970. Undefined: AWS was asked. */
  readonly recorded: number | undefined;
  /** What a person must know of the private key. */
  readonly warning: string | undefined;
}

/** What a person or a script needs to use the stack, or one value of it. Where the state knows it, nobody is asked. */
export async function outputs(name: string | undefined, options: OutputsOptions): Promise<number> {
  const found = (options.refresh ? undefined : await fromState(options)) ?? (await fromAws(options));
  const { config, account, cli, outputs, recorded, warning } = found;
  const { stack, region } = config;
  if (!isUp(outputs))
    throw new BuddyError({
      code: "failed",
      message: `stack ${stack} is not up`,
      hint: `${recorded === undefined ? "" : `The state says so; \`${again("outputs", options, ["--refresh"])}\` asks AWS. `}\`${again("up", options)}\` brings it up.`,
    });
  if (warning !== undefined && !isForPrograms(options) && !options.quiet) tell(`! ${warning}`);
  const values = { stack, account, region, ...outputs };
  if (name !== undefined) {
    const value = valueAt(values, name, options);
    printResult(options, typeof value === "object" ? JSON.stringify(value, null, 2) : String(value), { name, value });
    return 0;
  }
  const commands = INSIDE.map(([command, own]) => again(command, options, own));
  const inside = outputs.bastions.length > 0 ? commands : undefined;
  const rows = outputsView(
    { ...outputRows(config, cli, outputs), "Into the machines": inside },
    lookOf(options, process.stdout),
  );
  const source =
    recorded === undefined
      ? ""
      : `\n\nFrom the state, as of ${at(recorded)}; \`${again("outputs", options, ["--refresh"])}\` asks AWS.`;
  const rehearsed = options.sandbox ? `\n\n${staged(options)(SANDBOX_NOTE)}` : "";
  printResult(options, `${rows}${rehearsed}${source}`, {
    ...values,
    source: recorded === undefined ? "aws" : "state",
    recordedAt: recorded === undefined ? null : new Date(recorded).toISOString(),
    commands: inside ?? [],
  });
  return 0;
}

/** All names that `outputs` takes, as far as the state has their values. */
export async function outputNames(options: CommonOptions): Promise<readonly string[]> {
  const found = await fromState(options);
  if (!found) return [];
  const { config, account, outputs } = found;
  return namesIn({ stack: config.stack, account, region: config.region, ...outputs });
}

async function fromState(options: CommonOptions): Promise<Found | undefined> {
  const paths = pathsOf(options);
  const stack = await recordedStack(options, paths, configOf(options));
  if (!stack) return undefined;
  const { config, account, since, live } = stack;
  const sandbox = options.sandbox ?? false;
  const aws = { cli: awsCli({ sandbox, profile: options.profile }), region: config.region };
  return {
    config,
    account,
    cli: aws.cli,
    recorded: since,
    outputs: outputsFor(config, live, privateKeyFile(paths)),
    warning: lostKey({ config, paths, aws }, live(KEY_PAIR_KEY)),
  };
}

const fromAws = (options: CommonOptions): Promise<Found> =>
  withSession(options, { command: "outputs", writes: false, resolvesAddress: false }, async (session) => {
    const { config, stack, aws, paths } = session;
    const found = await stack.refresh({ orphans: "none" });
    const live = (key: string) => found.entries.get(key)?.look.live;
    const web = await webInstances(stack.run.aws, live);
    return {
      config,
      account: aws.account,
      cli: aws.cli,
      recorded: undefined,
      outputs: outputsFor(config, live, privateKeyFile(paths), web),
      warning: lostKey(session, live(KEY_PAIR_KEY)),
    };
  });

/** The value of a dotted name. Throws `usage` on one that is not known, `failed` where it is not there. */
function valueAt(values: object, name: string, options: CommonOptions): string | number | object {
  const value = name.split(".").reduce<unknown>((inner, part) => own(inner, part), values);
  if (value === undefined) {
    const names = namesIn(values);
    const near = nearest(name, names);
    throw new BuddyError({
      code: "usage",
      message: `there is no output "${name}"`,
      hint: `${near ? `Did you mean ${near}? ` : ""}There are ${names.join(", ")}.`,
    });
  }
  if (value === null)
    throw new BuddyError({
      code: "failed",
      message: `the stack has no ${name}`,
      hint: `\`${again("outputs", options, ["--refresh"])}\` asks AWS for what the state does not have.`,
    });
  return value as string | number | object;
}

const own = (value: unknown, part: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, part)
    ? (value as Readonly<Record<string, unknown>>)[part]
    : undefined;

/** All dotted names of values; of what is in lists those of the first. */
const namesIn = (value: object, before = ""): readonly string[] =>
  Object.entries(Array.isArray(value) ? value.slice(0, 1) : value).flatMap(([key, inner]) =>
    typeof inner === "object" && inner !== null ? namesIn(inner, `${before}${key}.`) : [`${before}${key}`],
  );
