import * as http from "node:http";
import * as https from "node:https";
import * as tls from "node:tls";
import pLimit from "p-limit";
import type { Clock } from "../lib/clock.ts";
import { CheckFailed } from "./check.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What Set-Cookie asks to send again: "name=value". */
  readonly cookies: readonly string[];
  /** At most 64 KiB of it. */
  readonly body: string;
}

export interface Asking {
  /** Connects to this name instead of the URL's own: the load balancer, whatever the DNS says of the domain. */
  readonly via?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a server showed when a TLS connection was made. */
export interface Handshake {
  /** "TLSv1.3". */
  readonly protocol: string;
  /** Why the certificate is not good for that name; undefined: chain, name and time are right. */
  readonly problem: string | undefined;
  readonly issuer: string;
  /** Milliseconds since 1970. */
  readonly validTo: number;
}

/** The site as a visitor reaches it. A bounded number of requests are under way at the same time, each on a connection of its own. */
export interface Site {
  /** Throws `CheckFailed` when nobody answers there, and something else when this machine cannot ask. Follows no redirect. */
  get(url: string, asking?: Asking): Promise<Answer>;
  /** With no other versions of TLS than these. Undefined: the server refuses them. Throws as `get`. */
  handshake(name: string, min: tls.SecureVersion, max: tls.SecureVersion): Promise<Handshake | undefined>;
}

/** Where a name leads to; undefined: nowhere. */
export type Resolve = (name: string, port: number) => Address | undefined | Promise<Address | undefined>;
interface Address {
  readonly host: string;
  readonly port: number;
}

const TIMEOUT_MS = 10_000;
/** By default. */
const AT_ONCE = 4;
const MOST_BYTES = 65_536;

/** This machine has no way out, or its DNS does not work: nothing is known of the site. */
const NOT_HERE = new Set(["EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EADDRNOTAVAIL", "EMFILE", "EACCES"]);
/** The server ends a handshake of versions that it does not speak: by an alert, or by closing. */
const REFUSED = /ALERT|WRONG_VERSION_NUMBER|ECONNRESET|EPIPE/;

/**
 * The site over the network.
 * @param atOnce requests under way at the same time, at most; @param ca the authority that is trusted instead of Node's own (PEM); @param resolve answers instead of the DNS.
 */
export function networkSite({
  clock,
  resolve = (host, port) => ({ host, port }),
  ca,
  atOnce = AT_ONCE,
}: {
  readonly clock: Clock;
  readonly resolve?: Resolve | undefined;
  readonly ca?: string | undefined;
  readonly atOnce?: number;
}): Site {
  const limit = pLimit(atOnce);
  const trusted = ca === undefined ? {} : { ca };
  // Real work: the sandbox's clock waits for it.
  const bounded = <T>(work: () => Promise<T>): Promise<T> => clock.hold(limit(work));

  return {
    get: (url, asking = {}) => bounded(() => ask(new URL(url), asking)),
    handshake: (name, min, max) => bounded(() => shake(name, min, max)),
  };

  async function ask(url: URL, { via, headers }: Asking): Promise<Answer> {
    const secure = url.protocol === "https:";
    const to = await resolve(via ?? url.hostname, Number(url.port || (secure ? 443 : 80)));
    if (!to) throw unknownName(via ?? url.hostname);
    return new Promise((done, fail) => {
      const options: https.RequestOptions = {
        ...to,
        path: url.pathname + url.search,
        headers: { host: url.host, "user-agent": "buddyverse-verify", ...headers },
        agent: false,
        timeout: TIMEOUT_MS,
        // The certificate has a check of its own; nothing secret is sent.
        ...(secure ? { servername: url.hostname, rejectUnauthorized: false, ...trusted } : {}),
      };
      const request = (secure ? https : http).request(options, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => {
          if (body.length < MOST_BYTES) body += text;
        });
        response.on("error", (error) => fail(failure(`${url.origin}`, error)));
        response.on("end", () =>
          done({
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(
              Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(", ")]),
            ),
            cookies: (response.headers["set-cookie"] ?? []).map((cookie) => cookie.split(";")[0] ?? ""),
            body,
          }),
        );
      });
      request.on("timeout", () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
      request.on("error", (error) => fail(failure(url.origin, error)));
      request.end();
    });
  }

  async function shake(name: string, min: tls.SecureVersion, max: tls.SecureVersion): Promise<Handshake | undefined> {
    const to = await resolve(name, 443);
    if (!to) throw unknownName(name);
    return new Promise((done, fail) => {
      let connected = false;
      const socket = tls.connect({
        ...to,
        servername: name,
        minVersion: min,
        maxVersion: max,
        rejectUnauthorized: false,
        // Else OpenSSL itself refuses to offer TLS 1.0 and 1.1.
        ciphers: "DEFAULT@SECLEVEL=0",
        ...trusted,
      });
      const end = (act: () => void) => {
        socket.destroy();
        act();
      };
      socket.setTimeout(TIMEOUT_MS, () =>
        end(() => fail(new CheckFailed(`${name}:443 gives no answer within ${TIMEOUT_MS / 1000} s`))),
      );
      socket.on("connect", () => {
        connected = true;
      });
      socket.on("error", (error: NodeJS.ErrnoException) =>
        end(() => {
          if (connected && REFUSED.test(error.code ?? "")) done(undefined);
          else fail(failure(`${name}:443`, error));
        }),
      );
      socket.on("secureConnect", () => {
        const { issuer, valid_to } = socket.getPeerCertificate();
        const shown = {
          protocol: socket.getProtocol() ?? "",
          problem: socket.authorized ? undefined : String(socket.authorizationError),
          issuer: String(issuer?.O ?? issuer?.CN ?? "unknown"),
          validTo: Date.parse(valid_to),
        };
        end(() => done(shown));
      });
    });
  }
}

const unknownName = (name: string) => new CheckFailed(`${name}: the DNS knows no such name`);

function failure(where: string, error: NodeJS.ErrnoException): Error {
  const said = `${where}: ${error.message || error.code}`;
  const code = error.code ?? "";
  // Not the server's doing: this OpenSSL does not offer what was asked for.
  if (NOT_HERE.has(code) || /NO_PROTOCOLS|UNSUPPORTED_PROTOCOL|NO_CIPHERS/.test(code)) return new Error(said);
  return new CheckFailed(said);
}
