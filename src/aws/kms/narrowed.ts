import { linkedPrincipal, servicePrincipal } from "../partition.ts";
import type { Condition, Narrowed, PolicyScope } from "../permissions.ts";

/** Statements about keys, by their names: those that the config gives by ARN, and those that have an alias. */
function aboutKeys(
  { region, arn }: PolicyScope,
  names: readonly string[],
  Sid: string,
  more: Condition = {},
): Narrowed["statements"] {
  const arns = names.filter((name) => name.includes(":key/"));
  const aliases = names.filter((name) => !arns.includes(name));
  // Of an alias in another account the ARN says whose it is.
  const owner = (name: string) => (name.startsWith("arn:") ? name.split(":")[4] : "*");
  const byAlias = {
    ...more,
    // Not kms:RequestAlias: services name the key by its ARN (developer guide, "Use aliases to control access to KMS keys").
    "ForAnyValue:StringEquals": { "kms:ResourceAliases": aliases.map((name) => name.replace(/^arn:.*:/, "")) },
  };
  return [
    ...(arns.length > 0 ? [{ Sid, Resource: arns, ...(Object.keys(more).length > 0 ? { Condition: more } : {}) }] : []),
    ...(aliases.length > 0
      ? [
          {
            Sid: `${Sid}ByAlias`,
            Resource: [...new Set(aliases.map((name) => arn(`kms:${region}:${owner(name)}:key/*`)))],
            Condition: byAlias,
          },
        ]
      : []),
  ];
}

/**
 * Keys are looked at, and given to the services that encrypt with them in the caller's name: through these only, and only where
 * the grant is for a resource of AWS (RDS user guide, "AWS KMS key management"; KMS developer guide, kms:ViaService and
 * kms:GrantIsForAWSResource).
 */
export function narrowed(scope: PolicyScope): readonly Narrowed[] {
  const { region, arn, needs, values, usersOf } = scope;
  const through = (prefix: string): Condition => {
    const service = `${prefix}.${region}`;
    // Nobody says which of the two names it has in China: there both are allowed.
    const names = [...new Set([linkedPrincipal(service), servicePrincipal(region, service)])];
    return { StringEquals: { "kms:ViaService": names } };
  };
  const users = usersOf("KmsKeyId");
  const forResources = { Bool: { "kms:GrantIsForAWSResource": "true" } };
  // RDS does the rest by its grant; EFS asks for it in the caller's name (EFS user guide, "Using AWS KMS keys for Amazon EFS").
  const files = users
    .filter(({ prefix }) => prefix === "elasticfilesystem")
    .flatMap(({ prefix, values }) => aboutKeys(scope, values, "UseKeys", through(prefix)));
  // A vault's is AWS's own, aws/backup, whose id nobody knows before; its policy wants the same condition.
  const vaults = needs("backup:CreateBackupVault")
    ? [{ Sid: "BackupKey", Resource: arn(`kms:${region}:*:key/*`), Condition: through("backup") }]
    : [];
  return [
    {
      takes: (action) => action === "DescribeKey",
      statements: [...aboutKeys(scope, values("KeyId"), "LookAtKeys"), ...vaults],
    },
    {
      takes: (action) => action === "CreateGrant",
      statements: [
        ...users.flatMap(({ prefix, values }) =>
          aboutKeys(scope, values, `GrantKeysTo${prefix}`, { ...through(prefix), ...forResources }),
        ),
        ...vaults,
      ],
    },
    { takes: (action) => action === "Decrypt", statements: [...files, ...vaults] },
    { takes: (action) => ["GenerateDataKey", "RetireGrant"].includes(action), statements: vaults },
    { takes: () => true, statements: files },
  ];
}
