import * as z from "zod";
import { arnIn, partitionOf, servicePrincipal } from "../../../aws/partition.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { durations, ms } from "./durations.ts";
import { linkedRoles } from "./linked-roles.ts";

interface Role {
  readonly name: string;
  readonly id: string;
  readonly description: string;
  readonly trust: string;
  readonly inline: Readonly<Record<string, string>>;
  /** ARNs of attached managed policies. */
  readonly attached: readonly string[];
  /** The ARN of the policy beyond which it may do nothing; absent: none. */
  readonly boundary?: string;
  /** Seconds; absent: an hour. */
  readonly maxSession?: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
}
interface Profile {
  readonly name: string;
  readonly id: string;
  readonly role: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
  /** When the role was put in. */
  readonly roleAt: number;
}

// Names are unique in the account whatever their case.
const key = (name: string) => name.toLowerCase();
const roleArn = (sim: Sim, name: string) => `arn:${partitionOf(sim.region).name}:iam::${sim.account}:role/${name}`;
const roleTable = (sim: Sim) => sim.table<Role>("iam.roles");
const profileTable = (sim: Sim) => sim.table<Profile>("iam.profiles");

interface Statement {
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
}

/** AWS's managed policies that the sandbox knows, as far as its machines and services use them. */
const MANAGED: Readonly<Record<string, readonly Statement[]>> = {
  "iam::aws:policy/AdministratorAccess": [{ Effect: "Allow", Action: "*", Resource: "*" }],
  // A part of it: it goes over hundreds of services.
  "iam::aws:policy/ReadOnlyAccess": [
    { Effect: "Allow", Action: ["s3:Get*", "ssm:Get*", "ec2:Describe*"], Resource: "*" },
  ],
  "iam::aws:policy/AmazonSSMManagedInstanceCore": [
    {
      Effect: "Allow",
      Action: [
        "ssm:UpdateInstanceInformation",
        "ssm:GetParameter",
        "ssm:GetParameters",
        "ssmmessages:*",
        "ec2messages:*",
      ],
      Resource: "*",
    },
  ],
  "iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup": [
    { Effect: "Allow", Action: ["elasticfilesystem:Backup", "elasticfilesystem:DescribeTags"], Resource: "*" },
  ],
  "iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores": [
    {
      Effect: "Allow",
      Action: [
        "elasticfilesystem:Restore",
        "elasticfilesystem:CreateFilesystem",
        "elasticfilesystem:DescribeFilesystems",
        "elasticfilesystem:DeleteFilesystem",
        "elasticfilesystem:TagResource",
      ],
      Resource: "*",
    },
  ],
};

const conflict = (message: string) =>
  awsError("DeleteConflictException", message, { code: "DeleteConflict", status: 409 });
const noSuch = (what: string) => awsError("NoSuchEntityException", what, { code: "NoSuchEntity", status: 404 });
const exists = (what: string) =>
  awsError("EntityAlreadyExistsException", what, { code: "EntityAlreadyExists", status: 409 });
const limit = (what: string) => awsError("LimitExceededException", what, { code: "LimitExceeded", status: 409 });
const malformed = (what: string) =>
  awsError("MalformedPolicyDocumentException", what, { code: "MalformedPolicyDocument" });

/** The role as another call may refer to it: it must be visible already. */
function roleFor(sim: Sim, name: string): Role {
  const role = roleTable(sim).visible(key(name)) && roleTable(sim).get(key(name));
  if (!role) throw noSuch(`The role with name ${name} cannot be found.`);
  return role;
}
function profileFor(sim: Sim, name: string): Profile {
  const profile = profileTable(sim).visible(key(name)) && profileTable(sim).get(key(name));
  if (!profile) throw noSuch(`Instance Profile ${name} cannot be found.`);
  return profile;
}

