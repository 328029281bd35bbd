import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { instanceFor } from "./instance-states.ts";
import { checkedProfile } from "./launch.ts";
import { filters, passes } from "./shared.ts";
import { type Instance, instanceTable } from "./tables.ts";

/* Which role an instance has may be changed while it runs. */

const profile = z.strictObject({ Name: z.string().optional(), Arn: z.string().optional() });
const associationOf = ({ id, profileAssociation }: Instance) => profileAssociation ?? `iip-assoc-${id.slice(2)}`;
const notFound = (id: string) => awsError("NoSuchAssociation", `An invalid association-id of '${id}' was given`);

const described = (one: Instance, profileArn: string, State: string) => ({
  AssociationId: associationOf(one),
  InstanceId: one.id,
  IamInstanceProfile: { Arn: profileArn, Id: "AIPASANDBOX" },
  State,
});
const associated = (sim: Sim, id: string): Instance => {
  const found = instanceTable(sim)
    .all()
    .find((one) => one.profileArn !== null && associationOf(one) === id);
  if (!found) throw notFound(id);
  return found;
};

function give(sim: Sim, instance: Instance, given: z.infer<typeof profile>): object {
  const profileArn = checkedProfile(sim, given.Name ?? given.Arn?.split("/").at(-1) ?? "");
  const changed = { ...instance, profileArn, profileAssociation: sim.id("iip-assoc") };
  instanceTable(sim).put(instance.id, changed);
  return { IamInstanceProfileAssociation: described(changed, profileArn, "associating") };
}

export const instanceProfiles: SandboxService = {
  operations: {
    AssociateIamInstanceProfile: operation(
      { InstanceId: z.string(), IamInstanceProfile: profile },
      ({ InstanceId, IamInstanceProfile }, sim) => {
        const instance = instanceFor(sim, InstanceId);
        // The words: hashicorp/terraform-provider-aws and others.
        if (instance.profileArn !== null)
          throw awsError("IncorrectState", `There is an existing association for instance ${InstanceId}`);
        return give(sim, instance, IamInstanceProfile);
      },
    ),
    ReplaceIamInstanceProfileAssociation: operation(
      { AssociationId: z.string(), IamInstanceProfile: profile },
      ({ AssociationId, IamInstanceProfile }, sim) => give(sim, associated(sim, AssociationId), IamInstanceProfile),
    ),
    DisassociateIamInstanceProfile: operation({ AssociationId: z.string() }, ({ AssociationId }, sim) => {
      const instance = associated(sim, AssociationId);
      instanceTable(sim).put(instance.id, { ...instance, profileArn: null });
      return { IamInstanceProfileAssociation: described(instance, instance.profileArn ?? "", "disassociating") };
    }),
    DescribeIamInstanceProfileAssociations: operation(
      { AssociationIds: z.array(z.string()).optional(), Filters: filters },
      (input, sim) => ({
        IamInstanceProfileAssociations: instanceTable(sim)
          .allVisible()
          .filter((one) => one.profileArn !== null && one.state !== "terminated")
          .filter((one) => !input.AssociationIds || input.AssociationIds.includes(associationOf(one)))
          .filter((one) => passes(sim, one.id, input.Filters, { "instance-id": [one.id], state: ["associated"] }))
          .map((one) => described(one, one.profileArn ?? "", "associated")),
      }),
    ),
  },
};
