import { codesOf, Unreachable } from "./errors.ts";
import { AWS_URL, endpointDomain } from "./partition.ts";
import { type NamedProxy, proxyFor } from "./proxy.ts";

interface Trouble {
  readonly message: string;
  readonly hint: string;
  /** In place of the SDK's error, which says nothing. */
  readonly cause?: Error;
}

/** A connection as it was asked for: the URL's host, and the proxy that leads there, if any. */
interface Way {
  /** "ec2.eu-west-1.amazonaws.com", with the port where it is not the usual one. */
  readonly host: string;
  readonly proxy: NamedProxy | undefined;
}

const AGAIN = "then run the same command: it continues where it stopped.";

/** TLS codes of Node by which a certificate is signed by nobody that this machine knows. */
const UNTRUSTED = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT\w*|UNABLE_TO_\w+|CERT_UNTRUSTED)$/;

/**
 * What an error of a call says of the way to AWS, in words that name host and proxy; undefined: AWS itself has answered.
 * @param asked the URL that was asked for; else what the error names is said
 */
export function unreachable(error: unknown, asked?: string): Unreachable | undefined {
  if (error instanceof Unreachable) return error;
  const url = asked ?? urlIn(error);
  const proxy = proxyFor(url ?? AWS_URL);
  // Where the error names the proxy, nobody knows what was asked for.
  const host = url && (asked || !proxy?.url.endsWith(`//${new URL(url).host}`)) ? new URL(url).host : "AWS";
  const way: Way = { host, proxy };
  const found = answeredBy(error, way) ?? broken(error, way);
  return found && new Unreachable(found.message, found.hint, found.cause ?? error);
}

/** For an answer that is not AWS's, of which nothing but that is known. @param asked who was to answer */
export function notAnsweredBy(asked: string, cause: unknown): Unreachable {
  const proxy = proxyFor(AWS_URL);
  return proxy
    ? new Unreachable(
        `the proxy ${proxy.url} answered in place of ${asked}: it wants a login, or does not let it through`,
        `Put the login into ${proxy.variable} as http://USER:PASSWORD@HOST:PORT, or go around the proxy: NO_PROXY=${endpointDomain(AWS_URL)}; ${AGAIN}`,
        cause,
      )
    : new Unreachable(`what answers in place of ${asked} is not AWS`, `Check the connection; ${AGAIN}`, cause);
}

/** Where Node's error says that it was to go. */
function urlIn(error: unknown): string | undefined {
  const { hostname, address, port } = innermost(error);
  if (hostname !== undefined) return `https://${hostname}/`;
  return address === undefined ? undefined : `https://${address.includes(":") ? `[${address}]` : address}:${port}/`;
}

// ---- Something else answered --------------------------------------------------------------------------------------

