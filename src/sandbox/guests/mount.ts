import { lostAt, ranAt } from "../services/ec2/metrics.ts";
import { groupsPermit } from "../services/ec2/reach.ts";
import { type Instance, instanceTable, interfaceTable, subnetTable, vpcTable } from "../services/ec2/tables.ts";
import { lostSince } from "../services/ec2/zones.ts";
import { targetTable } from "../services/efs/tables.ts";
import type { Sim } from "../world.ts";

/** Why the file system cannot be used from there; undefined: it can. */
export function notMounted(sim: Sim, instance: Instance, fileSystemId: string): string | undefined {
  const { zone, vpcId } = subnetTable(sim).get(instance.subnetId) ?? {};
  const vpc = vpcTable(sim).get(vpcId ?? "");
  // It is mounted by its name (EFS user guide, "Mounting on Amazon EC2 with a DNS name").
  if (!vpc?.dnsSupport || !vpc.dnsHostnames) return `the name of ${fileSystemId} does not resolve in ${vpcId}`;
  if (lostSince(sim, instance.subnetId) !== undefined) return `${zone} is lost`;
  const target = targetTable(sim)
    .all()
    .find((one) => one.fileSystemId === fileSystemId && one.zone === zone);
  if (target?.state !== "available") return `${fileSystemId} has no available mount target in ${zone}`;
  const groupIds = interfaceTable(sim).get(target.interfaceId)?.groupIds ?? [];
  const nfs = { protocol: "tcp", port: 2049 } as const;
  const here = { address: instance.privateIp, groupIds: instance.groupIds };
  return groupsPermit(sim, groupIds, "inbound", nfs, here) &&
    groupsPermit(sim, instance.groupIds, "outbound", nfs, { address: target.address, groupIds })
    ? undefined
    : `the security groups do not let ${instance.id} reach ${fileSystemId} at port 2049`;
}

/** The file system at /mnt/efs; undefined: nothing is mounted. `why`: it is mounted and does not answer. */
export function mounted(
  sim: Sim,
  instance: Instance,
): { readonly fileSystemId: string; readonly why: string | undefined } | undefined {
  if (instance.state !== "running" || instance.mount === null) return undefined;
  const { fileSystemId } = instance.mount;
  return { fileSystemId, why: notMounted(sim, instance, fileSystemId) };
}

/** Web instances whose boot was done: each keeps a connection to every database, and one to the file system. */
export const webInstancesAt = (sim: Sim, fileSystemId?: string) => {
  const all = instanceTable(sim)
    .all()
    .filter(({ mount }) => mount !== null && (fileSystemId === undefined || mount.fileSystemId === fileSystemId));
  return (at: number) =>
    all.filter((one) => ranAt(one, at) && !lostAt(sim, one.subnetId, at) && (one.mount?.from ?? 0) <= at).length;
};
