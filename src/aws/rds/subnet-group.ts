import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import { both, sameSet } from "../../lib/compare.ts";
import { STATE } from "../coverage.ts";
import { undefinedIf } from "../errors.ts";
import { assertOurs, tagList } from "../owned.ts";
import { userBlockers } from "./read-instances.ts";
import { idOf, NO_ROLE_YET, retag, tagsOf } from "./tags.ts";

export interface SubnetGroupSpec {
  readonly description: string;
  /** In two zones at least. */
  readonly subnetIds: readonly string[];
}
export interface SubnetGroupLive extends SubnetGroupSpec, Identified {
  readonly tags?: Tags;
  readonly arn: string;
  readonly vpcId: string;
}

const NOT_FOUND = ["DBSubnetGroupNotFoundFault"];

/** Where a database may live. Its id is its name. */
export const subnetGroup: ResourceType<SubnetGroupSpec, SubnetGroupLive> = {
  name: "rds:subnet-group",
  naming: { longest: 255, within: "region", lowerCase: true },
  tagsUnread: true,
  same: { subnetIds: sameSet },
  coverage: {
    covers: { description: ["DBSubnetGroupDescription"], subnetIds: ["Subnets"] },
    ignores: { SubnetGroupStatus: STATE },
    unshown: { tags: "another call" },
  },
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },
  retryable: {
    create: [
      NO_ROLE_YET,
      // Our own, made by a call whose answer was lost, or somebody else's: the next look tells.
      "DBSubnetGroupAlreadyExistsFault",
      "InvalidSubnet",
      { code: "InvalidParameterValue", message: /input subnets .* are invalid/i },
    ],
    delete: ["InvalidDBSubnetGroupStateFault"],
  },

  async find(aws, owner, recorded) {
    const id = idOf(owner);
    // A recorded name is ours; its tags are not worth a call at each look.
    const known = recorded === id;
    const answer = await undefinedIf(NOT_FOUND, () => aws.rds.describeDBSubnetGroups({ DBSubnetGroupName: id }));
    const group = answer?.DBSubnetGroups?.[0];
    const arn = group?.DBSubnetGroupArn;
    if (!group || !arn) return undefined;
    const tags = known ? undefined : await undefinedIf(NOT_FOUND, () => tagsOf(aws, arn));
    if (!known && !tags) return undefined;
    if (tags) assertOurs(owner, `DB subnet group ${id}`, tags);
    return {
      id,
      ...(tags ? { tags } : {}),
      arn,
      vpcId: group.VpcId ?? "",
      described: group,
      description: group.DBSubnetGroupDescription ?? "",
      subnetIds: (group.Subnets ?? []).flatMap(({ SubnetIdentifier }) => SubnetIdentifier ?? []),
    };
  },

  knownBefore: (_aws, owner) => ({ id: idOf(owner) }),

  async create(aws, { description, subnetIds }, owner) {
    await aws.rds.createDBSubnetGroup({
      DBSubnetGroupName: idOf(owner),
      DBSubnetGroupDescription: description,
      SubnetIds: [...subnetIds],
      Tags: tagList(owner.tags),
    });
    return idOf(owner);
  },

  widened: (live, { subnetIds }) => ({ subnetIds: both(subnetIds, live.subnetIds) }),

  async update(aws, { id, arn }, { description, subnetIds }, changed, owner) {
    if (changed.has("description") || changed.has("subnetIds")) {
      await aws.rds.modifyDBSubnetGroup({
        DBSubnetGroupName: id,
        DBSubnetGroupDescription: description,
        SubnetIds: [...subnetIds],
      });
    }
    await retag(aws, arn, changed, owner);
  },

  blockers: (aws, { id }) => userBlockers(aws, ({ subnetGroup }) => subnetGroup === id),

  async delete(aws, { id }) {
    await undefinedIf(NOT_FOUND, () => aws.rds.deleteDBSubnetGroup({ DBSubnetGroupName: id }));
  },
};
