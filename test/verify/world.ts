import { jumpingClock } from "../../src/lib/clock.ts";
import { headOf } from "../../src/lib/script.ts";
import type { Check, Seen } from "../../src/verify/check.ts";
import { allChecks } from "../../src/verify/checks.ts";
import type { Interface, Network, Rule } from "../../src/verify/reach.ts";
import type { Answer, Site } from "../../src/verify/site.ts";
import type { Machines, World } from "../../src/verify/world.ts";

export const NOW = Date.UTC(2026, 10, 22);
const DAY = 86_400_000;
export const TOKEN = "0123456789abcdef";
const WEB = ["i-a", "i-c"];

const rule = (peer: string, port: number): Rule => ({ protocol: "tcp", from: port, to: port, peer });
const ALL: Rule = { protocol: "all", from: 0, to: 65_535, peer: "0.0.0.0/0" };
const LOCAL = { to: "172.31.0.0/16", target: "local", active: true };
const nic = (id: string, subnetId: string, groupId: string, address: string, more: Partial<Interface> = {}) => ({
  id,
  what: id.replace("eni-", ""),
  subnetId,
  address,
  publicAddresses: [],
  addresses6: [],
  groupIds: [groupId],
  sourceDestCheck: true,
  instanceId: undefined,
  running: true,
  ...more,
});

/** The network of the spec, in small. */
export function goodNetwork(): Network {
  const zones = ["a", "c"].map((zone, index) => ({ zone, net: (index + 1) * 10 }));
  return {
    cidrs: ["172.31.0.0/16"],
    internetGateways: ["igw-1"],
    natGateways: [],
    subnets: zones.flatMap(({ zone }) => [
      { id: `public-${zone}`, zone, routes: [LOCAL, { to: "0.0.0.0/0", target: "igw-1", active: true }] },
      { id: `web-${zone}`, zone, routes: [LOCAL, { to: "0.0.0.0/0", target: `eni-nat-${zone}`, active: true }] },
      { id: `db-${zone}`, zone, routes: [LOCAL] },
    ]),
    groups: [
      {
        id: "sg-lb",
        name: "LoadBalance-Security",
        inbound: [rule("0.0.0.0/0", 80), rule("0.0.0.0/0", 443)],
        outbound: [ALL],
      },
      { id: "sg-bastion", name: "BastionHost", inbound: [rule("203.0.113.10/32", 22)], outbound: [ALL] },
      { id: "sg-web", name: "Buddy-WEB", inbound: [rule("sg-lb", 80), rule("sg-bastion", 22)], outbound: [ALL] },
      { id: "sg-nat", name: "NAT-GateWay", inbound: [{ ...ALL, peer: "172.31.0.0/16" }], outbound: [ALL] },
      { id: "sg-efs", name: "Buddy-EFS", inbound: [rule("sg-web", 2049)], outbound: [] },
      { id: "sg-db", name: "Buddy-DB", inbound: [rule("sg-web", 3306), rule("sg-bastion", 3306)], outbound: [] },
    ],
    interfaces: zones.flatMap(({ zone, net }) => [
      nic(`eni-lb-${zone}`, `public-${zone}`, "sg-lb", `172.31.${net}.4`, { publicAddresses: [`198.51.100.${net}`] }),
      nic(`eni-bastion-${zone}`, `public-${zone}`, "sg-bastion", `172.31.${net}.5`, {
        publicAddresses: [`198.51.100.${net + 1}`],
      }),
      nic(`eni-nat-${zone}`, `public-${zone}`, "sg-nat", `172.31.${net}.6`, {
        publicAddresses: [`198.51.100.${net + 2}`],
        sourceDestCheck: false,
      }),
      nic(`eni-web-${zone}`, `web-${zone}`, "sg-web", `172.31.${net + 1}.4`, { instanceId: `i-${zone}` }),
      nic(`eni-efs-${zone}`, `web-${zone}`, "sg-efs", `172.31.${net + 1}.5`),
      nic(`eni-db-${zone}`, `db-${zone}`, "sg-db", `172.31.${net + 2}.4`),
    ]),
  };
}

