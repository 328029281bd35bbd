import type { Clock } from "../lib/clock.ts";
import { classify } from "./classify.ts";
import type { Wire } from "./connect.ts";
import type { Identity, Login } from "./credentials.ts";
import { AmbiguousOutcome } from "./errors.ts";
import type { Pace } from "./pace.ts";
import { agents } from "./proxy.ts";
import { retryStrategy } from "./retry.ts";
import { isRead } from "./safety.ts";
import { type ServiceName, services } from "./services.ts";
import type { TroubleWatch } from "./trouble.ts";
import { unreachable } from "./way.ts";

// biome-ignore lint/suspicious/noExplicitAny: the clients of all services are built alike, from modules of different types
type Loose = any;

/** An SDK client with its module, which holds the commands. */
export interface Client {
  readonly module: Readonly<Record<string, Loose>>;
  send(command: unknown): Promise<unknown>;
}

/** What the clients have learnt from AWS's answers. */
export interface Learnt {
  /** How far AWS's clock is ahead of this machine's, milliseconds; undefined: not known. */
  ahead: number | undefined;
  /** It has answered something. */
  reached: boolean;
  /** What the last call was signed with. */
  identity: Identity | undefined;
}

/** Where all services answer, instead of AWS: on this machine, so by no proxy. */
export interface Endpoint {
  readonly url: string;
  /** Told of each answer's headers. */
  seen(headers: Readonly<Record<string, string>>): void;
}

export interface ClientOptions {
  readonly region: string;
  /** Its settings in the shared files hold (FIPS, dual stack); undefined: those of AWS_PROFILE. */
  readonly profile: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
  readonly random: () => number;
  readonly watch: TroubleWatch | undefined;
  /** The embedded AWS, or what leads to AWS itself. */
  readonly to:
    | { readonly wire: Wire }
    | { readonly login: Login; readonly handler: unknown; readonly endpoint: Endpoint | undefined };
  readonly learnt: Learnt;
  /** Of each service. */
  readonly paceOf: (service: ServiceName) => Pace;
  /** Waits for a turn among the attempts of all services. */
  readonly inTurn: <T>(attempt: () => Promise<T>) => Promise<T>;
}

/** Loads a service's SDK, and opens a client of it that retries, learns and tells as the run wants it. */
export async function openClient(service: ServiceName, options: ClientOptions): Promise<Client> {
  const { region, clock, signal, random, to, learnt } = options;
  const { package: suffix, load } = services[service];
  const module: Client["module"] = await load();
  const client = new module.Client({
    // A service that has no endpoint in every region names its own.
    region: module.region ?? region,
    ...module.clientOptions,
    retryStrategy: retryStrategy(clock, signal, random, () => learnt.reached),
    // The SDK's notice about its next Node version is for its maintainers' users, not for ours. It has no `info`: the SDK
    // would filter the secrets out of each call and answer to tell it to nobody.
    logger: { debug() {}, warn() {}, error() {} },
    ...("wire" in to
      ? {
          credentials: { accessKeyId: "SANDBOX", secretAccessKey: "SANDBOX" },
          endpoint: `https://${suffix}.sandbox.invalid`,
          // The middlewares are put together once per operation, not per call; all calls go to one endpoint here.
          cacheMiddleware: true,
        }
      : {
          ...(options.profile === undefined ? {} : { profile: options.profile }),
          requestHandler: to.handler,
          credentials: to.login.provider,
          ...(to.endpoint ? { endpoint: to.endpoint.url } : {}),
          // Each client would find out by a call that is refused.
          ...(learnt.ahead === undefined ? {} : { systemClockOffset: learnt.ahead }),
        }),
  });
  // Nobody reads a user agent in the sandbox, and to make it up is a tenth of a call's time.
  if ("wire" in to) client.middlewareStack.remove("getUserAgentMiddleware");
  client.middlewareStack.addRelativeTo(
    (next: Loose, context: Loose) => async (args: Loose) => {
      learnt.identity = context.__smithy_context?.selectedHttpAuthScheme?.identity ?? learnt.identity;
      const send = "wire" in to ? overWire(to.wire, suffix, options.region) : overNetwork(next, learnt, to.endpoint);
      // Only while it is sent: what waits for its next attempt is in nobody's way.
      return options.inTurn(() => attempted(service, operationOf(context.commandName), args, send, options));
    },
    { relation: "after", toMiddleware: "retryMiddleware", name: "outcome" },
  );
  return { module, send: (command) => client.send(command) };
}

const operationOf = (commandName: string): string => commandName.replace(/Command$/, "");

type Send = (operation: string, args: Loose) => Promise<unknown>;

const overWire =
  (wire: Wire, suffix: string, region: string): Send =>
  async (operation, { input }) => {
    const output = await wire.answer(suffix, operation, input, region);
    return { response: {}, output: { ...output, ...streamed(output), $metadata: { httpStatusCode: 200 } } };
  };

/** A body is there as a whole; from the network it is read as it comes. */
function streamed({ Body }: { readonly Body?: unknown }): object {
  if (!(Body instanceof Uint8Array)) return {};
  return { Body: { transformToString: async () => Buffer.from(Body).toString() } };
}

const overNetwork =
  (next: (args: Loose) => Promise<Loose>, learnt: Learnt, endpoint: Endpoint | undefined): Send =>
  async (_operation, args) => {
    const learn = (response: Loose) => {
      const date = Date.parse(response?.headers?.date ?? "");
      if (!Number.isNaN(date)) learnt.ahead = date - Date.now();
      endpoint?.seen(response?.headers ?? {});
    };
    try {
      const result = await next(args);
      learn(result.response);
      return result;
    } catch (error) {
      learn((error as Loose)?.$response);
      throw unreachable(error, urlOf(args.request)) ?? error;
    }
  };

const urlOf = ({ protocol, hostname, port, path }: Loose): string =>
  `${protocol}//${hostname}${port ? `:${port}` : ""}${path}`;

/** One attempt of a call. What it throws says whether AWS may have acted, or was not reached. */
async function attempted(
  service: ServiceName,
  operation: string,
  args: Loose,
  send: Send,
  { watch, learnt, paceOf }: ClientOptions,
): Promise<unknown> {
  const { package: suffix, safety } = services[service];
  const attempt = watch?.attempt(`${suffix}:${operation}`);
  try {
    const result = await send(operation, args);
    attempt?.answered();
    learnt.reached = true;
    paceOf(service).ended();
    return result;
  } catch (error) {
    attempt?.failed(error);
    paceOf(service).ended(error);
    const lost = classify(error) === "transient" && !isRead(operation) && safety[operation] === "look";
    throw lost ? new AmbiguousOutcome(`${suffix}:${operation}`, error) : error;
  }
}

const LIMITS = { connectionTimeout: 5_000, requestTimeout: 60_000, throwOnRequestTimeout: true };

/** Sends all clients' requests: with time-outs that really end a call, the proxy and the CA bundle of the environment. */
export async function requestHandler(endpoint?: Endpoint): Promise<unknown> {
  if (endpoint) {
    const { NodeHttpHandler } = await import("@smithy/node-http-handler");
    return new NodeHttpHandler(LIMITS);
  }
  const [{ NodeHttpHandler }, { https, http }] = await Promise.all([import("@smithy/node-http-handler"), agents()]);
  return new NodeHttpHandler({
    ...LIMITS,
    httpsAgent: https as Loose,
    httpAgent: http,
  });
}
