import { BuddyError } from "../lib/errors.ts";
import { awsError } from "./service.ts";
import type { Sim, Timer, World } from "./world.ts";

/** Something that goes wrong in the sandbox from when it is ordered until it is mended. */
export interface Failure {
  readonly kind: keyof typeof KINDS;
  /** What it is about: an instance type, a zone, a database; "" for kinds that are about nothing. */
  readonly about: string;
}

/** The sorts of failure, and what each is about. */
const KINDS = {
  capacity: "an instance type, as t3.micro: AWS has none of it (InsufficientInstanceCapacity)",
  az: "a zone, as ap-northeast-2a: its instances stop answering, and none can be started there",
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

/** Orders a failure. What stands already in a failed zone stops answering at once. */
export function fail(sim: Sim, failure: Failure): void {
  const { world } = sim;
  world.failures = [...(world.failures ?? []).filter((one) => !same(one, failure)), failure];
  if (failure.kind !== "az") return;
  for (const one of instances(sim).all())
    if (zoneOf(sim, one.subnetId) === failure.about)
      instances(sim).putNow(one.id, { ...one, ...{ httpFrom: null, routesFrom: null } });
}

/** Takes failures back, all or those of a kind; what they have broken stays broken. */
export function mend(world: World, kind?: string): void {
  world.failures = kind === undefined ? [] : (world.failures ?? []).filter((one) => one.kind !== kind);
}

const same = (one: Failure, other: Failure) => one.kind === other.kind && one.about === other.about;
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
      if (!instance || instance.state !== "running" || !marked?.["buddyverse:image-marker"] || !failing(sim, "builder"))
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
