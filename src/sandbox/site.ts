import { createHash, randomBytes } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import * as net from "node:net";
import type { SecureContextOptions } from "node:tls";
import type { Clock } from "../lib/clock.ts";
import { makeAuthority } from "./certificate-authority.ts";
import { logRequest, type WebAnswer, webAnswer } from "./guests/web-server.ts";
import type { Sandbox } from "./sandbox.ts";
import { certificateTable } from "./services/acm/acm.ts";
import { isBlocked } from "./services/ec2/account.ts";
import { groupsPermit } from "./services/ec2/reach.ts";
import { instanceTable } from "./services/ec2/tables.ts";
import { reception, targetHealth, targetsOf } from "./services/elb/health.ts";
import {
  interfacesOf,
  type Listener,
  type LoadBalancer,
  listenerTable,
  loadBalancerTable,
  type Target,
  type TargetGroup,
  targetGroupTable,
} from "./services/elb/tables.ts";
import { countRequest } from "./services/elb/traffic.ts";
import { publicRecords } from "./services/route53/tables.ts";
import { simAt } from "./sim.ts";
import type { Sim } from "./world.ts";

/** The sandbox's load balancer, as it answers on this machine's loopback. */
export interface ServedSite {
  /** Its port 80. */
  readonly httpUrl: string;
  /** Its port 443; connections are closed while there is no https listener. */
  readonly httpsUrl: string;
  /** The sandbox's certificate authority, PEM: a client trusts it or refuses the site. */
  readonly ca: string;
  /** Where the sandbox's DNS leads: an alias record of the domain, or the load balancer's own name. Undefined: no such name. */
  addressOf(host: string, port?: 80 | 443): { readonly address: string; readonly port: number } | undefined;
  close(): Promise<void>;
}

const LOOPBACK = "127.0.0.1";
/** The caller, as the sandbox's network knows this machine (RFC 5737). */
const VISITOR = { address: "203.0.113.10", groupIds: [] } as const;
/** How long a load balancer waits for a target to take its connection (user guide, HTTP 504). */
const CONNECT_MS = 10_000;
const DAY_MS = 86_400_000;
/** A certificate of ACM is renewed long before its end, while it is in use. */
const VALID_MS = 198 * DAY_MS;

const plain = (name: string): string =>
  name
    .toLowerCase()
    .replace(/\.$/, "")
    .replace(/^dualstack\./, "");

/** What a security policy lets in (user guide, "Security policies"). */
function versionsOf(policy: string | null): SecureContextOptions {
  if (policy?.includes("TLS13-1-3")) return { minVersion: "TLSv1.3", maxVersion: "TLSv1.3" };
  if (policy?.includes("TLS13-1-2")) return { minVersion: "TLSv1.2", maxVersion: "TLSv1.3" };
  // The old default. OpenSSL gives TLS 1.0 and 1.1 at its lowest level only.
  return { minVersion: "TLSv1", maxVersion: "TLSv1.2", ciphers: "DEFAULT@SECLEVEL=0" };
}

const STATUS: Readonly<Record<number, string>> = {
  301: "301 Moved Permanently",
  302: "302 Found",
  502: "502 Bad Gateway",
  503: "503 Service Temporarily Unavailable",
  504: "504 Gateway Time-out",
};

/** An answer of the load balancer's own. */
function own(status: number, headers: Readonly<Record<string, string>> = {}): WebAnswer {
  const line = STATUS[status] as string;
  return {
    status,
    headers: { server: "awselb/2.0", "content-type": "text/html", ...headers },
    body: `<html>\r\n<head><title>${line}</title></head>\r\n<body>\r\n<center><h1>${line}</h1></center>\r\n</body>\r\n</html>\r\n`,
  };
}

/**
 * Lets the sandbox's load balancer answer on loopback, at ports that are free. Only this machine reaches it. With `waits`, a
 * target that does not answer costs AWS's ten seconds on the clock; without, the 504 comes at once: for a clock that jumps,
 * which stands still while somebody waits for an answer.
 */
