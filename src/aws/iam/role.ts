import { isDeepStrictEqual } from "node:util";
import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { assertOurs, tagList, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { makesAdministrators, trustsOthers } from "../policy-meaning.ts";

export interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

export interface RoleSpec {
  /** The AWS service that may take the role: "ec2.amazonaws.com". */
  readonly service: string;
  /** What its own policy allows. */
  readonly statements: readonly Statement[];
  /** ARNs of managed policies that must be attached. Others may be, administrators attach theirs; but none of `WITHDRAWN`. */
  readonly managedPolicies: readonly string[];
}
/** Its id is its name. */
export interface RoleLive extends RoleSpec, Identified {
  readonly tags: Tags;
  readonly arn: string;
}

/**
 * A managed policy that stacks used to attach. It lets an instance read every parameter of the account: `ssm:GetParameter`
 * and `ssm:GetParameters` on `*` (AWS managed policy reference), and the key aws/ssm decrypts for every principal of the
 * account (Systems Manager user guide, ps-restrict-decryption).
 */
const WITHDRAWN = /:policy\/AmazonSSMManagedInstanceCore$/;

const missing = (wanted: readonly string[], found: readonly string[]) => wanted.filter((arn) => !found.includes(arn));
const withdrawn = (wanted: readonly string[], found: readonly string[]) =>
  found.filter((arn) => WITHDRAWN.test(arn) && !wanted.includes(arn));

/** Name of the role's own policy. */
export const OWN_POLICY = "buddyverse";
const VERSION = "2012-10-17";
const GONE = ["NoSuchEntityException"];

const trustOf = (service: string): string =>
  JSON.stringify({
    Version: VERSION,
    Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
  });
const policyOf = (statements: readonly Statement[]): string =>
  JSON.stringify({ Version: VERSION, Statement: statements });

/** IAM gives documents back URL-encoded (API reference, GetRole). Undefined: none, or not JSON. */
function documentFrom(encoded: string | undefined): { readonly Statement?: unknown } | undefined {
  if (encoded === undefined) return undefined;
  try {
    return JSON.parse(decodeURIComponent(encoded));
  } catch {
    return undefined;
  }
}

/** The trusted service when the trust is just what we write; else the document's text, which differs from any service. */
function serviceFrom(encoded: string | undefined): string {
  const document = documentFrom(encoded) as { Statement?: { Principal?: { Service?: string } }[] } | undefined;
  const service = document?.Statement?.[0]?.Principal?.Service;
  return typeof service === "string" && isDeepStrictEqual(document, JSON.parse(trustOf(service)))
    ? service
    : JSON.stringify(document ?? null);
}

const attached = (aws: Aws, RoleName: string) =>
  allPages(
    (Marker) => aws.iam.listAttachedRolePolicies({ RoleName, Marker }),
    (page) => page.AttachedPolicies,
    (page) => (page.IsTruncated ? page.Marker : undefined),
  );

/*
 * Three calls a role to look, and one for what else is in it. GetAccountAuthorizationDetails would answer most of it for all roles
 * at once, but it reads every role of the account with all its documents (pages of 100, on "*" only), where the policy that we print
 * allows reads of our own; and it shows no description and no longest session (API reference, RoleDetail). The role that
 * GetInstanceProfile shows has no tags, which say whose it is (API reference, GetInstanceProfile and GetRole, their examples).
 */

/** A role for a service, with one policy of its own and, where wanted, managed ones. Names are unique in the account, not in the region. */
export const role: ResourceType<RoleSpec, RoleLive> = {
  name: "iam:role",
  naming: { longest: 64, within: "account", always: true },
  coverage: {
    covers: {
      service: ["AssumeRolePolicyDocument"],
      statements: [`Policies[${OWN_POLICY}].PolicyDocument`],
      managedPolicies: ["AttachedPolicies[=]"],
    },
    ignores: { RoleLastUsed: "when it was used last" },
    dangers: [
      {
        at: ["AttachedPolicies[]"],
        danger: "administrator rights",
        when: (_text, path) => /Admin|FullAccess|PowerUser/.test(path),
      },
      { at: ["service"], danger: "opened to the world", when: (text) => trustsOthers(JSON.parse(text) as string) },
      { at: ["statements"], danger: "administrator rights", when: makesAdministrators },
      { at: ["PermissionsBoundary"], danger: "less protected" },
    ],
  },
  same: {
    managedPolicies: (wanted, found) => missing(wanted, found).length === 0 && withdrawn(wanted, found).length === 0,
  },
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 1 },
  retryable: {
    delete: ["DeleteConflictException", "ConcurrentModificationException"],
    update: ["ConcurrentModificationException"],
  },

  knownBefore: (_aws, { name }) => ({ id: name }),

  mend(aws, { id: RoleName }, { path, before }) {
    if (path === "PermissionsBoundary.PermissionsBoundaryArn")
      return {
        command:
          before === undefined
            ? `${aws.cli} iam delete-role-permissions-boundary --role-name ${RoleName}`
            : `${aws.cli} iam put-role-permissions-boundary --role-name ${RoleName} --permissions-boundary ${before}`,
      };
    if (path === "MaxSessionDuration" && before !== undefined)
      return { command: `${aws.cli} iam update-role --role-name ${RoleName} --max-session-duration ${before}` };
    const [, PolicyArn] = /^AttachedPolicies\[(.+)\]/.exec(path) ?? [];
    return PolicyArn === undefined || before !== undefined
      ? undefined
      : { put: () => undefinedIf(GONE, () => aws.iam.detachRolePolicy({ RoleName, PolicyArn })) };
  },

  find: (aws, owner, recorded) =>
    undefinedIf(GONE, async () => {
      const RoleName = owner.name;
      const { Role } = await aws.iam.getRole({ RoleName });
      const tags = tagsFrom(Role?.Tags);
      assertOurs(owner, `role ${RoleName}`, tags, recorded === RoleName && "name");
      const [policy, managed] = await Promise.all([
        undefinedIf(GONE, () => aws.iam.getRolePolicy({ RoleName, PolicyName: OWN_POLICY })),
        attached(aws, RoleName),
      ]);
      const statements = documentFrom(policy?.PolicyDocument)?.Statement;
      return {
        id: RoleName,
        tags,
        arn: Role?.Arn ?? "",
        described: {
          ...Role,
          Policies: [{ PolicyName: OWN_POLICY, PolicyDocument: policy?.PolicyDocument }],
          AttachedPolicies: managed,
        },
        service: serviceFrom(Role?.AssumeRolePolicyDocument),
        statements: Array.isArray(statements) ? (statements as Statement[]) : [],
        managedPolicies: managed.flatMap(({ PolicyArn }) => PolicyArn ?? []),
      };
    }),

  async create(aws, { service }, owner) {
    await aws.iam.createRole({
      RoleName: owner.name,
      AssumeRolePolicyDocument: trustOf(service),
      Description: `Stack ${owner.stack} of buddyverse`,
      Tags: tagList(owner.tags),
    });
    return owner.name;
  },

  async update(
    aws,
    { id: RoleName, managedPolicies: found },
    { service, statements, managedPolicies },
    changed,
    owner,
  ) {
    if (changed.has("service")) await aws.iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: trustOf(service) });
    if (changed.has("statements"))
      await aws.iam.putRolePolicy({ RoleName, PolicyName: OWN_POLICY, PolicyDocument: policyOf(statements) });
    for (const PolicyArn of missing(managedPolicies, found)) await aws.iam.attachRolePolicy({ RoleName, PolicyArn });
    // After the role's own policy: what is detached is never missing.
    for (const PolicyArn of withdrawn(managedPolicies, found))
      await undefinedIf(GONE, () => aws.iam.detachRolePolicy({ RoleName, PolicyArn }));
    if (changed.has("tags")) {
      const { tags, obsoleteTags = [] } = owner;
      if (obsoleteTags.length > 0) await aws.iam.untagRole({ RoleName, TagKeys: [...obsoleteTags] });
      await aws.iam.tagRole({ RoleName, Tags: tagList(tags) });
    }
  },

  /** All that hangs on it goes first, what others put there too: else IAM refuses. */
  async delete(aws, { id: RoleName }) {
    await undefinedIf(GONE, async () => {
      for (const { PolicyArn } of await attached(aws, RoleName))
        await undefinedIf(GONE, () => aws.iam.detachRolePolicy({ RoleName, PolicyArn }));
      const inline = await allPages(
        (Marker) => aws.iam.listRolePolicies({ RoleName, Marker }),
        (page) => page.PolicyNames,
        (page) => (page.IsTruncated ? page.Marker : undefined),
      );
      for (const PolicyName of inline)
        await undefinedIf(GONE, () => aws.iam.deleteRolePolicy({ RoleName, PolicyName }));
      await aws.iam.deleteRole({ RoleName });
    });
  },
};
