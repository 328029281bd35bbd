import { Agent, request } from "node:http";
import type { Network } from "../../aws/aws.ts";
import type { Clock } from "../../lib/clock.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Resolve } from "../../verify/site.ts";
import type { Speed } from "./clock.ts";
import type { ClockAnswer, NetworkAnswer, SiteAnswer } from "./doors.ts";

/** On every answer of the served sandbox: its time, milliseconds since 1970. */
export const NOW_HEADER = "x-buddyverse-now";

/** A sandbox that another process serves, as a command uses it beside AWS's calls. */
export interface Served {
  readonly url: string;
  readonly speed: Speed;
  /** The sandbox's own: what sleeps by it wakes when time is put forward there. */
  readonly clock: Clock;
  readonly network: Network;
  /** Told of each answer's headers. */
  seen(headers: Readonly<Record<string, string>>): void;
  /** Where the load balancer answers, and the authority that its certificate is from. */
  site(): Promise<{ readonly resolve: Resolve; readonly ca: string }>;
  close(): void;
}

/** Throws `network` when it does not answer. */
export async function openServed(url: string): Promise<Served> {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const ask = <T>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<T> =>
    asked<T>({ url, agent, method, path, body, signal });
  const { server, now: first, speed: initial } = await ask<ClockAnswer>("GET", "/buddyverse/clock");
  if (server !== "buddyverse sandbox") throw gone(url, undefined);

  let known = first;
  let since = performance.now();
  let speed = initial;
  const learn = (now: number, at: Speed = speed) => {
    known = now;
    since = performance.now();
    speed = at;
  };
  return {
    url,
    get speed() {
      return speed;
    },
    clock: {
      now: () => (speed === "max" ? known : known + (performance.now() - since) * speed),
      async sleep(ms, signal) {
        if (signal?.aborted) throw signal.reason;
        const woken = await ask<ClockAnswer>("POST", "/buddyverse/sleep", { ms: Math.max(0, ms) }, signal);
        learn(woken.now, woken.speed);
      },
      hold: (work) => work,
    },
    network: {
      publicAddress: async () => (await ask<NetworkAnswer>("GET", "/buddyverse/network")).publicAddress,
      nameServers: async (domain) =>
        (await ask<NetworkAnswer>("GET", `/buddyverse/network?domain=${encodeURIComponent(domain)}`)).nameServers ??
        undefined,
    },
    seen(headers) {
      const now = Number(headers[NOW_HEADER]);
      if (now > 0) learn(now);
    },
    async site() {
      const { ca } = await ask<SiteAnswer>("GET", "/buddyverse/site");
      return {
        ca,
        async resolve(host, port) {
          const site = await ask<SiteAnswer>("GET", `/buddyverse/site?host=${encodeURIComponent(host)}`);
          const to = new URL(port === 443 ? site.httpsUrl : site.httpUrl);
          return site.leads ? { host: to.hostname, port: Number(to.port) } : undefined;
        },
      };
    },
    close: () => agent.destroy(),
  };
}

const gone = (url: string, cause: unknown) =>
  new BuddyError({
    code: "network",
    message: `no sandbox answers at ${url}`,
    hint: "Serve it in another terminal (buddyverse sandbox serve), or leave it: unset AWS_ENDPOINT_URL BUDDYVERSE_SANDBOX_URL",
    cause,
  });

function asked<T>(options: {
  readonly url: string;
  readonly agent: Agent;
  readonly method: string;
  readonly path: string;
  readonly body: object | undefined;
  readonly signal: AbortSignal | undefined;
}): Promise<T> {
  const { url, agent, method, path, body, signal } = options;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(signal?.aborted ? signal.reason : gone(url, error));
    const sent = request(new URL(path, url), { agent, method, ...(signal ? { signal } : {}) }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (part: string) => {
        text += part;
      });
      answer.on("error", fail);
      answer.on("end", () => {
        try {
          resolve(JSON.parse(text) as T);
        } catch (error) {
          fail(error);
        }
      });
    });
    sent.on("error", fail);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
