import type { IpPermission, SecurityGroup } from "@aws-sdk/client-ec2";
import type { Aws } from "../aws.ts";
import { hasCode, undefinedIf } from "../errors.ts";
import { groupsIn, ruleWords } from "./security-group.ts";

/** The security group that AWS makes with a VPC: what is launched there without another one gets it. */
export interface DefaultGroup {
  readonly id: string;
  /** In words, what comes in first. */
  readonly rules: readonly string[];
  /** Those who call may not take rules out of it. */
  readonly kept: boolean;
  readonly described: SecurityGroup;
}

/** Undefined: reads do not show it yet. Only reads. @param asks false: it is not asked whether the caller may empty it */
export async function readDefaultGroup(aws: Aws, vpcId: string, asks: boolean): Promise<DefaultGroup | undefined> {
  const found = (await groupsIn(aws, vpcId)).find(({ groupName }) => groupName === "default");
  if (!found) return undefined;
  const described = found.described as SecurityGroup;
  const { IpPermissions, IpPermissionsEgress } = described;
  return {
    id: found.id,
    rules: [...ruleWords(IpPermissions, "from"), ...ruleWords(IpPermissionsEgress, "to")],
    kept: !asks || !(await mayEmpty(aws, described)),
    described,
  };
}

/** A rule of a group elsewhere is named by its account, too; how the way there stands is only answered. */
const named = ({ UserIdGroupPairs = [], ...rest }: IpPermission): IpPermission => ({
  ...rest,
  UserIdGroupPairs: UserIdGroupPairs.map(({ GroupId, UserId }) => ({ GroupId, UserId })),
});

/** The calls that take all rules out of a group, as it was read. */
const revocations = ({ GroupId, IpPermissions = [], IpPermissionsEgress = [] }: SecurityGroup) =>
  (
    [
      ["revokeSecurityGroupIngress", IpPermissions],
      ["revokeSecurityGroupEgress", IpPermissionsEgress],
    ] as const
  )
    .filter(([, rules]) => rules.length > 0)
    .map(([call, rules]) => ({ call, input: { GroupId, IpPermissions: rules.map(named) } }));

/**
 * The group bears no tag by which IAM could tell whose it is, so not everybody who may work on the stack may work on it. EC2 says
 * so of a call that it only pretends to make (API reference, RevokeSecurityGroupIngress, DryRun).
 */
async function mayEmpty(aws: Aws, group: SecurityGroup): Promise<boolean> {
  const answers = revocations(group).map(async ({ call, input }) => {
    try {
      await aws.ec2[call]({ ...input, DryRun: true });
    } catch (error) {
      if (hasCode(error, "UnauthorizedOperation")) return false;
      // Reads lag behind: the rules may be gone.
      if (!hasCode(error, "DryRunOperation", "InvalidPermission.NotFound")) throw error;
    }
    return true;
  });
  return (await Promise.all(answers)).every(Boolean);
}

/** Takes out all rules that were read. AWS refuses all for one that is gone meanwhile: the next look shows those that are left. */
export async function empty(aws: Aws, group: SecurityGroup): Promise<void> {
  for (const { call, input } of revocations(group))
    await undefinedIf(["InvalidPermission.NotFound"], () => aws.ec2[call](input));
}
