import pLimit from "p-limit";
import type { Clock } from "../lib/clock.ts";
import { BuddyError } from "../lib/errors.ts";
import type { Aws, CredentialsEnd, Network, Services } from "./aws.ts";
import { classify } from "./classify.ts";
import { awsCli } from "./cli.ts";
import { type Client, type ClientOptions, type Endpoint, type Learnt, openClient, requestHandler } from "./clients.ts";
import { isFarOff } from "./clock.ts";
import { coalescer, idBatcher } from "./coalesce.ts";
import { type Login, loginOf } from "./credentials.ts";
import { setEncodedApart } from "./denial.ts";
import { AmbiguousOutcome, codeOf, Reworded } from "./errors.ts";
import { hideSecrets, masked } from "./mask.ts";
import { type Pace, pace } from "./pace.ts";
import { isRead } from "./safety.ts";
import { type ServiceName, serviceNames, services } from "./services.ts";
import { watchTrouble } from "./trouble.ts";
import { unreachable } from "./way.ts";
import { whoAmI } from "./who-am-i.ts";

/** One AWS call as it is written to a trace. `ms` is the whole time, retries included, on the run's clock. */
export interface TracedCall {
  readonly at: string;
  /** The SDK package's suffix: "ec2", "auto-scaling", … */
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
  readonly attempts: number;
  readonly status: number | undefined;
  readonly error: string | undefined;
  readonly ms: number;
}

/** Answers calls in place of the wire. */
export interface Wire {
  /**
   * Throws errors as the SDK would give them.
   * @param service the SDK package's suffix
   * @param region where it is asked; undefined: where the wire is
   */
  answer(service: string, operation: string, input: object, region?: string): Promise<object>;
}

export interface Connection {
  readonly region: string;
  readonly clock: Clock;
  readonly network: Network;
  readonly profile?: string | undefined;
  /** After it aborts nothing new is sent; calls under way finish. */
  readonly signal?: AbortSignal | undefined;
  /** The embedded AWS, instead of the network. */
  readonly wire?: Wire | undefined;
  /** A sandbox that another process serves, instead of AWS. */
  readonly endpoint?: Endpoint | undefined;
  readonly onCall?: ((call: TracedCall) => void) | undefined;
  /** Told of the calls of `bookkeeping`, instead of `onCall`. */
  readonly onBookkeeping?: ((call: TracedCall) => void) | undefined;
  /** Awaited before each call that changes something; what it throws keeps the call from being sent. */
  readonly beforeChange?: (() => Promise<void>) | undefined;
  /** Told, in a sentence, of trouble on the way to AWS that lasts, now and then while it does, and when it is over. */
  readonly onTrouble?: ((note: string) => void) | undefined;
  /** Asks a person for the code of an MFA device, once at most. Undefined: nobody can be asked. */
  readonly mfaCode?: ((serial: string, profile: string) => Promise<string>) | undefined;
  /** Calls under way at the same time, at most. */
  readonly concurrency?: number | undefined;
  /** Source of jitter, 0 to 1. */
  readonly random?: (() => number) | undefined;
}

const interrupted = () => new BuddyError({ code: "interrupted", message: "interrupted" });

/**
 * Connects to AWS, or to the wire given, and asks who the caller is. Throws `credentials` when AWS does not know, `network` when
 * it cannot be reached.
 */
export async function connect(connection: Connection): Promise<Aws> {
  const { clock, signal, wire, endpoint, profile, region } = connection;
  // The sandbox's clock is the run's own.
  const learnt: Learnt = { ahead: wire ? 0 : undefined, reached: false, identity: undefined };
  const handler = wire ? undefined : await requestHandler(endpoint);
  const login = wire
    ? undefined
    : endpoint
      ? nobodysLogin
      : loginOf({ profile, mfaCode: connection.mfaCode, requestHandler: handler });
  const turns = pLimit(connection.concurrency ?? MOST_AT_ONCE);
  const options: ClientOptions = {
    region,
    profile,
    clock,
    signal,
    random: connection.random ?? Math.random,
    // The sandbox always answers; a busy machine is long by its fast clock.
    watch: connection.onTrouble && watchTrouble(clock, connection.onTrouble, { silence: !wire && !endpoint }),
    to: wire ? { wire } : { login: login as Login, handler, endpoint },
    learnt,
    paceOf: paces(connection),
    // Also after an interrupt: an earlier attempt of the same call may have reached AWS.
    inTurn: (attempt) => turns(attempt),
  };
  const calls = caller(connection, options);
  // Whether a region can be reached is another question in each.
  const elsewhere = (region: string) =>
    caller(connection, { ...options, region, learnt: { ...learnt, reached: false }, paceOf: paces(connection) });
  const identity = await whoAmI(calls, {
    region,
    login,
    ahead: () => learnt.ahead,
    elsewhere,
  });
  const bookkeeping: Connection = {
    ...connection,
    signal: undefined,
    beforeChange: undefined,
    onCall: connection.onBookkeeping,
  };
  return {
    ...calls,
    ...identity,
    region,
    elsewhere,
    bookkeeping: (elsewhere = region) => caller(bookkeeping, { ...options, region: elsewhere, signal: undefined }),
    network: connection.network,
    cli: awsCli({ sandbox: wire !== undefined, url: endpoint?.url, profile }),
    clockAhead: () => learnt.ahead,
    credentialsEnd: () => endOf(learnt, login),
    coalesce: coalescer(),
    batchById: idBatcher(),
  };
}

