import * as z from "zod";
import { BuddyError } from "../lib/errors.ts";
import type { Metrics } from "./metrics.ts";
import type { Sim } from "./world.ts";

export interface Operation {
  readonly schema: z.ZodType;
  readonly handle: (input: never, sim: Sim) => object;
}

type Act = (about: string, sim: Sim) => void;

/**
 * What services tell each other of, with what it is about: who must know of it is the listener's business, so that no
 * service calls those that are built on it.
 */
export interface Hooks {
  /** User data (base64) is given to an instance or a launch template. Throws `sandbox` when it could not be run. */
  userDataGiven: Act;
  /** An instance (its id) is running. */
  instanceStarted: Act;
  /** An instance stops or shuts down: from now on it does nothing more. */
  instanceEnded: Act;
  /** An instance is terminated, and what was on it is gone. */
  instanceTerminated: Act;
  /** What an instance answers to others has changed: its web server was started or stopped. */
  instanceAnswersChanged: Act;
  /** The load on an instance has changed. */
  instanceLoadChanged: Act;
  /** A subnet (its id) is deleted. */
  subnetDeleted: Act;
  /** A file system (its id) is deleted, with all files. */
  fileSystemDeleted: Act;
  /** A KMS key (its ARN) was enabled, disabled or deleted, or is to be. */
  keyChanged: Act;
  /** EFS's automatic backups were switched on for a file system (its id). */
  fileSystemBackedUp: Act;
  /** A zone (its name) is lost, or is there again. */
  zoneChanged: Act;
}
export type HookName = keyof Hooks;

/** A failure that `sandbox fail KIND ABOUT` orders. The service asks `sim.failing(kind, about)` where it strikes. */
export interface FailureKind {
  /** What it is about and what it does, as the help says it; undefined: about nothing more. */
  readonly about?: string;
  /** How that is written, where it has a form. */
  readonly form?: RegExp;
  /** All that it can be about, where that is known: others are refused. */
  readonly oneOf?: (sim: Sim) => readonly string[];
  /** What there is of that now. What is not there yet fails when it comes. */
  readonly there?: (sim: Sim) => readonly string[];
  /** Called when it is ordered, and when it is mended. */
  readonly changed?: Act;
}

/** The SDK's names of the errors that every operation of a service may answer with. */
export interface CommonErrors {
  readonly missingParameter: string;
  readonly malformedParameter: string;
  /** Too many requests, and the HTTP status that says so. */
  readonly throttled: string;
  readonly throttledStatus: number;
  /** AWS's own fault, with status 500. */
  readonly internal: string;
}
export const COMMON_ERRORS: CommonErrors = {
  missingParameter: "ValidationException",
  malformedParameter: "ValidationException",
  throttled: "Throttling",
  throttledStatus: 400,
  internal: "InternalFailure",
};

/** A quota, and AWS's default of it. */
export interface DeclaredQuota {
  readonly name: string;
  readonly value: number;
  /** Service Quotas has no value of the account's own before another one is granted. */
  readonly defaultOnly?: true;
}

/** What a person has seen to in a new account. */
export interface FreshAccount {
  /** A domain bought from Route 53. */
  readonly domain: string | undefined;
  /** KMS keys, by alias or ARN. */
  readonly keys: readonly string[];
  /** The bucket of the state, as `state init` makes it. */
  readonly stateBucket: string | undefined;
}

/** One AWS service, or a part of one, as the sandbox knows it. All that the sandbox knows of a service is in here. */
export interface SandboxService {
  readonly operations: Readonly<Record<string, Operation>>;
  /** Its objects, or their names, are the account's and not the region's. */
  readonly everywhere?: true;
  /** What happens by itself as time goes by; `about` names the row. */
  readonly timers?: Readonly<Record<string, Act>>;
  /** What it does when another service tells of something. */
  readonly hooks?: Partial<Hooks>;
  /** How long its things take, seconds; docs/internals/sandbox.md lists them with their sources. */
  readonly durations?: Readonly<Record<string, number>>;
  /** What can be made to fail, by kind. */
  readonly failures?: Readonly<Record<string, FailureKind>>;
  /** What `sandbox show` calls its rows, by table. Bookkeeping (names held for a while, tags) is left out. */
  readonly inventory?: Readonly<Record<string, string>>;
  /** What it sends to CloudWatch, by namespace ("AWS/EC2"). */
  readonly metrics?: Readonly<Record<string, Metrics>>;
  /** Its names for errors that every service has, where they are not `COMMON_ERRORS`. */
  readonly errors?: Partial<CommonErrors>;
  /** The quotas that it holds its caller to, by Service Quotas' service and code ("ec2/L-1216C47A"). */
  readonly quotas?: Readonly<Record<string, DeclaredQuota>>;
  /** What a new account has of it. */
  readonly fresh?: (sim: Sim, account: FreshAccount) => void;
}

