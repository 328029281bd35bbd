import { BuddyError } from "../lib/errors.ts";
import { awsError } from "./service.ts";
import { checkTargetsSoon } from "./services/elb/health.ts";
import { type Sim, simAt, type Timer, type World } from "./world.ts";

/** Something that goes wrong in the sandbox from when it is ordered until it is mended. */
export interface Failure {
  readonly kind: keyof typeof KINDS;
  /** What it is about: an instance type, a zone, a database; "" for kinds that are about nothing. */
  readonly about: string;
  /** Since when, milliseconds since 1970. */
  readonly from?: number;
}

/** The sorts of failure, and what each is about. */
const KINDS = {
  capacity: "an instance type, as t3.micro: AWS has none of it (InsufficientInstanceCapacity)",
  az: "a zone, as ap-northeast-2a: nothing in it answers, and no instance can be started there",
  launch: "an instance type: its instances are taken, and terminated while they start",
  database: "a database, as database1: it fails while it is made",
  "mount-target": undefined,
  certificate: undefined,
  builder: undefined,
} as const;

const instances = (sim: Sim) =>
  sim.table<{
    readonly id: string;
    readonly instanceType: string;
    readonly subnetId: string;
    readonly state: string;
    readonly console: string;
    readonly interfaceId: string;
  }>("ec2.instances");
const zoneOf = (sim: Sim, subnetId: string) => sim.table<{ readonly zone: string }>("ec2.subnets").get(subnetId)?.zone;

/** Reads what `sandbox fail <kind> <about>` was given. Throws `usage` for anything else. */
export function parseFailure(kind: string, about = ""): Failure {
  const what = Object.hasOwn(KINDS, kind) ? KINDS[kind as Failure["kind"]] : null;
  if (what === null)
    throw new BuddyError({
      code: "usage",
      message: `the sandbox cannot fail "${kind}"`,
      hint: `It can fail: ${Object.entries(KINDS)
        .map(([name, of]) => (of ? `${name} (${of})` : name))
        .join("; ")}.`,
    });
  if ((what !== undefined) !== (about !== ""))
    throw new BuddyError({
      code: "usage",
      message: what ? `"sandbox fail ${kind}" needs ${what}` : `"sandbox fail ${kind}" is about nothing more`,
    });
  return { kind: kind as Failure["kind"], about };
}

/** Orders a failure. What stands in a failed zone stops answering at once. */
export function fail(sim: Sim, failure: Failure): void {
  const { world } = sim;
  const others = (world.failures ?? []).filter((one) => !same(one, failure));
  world.failures = [...others, { ...failure, from: sim.now }];
  if (failure.kind === "az") checkZoneSoon(sim, failure.about);
}

/** Takes failures back, all or those of a kind. What they have broken stays broken; what is in a zone answers again. */
export function mend(world: World, kind?: string): void {
  const ended = (world.failures ?? []).filter((one) => kind === undefined || one.kind === kind);
  world.failures = (world.failures ?? []).filter((one) => !ended.includes(one));
  for (const one of ended) if (one.kind === "az") checkZoneSoon(simAt(world, world.time), one.about);
}

/** Load balancers notice at their next check what has become of the zone's instances. */
function checkZoneSoon(sim: Sim, zone: string): void {
  for (const { id, subnetId } of instances(sim).all()) if (zoneOf(sim, subnetId) === zone) checkTargetsSoon(sim, id);
}

/** Since when the subnet's zone is lost, milliseconds since 1970: nothing in it reaches anybody, or is reached. Undefined: it is not. */
export function lostSince(sim: Sim, subnetId: string): number | undefined {
  const lost = (sim.world.failures ?? []).filter(({ kind }) => kind === "az");
  if (lost.length === 0) return undefined;
  const zone = zoneOf(sim, subnetId);
  return lost.find(({ about }) => about === zone)?.from;
}

const same = (one: Pick<Failure, "kind" | "about">, other: Pick<Failure, "kind" | "about">) =>
  one.kind === other.kind && one.about === other.about;
const failing = ({ world }: Sim, kind: Failure["kind"], about = ""): boolean =>
  (world.failures ?? []).some((one) => same(one, { kind, about }));

/** Throws what EC2 answers to a launch that it cannot take (EC2 API reference, error codes). */
export function refuseLaunch(sim: Sim, type: string, zone: string): void {
  if (failing(sim, "capacity", type) || failing(sim, "az", zone))
    throw awsError(
      "InsufficientInstanceCapacity",
      `We currently do not have sufficient ${type} capacity in the Availability Zone you requested (${zone}). Our system will be working on provisioning additional capacity.`,
      { status: 500 },
    );
}

/** Lets a failure happen in place of what was due. True: it has. */
export function failsInstead(sim: Sim, { name, about }: Timer): boolean {
  switch (name) {
    case "ec2:instance-running": {
      const instance = instances(sim).get(about);
      if (!instance || !failing(sim, "launch", instance.instanceType)) return false;
      sim.table("ec2.interfaces").removeNow(instance.interfaceId);
      const reason = { code: "Server.InternalError", message: "Server.InternalError: Internal error on launch" };
      instances(sim).putNow(about, { ...instance, ...{ state: "terminated", stateReason: reason, publicIp: null } });
      sim.after(3_600_000, "ec2:instance-forgotten", about);
      return true;
    }
    case "ec2:machine": {
      const instance = instances(sim).get(about);
      const marked = sim.table<{ readonly tags: Readonly<Record<string, string>> }>("ec2.tags").get(about)?.tags;
      if (instance?.state !== "running" || !marked?.["buddyverse:image-marker"] || !failing(sim, "builder"))
        return false;
      const said = `${instance.console}E: Failed to fetch http://archive.ubuntu.com/ubuntu: 503 Service Unavailable\nBUDDYVERSE-SETUP FAILED: apt-get install apache2\n`;
      instances(sim).putNow(about, { ...instance, ...{ console: said, state: "stopping" } });
      sim.after(30_000, "ec2:instance-stopped", about);
      return true;
    }
    case "rds:created": {
      const table = sim.table<{ readonly status: string }>("rds.databases");
      const database = table.get(about);
      if (!database || !failing(sim, "database", about)) return false;
      table.putNow(about, { ...database, status: "failed" });
      return true;
    }
    case "efs:target-available":
      return failing(sim, "mount-target");
    case "acm:look":
      return failing(sim, "certificate");
    default:
      return false;
  }
}