/** True when EC2 knows the profile and its role: some seconds after IAM shows them. */
export function profileUsable(sim: Sim, name: string): boolean {
  const profile = profileTable(sim).get(key(name));
  return profile?.role != null && sim.now >= profile.roleAt + ms("profileUsable");
}

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === "string" ? [value] : value);
/** A statement names what it is about, or all but that. */
const isAbout = (these: Statement["Action"], allBut: Statement["NotAction"], one: string): boolean =>
  allBut === undefined
    ? listOf(these ?? []).some((pattern) => matches(pattern, one))
    : !listOf(allBut).some((pattern) => matches(pattern, one));
const matches = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  ).test(text);

type Decision = "allowed" | "explicitDeny" | "implicitDeny";

/** What the role's policies say of the action on the resource. */
function decisionOf(role: Role, action: string, resource: string): Decision {
  const inline = Object.values(role.inline).flatMap(
    (text) => (JSON.parse(text) as { Statement: Statement | Statement[] }).Statement,
  );
  const applying = [...inline, ...role.attached.flatMap((arn) => MANAGED[arn.replace(/^arn:[^:]*:/, "")] ?? [])].filter(
    ({ Action, NotAction, Resource, NotResource }) =>
      isAbout(Action, NotAction, action) && isAbout(Resource, NotResource, resource),
  );
  if (applying.some(({ Effect }) => Effect === "Deny")) return "explicitDeny";
  // It may do what its policies and its boundary allow both (IAM user guide, "Permissions boundaries").
  const bounds = role.boundary === undefined ? undefined : MANAGED[role.boundary.replace(/^arn:[^:]*:/, "")];
  const within = bounds?.some(
    ({ Effect, Action, NotAction, Resource, NotResource }) =>
      Effect === "Allow" && isAbout(Action, NotAction, action) && isAbout(Resource, NotResource, resource),
  );
  if (within === false) return "implicitDeny";
  return applying.some(({ Effect }) => Effect === "Allow") ? "allowed" : "implicitDeny";
}

/** True when the role of the instance profile allows the action on the resource: what a machine may do with it. */
export function profileAllows(sim: Sim, profileArn: string | null, action: string, resource: string): boolean {
  const profile = profileArn ? profileTable(sim).get(key(profileArn.split("/").at(-1) ?? "")) : undefined;
  const role = profile?.role ? roleTable(sim).get(key(profile.role)) : undefined;
  return role !== undefined && decisionOf(role, action, resource) === "allowed";
}

/** A role as a service takes it; undefined: there is none. */
export function roleOf(sim: Sim, arn: string) {
  const role = roleTable(sim).get(key(arn.split("/").at(-1) ?? ""));
  if (!role || roleArn(sim, role.name) !== arn) return undefined;
  type Trust = { readonly Principal?: { readonly Service?: string | readonly string[] } };
  const trusted = [(JSON.parse(role.trust) as { Statement: Trust | readonly Trust[] }).Statement].flat() as Trust[];
  return {
    createdAt: role.createdAt,
    trusts: (service: string) => trusted.some(({ Principal }) => listOf(Principal?.Service ?? []).includes(service)),
    allows: (action: string, resource: string) => decisionOf(role, action, resource) === "allowed",
  };
}

