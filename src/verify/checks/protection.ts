import { list, some } from "../../lib/text.ts";
import { type Check, Refuted, type Seen } from "../check.ts";
import {
  type Exposure,
  exposures,
  type Interface,
  isMeant,
  noPath,
  type Opening,
  reaches,
  wayOut,
  zoneOf,
} from "../reach.ts";
import { scriptFor } from "../scripts.ts";
import type { Handshake } from "../site.ts";
import type { World } from "../world.ts";

const HTTP = 80;
const HTTPS = 443;
const SSH = 22;
const NFS = 2049;
const MYSQL = 3306;
/** ACM renews 60 days before the end; with so few left it has failed to. */
const LEAST_DAYS = 21;
const DAY_MS = 86_400_000;

async function redirected({ wanted, site, token }: World): Promise<Seen> {
  const path = `/a/path?token=${token}`;
  const found = await Promise.all(
    wanted.names.map(async (name) => {
      const { status, headers } = await site.get(`http://${name}${path}`);
      const location = (headers.location ?? "").replace(/^(https:\/\/[^/:]+):443\//, "$1/");
      return { name, status, location, right: status === 301 && location === `https://${name}${path}` };
    }),
  );
  return {
    saw: found
      .map(({ name, status, location, right }) =>
        right
          ? `${name}: 301, host and path kept`
          : `${name}: ${status}${location ? ` to ${location}` : ", no redirect"}`,
      )
      .join("; "),
    ok: found.every(({ right }) => right),
  };
}

async function certified({ wanted, site, clock }: World): Promise<Seen> {
  const found = await Promise.all(
    wanted.names.map(async (name) => ({ name, shown: await site.handshake(name, "TLSv1.2", "TLSv1.3") })),
  );
  const days = ({ validTo }: Handshake) => Math.floor((validTo - clock.now()) / DAY_MS);
  return {
    saw: found
      .map(({ name, shown }) => {
        if (!shown) return `${name}: no TLS connection`;
        return `${name}: ${shown.problem ?? `chain and name are right, by ${shown.issuer}`}, ${days(shown)} days left`;
      })
      .join("; "),
    ok: found.every(({ shown }) => shown !== undefined && shown.problem === undefined && days(shown) >= LEAST_DAYS),
  };
}

async function modern({ wanted, site }: World): Promise<Seen> {
  const [name] = wanted.names as readonly [string];
  const versions = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;
  const taken = await Promise.all(versions.map((version) => site.handshake(name, version, version)));
  const spoken = versions.filter((_version, index) => taken[index] !== undefined);
  const old = spoken.filter((version) => version === "TLSv1" || version === "TLSv1.1");
  return {
    saw: `${name} speaks ${list(spoken)}${old.length > 0 ? `: ${list(old)} should be refused` : ", refuses what is older"}`,
    ok: old.length === 0 && spoken.length > 0,
  };
}

const ports = ({ protocol, from, to }: Exposure): string =>
  protocol === "all" ? "everything" : from === to ? `${protocol} ${from}` : `${protocol} ${from}-${to}`;

async function closed({ network, entrances }: World): Promise<Seen> {
  const [found, { loadBalancer, bastions, operators }] = await Promise.all([network(), entrances()]);
  const openings: Opening[] = [
    ...loadBalancer.map(({ id }) => ({ interfaceId: id, ports: [HTTP, HTTPS], sources: undefined })),
    ...bastions.map(({ id }) => ({ interfaceId: id, ports: [SSH], sources: operators })),
  ];
  const open = exposures(found);
  const unmeant = open.filter((exposure) => !isMeant(exposure, openings));
  return {
    saw:
      unmeant.length === 0
        ? `${found.interfaces.length} interfaces: only the load balancer at 80 and 443, and the bastions at 22 from ${list(operators)}`
        : `also open: ${some(unmeant.map((one) => `${one.interface.what} at ${ports(one)} from ${one.source}`))}`,
    ok: unmeant.length === 0,
  };
}

async function needed(world: World): Promise<Seen> {
  const [found, { loadBalancer, bastions, operators }, web, files, stores] = await Promise.all([
    world.network(),
    world.entrances(),
    world.web(),
    world.mounts(),
    world.databases(),
  ]);
  const databases = stores.flatMap(({ interfaces }) => interfaces);
  for (const [what, interfaces] of Object.entries({ loadBalancer, bastions, web, files, databases }))
    if (interfaces.length === 0) throw new Refuted(`there is no network interface of the ${WORDS[what]}`);
  const each = (from: readonly Interface[], to: readonly Interface[], port: number) =>
    from.flatMap((one) => to.map((other) => noPath(found, one, other, port)));
  const zone = (one: Interface) => zoneOf(found, one);
  const open = exposures(found);
  const entered = (interfaces: readonly Interface[], port: number, sources: readonly string[]) =>
    interfaces.flatMap((one) =>
      sources.map((source) =>
        reaches(open, source, one, port) ? undefined : `${source} does not reach ${one.what} at ${port}`,
      ),
    );
  const paths = [
    ...entered(loadBalancer, HTTP, ["0.0.0.0/0"]),
    ...entered(loadBalancer, HTTPS, ["0.0.0.0/0"]),
    ...entered(bastions, SSH, operators),
    ...each(bastions, web, SSH),
    ...each(loadBalancer, web, HTTP),
    ...web.flatMap((one) => {
      // The file system's name leads to the mount target of one's own zone.
      const near = files.filter((target) => zone(target) === zone(one));
      return near.length === 0
        ? [`${one.what} has no mount target in ${zone(one)}`]
        : near.map((target) => noPath(found, one, target, NFS));
    }),
    ...each([...web, ...bastions], databases, MYSQL),
    ...web.map((one) => {
      const way = wayOut(found, one);
      if ("trouble" in way) return `${one.what} has no way out: ${way.trouble}`;
      return way.zone === zone(one) ? undefined : `${one.what} goes out by ${way.via}, in ${way.zone}`;
    }),
  ];
  const missing = paths.filter((why) => why !== undefined);
  return {
    saw:
      missing.length === 0
        ? `${paths.length} paths: visitors to the load balancer, it to web 80, bastions to web 22, web to files 2049, both to MySQL 3306, web out by its zone's NAT`
        : `${missing.length} of ${paths.length} paths are missing: ${some([...new Set(missing)], 2)}`,
    ok: missing.length === 0,
  };
}
const WORDS: Readonly<Record<string, string>> = {
  loadBalancer: "load balancer",
  bastions: "bastions",
  web: "web instances",
  files: "file system",
  databases: "databases",
};

async function outbound({ network, web: instances, machines, token }: World): Promise<Seen> {
  const [found, web] = await Promise.all([network(), instances()]);
  if (web.length === 0) throw new Refuted("no web instance is there");
  const asked = await machines.run(
    web.flatMap(({ instanceId }) => instanceId ?? []),
    scriptFor("outbound-address", token),
  );
  const seen = web.map((one) => {
    const address = asked.get(one.instanceId ?? "")?.trim() ?? "";
    const way = wayOut(found, one);
    const right = !("trouble" in way) && address === way.publicAddress;
    const meant = "trouble" in way ? way.trouble : `${way.publicAddress} of ${way.via}`;
    return {
      right,
      said: right ? `${one.what} is seen as ${meant}` : `${one.what} is seen as ${address}, not as ${meant}`,
    };
  });
  return { saw: seen.map(({ said }) => said).join("; "), ok: seen.every(({ right }) => right) };
}

/** R6: personal data protected. What needs https is asked where the site has a domain. */
export const protection: readonly Check<World>[] = [
  {
    id: "redirect",
    requirement: "R6",
    title: "http is sent to https with 301, host and path kept",
    run: redirected,
  },
  {
    id: "certificate",
    requirement: "R6",
    title: `The certificate's chain and names are right, and it is good for ${LEAST_DAYS} days at least`,
    run: certified,
  },
  {
    id: "tls-versions",
    requirement: "R6",
    title: "TLS below 1.2 is refused",
    run: modern,
  },
  {
    id: "reach-closed",
    requirement: "R6",
    title: "From the internet there is no path but to the load balancer's 80 and 443 and the bastions' 22",
    run: closed,
  },
  {
    id: "reach-needed",
    requirement: "R6",
    title: "The paths that the site needs are there",
    run: needed,
  },
  {
    id: "outbound-address",
    requirement: "R6",
    title: "The internet sees web instances by the address of their NAT",
    run: outbound,
  },
  {
    id: "encrypted",
    requirement: "R6",
    title: "Everything that keeps data is encrypted at rest",
    async run({ stores }) {
      const found = await stores();
      const open = found.filter(({ encrypted }) => !encrypted).map(({ what }) => what);
      return {
        saw:
          open.length === 0
            ? `${found.length} volumes, snapshots, databases and file systems`
            : `not encrypted: ${some(open)}`,
        ok: found.length > 0 && open.length === 0,
      };
    },
  },
  {
    id: "imdsv2",
    requirement: "R6",
    title: "Every instance answers IMDSv2 only",
    async run({ metadata }) {
      const found = await metadata();
      const lax = found.filter(({ tokensRequired }) => !tokensRequired).map(({ what }) => what);
      return {
        saw: lax.length === 0 ? `${found.length} instances` : `IMDSv1 too: ${some(lax)}`,
        ok: found.length > 0 && lax.length === 0,
      };
    },
  },
  {
    id: "database-private",
    requirement: "R6",
    title: "No database has a public address",
    async run({ databases }) {
      const found = await databases();
      const open = [
        ...found.filter(({ publicAccess }) => publicAccess).map(({ id }) => `${id} is publicly accessible`),
        ...found
          .flatMap(({ interfaces }) => interfaces)
          .filter(({ publicAddresses, addresses6 }) => publicAddresses.length + addresses6.length > 0)
          .map(({ id, publicAddresses }) => `${id} has ${publicAddresses[0] ?? "an IPv6 address"}`),
      ];
      return {
        saw: open.length === 0 ? `${list(found.map(({ id }) => id))}: private addresses only` : list(open),
        ok: found.length > 0 && open.length === 0,
      };
    },
  },
];
