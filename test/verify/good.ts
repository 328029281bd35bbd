import { jumpingClock } from "../../src/lib/clock.ts";
import { headOf } from "../../src/lib/script.ts";
import { type Check, type CheckOutcome, type CheckResult, type CheckTools, runChecks } from "../../src/verify/check.ts";
import { type Fact, factsReader, type ReadFact } from "../../src/verify/facts.ts";
import { wayOut } from "../../src/verify/reach.ts";
import type { Answer } from "../../src/verify/site.ts";
import { databases, inService, network, scalingGroup, webInterfaces } from "../../steps/checks/facts.ts";
import { subscription } from "../../steps/checks/monitoring.ts";
import { allChecks } from "../../steps/verify.ts";
import { sourceOf, standing } from "./rehearse.ts";

const template = await standing({
  monitoring: { email: "ops@example.com" },
  image: { app: { git: "https://example.com/site.git", revision: "v1" } },
  app: { secrets: ["STRIPE_KEY"] },
});
const on = await template.copy();
const fromSandbox = factsReader(sourceOf(on));

/** The config under which every check has something to ask. */
export const { config } = on;
/** Milliseconds since 1970. */
export const NOW = on.clock.now();
const TOKEN = "0123456789abcdef";
const DAY = 86_400_000;

/**
 * A fact of a stack on the sandbox in which all is well, by its own reader: a new fact needs nothing here. Each is read
 * once for all tests. Only the person is missing who confirms the e-mail address.
 */
export const good: ReadFact = async <T>(fact: Fact<T>) => {
  const value = await fromSandbox(fact);
  return fact === (subscription as unknown) ? ({ confirmed: true } as T) : value;
};

const web = inService(await good(scalingGroup));
const vpc = await good(network);
const [, replica] = await good(databases);
const seenAs = new Map(
  (await good(webInterfaces)).map((source) => {
    const way = wayOut(vpc, source);
    return [source.instanceId, "trouble" in way ? way.trouble : way.publicAddress] as const;
  }),
);

export type GoodTools = CheckTools & { readonly files: ReadonlyMap<string, string> };

/** Machines and a site in which everything is as it should be: requests go round, cookies stick, files are shared. */
export function goodTools(): GoodTools {
  const answered = new Map<string, number>();
  const files = new Map<string, string>();
  let turn = 0;
  const answer = (given: Partial<Answer>): Answer => ({ status: 200, headers: {}, cookies: [], body: "", ...given });
  return {
    config,
    now: () => NOW,
    signal: new AbortController().signal,
    token: TOKEN,
    files,
    site: {
      async get(url, { headers = {} } = {}) {
        const { protocol, hostname, pathname, search } = new URL(url);
        if (protocol === "http:")
          return answer({ status: 301, headers: { location: `https://${hostname}:443${pathname}${search}` } });
        const file = files.get(pathname);
        if (file !== undefined) return answer({ body: file });
        const stuck = /AWSALB=([^;\s]+)/.exec(headers.cookie ?? "")?.[1];
        const id = stuck ?? (web[turn++ % web.length]?.id as string);
        const key = `${headers["user-agent"]} ${id}`;
        answered.set(key, (answered.get(key) ?? 0) + 1);
        return answer({ cookies: [`AWSALB=${id}`, `AWSALBCORS=${id}`] });
      },
      async handshake(_name, min) {
        if (min === "TLSv1" || min === "TLSv1.1") return undefined;
        return { protocol: "TLSv1.3", problem: undefined, issuer: "Amazon", validTo: NOW + 200 * DAY };
      },
    },
    machines: {
      async run(ids, script) {
        const { name, token } = headOf(script) ?? {};
        const path = `/media/buddyverse-verify-${token}.txt`;
        if (name === "file-write") files.set(path, `buddyverse-verify ${token}\n`);
        if (name === "file-remove") files.delete(path);
        const printed: Readonly<Record<string, (id: string) => string>> = {
          requests: (id) => `${answered.get(`buddyverse-verify/${token} ${id}`) ?? 0}\n`,
          database: () => '{"lagMs": 12}\n',
          "database-replication": () => JSON.stringify({ endpoint: replica?.endpoint }),
          "database-text": () => '{"characterSet": "utf8mb4", "collation": "utf8mb4_unicode_ci"}\n',
          "app-secrets": () => '{"current": ["STRIPE_KEY"], "stale": [], "missing": []}\n',
          password: () => '{"outcome": "in-use"}\n',
          "file-read": () => files.get(path) ?? "",
          "outbound-address": (id) => `${seenAs.get(id)}\n`,
        };
        return new Map(ids.map((id) => [id, printed[name ?? ""]?.(id) ?? ""]));
      },
    },
  };
}

/** What is not as it should be: facts, or what checks work with. */
export interface Broken {
  readonly facts?: ReadonlyMap<Fact<unknown>, (good: unknown) => unknown>;
  readonly tools?: Partial<CheckTools>;
}

/** Another value of a fact, made from the good one; when `to` throws, the fact could not be read. */
export const change = <T>(fact: Fact<T>, to: (good: T) => NoInfer<T>): Broken => ({
  facts: new Map([[fact, to as (good: unknown) => unknown]]),
});

/** Runs checks on the good stack, but for what is broken. */
export function checksOn(
  { facts = new Map(), tools = {} }: Broken = {},
  checks: readonly Check[] = allChecks,
  clock = jumpingClock(NOW),
): Promise<readonly CheckResult[]> {
  const read: ReadFact = async <T>(fact: Fact<T>) => {
    const value = await good(fact);
    const to = facts.get(fact);
    return to ? (to(value) as T) : value;
  };
  return runChecks(checks, { tools: { ...goodTools(), ...tools }, newReader: () => read, clock });
}

export function check(id: string): Check {
  const found = allChecks.find((one) => one.id === id);
  if (!found) throw new Error(`there is no check ${id}`);
  return found;
}

/** What one check finds. */
export async function outcomeOf(id: string, broken: Broken, clock = jumpingClock(NOW)): Promise<CheckOutcome> {
  const [{ result, evidence }] = (await checksOn(broken, [check(id)], clock)) as readonly [CheckResult];
  return { ok: result === "passed", evidence };
}
