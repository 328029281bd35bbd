import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import { filters, page, passes, tagsOf } from "./shared.ts";
import { instanceTable, subnetTable } from "./tables.ts";

/** Each instance has one volume, its root; it goes with its instance. */
export const volumes: SandboxService = {
  operations: {
    DescribeVolumes: operation(
      {
        VolumeIds: z.array(z.string()).max(1000).optional(),
        Filters: filters,
        MaxResults: z.number().int().min(5).max(1000).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const all = instanceTable(sim)
          .allVisible()
          .filter(({ state }) => state !== "terminated");
        for (const id of input.VolumeIds ?? []) {
          if (!/^vol-[0-9a-f]{8,17}$/.test(id))
            throw awsError(
              "InvalidParameterValue",
              `Value (${id}) for parameter volumes is invalid. Expected: 'vol-...'.`,
            );
          if (!all.some(({ volumeId }) => volumeId === id))
            throw awsError("InvalidVolume.NotFound", `The volume '${id}' does not exist.`);
        }
        const found = all
          .filter(({ volumeId }) => input.VolumeIds?.includes(volumeId) ?? true)
          .filter((one) =>
            passes(sim, one.volumeId, input.Filters, {
              "volume-id": [one.volumeId],
              "attachment.instance-id": [one.id],
              encrypted: [String(one.encrypted)],
            }),
          );
        const { items, NextToken } = page(found, input);
        return {
          Volumes: items.map((one) => ({
            VolumeId: one.volumeId,
            Size: one.volumeGiB,
            VolumeType: one.volumeType,
            Encrypted: one.encrypted,
            State: "in-use",
            AvailabilityZone: subnetTable(sim).get(one.subnetId)?.zone,
            CreateTime: new Date(one.launchedAt),
            Attachments: [{ InstanceId: one.id, VolumeId: one.volumeId, State: "attached", DeleteOnTermination: true }],
            Tags: tagsOf(sim, one.volumeId),
          })),
          NextToken,
        };
      },
    ),
  },
};