interface Answer {
  readonly statusCode?: number;
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error that is no answer of AWS: AWS names its errors, and gives each answer an id. */
function answeredBy(error: unknown, { host, proxy }: Way): Trouble | undefined {
  const { $response, $metadata, name } = (error ?? {}) as {
    readonly $response?: Answer;
    readonly $metadata?: { readonly requestId?: string };
    readonly name?: string;
  };
  const { statusCode: status, reason = "", headers = {} } = $response ?? {};
  if (status === undefined || Object.keys(headers).some((header) => /^x-amzn?-/.test(header)) || $metadata?.requestId)
    return undefined;
  const answer = `HTTP ${status} ${reason}`.trim();
  if (status === 407) return { ...wantsLogin(proxy, host), cause: new Error("407 Proxy Authentication Required") };
  // "Unknown" and a failure to read it are the SDK's own words.
  if (!/^(Unknown\w*|Error|SyntaxError)$/.test(name ?? "Error") && codesOf(error).length > 0) return undefined;
  const cause = Object.assign(new Error(answer), { $metadata });
  return proxy
    ? {
        cause,
        message: `the proxy ${proxy.url} answered ${answer} in place of ${host}`,
        hint: `Ask who runs the proxy to let ${host} through, or go around it: NO_PROXY=${endpointDomain(host)}; ${AGAIN}`,
      }
    : {
        cause,
        message: `what answers at ${host} is not AWS: ${answer}`,
        hint: `${endpointHint(host) ?? "Something on the way answers in its place: check the connection"}; ${AGAIN}`,
      };
}

const wantsLogin = (proxy: NamedProxy | undefined, host: string): Trouble => ({
  message: proxy
    ? `the proxy ${proxy.url} ${proxy.hasLogin ? `does not accept the login in ${proxy.variable}` : "wants a login"} (407 Proxy Authentication Required)`
    : `a proxy on the way to ${host} wants a login (407 Proxy Authentication Required)`,
  hint: `Put the login into ${proxy?.variable ?? "HTTPS_PROXY"} as http://USER:PASSWORD@HOST:PORT, in which %40 stands for @ and %3A for a colon; ${AGAIN}`,
});

// ---- Nothing answered ---------------------------------------------------------------------------------------------

interface NodeError {
  readonly code?: string;
  readonly name?: string;
  readonly message?: string;
  readonly hostname?: string;
  readonly address?: string;
  readonly port?: number;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

/** The error of Node, or of a proxy's client, below others. */
function innermost(error: unknown): NodeError {
  const { cause, errors, code } = (error ?? {}) as NodeError;
  if (code === undefined && errors?.[0] !== undefined) return innermost(errors[0]);
  return code === undefined && cause instanceof Error ? innermost(cause) : ((error ?? {}) as NodeError);
}

/** Undefined: the connection was in order. */
function broken(error: unknown, way: Way): Trouble | undefined {
  const { code = "", name, message = "", hostname } = innermost(error);
  const { host, proxy } = way;
  const by = proxy ? `the proxy ${proxy.url} (${proxy.variable})` : host;
  const check = proxy
    ? `Check ${proxy.variable}, or go around the proxy: NO_PROXY=${endpointDomain(host)}`
    : (endpointHint(host) ?? "Check the connection, the VPN, and whether a proxy is needed (HTTPS_PROXY)");
  const on = (what: string): Trouble => ({ message: what, hint: `${check}; ${AGAIN}` });
  const reach = (why: string) => on(`${host} cannot be reached${proxy ? ` through ${by}` : ""}: ${why}`);
  switch (code) {
    case "ENOTFOUND":
      return reach(`DNS knows no ${hostname ?? "such name"}`);
    case "EAI_AGAIN":
      return reach(`DNS does not answer for ${hostname ?? "its name"}`);
    case "ECONNREFUSED":
      return reach(`nothing listens ${proxy ? "at the proxy's address" : "there"} (connection refused)`);
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return reach("this machine knows no way there");
    case "EPROTO":
      return notTls(way, by);
  }
  if (UNTRUSTED.test(code)) return untrusted(host, message);
  if (/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/.test(code))
    return {
      message: `the certificate of ${host} ${code === "CERT_HAS_EXPIRED" ? "has expired" : "is not valid yet"}, by this machine's clock (${new Date().toISOString().slice(0, 16)} UTC)`,
      hint: `Set the clock if that is not the time; else something on the way shows a certificate of its own. ${capital(AGAIN)}`,
    };
  if (/^ERR_TLS_CERT_|^CERT_/.test(code)) return on(`${host} shows a certificate that is not its own: ${message}`);
  if (/^ERR_(SSL|TLS)_/.test(code)) return notTls(way, by);
  if (code === "ETIMEDOUT" || (name === "TimeoutError" && code === "")) return reach("no answer in time");
  if (code === "ECONNRESET" || code === "EPIPE") return on(`the connection to ${by} was lost: ${message || code}`);
  // What the proxies' clients say without a code.
  if (proxy && (name?.startsWith("Socks") || /^Proxy connection|CONNECT response|^Proxy authentication/.test(message)))
    return reach(message);
  return undefined;
}

const untrusted = (host: string, message: string): Trouble => ({
  message: `${host} shows a certificate that this machine does not trust: ${message}`,
  hint: `Something on the way opens the encryption, as companies' proxies do. Name the certificate of its authority: NODE_EXTRA_CA_CERTS=FILE.pem (besides the known ones) or AWS_CA_BUNDLE=FILE.pem (in place of them); ${AGAIN}`,
});

const notTls = ({ host, proxy }: Way, by: string): Trouble => ({
  message: `what answers at ${by} does not speak TLS`,
  hint: proxy?.url.startsWith("https:")
    ? `Most proxies are asked without TLS: ${proxy.variable}=http://…; ${AGAIN}`
    : `${endpointHint(host) ?? "Something on the way answers in its place: check the connection"}; ${AGAIN}`,
});

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Where the host is what a variable names. */
function endpointHint(host: string): string | undefined {
  const named = Object.keys(process.env).find(
    (name) => name.startsWith("AWS_ENDPOINT_URL") && process.env[name]?.includes(host),
  );
  return named && `${named} is ${process.env[named]}: correct or unset it`;
}
