import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import { undefinedIf } from "../errors.ts";
import { assertOurs, tagList, tagsFrom } from "../owned.ts";

export interface InstanceProfileSpec {
  readonly roleName: string;
}
/** Its id is its name. */
export interface InstanceProfileLive extends InstanceProfileSpec, Identified {
  readonly tags: Tags;
  readonly arn: string;
}

const GONE = ["NoSuchEntityException"];

/**
 * What gives a role to instances. It holds one role at most. EC2 knows it some seconds after IAM does, and nothing tells
 * when: who launches with it tries again.
 */
export const instanceProfile: ResourceType<InstanceProfileSpec, InstanceProfileLive> = {
  name: "iam:instance-profile",
  naming: { longest: 128, within: "account", always: true },
  coverage: {
    covers: { roleName: ["Roles"] },
    dangers: [{ at: ["roleName"], danger: "administrator rights", when: (text) => text !== '""' }],
  },
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 1 },
  retryable: {
    update: [
      // One role is the limit: it is in already, by a call that reads do not show yet. The next look does.
      { code: "LimitExceededException", message: /InstanceSessionsPerInstanceProfile/ },
      // The role that was just made may not be visible here yet.
      "NoSuchEntityException",
      "ConcurrentModificationException",
    ],
    delete: ["DeleteConflictException", "ConcurrentModificationException"],
  },

  knownBefore: (_aws, { name }) => ({ id: name }),

  find: (aws, owner, recorded) =>
    undefinedIf(GONE, async () => {
      const { InstanceProfile } = await aws.iam.getInstanceProfile({ InstanceProfileName: owner.name });
      const tags = tagsFrom(InstanceProfile?.Tags);
      assertOurs(owner, `instance profile ${owner.name}`, tags, recorded === owner.name && "name");
      return {
        id: owner.name,
        tags,
        arn: InstanceProfile?.Arn ?? "",
        described: { ...InstanceProfile },
        roleName: InstanceProfile?.Roles?.[0]?.RoleName ?? "",
      };
    }),

  async create(aws, _spec, owner) {
    await aws.iam.createInstanceProfile({ InstanceProfileName: owner.name, Tags: tagList(owner.tags) });
    return owner.name;
  },

  async update(aws, { id: InstanceProfileName, roleName: before }, { roleName }, changed, owner) {
    if (changed.has("roleName")) {
      // A second role is a quota error, which the SDK would repeat as if it were throttled.
      if (before !== "") await aws.iam.removeRoleFromInstanceProfile({ InstanceProfileName, RoleName: before });
      await aws.iam.addRoleToInstanceProfile({ InstanceProfileName, RoleName: roleName });
    }
    if (changed.has("tags")) {
      const { tags, obsoleteTags = [] } = owner;
      if (obsoleteTags.length > 0)
        await aws.iam.untagInstanceProfile({ InstanceProfileName, TagKeys: [...obsoleteTags] });
      await aws.iam.tagInstanceProfile({ InstanceProfileName, Tags: tagList(tags) });
    }
  },

  async delete(aws, { id: InstanceProfileName, roleName }) {
    await undefinedIf(GONE, async () => {
      if (roleName !== "")
        await undefinedIf(GONE, () =>
          aws.iam.removeRoleFromInstanceProfile({ InstanceProfileName, RoleName: roleName }),
        );
      await aws.iam.deleteInstanceProfile({ InstanceProfileName });
    });
  },
};