/** ARNs of another partition and principals that are no service of this one are refused (IAM's own words, as in aws/copilot-cli#2563). */
function checkPartition(sim: Sim, text: string): void {
  for (const [arn, partition] of text.matchAll(/arn:([^:"]*):[^"]*/g))
    if (partition !== partitionOf(sim.region).name)
      throw malformed(`Partition "${partition}" is not valid for resource "${arn}".`);
  for (const [, principal] of text.matchAll(/"Service":"(ec2\.[^"]*)"/g))
    if (principal !== servicePrincipal(sim.region, "ec2"))
      throw malformed(`Invalid principal in policy: "SERVICE":"${principal}"`);
}

function checkDocument(sim: Sim, text: string, limitChars: number): void {
  if (text.length > limitChars) throw limit(`Maximum policy size of ${limitChars} bytes exceeded`);
  try {
    const document = JSON.parse(text) as { Statement?: unknown };
    if (typeof document !== "object" || document === null || document.Statement === undefined)
      throw new Error("no statement");
  } catch {
    throw malformed("Syntax errors in policy.");
  }
  const { Statement } = JSON.parse(text) as { readonly Statement: Partial<Statement> | readonly Partial<Statement>[] };
  // IAM's words: github.com/trussworks/terraform-aws-s3-anti-virus/issues/21
  for (const { Resource = [] } of [Statement].flat())
    for (const one of listOf(Resource))
      if (one !== "*" && !one.startsWith("arn:")) throw malformed(`Resource ${one} must be in ARN format or "*".`);
  checkPartition(sim, text);
}

// IAM gives policy documents back URL-encoded (RFC 3986).
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

const text = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const tag = z.strictObject({ Key: z.string().min(1).max(128).regex(text), Value: z.string().max(256).regex(text) });
const tags = z.array(tag).max(50).optional();
type Tags = z.infer<typeof tags>;

const tagKeys = z.array(z.string().min(1).max(128)).max(50);

/** Keys of tags are the same in IAM whatever their case, and keep it (IAM user guide, "Rules for tagging in IAM and AWS STS"). */
const without = (given: Readonly<Record<string, string>>, keys: readonly string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(given).filter(([name]) => !keys.some((other) => key(other) === key(name))));
const retagged = (before: Readonly<Record<string, string>>, more: Readonly<Record<string, string>>) => ({
  ...without(before, Object.keys(more)),
  ...more,
});

function tagsFrom(list: Tags): Record<string, string> {
  const keys = (list ?? []).map(({ Key }) => Key.toLowerCase());
  if (new Set(keys).size < keys.length)
    throw awsError(
      "InvalidInputException",
      "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
      {
        code: "InvalidInput",
      },
    );
  return Object.fromEntries((list ?? []).map(({ Key, Value }) => [Key, Value]));
}
const tagList = (found: Readonly<Record<string, string>>) =>
  Object.entries(found).map(([Key, Value]) => ({ Key, Value }));

const roleName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\w+=,.@-]+$/);
const profileName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[\w+=,.@-]+$/);
const policyName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[\w+=,.@-]+$/);

const shownRole = (sim: Sim, role: Role) => ({
  Path: "/",
  RoleName: role.name,
  RoleId: role.id,
  Arn: roleArn(sim, role.name),
  CreateDate: new Date(role.createdAt),
  AssumeRolePolicyDocument: encoded(role.trust),
  Description: role.description,
  MaxSessionDuration: role.maxSession ?? 3600,
  ...(role.boundary === undefined
    ? {}
    : { PermissionsBoundary: { PermissionsBoundaryType: "Policy", PermissionsBoundaryArn: role.boundary } }),
  Tags: tagList(role.tags),
});
function shownProfile(sim: Sim, profile: Profile) {
  const role = profile.role ? roleTable(sim).get(key(profile.role)) : undefined;
  return {
    Path: "/",
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: `arn:${partitionOf(sim.region).name}:iam::${sim.account}:instance-profile/${profile.name}`,
    CreateDate: new Date(profile.createdAt),
    Roles: role ? [shownRole(sim, role)] : [],
    Tags: tagList(profile.tags),
  };
}

const change = (sim: Sim, role: Role, changes: Partial<Role>) =>
  roleTable(sim).put(key(role.name), { ...role, ...changes });

