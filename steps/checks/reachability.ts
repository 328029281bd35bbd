import type { InstanceLive } from "../../src/aws/ec2/instance.ts";
import { CHECK_IP } from "../../src/aws/partition.ts";
import { list, some } from "../../src/lib/text.ts";
import { type Check, type CheckContext, CheckFailed, type CheckOutcome } from "../../src/verify/check.ts";
import type { Fact } from "../../src/verify/facts.ts";
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
} from "../../src/verify/reach.ts";
import { scriptFor } from "../../src/verify/scripts.ts";
import { zonesOf } from "../zones.ts";
import {
  atLeastOne,
  databaseInterfaces,
  interfacesWhere,
  loadBalancer,
  mountTargets,
  network,
  webInterfaces,
} from "./facts.ts";

const HTTP = 80;
const HTTPS = 443;
const SSH = 22;
const NFS = 2049;
const MYSQL = 3306;
const MINE = "my-ip";

/** Where somebody may come in from the internet. */
interface Entrances {
  readonly loadBalancer: readonly Interface[];
  readonly bastions: readonly Interface[];
  /** The ranges that may reach the bastions. */
  readonly operators: readonly string[];
}

const entrances: Fact<Entrances> = async (stack) => {
  const { aws, config, allowedCidrs, requireLive, read } = stack;
  const [{ fullName }, bastions] = await Promise.all([
    read(loadBalancer),
    Promise.all(zonesOf(config).map(({ number }) => requireLive<InstanceLive>(`bastion-${number}`))),
  ]);
  return {
    // ELB names its interfaces after the load balancer (user guide, "Update the security groups").
    loadBalancer: await interfacesWhere(stack, ({ what }) => what === `ELB ${fullName}`),
    bastions: await interfacesWhere(stack, ({ id }) => bastions.some(({ interfaceId }) => interfaceId === id)),
    operators: await Promise.all(
      allowedCidrs.map(async (range) => (range === MINE ? `${await aws.network.publicAddress()}/32` : range)),
    ),
  };
};

/** The interfaces of the file system's mount targets. */
const mountInterfaces: Fact<readonly Interface[]> = async (stack) => {
  const mounts = await stack.read(mountTargets);
  return interfacesWhere(stack, ({ id }) => mounts.some(({ interfaceId }) => interfaceId === id));
};

const portsOf = ({ protocol, from, to }: Exposure): string => {
  if (protocol === "all") return "everything";
  return from === to ? `${protocol} ${from}` : `${protocol} ${from}-${to}`;
};

async function isClosed({ read }: CheckContext): Promise<CheckOutcome> {
  const [vpc, { loadBalancer, bastions, operators }] = await Promise.all([read(network), read(entrances)]);
  const openings: Opening[] = [
    ...loadBalancer.map(({ id }) => ({ interfaceId: id, ports: [HTTP, HTTPS], sources: undefined })),
    ...bastions.map(({ id }) => ({ interfaceId: id, ports: [SSH], sources: operators })),
  ];
  const unwanted = exposures(vpc).filter((exposure) => !isMeant(exposure, openings));
  return {
    evidence:
      unwanted.length === 0
        ? `${vpc.interfaces.length} interfaces: only the load balancer at 80 and 443, and the bastions at 22 from ${list(operators)}`
        : `also open: ${some(unwanted.map((exposure) => `${exposure.interface.what} at ${portsOf(exposure)} from ${exposure.source}`))}`,
    ok: unwanted.length === 0,
  };
}

