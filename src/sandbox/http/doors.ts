import * as z from "zod";
import { BuddyError } from "../../lib/errors.ts";
import { type Chaos, parseChaos } from "../chaos.ts";
import type { Sandbox } from "../sandbox.ts";
import type { ServedSite } from "../site.ts";
import { askSite } from "./ask-site.ts";
import type { ServedClock, Speed } from "./clock.ts";
import { curvesIn, thingsIn } from "./overview.ts";
import pageHtml from "./page.html";
import type { WireAnswer, WireRequest } from "./protocol.ts";
import type { Doors } from "./server.ts";
import type { Timeline } from "./timeline.ts";

/** What a client of the served sandbox asks it beside AWS's calls. */
export interface ClockAnswer {
  /** Names the server to who looks for it. */
  readonly server: "buddyverse sandbox";
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly time: string;
  readonly speed: Speed;
  /** When the world does something by itself the next time. */
  readonly nextEvent: string | null;
}
export interface NetworkAnswer {
  readonly publicAddress: string;
  readonly nameServers: readonly string[] | null;
}
export interface SiteAnswer {
  readonly httpUrl: string;
  readonly httpsUrl: string;
  readonly ca: string;
  /** The name that was asked for leads there. */
  readonly leads: boolean;
}

const speedSchema = z.union([z.literal("max"), z.number().positive()]);
const clockSchema = z
  .strictObject({
    speed: speedSchema.optional(),
    /** To the next event, so many seconds on, or to that time. */
    jump: z.union([z.literal("next"), z.number().positive(), z.iso.datetime()]).optional(),
  })
  .refine((value) => value.speed !== undefined || value.jump !== undefined);
const sleepSchema = z.strictObject({ ms: z.number().min(0) });
const chaosSchema = z.strictObject({ chaos: z.string().nullable() });

export interface DoorsOptions {
  readonly sandbox: Sandbox;
  readonly clock: ServedClock;
  readonly site: ServedSite;
  readonly chaos: Chaos | undefined;
  readonly timeline: Timeline;
  /** What was asked for that the sandbox does not simulate, and how often. */
  readonly refused: ReadonlyMap<string, number>;
  /** Called after what they changed in the world by letting time go on. */
  readonly changed: () => void;
}

/** The served sandbox's own doors: they are no part of AWS, and are for this machine's programs and its user alone. */
export function ownDoors({ sandbox, clock, site, chaos: initial, timeline, refused, changed }: DoorsOptions): Doors {
  const { world } = sandbox;
  let chaos = initial;

  const nextEvent = () => world.timers.reduce((first, { at }) => Math.min(first, at), Number.POSITIVE_INFINITY);
  const clockAnswer = (): ClockAnswer => {
    const now = clock.now();
    const next = nextEvent();
    return {
      server: "buddyverse sandbox",
      now,
      time: new Date(now).toISOString(),
      speed: clock.speed,
      nextEvent: Number.isFinite(next) ? new Date(Math.max(next, now)).toISOString() : null,
    };
  };

  function setClock({ speed, jump }: z.infer<typeof clockSchema>): ClockAnswer {
    if (speed !== undefined) clock.setSpeed(speed);
    if (jump !== undefined) {
      const now = clock.now();
      const next = nextEvent();
      const to =
        jump === "next"
          ? Math.max(now, Number.isFinite(next) ? next : now)
          : typeof jump === "number"
            ? now + jump * 1_000
            : Date.parse(jump);
      if (to < now) throw new BuddyError({ code: "usage", message: "the sandbox's clock only goes forward" });
      clock.jumpTo(to);
      sandbox.settle();
      changed();
    }
    return clockAnswer();
  }

  const balancerName = () => thingsIn(world, clock.now()).find(({ kind }) => kind === "load balancer")?.detail;

  const doors: Readonly<Record<string, (request: WireRequest, signal: AbortSignal) => unknown>> = {
    "GET /buddyverse/clock": clockAnswer,
    "POST /buddyverse/clock": (request) => setClock(parsed(clockSchema, request)),
    "POST /buddyverse/sleep": async (request, signal) => {
      await clock.sleepAway(parsed(sleepSchema, request).ms, signal);
      return clockAnswer();
    },
    "GET /buddyverse/chaos": () => ({ chaos: chaos ?? null }),
    "POST /buddyverse/chaos": (request) => {
      const { chaos: text } = parsed(chaosSchema, request);
      chaos = text === null ? undefined : parseChaos(text);
      sandbox.disturb(chaos);
      return { chaos: chaos ?? null };
    },
    "GET /buddyverse/timeline": ({ query }) => {
      timeline.look(clock.now());
      return { happenings: timeline.after(Number(query.get("after") ?? 0)) };
    },
    "GET /buddyverse/world": () => {
      sandbox.settle();
      const now = clock.now();
      return {
        ...clockAnswer(),
        account: world.account,
        region: world.region,
        things: thingsIn(world, now),
        curves: curvesIn(world, now),
        failures: (world.failures ?? []).map(({ kind, about }) => ({ kind, about })),
        refused: Object.fromEntries(refused),
      };
    },
    "GET /buddyverse/network": async ({ query }): Promise<NetworkAnswer> => ({
      publicAddress: await sandbox.network.publicAddress(),
      nameServers: (await sandbox.network.nameServers(query.get("domain") ?? "")) ?? null,
    }),
    "GET /buddyverse/site": ({ query }): SiteAnswer => ({
      httpUrl: site.httpUrl,
      httpsUrl: site.httpsUrl,
      ca: site.ca,
      leads: site.addressOf(query.get("host") ?? "") !== undefined,
    }),
  };

  return (request, signal) => {
    const { method, path, headers } = request;
    // An unsigned GET of / is nobody's call of AWS.
    const own = path.startsWith("/buddyverse/") || path.startsWith("/site/") || (path === "/" && !isSigned(request));
    if (!own) return undefined;
    if (!isOurs(headers)) return Promise.resolve(json(403, { error: "only for this machine's own programs" }));
    if (path === "/") return Promise.resolve(method === "GET" ? PAGE : json(405, { error: "GET it" }));
    if (path.startsWith("/site/")) return askSite(site, balancerName(), request);
    const door = doors[`${method} ${path}`];
    if (!door) return Promise.resolve(json(404, { error: `there is no ${method} ${path}`, doors: Object.keys(doors) }));
    return (async () => {
      try {
        return json(200, await door(request, signal));
      } catch (error) {
        if (error instanceof BuddyError) return json(400, { error: error.message, hint: error.hint });
        throw error;
      }
    })();
  };
}

const isSigned = ({ headers, query }: WireRequest): boolean =>
  headers.authorization !== undefined || query.has("X-Amz-Credential") || query.has("Action");

const PAGE: WireAnswer = {
  status: 200,
  headers: {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy":
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
    "cache-control": "no-store",
  },
  body: pageHtml,
};

/**
 * A page of the internet that is open in this machine's browser can send requests here too: it names itself as their origin,
 * or reaches this address by a name of its own.
 */
function isOurs({ host = "", origin }: WireRequest["headers"]): boolean {
  const local = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host);
  return local && (origin === undefined || origin === `http://${host}`);
}

const json = (status: number, value: unknown): WireAnswer => ({
  status,
  headers: { "content-type": "application/json", "cache-control": "no-store" },
  body: `${JSON.stringify(value)}\n`,
});

function parsed<T>(schema: z.ZodType<T>, { body }: WireRequest): T {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString());
  } catch {
    throw new BuddyError({ code: "usage", message: "the body is no JSON" });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new BuddyError({ code: "usage", message: z.prettifyError(result.error) });
}