/** A machine room and a site in which everything is as it should be: requests go round, cookies stick, files are shared. */
function goodHouse(): { readonly site: Site; readonly machines: Machines; readonly files: Map<string, string> } {
  const answered = new Map<string, number>();
  const files = new Map<string, string>();
  let turn = 0;
  const answer = (given: Partial<Answer>): Answer => ({ status: 200, headers: {}, cookies: [], body: "", ...given });
  return {
    files,
    site: {
      async get(url, { headers = {} } = {}) {
        const { protocol, hostname, pathname, search } = new URL(url);
        if (protocol === "http:")
          return answer({ status: 301, headers: { location: `https://${hostname}:443${pathname}${search}` } });
        const file = files.get(pathname);
        if (file !== undefined) return answer({ body: file });
        const stuck = /AWSALB=([^;\s]+)/.exec(headers.cookie ?? "")?.[1];
        const id = stuck ?? (WEB[turn++ % WEB.length] as string);
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
        const say: Readonly<Record<string, (id: string) => string>> = {
          requests: (id) => `${answered.get(`buddyverse-verify/${token} ${id}`) ?? 0}\n`,
          database: () => '{"lagMs": 12}\n',
          "file-read": () => files.get(path) ?? "",
          "outbound-address": (id) => `198.51.100.${id === "i-a" ? 12 : 22}\n`,
        };
        return new Map(ids.map((id) => [id, say[name ?? ""]?.(id) ?? ""]));
      },
    },
  };
}

export type TestWorld = World & { readonly files: Map<string, string> };

/** A world in which every check passes, but for what is given. */
export function world(given: Partial<World> = {}): TestWorld {
  const network = goodNetwork();
  const those = (part: string) => network.interfaces.filter(({ id }) => id.startsWith(`eni-${part}-`));
  return {
    ...goodHouse(),
    clock: jumpingClock(NOW),
    signal: new AbortController().signal,
    token: TOKEN,
    wanted: {
      zones: ["a", "c"],
      min: 2,
      max: 4,
      cpuTarget: 50,
      names: ["buddyverse.link", "www.buddyverse.link"],
      replica: true,
      email: "ops@example.com",
    },
    group: async () => ({
      name: "group",
      min: 2,
      max: 4,
      desired: 2,
      healthCheckType: "ELB",
      graceSeconds: 300,
      zones: ["a", "c"],
      suspended: [],
      instances: ["a", "c"].map((zone) => ({ id: `i-${zone}`, zone, inService: true })),
    }),
    policies: async () => [
      {
        metric: "ASGAverageCPUUtilization",
        target: 50,
        enabled: true,
        scalesIn: true,
        alarms: ["high", "low"].map((name) => ({ name, acts: true })),
      },
    ],
    targets: async () => WEB.map((instanceId) => ({ instanceId, state: "healthy", reason: "" })),
    loadBalancer: async () => ({ dnsName: "lb.example", zones: ["a", "c"], healthCheck: { path: "/", codes: "200" } }),
    fileSystem: async () => ({ id: "fs-1", zones: ["a", "c"] }),
    databases: async () => [
      { id: "database1", zone: "a", publicAccess: false, interfaces: those("db").slice(0, 1) },
      { id: "database1-replica", zone: "c", publicAccess: false, interfaces: those("db").slice(1) },
    ],
    network: async () => network,
    entrances: async () => ({
      loadBalancer: those("lb"),
      bastions: those("bastion"),
      operators: ["203.0.113.10/32"],
    }),
    web: async () => those("web"),
    mounts: async () => those("efs"),
    stores: async () => [{ what: "volume vol-1", encrypted: true }],
    metadata: async () => [{ what: "Bastion1", tokensRequired: true }],
    alarms: async () => [{ name: "Buddy-ALB-5xx", state: "OK", ageSeconds: 9999, needsSeconds: 600 }],
    widgets: async () => [
      { title: "CPU", data: "some" },
      { title: "5xx answers", data: "quiet" },
    ],
    subscribed: async () => true,
    ...given,
  };
}

export function check(id: string): Check<World> {
  const found = allChecks.find((one) => one.id === id);
  if (!found) throw new Error(`there is no check ${id}`);
  return found;
}

export const ask = (id: string, given: Partial<World> = {}): Promise<Seen> => check(id).run(world(given));
