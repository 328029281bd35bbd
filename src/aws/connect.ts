import { readFileSync } from "node:fs";
import pLimit from "p-limit";
import type { Clock } from "../lib/clock.ts";
import { BuddyError } from "../lib/errors.ts";
import type { Aws, CredentialsEnd, Network, Services } from "./aws.ts";
import { classify } from "./classify.ts";
import { coalescer, idBatcher } from "./coalesce.ts";
import { AmbiguousOutcome, codesOf, hasCode } from "./errors.ts";
import { hideSecrets, masked } from "./mask.ts";
import { retryStrategy } from "./retry.ts";
import { isRead } from "./safety.ts";
import { type ServiceName, serviceNames, services } from "./services.ts";

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
  /** @param service the SDK package's suffix. Throws errors as the SDK would give them. */
  answer(service: string, operation: string, input: object): Promise<object>;
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
  readonly onCall?: ((call: TracedCall) => void) | undefined;
  /** Calls under way at the same time, at most. */
  readonly concurrency?: number | undefined;
  /** Source of jitter, 0 to 1. */
  readonly random?: (() => number) | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: the clients of all services are built alike, from modules of different types
type LooseModule = Record<string, any>;

const interrupted = () => new BuddyError({ code: "interrupted", message: "interrupted" });

/** Connects to AWS, or to the wire given, and asks who the caller is. Throws `credentials` when AWS does not know. */
export async function connect(connection: Connection): Promise<Aws> {
  const { clock, signal } = connection;
  const clients = new Map<ServiceName, Promise<{ send(command: unknown): Promise<unknown>; module: LooseModule }>>();
  // The sandbox's clock is the run's own.
  let ahead = connection.wire ? 0 : undefined;
  let identity: Signer | undefined;
  const limit = pLimit(connection.concurrency ?? 16);
  const handler = connection.wire ? undefined : await requestHandler();

  async function open(service: ServiceName) {
    const { package: suffix, load, safety } = services[service];
    const module: LooseModule = await load();
    const client = new module.Client({
      // A service that has no endpoint in every region names its own.
      region: module.region ?? connection.region,
      retryStrategy: retryStrategy(clock, signal, connection.random ?? Math.random),
      // The SDK's notice about its next Node version is for its maintainers' users, not for ours. It has no `info`: the SDK
      // would filter the secrets out of each call and answer to tell it to nobody.
      logger: { debug() {}, warn() {}, error() {} },
      ...(connection.wire
        ? {
            credentials: { accessKeyId: "SANDBOX", secretAccessKey: "SANDBOX" },
            endpoint: `https://${suffix}.sandbox.invalid`,
            // The middlewares are put together once per operation, not per call; all calls go to one endpoint here.
            cacheMiddleware: true,
          }
        : { requestHandler: handler, ...(connection.profile ? { profile: connection.profile } : {}) }),
    });
    // Nobody reads a user agent in the sandbox, and to make it up is a tenth of a call's time.
    if (connection.wire) client.middlewareStack.remove("getUserAgentMiddleware");
    client.middlewareStack.addRelativeTo(
      // biome-ignore lint/suspicious/noExplicitAny: middleware types differ by client
      (next: any, context: any) => async (args: any) => {
        const operation = operationOf(context.commandName);
        identity = context.__smithy_context?.selectedHttpAuthScheme?.identity ?? identity;
        try {
          if (!connection.wire) {
            const result = await next(args);
            const date = Date.parse(result.response?.headers?.date ?? "");
            if (!Number.isNaN(date)) ahead = date - Date.now();
            return result;
          }
          const output = await connection.wire.answer(suffix, operation, args.input);
          return { response: {}, output: { ...output, $metadata: { httpStatusCode: 200 } } };
        } catch (error) {
          const kind = classify(error);
          const lost = kind === "transient" && !isRead(operation) && safety[operation] === "look";
          throw lost ? new AmbiguousOutcome(`${suffix}:${operation}`, error) : error;
        }
      },
      { relation: "after", toMiddleware: "retryMiddleware", name: "outcome" },
    );
    return { module, send: (command: unknown) => client.send(command) };
  }

  async function call(service: ServiceName, operation: string, input: object): Promise<unknown> {
    if (signal?.aborted) throw interrupted();
    let opened = clients.get(service);
    if (!opened) {
      opened = clock.hold(open(service));
      clients.set(service, opened);
    }
    const { module, send } = await opened;
    const Command = module[`${operation}Command`];
    if (!isRead(operation) && !services[service].safety[operation]) {
      throw new BuddyError({
        code: "internal",
        message: `src/aws/${service} does not say what makes ${operation} safe to repeat`,
      });
    }
    const outcome = await limit(async (): Promise<{ started: number; output?: unknown; error?: unknown }> => {
      if (signal?.aborted) throw interrupted();
      const started = clock.now();
      try {
        return { started, output: await send(new Command(input)) };
      } catch (error) {
        hideSecrets(error, input);
        return { started, error };
      }
    });
    const metadata = (
      (outcome.output ?? outcome.error) as { $metadata?: { attempts?: number; httpStatusCode?: number } } | undefined
    )?.$metadata;
    connection.onCall?.({
      at: new Date(outcome.started).toISOString(),
      service: services[service].package,
      operation,
      input: masked(input),
      attempts: metadata?.attempts ?? 1,
      status: metadata?.httpStatusCode,
      error: outcome.error === undefined ? undefined : (codesOf(outcome.error)[0] ?? "Error"),
      ms: Math.round(clock.now() - outcome.started),
    });
    if (outcome.error === undefined) return outcome.output;
    // An interrupt ends the wait between two attempts; a call that only reads is then simply not made. A change ends with
    // its last attempt's error, which says trouble, not refusal: AWS may have acted, so who called keeps what was meant.
    if (signal?.aborted && isRead(operation)) throw interrupted();
    throw outcome.error;
  }

  const calls = Object.fromEntries(
    serviceNames.map((service) => [
      service,
      new Proxy({} as Record<string, unknown>, {
        get: (_target, method: string) => (input: object) =>
          call(service, method.charAt(0).toUpperCase() + method.slice(1), input),
      }),
    ]),
  ) as unknown as Services;

  const caller = await whoAmI(calls, connection.profile);
  return {
    ...calls,
    ...caller,
    region: connection.region,
    network: connection.network,
    // Not an endpoint: the AWS CLI refuses it.
    cli: connection.wire
      ? "aws --endpoint-url SANDBOX"
      : connection.profile
        ? `aws --profile ${connection.profile}`
        : "aws",
    clockAhead: () => ahead,
    credentialsEnd: () => endOf(identity),
    coalesce: coalescer(),
    batchById: idBatcher(),
  };
}

