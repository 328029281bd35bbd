import { awsError, type FailureKind } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { instanceTypes, zonesOf } from "./offerings.ts";
import { subnetTable } from "./tables.ts";

/** Since when the subnet's zone is lost, milliseconds since 1970: nothing in it reaches anybody, or is reached. Undefined: it is not. */
export function lostSince(sim: Sim, subnetId: string): number | undefined {
  const zone = subnetTable(sim).get(subnetId)?.zone;
  return zone === undefined ? undefined : sim.failing("az", zone);
}

/** Throws what EC2 answers to a launch that it cannot take (EC2 API reference, error codes). */
export function checkCapacity(sim: Sim, type: string, zone: string): void {
  if (sim.failing("capacity", type) === undefined && sim.failing("az", zone) === undefined) return;
  throw awsError(
    "InsufficientInstanceCapacity",
    `We currently do not have sufficient ${type} capacity in the Availability Zone you requested (${zone}). Our system will be working on provisioning additional capacity.`,
    { status: 500 },
  );
}

/** Throws what EC2 answers to launches of an account that AWS has not verified yet (galaxyproject/cloudlaunch#150). */
export function checkVerified(sim: Sim): void {
  if (sim.failing("verification") === undefined) return;
  throw awsError(
    "PendingVerification",
    "Your account is currently being verified. Verification normally takes less than 2 hours. Until your account is verified, you may not be able to launch additional instances or create additional volumes.",
  );
}

export const launchFailures: Readonly<Record<string, FailureKind>> = {
  capacity: {
    about: "an instance type, as t3.micro: AWS has none of it (InsufficientInstanceCapacity)",
    oneOf: instanceTypes,
  },
  az: {
    about: "a zone, as ap-northeast-2a: nothing in it answers, and no instance can be started there",
    oneOf: zonesOf,
    changed: (zone, sim) => sim.tell("zoneChanged", zone),
  },
  launch: {
    about: "an instance type: its instances are taken, and terminated while they start",
    oneOf: instanceTypes,
  },
  verification: {},
};