const role: SandboxService["operations"] = {
  CreateRole: operation(
    {
      RoleName: roleName,
      AssumeRolePolicyDocument: z.string().min(1),
      Description: z.string().max(1000).optional(),
      Tags: tags,
    },
    (input, sim) => {
      checkDocument(sim, input.AssumeRolePolicyDocument, 2048);
      if (roleTable(sim).get(key(input.RoleName))) throw exists(`Role with name ${input.RoleName} already exists.`);
      const made: Role = {
        name: input.RoleName,
        id: `AROA${sim.hex(17).toUpperCase()}`,
        description: input.Description ?? "",
        trust: input.AssumeRolePolicyDocument,
        inline: {},
        attached: [],
        tags: tagsFrom(input.Tags),
        createdAt: sim.now,
      };
      roleTable(sim).put(key(made.name), made);
      return { Role: shownRole(sim, made) };
    },
  ),
  GetRole: operation({ RoleName: roleName }, ({ RoleName }, sim) => {
    const found = roleTable(sim).visible(key(RoleName));
    if (!found) throw noSuch(`The role with name ${RoleName} cannot be found.`);
    return { Role: shownRole(sim, found) };
  }),
  UpdateAssumeRolePolicy: operation({ RoleName: roleName, PolicyDocument: z.string().min(1) }, (input, sim) => {
    checkDocument(sim, input.PolicyDocument, 2048);
    change(sim, roleFor(sim, input.RoleName), { trust: input.PolicyDocument });
    return {};
  }),
  UpdateRole: operation(
    {
      RoleName: roleName,
      Description: z.string().max(1000).optional(),
      MaxSessionDuration: z.number().int().min(3600).max(43_200).optional(),
    },
    (input, sim) => {
      change(sim, roleFor(sim, input.RoleName), {
        ...(input.Description === undefined ? {} : { description: input.Description }),
        ...(input.MaxSessionDuration === undefined ? {} : { maxSession: input.MaxSessionDuration }),
      });
      return {};
    },
  ),
  PutRolePermissionsBoundary: operation(
    { RoleName: roleName, PermissionsBoundary: z.string().min(20).max(2048) },
    (input, sim) => {
      const found = roleFor(sim, input.RoleName);
      if (!MANAGED[input.PermissionsBoundary.replace(arnIn(sim.region, ""), "")])
        throw noSuch(`Scope ARN: ${input.PermissionsBoundary} does not exist or is not attachable.`);
      change(sim, found, { boundary: input.PermissionsBoundary });
      return {};
    },
  ),
  DeleteRolePermissionsBoundary: operation({ RoleName: roleName }, (input, sim) => {
    const { boundary, ...found } = roleFor(sim, input.RoleName);
    if (boundary === undefined) throw noSuch(`Role ${found.name} does not have a permissions boundary.`);
    roleTable(sim).put(key(found.name), found);
    return {};
  }),
  TagRole: operation({ RoleName: roleName, Tags: tags }, (input, sim) => {
    const found = roleFor(sim, input.RoleName);
    change(sim, found, { tags: retagged(found.tags, tagsFrom(input.Tags)) });
    return {};
  }),
  UntagRole: operation({ RoleName: roleName, TagKeys: tagKeys }, (input, sim) => {
    const found = roleFor(sim, input.RoleName);
    change(sim, found, { tags: without(found.tags, input.TagKeys) });
    return {};
  }),
  PutRolePolicy: operation(
    { RoleName: roleName, PolicyName: policyName, PolicyDocument: z.string().min(1) },
    (input, sim) => {
      const found = roleFor(sim, input.RoleName);
      checkDocument(sim, input.PolicyDocument, 10_240);
      change(sim, found, { inline: { ...found.inline, [input.PolicyName]: input.PolicyDocument } });
      return {};
    },
  ),
  GetRolePolicy: operation({ RoleName: roleName, PolicyName: policyName }, (input, sim) => {
    const found = roleTable(sim).visible(key(input.RoleName));
    if (!found) throw noSuch(`The role with name ${input.RoleName} cannot be found.`);
    const document = found.inline[input.PolicyName];
    if (document === undefined) throw noSuch(`The role policy with name ${input.PolicyName} cannot be found.`);
    return { RoleName: found.name, PolicyName: input.PolicyName, PolicyDocument: encoded(document) };
  }),
  ListRolePolicies: operation(
    { RoleName: roleName, Marker: z.string().optional(), MaxItems: z.number().int().min(1).max(1000).optional() },
    (input, sim) => ({ PolicyNames: Object.keys(roleFor(sim, input.RoleName).inline), IsTruncated: false }),
  ),
  DeleteRolePolicy: operation({ RoleName: roleName, PolicyName: policyName }, (input, sim) => {
    const found = roleFor(sim, input.RoleName);
    const { [input.PolicyName]: gone, ...inline } = found.inline;
    if (gone === undefined) throw noSuch(`The role policy with name ${input.PolicyName} cannot be found.`);
    change(sim, found, { inline });
    return {};
  }),
  AttachRolePolicy: operation({ RoleName: roleName, PolicyArn: z.string().min(20).max(2048) }, (input, sim) => {
    const found = roleFor(sim, input.RoleName);
    if (!MANAGED[input.PolicyArn.replace(arnIn(sim.region, ""), "")])
      throw noSuch(`Policy ${input.PolicyArn} does not exist or is not attachable.`);
    if (!found.attached.includes(input.PolicyArn)) {
      if (found.attached.length >= 10) throw limit("Cannot exceed quota for PoliciesPerRole: 10");
      change(sim, found, { attached: [...found.attached, input.PolicyArn] });
    }
    return {};
  }),
  DetachRolePolicy: operation({ RoleName: roleName, PolicyArn: z.string().min(20).max(2048) }, (input, sim) => {
    const found = roleFor(sim, input.RoleName);
    if (!found.attached.includes(input.PolicyArn)) throw noSuch(`Policy ${input.PolicyArn} was not found.`);
    change(sim, found, { attached: found.attached.filter((one) => one !== input.PolicyArn) });
    return {};
  }),
  ListAttachedRolePolicies: operation(
    { RoleName: roleName, Marker: z.string().optional(), MaxItems: z.number().int().min(1).max(1000).optional() },
    (input, sim) => {
      const found = roleTable(sim).visible(key(input.RoleName));
      if (!found) throw noSuch(`The role with name ${input.RoleName} cannot be found.`);
      return {
        AttachedPolicies: found.attached.map((PolicyArn) => ({ PolicyArn, PolicyName: PolicyArn.split("/").at(-1) })),
        IsTruncated: false,
      };
    },
  ),
  DeleteRole: operation({ RoleName: roleName }, ({ RoleName }, sim) => {
    const found = roleFor(sim, RoleName);
    if (
      profileTable(sim)
        .all()
        .some((profile) => profile.role !== null && key(profile.role) === key(found.name))
    )
      throw conflict("Cannot delete entity, must remove roles from instance profile first.");
    if (found.attached.length > 0) throw conflict("Cannot delete entity, must detach all policies first.");
    if (Object.keys(found.inline).length > 0) throw conflict("Cannot delete entity, must delete policies first.");
    roleTable(sim).remove(key(found.name));
    return {};
  }),
};

