import { linkedPrincipal, servicePrincipal } from "../partition.ts";
import type { Narrowed, PolicyScope } from "../permissions.ts";

/** What may be done to the stack's own roles and instance profile, and to no others. */
export function narrowed({ region, arn, needs, values, linkedRoles }: PolicyScope): readonly Narrowed[] {
  const roles = values("RoleName").map((name) => arn(`iam::*:role/${name}`));
  const profiles = values("InstanceProfileName").map((name) => arn(`iam::*:instance-profile/${name}`));
  // The simulator is asked about the caller, whoever that is; a role's ARN must be looked up for it.
  const aboutCaller = needs("iam:SimulatePrincipalPolicy") ? ["GetRole", "SimulatePrincipalPolicy"] : [];
  return [
    { takes: (action) => aboutCaller.includes(action), statements: [{ Sid: "Caller", Resource: "*" }] },
    {
      takes: (action) => action === "PassRole",
      statements: [
        {
          Sid: "RolePass",
          Resource: roles,
          Condition: {
            StringEquals: { "iam:PassedToService": [servicePrincipal(region, "ec2"), linkedPrincipal("backup")] },
          },
        },
      ],
    },
    {
      takes: (action) => action === "CreateServiceLinkedRole",
      statements: [
        {
          Sid: "ServiceLinkedRoles",
          Resource: arn("iam::*:role/aws-service-role/*"),
          Condition: { StringEquals: { "iam:AWSServiceName": linkedRoles } },
        },
      ],
    },
    {
      takes: (action) => action.endsWith("InstanceProfile"),
      statements: [{ Sid: "InstanceProfile", Resource: profiles }],
    },
    { takes: () => true, statements: [{ Sid: "Roles", Resource: roles }] },
  ];
}
