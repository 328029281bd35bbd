import { readFileSync } from "node:fs";
import type { Agent } from "node:http";
import { getProxyForUrl } from "proxy-from-env";
import { BuddyError } from "../lib/errors.ts";

/** A proxy of the environment. */
export interface NamedProxy {
  /** As it is said: without its login. */
  readonly url: string;
  /** "HTTPS_PROXY", which names it. */
  readonly variable: string;
  readonly hasLogin: boolean;
}

const VARIABLES = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/** As other tools read it, a proxy without a scheme is an HTTP one. */
const withScheme = (proxy: string): string => (proxy === "" || proxy.includes("://") ? proxy : `http://${proxy}`);

/** The proxy's URL for a URL, by the variables that other tools know; "" for none. NO_PROXY lists what needs none. */
function proxyUrlFor(url: string): string {
  // Which adds the scheme of what is asked for where the variable has none.
  const found = getProxyForUrl(url);
  const variable = variableFor(url);
  return found === "" || variable === undefined ? "" : withScheme(process.env[variable] as string);
}

function variableFor(url: string): string | undefined {
  const own = `${new URL(url).protocol.replace(":", "")}_proxy`;
  return [own, own.toUpperCase(), "all_proxy", "ALL_PROXY"].find((name) => process.env[name]);
}

/** The proxy by which a URL is asked for; undefined: none. */
export function proxyFor(url: string): NamedProxy | undefined {
  const found = proxyUrlFor(url);
  if (found === "") return undefined;
  const { protocol, host, username, password } = new URL(found);
  return { url: `${protocol}//${host}`, variable: variableFor(url) as string, hasLogin: Boolean(username || password) };
}

/** Throws `network` for a proxy that cannot be used. */
function checkProxies(): boolean {
  const named = VARIABLES.filter((name) => process.env[name]);
  for (const name of named) {
    const value = withScheme(process.env[name] as string);
    if (value.startsWith("pac+"))
      throw new BuddyError({
        code: "network",
        message: `${name} names a proxy auto-config file, which is not read here`,
        hint: `Name the proxy itself: ${name}=http://HOST:PORT (or https, socks5h).`,
      });
    if (!URL.canParse(value) || !/^(https?|socks(4a?|5h?)?):$/.test(new URL(value).protocol))
      throw new BuddyError({
        code: "network",
        message: `${name} does not name a proxy`,
        hint: `Set it as ${name}=http://HOST:PORT (or https, socks5h), with a login as http://USER:PASSWORD@HOST:PORT, in which %40 stands for @ and %3A for a colon.`,
      });
  }
  return named.length > 0;
}

/** The environment's CA bundle. It is in place of Node's own list, as in other AWS tools. Throws `network` when it cannot be read. */
function caBundle(): Buffer | undefined {
  const file = process.env.AWS_CA_BUNDLE;
  if (!file) return undefined;
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new BuddyError({
      code: "network",
      message: `AWS_CA_BUNDLE names ${file}, which cannot be read`,
      about: { file },
      hint: "Name a file of CA certificates (PEM), or unset it.",
      cause,
    });
  }
}

/** Agents for HTTPS and HTTP, by the proxy and the CA bundle of the environment. Throws `network` when these are of no use. */
export async function agents(): Promise<{ readonly https: Agent; readonly http: Agent }> {
  const options = { keepAlive: true, maxSockets: 50 };
  const ca = caBundle();
  const secure = { ...options, ...(ca ? { ca } : {}) };
  if (checkProxies()) {
    const { ProxyAgent } = await import("proxy-agent");
    const agent = new ProxyAgent({ ...secure, getProxyForUrl: proxyUrlFor });
    return { https: agent, http: agent };
  }
  const [https, http] = await Promise.all([import("node:https"), import("node:http")]);
  return { https: new https.Agent(secure), http: new http.Agent(options) };
}
