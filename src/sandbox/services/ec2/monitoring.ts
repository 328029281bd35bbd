import * as z from "zod";
import { operation, type SandboxService } from "../../service.ts";
import { changeInstance, instanceFor } from "./instance-states.ts";

/** Detailed monitoring of instances that run. */
export const monitoring = {
  operations: {
    MonitorInstances: operation({ InstanceIds: z.array(z.string()).min(1) }, ({ InstanceIds }, sim) => {
      for (const { id } of InstanceIds.map((one) => instanceFor(sim, one)))
        changeInstance(sim, id, { monitoring: true });
      return {
        InstanceMonitorings: InstanceIds.map((InstanceId) => ({ InstanceId, Monitoring: { State: "pending" } })),
      };
    }),
  },
} satisfies Partial<SandboxService>;
