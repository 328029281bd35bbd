import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import { burstable } from "./burstable.ts";
import { instanceFor } from "./instance-states.ts";
import { type Instance, instanceTable } from "./tables.ts";

export type CreditOption = Instance["cpuCredits"][number]["mode"];

/** As RunInstances says it for both options (hashicorp/terraform-provider-aws#5067). */
export const creditsNotSupported = (instanceType: string): Error =>
  awsError(
    "InstanceCreditSpecification.NotSupported",
    `The ${instanceType} instance type does not support T2 Unlimited.`,
  );

/** The option of a new instance: what its launch asks for, else AWS's default for the family. */
export const creditsAtLaunch = (
  instanceType: string,
  asked: CreditOption | null | undefined,
  now: number,
): Instance["cpuCredits"] =>
  burstable(instanceType)
    ? [{ from: now, mode: asked ?? (instanceType.startsWith("t2.") ? "standard" : "unlimited") }]
    : [];

const option = z.enum(["standard", "unlimited"]);

export const credits: SandboxService = {
  operations: {
    // Without ids AWS lists those in unlimited mode (EC2 API reference); the sandbox is asked for some by id.
    DescribeInstanceCreditSpecifications: operation(
      { InstanceIds: z.array(z.string()).min(1).max(1000) },
      ({ InstanceIds }, sim) => ({
        InstanceCreditSpecifications: InstanceIds.map((id) => instanceFor(sim, id)).flatMap(({ id, cpuCredits }) => {
          const CpuCredits = cpuCredits.at(-1)?.mode;
          return CpuCredits ? [{ InstanceId: id, CpuCredits }] : [];
        }),
      }),
    ),
    // The call succeeds as a whole; which instances it changed is in the answer (EC2 API reference).
    ModifyInstanceCreditSpecification: operation(
      {
        ClientToken: z.string().optional(),
        InstanceCreditSpecifications: z.array(z.strictObject({ InstanceId: z.string(), CpuCredits: option })).min(1),
      },
      (input, sim) => {
        const results = input.InstanceCreditSpecifications.map(({ InstanceId, CpuCredits }) => {
          const instance = instanceTable(sim).visible(InstanceId) && instanceTable(sim).get(InstanceId);
          const refused = !instance
            ? ["InvalidInstanceID.NotFound", `The instance ID '${InstanceId}' does not exist`]
            : !burstable(instance.instanceType)
              ? ["InstanceCreditSpecification.NotSupported", `${instance.instanceType} is not burstable`]
              : instance.state !== "running" && instance.state !== "stopped"
                ? ["IncorrectInstanceState", `The instance '${InstanceId}' is in state ${instance.state}.`]
                : undefined;
          if (instance && !refused)
            instanceTable(sim).putNow(InstanceId, {
              ...instance,
              cpuCredits: [...instance.cpuCredits, { from: sim.now, mode: CpuCredits }],
            });
          return { InstanceId, refused };
        });
        return {
          SuccessfulInstanceCreditSpecifications: results.flatMap(({ InstanceId, refused }) =>
            refused ? [] : [{ InstanceId }],
          ),
          UnsuccessfulInstanceCreditSpecifications: results.flatMap(({ InstanceId, refused }) =>
            refused ? [{ InstanceId, Error: { Code: refused[0], Message: refused[1] } }] : [],
          ),
        };
      },
    ),
  },
};
