/** What sort of failure it is. The set is closed: every place that reacts to an error can name all of them. */
export type ErrorCode =
  | "usage"
  | "config"
  | "state"
  | "locked"
  | "wrong-account"
  | "credentials"
  | "denied"
  | "account"
  | "quota"
  | "capacity"
  | "not-ours"
  | "ambiguous"
  | "failed"
  | "timeout"
  | "interrupted"
  | "blocked"
  | "refused"
  | "network"
  | "sandbox"
  | "internal";

/** Where it happened. */
export interface About {
  /** The resource's key, such as `alb`. */
  readonly key?: string;
  readonly step?: string;
  /** The AWS id, ARN or name. */
  readonly id?: string;
  /** The AWS operation, as AWS names it: `CreateVpc`. */
  readonly operation?: string;
  readonly requestId?: string;
  readonly file?: string;
  /** The place in the file: `network.web[1]`. */
  readonly path?: string;
}

/** One mistake in a config file. */
export interface Problem {
  /** The place in the file, in JavaScript's notation; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong. */
  readonly message: string;
  /** What would be right. */
  readonly hint?: string;
}

export interface BuddyErrorParts {
  readonly code: ErrorCode;
  /** What happened, as a sentence. No secrets. */
  readonly message: string;
  readonly about?: About | undefined;
  /** What to do now, as a sentence. */
  readonly hint?: string | undefined;
  /** The error that this one explains. Its message is shown, so it holds no secrets. */
  readonly cause?: unknown;
  readonly problems?: readonly Problem[] | undefined;
}

/** An error that a person can act on: what happened, where, what to do now. */
export class BuddyError extends Error {
  override readonly name = "BuddyError";
  readonly code: ErrorCode;
  declare readonly about?: About;
  /** What was given, or what helps with errors of its code in general. */
  readonly hint: string;
  declare readonly problems?: readonly Problem[];

  constructor({ code, message, about, hint, cause, problems }: BuddyErrorParts) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint ?? HINTS[code];
    if (about !== undefined) this.about = about;
    if (problems !== undefined) this.problems = problems;
  }
}

const EXIT_CODES: Partial<Record<ErrorCode, number>> = {
  usage: 2,
  config: 2,
  state: 2,
  refused: 2,
  locked: 4,
  interrupted: 5,
  "wrong-account": 6,
};

/** The exit code of the process that ends with this error: 1 unless its code has one of its own. */
export function exitCodeOf(error: unknown): number {
  return (error instanceof BuddyError && EXIT_CODES[error.code]) || 1;
}

/**
 * The error as plain text: what happened, where, what to do now. Several lines, no colours, no line break at the end.
 * Stack traces, and those of the causes, only when `verbose`.
 */
export function explain(error: unknown, { verbose = false }: { readonly verbose?: boolean } = {}): string {
  const lines = [`error: ${headline(error)}`];
  const row = (label: string, text: string) =>
    lines.push(`  ${label.padEnd(6)} ${text.replaceAll("\n", `\n${" ".repeat(9)}`)}`);

  const problems = error instanceof BuddyError ? (error.problems ?? []) : [];
  if (problems.length > 0) lines.push(...problems.flatMap(problemLines));

  const where = problems.length > 0 ? "" : placeOf(error);
  if (where !== "") row("where", where);
  for (const cause of causesOf(error)) {
    const said = headline(cause);
    if (!lines.some((line) => line.includes(said))) row("cause", said);
  }
  row("to do", hintFor(error));
  if (verbose) {
    for (const one of [error, ...causesOf(error)])
      if (one instanceof Error && one.stack !== undefined) lines.push("", one.stack);
  }
  return lines.join("\n");
}

function problemLines({ path, message, hint }: Problem): string[] {
  const place = path === "" ? "" : `${path}: `;
  return [`  ${place}${message}`, ...(hint === undefined ? [] : [`      → ${hint}`])];
}

function headline(error: unknown): string {
  if (error instanceof BuddyError) return error.message;
  if (!(error instanceof Error)) return String(error);
  if (error.name === "Error") return error.message;
  return error.message === "" ? error.name : `${error.name}: ${error.message}`;
}

function placeOf(error: unknown): string {
  const about: About = error instanceof BuddyError ? (error.about ?? {}) : {};
  const requestId = about.requestId ?? [error, ...causesOf(error)].map(requestIdOf).find((id) => id !== undefined);
  const file =
    about.file !== undefined && about.path !== undefined ? `${about.file} (${about.path})` : (about.file ?? about.path);
  return [
    file,
    about.step === undefined ? undefined : `step ${about.step}`,
    about.key,
    about.id === about.key ? undefined : about.id,
    about.operation,
    requestId === undefined ? undefined : `request ${requestId}`,
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}

/** The SDK puts AWS's request id into `$metadata` of what it throws. */
export function requestIdOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("$metadata" in error)) return undefined;
  const metadata = error.$metadata as { readonly requestId?: unknown } | null | undefined;
  return typeof metadata?.requestId === "string" ? metadata.requestId : undefined;
}

function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = [];
  let next = error;
  while (next instanceof Error && next.cause !== undefined && !causes.includes(next.cause) && causes.length < 10) {
    next = next.cause;
    causes.push(next);
  }
  return causes;
}

function hintFor(error: unknown): string {
  if (!(error instanceof BuddyError))
    return "This was not foreseen. Run it again with --verbose to see where it comes from.";
  return error.hint;
}

const HINTS: Readonly<Record<ErrorCode, string>> = {
  usage: "See `buddyverse --help`.",
  config: "Correct the config, then run the command again.",
  state: "Restore the state file from its backup beside it, or move it away: `up` and `down` find what is tagged.",
  locked: "Wait for the other run to end, then run the command again.",
  "wrong-account": "Use the credentials and the region that this state was made with, or another --state file.",
  credentials:
    "Sign in again (`aws sso login`, or renew the credentials of AWS_PROFILE), then run the same command: it continues where it stopped.",
  denied: "Give the caller the permissions that `buddyverse policy` prints, then run the same command again.",
  account: "Sign in to the AWS console as the account's owner and see what it asks for; else write to AWS Support.",
  quota:
    "Ask for more in the Service Quotas console, or remove what is not needed (`buddyverse doctor` shows the quotas), then run the same command again.",
  capacity:
    "AWS has none of these here at the moment, or never. Choose another instance type or zone in the config, or try again later.",
  "not-ours": "Rename or remove the other object, or choose another name in the config.",
  ambiguous: "Remove the object that does not belong to this stack, then run the command again.",
  failed: "Nothing is lost: correct the cause, then run the same command again. It continues where it stopped.",
  timeout: "Run the same command again: it continues where it stopped.",
  interrupted: "Run the same command again: it continues where it stopped.",
  blocked: "Remove what is in the way, then run the command again.",
  refused: "Nothing was changed. Do what the message says, then run the command again.",
  network:
    "Check the connection, the proxy and AWS_ENDPOINT_URL, then run the same command: it continues where it stopped.",
  sandbox: "The sandbox does not know this. Reset it with `buddyverse sandbox reset`, or run against AWS.",
  internal: "This is a mistake in buddyverse. Run it again with --verbose and report what it prints.",
};
