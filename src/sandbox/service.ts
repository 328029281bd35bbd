import * as z from "zod";
import { BuddyError } from "../lib/errors.ts";
import type { Sim } from "./world.ts";

export interface Operation {
  readonly schema: z.ZodType;
  readonly handle: (input: never, sim: Sim) => object;
}

/** One AWS service, or a part of one, as the sandbox knows it. */
export interface SandboxService {
  readonly operations: Readonly<Record<string, Operation>>;
  /** What happens by itself as time goes by; `about` names the row. */
  readonly timers?: Readonly<Record<string, (about: string, sim: Sim) => void>>;
}

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

/** AWS's own names for a missing and for a malformed parameter, by service. */
const BAD_INPUT: Readonly<Record<string, readonly [missing: string, malformed: string]>> = {
  ec2: ["MissingParameter", "InvalidParameterValue"],
  rds: ["MissingParameter", "InvalidParameterValue"],
  "elastic-load-balancing-v2": ["ValidationError", "ValidationError"],
  "auto-scaling": ["ValidationError", "ValidationError"],
  cloudwatch: ["MissingRequiredParameterException", "InvalidParameterValueException"],
  iam: ["ValidationError", "ValidationError"],
  sns: ["InvalidParameterException", "InvalidParameterException"],
  "route-53": ["InvalidInput", "InvalidInput"],
  efs: ["BadRequest", "BadRequest"],
};

export function checkInput(service: string, name: string, { schema }: Operation, input: object): unknown {
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
  const [missing, malformed] = BAD_INPUT[service] ?? ["ValidationException", "ValidationException"];
  const absent = issue?.code === "invalid_type" && /received undefined/.test(issue.message);
  throw awsError(absent ? missing : malformed, `${issue?.path.join(".") || "the request"}: ${issue?.message}`);
}

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) if (inner !== undefined) kept[key] = withoutUndefined(inner);
  return kept;
}