/** Several parts as one service. */
export function composed(...parts: readonly Partial<SandboxService>[]): SandboxService {
  const merged = <
    K extends "operations" | "timers" | "durations" | "failures" | "inventory" | "metrics" | "errors" | "quotas",
  >(
    key: K,
  ) => Object.assign({}, ...parts.map((part) => part[key])) as NonNullable<SandboxService[K]>;
  const hooks: Partial<Hooks> = {};
  for (const name of new Set(parts.flatMap((part) => Object.keys(part.hooks ?? {}) as HookName[])))
    hooks[name] = (about, sim) => {
      for (const part of parts) part.hooks?.[name]?.(about, sim);
    };
  return {
    operations: merged("operations"),
    timers: merged("timers"),
    durations: merged("durations"),
    failures: merged("failures"),
    inventory: merged("inventory"),
    metrics: merged("metrics"),
    errors: merged("errors"),
    quotas: merged("quotas"),
    hooks,
    fresh(sim, account) {
      for (const part of parts) part.fresh?.(sim, account);
    },
  };
}

/** What is left of an object's tags when those keys go; those that it does not have are no error, in any service. */
export const untagged = (
  tags: Readonly<Record<string, string>>,
  keys: readonly string[],
): Readonly<Record<string, string>> => Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));

/** Looks a duration up in milliseconds. */
export const msOf =
  <Durations extends Readonly<Record<string, number>>>(durations: Durations) =>
  (name: keyof Durations): number =>
    (durations[name] as number) * 1_000;

/** An operation with the parameters that it knows. An unknown parameter is an error, never ignored. */
export function operation<S extends z.ZodRawShape>(
  shape: S,
  handle: (input: z.infer<z.ZodObject<S>>, sim: Sim) => object,
): Operation {
  return { schema: z.strictObject(shape), handle: handle as Operation["handle"] };
}

/**
 * An error as the SDK gives it. `name` is the SDK's, `code` the wire's: query services differ in the two
 * (`DBInstanceNotFoundFault`, `DBInstanceNotFound`).
 */
export function awsError(
  name: string,
  message: string,
  options: { readonly code?: string; readonly status?: number; readonly fields?: object } = {},
): Error {
  const status = options.status ?? 400;
  return Object.assign(new Error(message), options.fields, {
    name,
    Code: options.code ?? name,
    $fault: status >= 500 ? "server" : "client",
    $metadata: { httpStatusCode: status, requestId: "00000000-sandbox" },
  });
}

/** The call's parameters, checked. Throws `sandbox` for one that the operation does not know, AWS's error for one that is wrong. */
export function checkInput(
  service: string,
  name: string,
  { schema }: Operation,
  { errors }: SandboxService,
  input: object,
): unknown {
  const parsed = schema.safeParse(withoutUndefined(input));
  if (parsed.success) return parsed.data;
  const unknown = parsed.error.issues.find((issue) => issue.code === "unrecognized_keys");
  if (unknown) {
    throw new BuddyError({
      code: "sandbox",
      message: `the sandbox does not know the parameter ${[...unknown.path, (unknown as { keys: string[] }).keys.join(", ")].join(".")} of ${service}:${name}`,
      hint: "It refuses what it does not simulate. Please report it with the command that you ran.",
    });
  }
  const issue = parsed.error.issues[0];
  const { missingParameter, malformedParameter } = { ...COMMON_ERRORS, ...errors };
  const absent = issue?.code === "invalid_type" && /received undefined/.test(issue.message);
  throw awsError(
    absent ? missingParameter : malformedParameter,
    `${issue?.path.join(".") || "the request"}: ${issue?.message}`,
  );
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) if (inner !== undefined) kept[key] = withoutUndefined(inner);
  return kept;
}
