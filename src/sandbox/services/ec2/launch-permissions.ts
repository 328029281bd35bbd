import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { imageTable, snapshotTable } from "./tables.ts";

/* With whom images and snapshots are shared: other accounts, or everybody ("all"). */

const table = (sim: Sim) => sim.table<{ readonly id: string; readonly with: readonly string[] }>("ec2.sharedWith");
const sharedWith = (sim: Sim, id: string): readonly string[] => table(sim).visible(id)?.with ?? [];

const one = z.strictObject({ UserId: z.string().optional(), Group: z.literal("all").optional() });
const change = z.strictObject({ Add: z.array(one).optional(), Remove: z.array(one).optional() });
const shown = (sim: Sim, id: string) =>
  sharedWith(sim, id).map((who) => (who === "all" ? { Group: "all" } : { UserId: who }));

function apply(sim: Sim, id: string, { Add = [], Remove = [] }: z.infer<typeof change>): void {
  const name = ({ UserId, Group }: z.infer<typeof one>) => Group ?? UserId ?? "";
  const gone = new Set(Remove.map(name));
  const all = [...new Set([...sharedWith(sim, id), ...Add.map(name)])].filter((who) => !gone.has(who));
  table(sim).put(id, { id, with: all });
}

/** True when everybody may start it: DescribeImages says so, too. */
export const isPublic = (sim: Sim, id: string): boolean => sharedWith(sim, id).includes("all");

function image(sim: Sim, id: string): string {
  if (!imageTable(sim).visible(id)) throw awsError("InvalidAMIID.NotFound", `The image id '[${id}]' does not exist`);
  return id;
}
function snapshot(sim: Sim, id: string): string {
  if (!snapshotTable(sim).visible(id))
    throw awsError("InvalidSnapshot.NotFound", `The snapshot '${id}' does not exist.`);
  return id;
}

export const launchPermissions: SandboxService = {
  operations: {
    ModifyImageAttribute: operation({ ImageId: z.string(), LaunchPermission: change }, (input, sim) => {
      apply(sim, image(sim, input.ImageId), input.LaunchPermission);
      return {};
    }),
    DescribeImageAttribute: operation(
      { ImageId: z.string(), Attribute: z.literal("launchPermission") },
      ({ ImageId }, sim) => ({ ImageId, LaunchPermissions: shown(sim, image(sim, ImageId)) }),
    ),
    ModifySnapshotAttribute: operation(
      {
        SnapshotId: z.string(),
        Attribute: z.literal("createVolumePermission").optional(),
        CreateVolumePermission: change,
      },
      (input, sim) => {
        apply(sim, snapshot(sim, input.SnapshotId), input.CreateVolumePermission);
        return {};
      },
    ),
    DescribeSnapshotAttribute: operation(
      { SnapshotId: z.string(), Attribute: z.literal("createVolumePermission") },
      ({ SnapshotId }, sim) => ({ SnapshotId, CreateVolumePermissions: shown(sim, snapshot(sim, SnapshotId)) }),
    ),
  },
};