/** Why paths that the site needs do not exist; undefined for each that does. */
async function neededPaths({ read }: CheckContext): Promise<readonly (string | undefined)[]> {
  const [vpc, { loadBalancer, bastions, operators }, web, files, databases] = await Promise.all([
    read(network),
    read(entrances),
    read(webInterfaces),
    read(mountInterfaces),
    read(databaseInterfaces),
  ]);
  for (const [what, interfaces] of Object.entries({
    "load balancer": loadBalancer,
    bastions,
    "web instances": web,
    "file system": files,
    databases,
  }))
    if (interfaces.length === 0) throw new CheckFailed(`there is no network interface of the ${what}`);
  const open = exposures(vpc);
  const zone = (at: Interface) => zoneOf(vpc, at);
  const within = (from: readonly Interface[], to: readonly Interface[], port: number) =>
    from.flatMap((source) => to.map((target) => noPath(vpc, source, target, port)));
  const fromOutside = (to: readonly Interface[], port: number, sources: readonly string[]) =>
    to.flatMap((target) =>
      sources.map((source) =>
        reaches(open, source, target, port) ? undefined : `${source} does not reach ${target.what} at ${port}`,
      ),
    );
  // The file system's name leads to the mount target of one's own zone.
  const toFiles = web.flatMap((source) => {
    const near = files.filter((target) => zone(target) === zone(source));
    return near.length === 0 ? [`${source.what} has no mount target in ${zone(source)}`] : within([source], near, NFS);
  });
  const outbound = web.map((source) => {
    const way = wayOut(vpc, source);
    if ("trouble" in way) return `${source.what} has no way out: ${way.trouble}`;
    return way.zone === zone(source) ? undefined : `${source.what} goes out by ${way.via}, in ${way.zone}`;
  });
  return [
    ...fromOutside(loadBalancer, HTTP, ["0.0.0.0/0"]),
    ...fromOutside(loadBalancer, HTTPS, ["0.0.0.0/0"]),
    ...fromOutside(bastions, SSH, operators),
    ...within(bastions, web, SSH),
    ...within(loadBalancer, web, HTTP),
    ...toFiles,
    ...within([...web, ...bastions], databases, MYSQL),
    ...outbound,
  ];
}

async function isOpenWhereNeeded(context: CheckContext): Promise<CheckOutcome> {
  const paths = await neededPaths(context);
  const missing = paths.filter((why) => why !== undefined);
  return {
    evidence:
      missing.length === 0
        ? `${paths.length} paths: visitors to the load balancer, it to web 80, bastions to web 22, web to files 2049, both to MySQL 3306, web out by its zone's NAT`
        : `${missing.length} of ${paths.length} paths are missing: ${some([...new Set(missing)], 2)}`,
    ok: missing.length === 0,
  };
}

async function comesFromNat({ read, machines, token }: CheckContext): Promise<CheckOutcome> {
  const [vpc, found] = await Promise.all([read(network), read(webInterfaces)]);
  const web = atLeastOne(found, "no web instance is there");
  const printed = await machines.run(
    web.flatMap(({ instanceId }) => instanceId ?? []),
    scriptFor("outbound-address", token),
  );
  const compared = web.map((source) => {
    const address = printed.get(source.instanceId ?? "")?.trim() ?? "";
    const way = wayOut(vpc, source);
    const ok = !("trouble" in way) && address === way.publicAddress;
    const expected = "trouble" in way ? way.trouble : `${way.publicAddress} of ${way.via}`;
    return {
      ok,
      evidence: `${source.what} is seen as ${ok ? expected : `${address}, not as ${expected}`}`,
    };
  });
  return { evidence: compared.map(({ evidence }) => evidence).join("; "), ok: compared.every(({ ok }) => ok) };
}

/** R6: who reaches whom. */
export const reachability: readonly Check[] = [
  {
    id: "reach-closed",
    requirement: "R6",
    title: "The internet reaches nothing but the load balancer's 80 and 443 and the bastions' 22",
    method:
      "routes, groups, interfaces, public addresses of the whole VPC; the bastions' 22 is open to `bastion.allowedCidrs` alone",
    run: isClosed,
  },
  {
    id: "reach-needed",
    requirement: "R6",
    title: "The paths that the site needs are open",
    method:
      "the same: visitors → load balancer 80, 443; operators → bastions 22; bastions → web 22; load balancer → web 80; web → files 2049; web and bastions → MySQL 3306; web → internet through the NAT of its own zone",
    limits: "network ACLs and programs that do not listen",
    run: isOpenWhereNeeded,
  },
  {
    id: "outbound-address",
    requirement: "R6",
    title: "The internet sees web instances by the address of their NAT",
    method: `\`${new URL(CHECK_IP).host}\`, from each web instance`,
    run: comesFromNat,
  },
];
