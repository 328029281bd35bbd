import * as z from "zod";
import { operation, type SandboxService } from "../../service.ts";
import { live } from "./life.ts";
import { track } from "./policies.ts";
import { groupFor, groupTable, invalid, memberTable, PROCESSES } from "./tables.ts";

const name = z.string().min(1).max(255);
const processNames = z.array(z.enum(PROCESSES)).min(1).optional();

/** What a person tells a group to leave, or of an instance's health. */
export const processes: SandboxService = {
  operations: {
    // Without names all of them (API reference).
    SuspendProcesses: operation({ AutoScalingGroupName: name, ScalingProcesses: processNames }, (input, sim) => {
      const group = groupFor(sim, input.AutoScalingGroupName);
      const { suspended = [] } = group;
      const reason = `User suspended at ${new Date(sim.now).toISOString().replace(/\.\d+/, "")}`;
      const more = (input.ScalingProcesses ?? PROCESSES)
        .filter((process) => suspended.every((one) => one.process !== process))
        .map((process) => ({ process, reason }));
      groupTable(sim).put(group.name, { ...group, suspended: [...suspended, ...more] });
      return {};
    }),

    ResumeProcesses: operation({ AutoScalingGroupName: name, ScalingProcesses: processNames }, (input, sim) => {
      const group = groupFor(sim, input.AutoScalingGroupName);
      const resumed: readonly string[] = input.ScalingProcesses ?? PROCESSES;
      const suspended = (group.suspended ?? []).filter(({ process }) => !resumed.includes(process));
      groupTable(sim).put(group.name, { ...group, suspended });
      track(sim, group.name);
      live(sim, group.name);
      return {};
    }),

    SetInstanceHealth: operation(
      {
        InstanceId: z.string().min(1).max(19),
        HealthStatus: z.enum(["Healthy", "Unhealthy"]),
        ShouldRespectGracePeriod: z.boolean().optional(),
      },
      ({ InstanceId, HealthStatus, ShouldRespectGracePeriod = true }, sim) => {
        const member = memberTable(sim).get(InstanceId);
        if (!member) throw invalid(`Instance Id not found - No managed instance found for instance ID ${InstanceId}`);
        const graceSeconds = groupTable(sim).get(member.group)?.graceSeconds ?? 0;
        const age = Math.floor((sim.now - member.launchedAt) / 1_000);
        // The words: aws/aws-cli#171.
        if (HealthStatus === "Unhealthy" && ShouldRespectGracePeriod && age < graceSeconds)
          throw invalid(
            `The age of the instance (${age} seconds) is less than the configured grace period of ${graceSeconds} seconds`,
          );
        memberTable(sim).put(InstanceId, { ...member, health: HealthStatus });
        live(sim, member.group);
        return {};
      },
    ),
  },
};