export async function serveSite(
  sandbox: Sandbox,
  clock: Clock,
  options: { readonly waits?: boolean } = {},
): Promise<ServedSite> {
  const now = () => Math.max(clock.now(), Date.now());
  const authority = await makeAuthority(Math.min(clock.now(), Date.now()), now() + 4 * VALID_MS);
  // Opaque to clients, as AWS's.
  const secret = randomBytes(16);
  const cookieOf = ({ targetGroupArn, instanceId }: Target): string =>
    createHash("sha512").update(secret).update(targetGroupArn).update(instanceId).digest("base64url");
  const turns = new Map<string, number>();
  const sockets = new Set<Socket>();

  const look = (): Sim => {
    sandbox.settle();
    return simAt(sandbox.world, clock.now());
  };
  const active = (sim: Sim): LoadBalancer[] =>
    loadBalancerTable(sim)
      .all()
      .filter(({ scheme, activeAt }) => scheme === "internet-facing" && activeAt <= sim.now);
  const named = (sim: Sim, host: string): LoadBalancer | undefined => {
    const name = plain(host);
    const alias = publicRecords(sim, name, "A")[0]?.alias?.dnsName;
    return active(sim).find(({ dnsName }) => [name, plain(alias ?? "")].includes(plain(dnsName)));
  };
  /** The listener that takes a connection; undefined: nothing listens, or the security groups let nobody in. */
  const listening = (
    sim: Sim,
    port: number,
    balancer = active(sim)[0],
  ): { balancer: LoadBalancer; listener: Listener } | undefined => {
    const listener = listenerTable(sim)
      .all()
      .find((one) => one.loadBalancerArn === balancer?.arn && one.port === port);
    if (balancer && isBlocked(sim, balancer.vpcId, "direct")) return undefined;
    return balancer && listener && groupsPermit(sim, balancer.groupIds, "inbound", { protocol: "tcp", port }, VISITOR)
      ? { balancer, listener }
      : undefined;
  };

  /** The target that takes the request, and the cookie that keeps the visitor there. */
  function choose(sim: Sim, group: TargetGroup, cookie: string): Target | undefined {
    const states = targetsOf(sim, group.arn).map((target) => ({
      target,
      state: targetHealth(sim, group, target).State,
    }));
    const healthy = states.filter(({ state }) => state === "healthy");
    // With none healthy, all that are registered get requests: "fail open" (user guide, target group health).
    const able = (
      healthy.length > 0 ? healthy : states.filter(({ state }) => state !== "draining" && state !== "unused")
    ).map(({ target }) => target);
    const stuck = sticks(group) ? able.find((target) => cookie.includes(`AWSALB=${cookieOf(target)}`)) : undefined;
    if (stuck) return stuck;
    const turn = turns.get(group.arn) ?? 0;
    turns.set(group.arn, turn + 1);
    return able[turn % able.length];
  }

  async function forward(
    sim: Sim,
    group: TargetGroup,
    balancer: LoadBalancer,
    request: http.IncomingMessage,
  ): Promise<WebAnswer> {
    const target = choose(sim, group, request.headers.cookie ?? "");
    const count = (metric: string, chosen: boolean) => countRequest(sim, balancer.arn, metric, chosen);
    const fails = (status: 502 | 503 | 504): WebAnswer => {
      count(`HTTPCode_ELB_${status}_Count`, target !== undefined);
      return own(status);
    };
    if (!target) return fails(503);
    const met = reception(sim, group, target, interfacesOf(sim, balancer));
    if (met === "silent") {
      if (options.waits) await clock.sleep(CONNECT_MS);
      return fails(504);
    }
    const instance = instanceTable(sim).get(target.instanceId);
    if (met === "refuses" || !instance) return fails(502);
    const safe = request.method === "GET" || request.method === "HEAD";
    const answer = safe
      ? webAnswer(sim, instance, request.url ?? "/")
      : { status: 405, headers: { allow: "GET, HEAD" }, body: "" };
    logRequest(sim, instance, {
      agent: request.headers["user-agent"] ?? "-",
      line: `${request.method} ${request.url}`,
      status: answer.status,
    });
    count(`HTTPCode_Target_${Math.floor(answer.status / 100)}XX_Count`, true);
    return { ...answer, headers: { server: "Apache", ...answer.headers, ...stickiness(group, target) } };
  }

  /** The target group whose turn it is, by weight. */
  function turnOf(groups: readonly { readonly targetGroupArn: string; readonly weight: number }[]): string {
    const tickets = groups.flatMap(({ targetGroupArn, weight }) => Array<string>(weight).fill(targetGroupArn));
    const key = JSON.stringify(groups);
    const turn = turns.get(key) ?? 0;
    turns.set(key, turn + 1);
    return tickets[turn % tickets.length] ?? "";
  }

  const sticks = ({ attributes }: TargetGroup) =>
    attributes["stickiness.enabled"] === "true" && attributes["stickiness.type"] === "lb_cookie";

  /** Given anew with every answer. AWSALBCORS is the same one for requests from other sites. */
  function stickiness(group: TargetGroup, target: Target): Record<string, string> {
    if (!sticks(group)) return {};
    const seconds = Number(group.attributes["stickiness.lb_cookie.duration_seconds"]);
    const expires = new Date(now() + seconds * 1_000).toUTCString();
    const value = cookieOf(target);
    return {
      "set-cookie": `AWSALB=${value}; Expires=${expires}; Path=/\nAWSALBCORS=${value}; Expires=${expires}; Path=/; SameSite=None`,
    };
  }

  async function answer(port: 80 | 443, request: http.IncomingMessage): Promise<WebAnswer> {
    const sim = look();
    const host = (request.headers.host ?? "").replace(/:\d+$/, "");
    const found = listening(sim, port, named(sim, host));
    if (!found) return own(503);
    const { balancer, listener } = found;
    const { action } = listener;
    if (action.kind === "redirect") {
      const { pathname, search } = new URL(request.url ?? "/", "http://any");
      const place: Readonly<Record<string, string>> = {
        protocol: listener.protocol,
        host,
        port: String(listener.port),
        path: pathname.slice(1),
        query: search.slice(1),
      };
      const filled = (text: string) => text.replace(/#\{(\w+)\}/g, (_whole, name) => place[name] ?? "");
      const query = filled(action.query ?? "#{query}");
      const to = `${filled(action.protocol).toLowerCase()}://${filled(action.host ?? "#{host}")}:${filled(action.port)}${filled(action.path ?? "/#{path}")}`;
      countRequest(sim, balancer.arn, "HTTP_Redirect_Count", false);
      return own(action.status === "HTTP_301" ? 301 : 302, { location: query ? `${to}?${query}` : to });
    }
    if (action.kind === "fixed") {
      countRequest(sim, balancer.arn, "HTTP_Fixed_Response_Count", false);
      return { status: Number(action.status), headers: { "content-type": action.contentType }, body: action.body };
    }
    // Nobody is known here: a login has no end.
    if (action.kind === "forward" && action.authenticate) {
      const { AuthorizationEndpoint, ClientId } = action.authenticate;
      const back = `https://${host}/oauth2/idpresponse`;
      const asked = new URLSearchParams({
        client_id: ClientId,
        redirect_uri: back,
        response_type: "code",
        scope: "openid",
      });
      return own(302, { location: `${AuthorizationEndpoint}?${asked}` });
    }
    const group = targetGroupTable(sim).get(action.kind === "weighted" ? turnOf(action.groups) : action.targetGroupArn);
    return group ? forward(sim, group, balancer, request) : own(503);
  }

  const handle = (port: 80 | 443) => (request: http.IncomingMessage, response: http.ServerResponse) => {
    request.resume();
    answer(port, request).then(
      ({ status, headers, body }) => {
        for (const [name, value] of Object.entries(headers))
          response.setHeader(name, name === "set-cookie" ? value.split("\n") : value);
        response.setHeader("content-length", Buffer.byteLength(body));
        response.writeHead(status);
        response.end(request.method === "HEAD" ? undefined : body);
      },
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    );
  };

  const plainServer = http.createServer(handle(80));
  const secureServer = https.createServer({}, handle(443));
  let certified: { readonly of: string; readonly ready: Promise<void> } | undefined;

  /** Keeps the server's certificate and versions at what the listener has. Throws when the certificate is gone. */
  function certify({ certificateArn, policy }: Listener): Promise<void> {
    const sim = simAt(sandbox.world, clock.now());
    const names = certificateTable(sim).get(certificateArn ?? "")?.names ?? [];
    const of = JSON.stringify([certificateArn, policy, names]);
    // Connections that come meanwhile wait for the same one: to make a key takes long.
    if (certified?.of !== of) {
      const issue = authority.issue(names, Math.min(clock.now(), Date.now()) - DAY_MS, now() + VALID_MS);
      const ready = issue.then((issued) => secureServer.setSecureContext({ ...issued, ...versionsOf(policy) }));
      certified = { of, ready };
    }
    return certified.ready;
  }

  /** Takes a connection when something listens; AWS lets it time out, loopback closes it. */
  const front = (port: 80 | 443, server: http.Server | https.Server): Server =>
    net.createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => socket.destroy());
      const found = listening(look(), port);
      if (!found || (port === 443) !== (found.listener.protocol === "HTTPS")) {
        socket.resetAndDestroy();
        return;
      }
      const ready = port === 443 ? certify(found.listener) : Promise.resolve();
      ready.then(
        () => server.emit("connection", socket),
        () => socket.destroy(),
      );
    });
  const fronts = { 80: front(80, plainServer), 443: front(443, secureServer) };
  const portOf = (port: 80 | 443): number => (fronts[port].address() as AddressInfo).port;
  await Promise.all(
    Object.values(fronts).map((server) => new Promise<void>((done) => server.listen(0, LOOPBACK, () => done()))),
  );

  return {
    httpUrl: `http://${LOOPBACK}:${portOf(80)}`,
    httpsUrl: `https://${LOOPBACK}:${portOf(443)}`,
    ca: authority.certificate,
    addressOf: (host, port = 443) => (named(look(), host) ? { address: LOOPBACK, port: portOf(port) } : undefined),
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(Object.values(fronts).map((server) => new Promise((done) => server.close(done))));
    },
  };
}