/** A sandbox looks at no signature. */
const nobodysLogin: Login = {
  provider: async () => ({ accessKeyId: "sandbox", secretAccessKey: "sandbox" }),
  openedByCode: () => false,
  explain: async (error) =>
    new Reworded(
      error instanceof Error ? error.message : String(error),
      "It is the served sandbox's own fault.",
      error,
    ),
};

function endOf({ identity }: Learnt, login: Login | undefined): CredentialsEnd | undefined {
  const at = identity?.expiration?.getTime() ?? Number.NaN;
  if (Number.isNaN(at)) return undefined;
  const byCode = login?.openedByCode() ?? false;
  return {
    at,
    renewed: !byCode && identity?.$source?.CREDENTIALS_ENV_VARS === undefined,
    ...(byCode ? { byCode } : {}),
  };
}

const MOST_AT_ONCE = 16;

/** One for each service, for all that runs at once by a connection. */
function paces({ concurrency = MOST_AT_ONCE, clock }: Connection): (service: ServiceName) => Pace {
  const all = new Map<ServiceName, Pace>();
  return (service) => {
    const its = all.get(service) ?? pace(concurrency, clock.now);
    all.set(service, its);
    return its;
  };
}

/** The services as methods that make calls. */
function caller(connection: Connection, options: ClientOptions): Services {
  const clients = new Map<ServiceName, Promise<Client>>();
  const clientOf = (service: ServiceName) => {
    const opened = clients.get(service) ?? options.clock.hold(openClient(service, options));
    clients.set(service, opened);
    return opened;
  };

  async function call(service: ServiceName, operation: string, input: object): Promise<unknown> {
    if (options.signal?.aborted) throw interrupted();
    const client = await clientOf(service);
    if (!isRead(operation, input) && !services[service].safety[operation]) {
      throw new BuddyError({
        code: "internal",
        message: `src/aws/${service} does not say what makes ${operation} safe to repeat`,
      });
    }
    if (connection.beforeChange && !isRead(operation, input)) await connection.beforeChange();
    return options.paceOf(service).run(() => send(client, { service, operation, input, connection, options }));
  }

  return Object.fromEntries(
    serviceNames.map((service) => [
      service,
      new Proxy({} as Record<string, unknown>, {
        get: (_target, method: string) => (input: object) =>
          call(service, method.charAt(0).toUpperCase() + method.slice(1), input),
      }),
    ]),
  ) as unknown as Services;
}

/** Makes one call, with its retries, and traces it. */
async function send(
  { module, send }: Client,
  {
    service,
    operation,
    input,
    connection: { onCall, clock, signal },
    options: { watch, to, learnt },
  }: {
    readonly service: ServiceName;
    readonly operation: string;
    readonly input: object;
    readonly connection: Connection;
    readonly options: ClientOptions;
  },
): Promise<unknown> {
  if (signal?.aborted) throw interrupted();
  const { package: suffix } = services[service];
  const Command = module[`${operation}Command`];
  const started = clock.now();
  const end = watch?.begin(`${suffix}:${operation}`);
  let output: unknown;
  let error: unknown;
  try {
    output = await send(new Command(input));
  } catch (thrown) {
    error = thrown;
  }
  end?.();
  hideSecrets(error, input);
  setEncodedApart(error);
  const metadata = ((output ?? error) as { $metadata?: { attempts?: number; httpStatusCode?: number } } | undefined)
    ?.$metadata;
  onCall?.({
    at: new Date(started).toISOString(),
    service: suffix,
    operation,
    input: masked(input),
    attempts: metadata?.attempts ?? 1,
    status: metadata?.httpStatusCode,
    error: error === undefined ? undefined : (codeOf(error) ?? "Error"),
    ms: Math.round(clock.now() - started),
  });
  if (error === undefined) return output;
  // An interrupt ends the wait between two attempts; a call that only reads is then simply not made. A change ends with
  // its last attempt's error, which says trouble, not refusal: AWS may have acted, so who called keeps what was meant.
  if (signal?.aborted && isRead(operation, input)) throw interrupted();
  if (error instanceof BuddyError || "wire" in to) throw error;
  // The SDK says so only where its correction has changed since the attempt, which a millisecond decides.
  if (metadata && isFarOff(learnt.ahead ?? 0)) Object.assign(metadata, { clockSkewCorrected: true });
  // Types look for AWS's names of what concerns their objects; whose credentials fail, all fail alike.
  if (classify(error) === "credentials") throw await to.login.explain(error);
  // What the SDK asks for credentials is reached by clients of its own.
  throw error instanceof AmbiguousOutcome ? error : (unreachable(error) ?? error);
}