const profile: SandboxService["operations"] = {
  CreateInstanceProfile: operation({ InstanceProfileName: profileName, Tags: tags }, (input, sim) => {
    if (profileTable(sim).get(key(input.InstanceProfileName)))
      throw exists(`Instance Profile ${input.InstanceProfileName} already exists.`);
    const made: Profile = {
      name: input.InstanceProfileName,
      id: `AIPA${sim.hex(17).toUpperCase()}`,
      role: null,
      tags: tagsFrom(input.Tags),
      createdAt: sim.now,
      roleAt: sim.now,
    };
    profileTable(sim).put(key(made.name), made);
    return { InstanceProfile: shownProfile(sim, made) };
  }),
  GetInstanceProfile: operation({ InstanceProfileName: profileName }, ({ InstanceProfileName }, sim) => {
    const found = profileTable(sim).visible(key(InstanceProfileName));
    if (!found) throw noSuch(`Instance Profile ${InstanceProfileName} cannot be found.`);
    return { InstanceProfile: shownProfile(sim, found) };
  }),
  TagInstanceProfile: operation({ InstanceProfileName: profileName, Tags: tags }, (input, sim) => {
    const found = profileFor(sim, input.InstanceProfileName);
    profileTable(sim).put(key(found.name), { ...found, tags: retagged(found.tags, tagsFrom(input.Tags)) });
    return {};
  }),
  UntagInstanceProfile: operation({ InstanceProfileName: profileName, TagKeys: tagKeys }, (input, sim) => {
    const found = profileFor(sim, input.InstanceProfileName);
    profileTable(sim).put(key(found.name), { ...found, tags: without(found.tags, input.TagKeys) });
    return {};
  }),
  AddRoleToInstanceProfile: operation({ InstanceProfileName: profileName, RoleName: roleName }, (input, sim) => {
    const found = profileFor(sim, input.InstanceProfileName);
    const { name } = roleFor(sim, input.RoleName);
    if (found.role !== null) throw limit("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
    profileTable(sim).put(key(found.name), { ...found, role: name, roleAt: sim.now });
    return {};
  }),
  RemoveRoleFromInstanceProfile: operation({ InstanceProfileName: profileName, RoleName: roleName }, (input, sim) => {
    const found = profileFor(sim, input.InstanceProfileName);
    if (found.role === null || key(found.role) !== key(input.RoleName))
      throw noSuch(`The role with name ${input.RoleName} cannot be found.`);
    profileTable(sim).put(key(found.name), { ...found, role: null });
    return {};
  }),
  DeleteInstanceProfile: operation({ InstanceProfileName: profileName }, ({ InstanceProfileName }, sim) => {
    const found = profileFor(sim, InstanceProfileName);
    if (found.role !== null) throw conflict("Cannot delete entity, must remove roles from instance profile first.");
    profileTable(sim).remove(key(found.name));
    return {};
  }),
};

/** The policy simulator. The sandbox's caller, an IAM user, may do everything; a role what its policies say. */
const simulator: SandboxService["operations"] = {
  SimulatePrincipalPolicy: operation(
    {
      PolicySourceArn: z.string(),
      ActionNames: z.array(z.string()).min(1),
      ResourceArns: z.array(z.string()).optional(),
      ContextEntries: z
        .array(
          z.strictObject({
            ContextKeyName: z.string(),
            ContextKeyValues: z.array(z.string()),
            ContextKeyType: z.enum(["string", "stringList"]),
          }),
        )
        .optional(),
      MaxItems: z.number().int().min(1).max(1000).optional(),
      Marker: z.string().optional(),
    },
    ({ PolicySourceArn, ActionNames, ResourceArns = ["*"], MaxItems = 100, Marker }, sim) => {
      const source =
        PolicySourceArn === `arn:${partitionOf(sim.region).name}:iam::${sim.account}:user/sandbox`
          ? "caller"
          : roleTable(sim)
              .allVisible()
              .find(({ name }) => roleArn(sim, name) === PolicySourceArn);
      if (!source) throw noSuch(`The ARN ${PolicySourceArn} is unknown.`);
      for (const action of ActionNames)
        if (!/^[a-z0-9-]+:[A-Za-z0-9]+$/.test(action))
          throw awsError("InvalidInputException", `Invalid Entity Action: ${action}`, { code: "InvalidInput" });
      const all = ActionNames.flatMap((EvalActionName) =>
        ResourceArns.map((EvalResourceName) => ({
          EvalActionName,
          EvalResourceName,
          EvalDecision: source === "caller" ? "allowed" : decisionOf(source, EvalActionName, EvalResourceName),
          MatchedStatements: [],
          MissingContextValues: [],
        })),
      );
      const from = Number(Marker ?? 0);
      const more = from + MaxItems < all.length;
      return {
        EvaluationResults: all.slice(from, from + MaxItems),
        IsTruncated: more,
        ...(more ? { Marker: String(from + MaxItems) } : {}),
      };
    },
  ),
};

export const iam: SandboxService = {
  everywhere: true,
  operations: { ...role, ...profile, ...linkedRoles, ...simulator },
  durations,
  errors: { missingParameter: "ValidationError", malformedParameter: "ValidationError" },
  inventory: { "iam.roles": "IAM roles", "iam.profiles": "instance profiles" },
};