/** What the SDK signs with; `$source` names the providers that it came from. */
interface Signer {
  readonly expiration?: Date;
  readonly $source?: Readonly<Record<string, string>>;
}

function endOf({ expiration, $source }: Signer = {}): CredentialsEnd | undefined {
  const at = expiration?.getTime() ?? Number.NaN;
  return Number.isNaN(at) ? undefined : { at, renewed: $source?.CREDENTIALS_ENV_VARS === undefined };
}

const operationOf = (commandName: string): string => commandName.replace(/Command$/, "");

async function whoAmI(calls: Services, profile: string | undefined): Promise<{ account: string; partition: string }> {
  try {
    const { Account, Arn } = await calls.sts.getCallerIdentity({});
    return { account: Account ?? "", partition: Arn?.split(":")[1] ?? "aws" };
  } catch (error) {
    const kind = classify(error);
    if (kind !== "credentials" && !hasCode(error, "CredentialsProviderError") && kind !== "denied") throw error;
    const expired = hasCode(error, "ExpiredToken", "ExpiredTokenException", "RequestExpired");
    throw new BuddyError({
      code: "credentials",
      message: expired
        ? "the AWS credentials have expired"
        : `${hasCode(error, "CredentialsProviderError") ? "there are no AWS credentials" : "AWS does not accept the credentials"}${profile ? ` of profile "${profile}"` : ""}: ${error instanceof Error ? error.message : String(error)}`,
      hint: `${expired ? "Log in again (aws sso login)" : "Set AWS_PROFILE or --profile, or log in (aws sso login)"}, then run the same command; or rehearse without an account: --sandbox.`,
      cause: error,
    });
  }
}

/** One HTTP handler for all clients: with time-outs that really end a call, the proxy and the CA bundle of the environment. */
async function requestHandler(): Promise<unknown> {
  const [{ NodeHttpHandler }, https, http] = await Promise.all([
    import("@smithy/node-http-handler"),
    import("node:https"),
    import("node:http"),
  ]);
  const bundle = process.env.AWS_CA_BUNDLE;
  const ca = bundle ? readFileSync(bundle) : undefined;
  const proxies = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].filter((name) => process.env[name]);
  const byFile = proxies.find((name) => process.env[name]?.startsWith("pac+"));
  if (byFile !== undefined)
    throw new BuddyError({
      code: "network",
      message: `${byFile} names a proxy auto-config file, which is not read here`,
      hint: `Name the proxy itself: ${byFile}=http://HOST:PORT (or https, socks5h).`,
    });
  const options = { keepAlive: true, maxSockets: 50, ...(ca ? { ca } : {}) };
  const agent = proxies.length > 0 ? new (await import("proxy-agent")).ProxyAgent(options) : undefined;
  return new NodeHttpHandler({
    connectionTimeout: 5_000,
    requestTimeout: 60_000,
    throwOnRequestTimeout: true,
    httpsAgent: agent ?? new https.Agent(options),
    httpAgent: agent ?? new http.Agent({ keepAlive: true, maxSockets: 50 }),
  });
}
