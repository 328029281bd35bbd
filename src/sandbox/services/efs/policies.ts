import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { systemTable } from "./tables.ts";

/* What others hang on a file system: its policy, which the mounts here do not go by, and access points. */

interface AccessPoint {
  readonly id: string;
  readonly fileSystemId: string;
  readonly name: string | null;
  readonly path: string;
}
const policyTable = (sim: Sim) => sim.table<{ readonly fileSystemId: string; readonly policy: string }>("efs.policies");
const pointTable = (sim: Sim) => sim.table<AccessPoint>("efs.accessPoints");

function known(sim: Sim, id: string): string {
  if (!systemTable(sim).visible(id))
    throw awsError("FileSystemNotFound", `File system '${id}' does not exist.`, { status: 404 });
  return id;
}
const FileSystemId = z.string();

/** They go with the file system. */
export function dropPolicies(sim: Sim, id: string): void {
  if (policyTable(sim).get(id)) policyTable(sim).removeNow(id);
  for (const one of pointTable(sim).all()) if (one.fileSystemId === id) pointTable(sim).removeNow(one.id);
}

export const policies: SandboxService = {
  operations: {
    PutFileSystemPolicy: operation(
      { FileSystemId, Policy: z.string(), BypassPolicyLockoutSafetyCheck: z.boolean().optional() },
      (input, sim) => {
        const fileSystemId = known(sim, input.FileSystemId);
        try {
          JSON.parse(input.Policy);
        } catch {
          throw awsError("InvalidPolicyException", "The policy is not valid JSON.");
        }
        policyTable(sim).put(fileSystemId, { fileSystemId, policy: input.Policy });
        return { FileSystemId: fileSystemId, Policy: input.Policy };
      },
    ),
    DescribeFileSystemPolicy: operation({ FileSystemId }, (input, sim) => {
      const id = known(sim, input.FileSystemId);
      const found = policyTable(sim).visible(id);
      if (!found) throw awsError("PolicyNotFound", `Policy for file system '${id}' was not found.`, { status: 404 });
      return { FileSystemId: id, Policy: found.policy };
    }),
    DeleteFileSystemPolicy: operation({ FileSystemId }, (input, sim) => {
      policyTable(sim).remove(known(sim, input.FileSystemId));
      return {};
    }),
    CreateAccessPoint: operation(
      {
        ClientToken: z.string(),
        FileSystemId,
        Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
        RootDirectory: z.strictObject({ Path: z.string().optional() }).optional(),
      },
      (input, sim) => {
        const id = sim.id("fsap");
        const name = input.Tags?.find(({ Key }) => Key === "Name")?.Value ?? null;
        const path = input.RootDirectory?.Path ?? "/";
        pointTable(sim).put(id, { id, fileSystemId: known(sim, input.FileSystemId), name, path });
        return { AccessPointId: id, LifeCycleState: "creating" };
      },
    ),
    DescribeAccessPoints: operation(
      { FileSystemId: z.string(), MaxResults: z.number().int().optional(), NextToken: z.string().optional() },
      (input, sim) => ({
        AccessPoints: pointTable(sim)
          .allVisible()
          .filter(({ fileSystemId }) => fileSystemId === known(sim, input.FileSystemId))
          .map(({ id, fileSystemId, name, path }) => ({
            AccessPointId: id,
            FileSystemId: fileSystemId,
            RootDirectory: { Path: path },
            LifeCycleState: "available",
            ...(name === null ? {} : { Name: name, Tags: [{ Key: "Name", Value: name }] }),
          })),
      }),
    ),
    DeleteAccessPoint: operation({ AccessPointId: z.string() }, ({ AccessPointId }, sim) => {
      if (!pointTable(sim).get(AccessPointId))
        throw awsError("AccessPointNotFound", `Access point '${AccessPointId}' does not exist.`, { status: 404 });
      pointTable(sim).remove(AccessPointId);
      return {};
    }),
  },
};
