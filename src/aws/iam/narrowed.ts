import type { Narrowed, PolicyScope } from "../permissions.ts";

const onRoles = (names: readonly string[], { arn }: PolicyScope) => names.map((name) => arn(`iam::*:role/${name}`));

/** The names of the stack's roles, by the service that may take them. */
function rolesByService({ inputs }: PolicyScope): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, Set<string>>();
  for (const { RoleName, AssumeRolePolicyDocument } of inputs("CreateRole"))
    for (const [, service = ""] of String(AssumeRolePolicyDocument).matchAll(/"Service":"([^"]+)"/g))
      names.set(service, (names.get(service) ?? new Set()).add(String(RoleName)));
  return new Map([...names].sort().map(([service, roles]) => [service, [...roles].sort()]));
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** What may be done to the stack's own roles and instance profile, and to no others. */
export function narrowed(scope: PolicyScope): readonly Narrowed[] {
  const { arn, needs, inputs, values, linkedRoles } = scope;
  const profiles = values("InstanceProfileName").map((name) => arn(`iam::*:instance-profile/${name}`));
  // The simulator is asked about the caller, whoever that is; a role's ARN must be looked up for it.
  const aboutCaller = needs("iam:SimulatePrincipalPolicy") ? ["GetRole", "SimulatePrincipalPolicy"] : [];
  const attached = inputs("AttachRolePolicy");
  const each = (parameter: string) => [...new Set(attached.map((input) => String(input[parameter])))].sort();
  return [
    { takes: (action) => aboutCaller.includes(action), statements: [{ Sid: "Caller", Resource: "*" }] },
    {
      takes: (action) => action === "PassRole",
      statements: [...rolesByService(scope)].map(([service, names]) => ({
        Sid: `RolePass${capital(service.split(".")[0] ?? "")}`,
        Resource: onRoles(names, scope),
        Condition: { StringEquals: { "iam:PassedToService": service } },
      })),
    },
    {
      takes: (action) => action === "AttachRolePolicy",
      statements: [
        {
          Sid: "RolePolicies",
          Resource: onRoles(each("RoleName"), scope),
          Condition: { StringEquals: { "iam:PolicyARN": each("PolicyArn") } },
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
    { takes: () => true, statements: [{ Sid: "Roles", Resource: onRoles(values("RoleName"), scope) }] },
  ];
}
