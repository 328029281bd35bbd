import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import { undefinedIf } from "../errors.ts";
import { assertOurs, tagList } from "../owned.ts";
import { allPages } from "../pages.ts";
import { userBlockers } from "./read-instances.ts";
import { idOf, NO_ROLE_YET, retag, tagsOf } from "./tags.ts";

export interface ParameterGroupSpec {
  /** Engine and major version, as in "mysql8.4". */
  readonly family: string;
  readonly description: string;
  /** Dynamic ones only, at most 20, which AWS takes in one call. Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}
export interface ParameterGroupLive extends ParameterGroupSpec, Identified {
  readonly tags?: Tags;
  readonly arn: string;
}

const TLS_ONLY = /"require_secure_transport":"(1|ON)"/;
const NOT_FOUND = ["DBParameterGroupNotFoundFault"];

/** The settings of the database server that are not AWS's defaults. Its id is its name. */
export const parameterGroup: ResourceType<ParameterGroupSpec, ParameterGroupLive> = {
  name: "rds:parameter-group",
  naming: { longest: 255, within: "region", lowerCase: true },
  tagsUnread: true,
  immutable: ["family", "description"],
  coverage: {
    covers: { family: ["DBParameterGroupFamily"], description: ["Description"], parameters: ["Parameters[=]"] },
    unshown: { tags: "another call" },
    dangers: [
      {
        at: ["parameters"],
        danger: "not encrypted",
        when: (text, _field, wanted) => TLS_ONLY.test(JSON.stringify(wanted)) && !TLS_ONLY.test(text),
      },
    ],
  },
  unnoticed: true,
  // What others set besides is theirs.
  same: {
    parameters: (wanted, found) => Object.entries(wanted).every(([name, value]) => found[name] === value),
  },
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 1 },
  retryable: {
    // A name that is taken is our own, by a call whose answer was lost, or somebody else's: the next look tells.
    create: [NO_ROLE_YET, "DBParameterGroupAlreadyExistsFault"],
    update: ["InvalidDBParameterGroupStateFault", ...NOT_FOUND],
    delete: ["InvalidDBParameterGroupStateFault"],
  },

  async find(aws, owner, recorded) {
    const id = idOf(owner);
    // A recorded name is ours; its tags are not worth a call at each look.
    const known = recorded === id;
    const answer = await undefinedIf(NOT_FOUND, () => aws.rds.describeDBParameterGroups({ DBParameterGroupName: id }));
    const group = answer?.DBParameterGroups?.[0];
    const arn = group?.DBParameterGroupArn;
    if (!group || !arn) return undefined;
    const read = await undefinedIf(NOT_FOUND, () =>
      Promise.all([
        known ? undefined : tagsOf(aws, arn),
        allPages(
          (Marker) => aws.rds.describeDBParameters({ DBParameterGroupName: id, Source: "user", Marker }),
          (page) => page.Parameters,
          (page) => page.Marker,
        ),
      ]),
    );
    if (!read) return undefined;
    const [tags, parameters] = read;
    if (tags) assertOurs(owner, `DB parameter group ${id}`, tags);
    return {
      id,
      ...(tags ? { tags } : {}),
      arn,
      described: { ...group, Parameters: parameters },
      family: group.DBParameterGroupFamily ?? "",
      description: group.Description ?? "",
      parameters: Object.fromEntries(
        parameters.flatMap(({ ParameterName, ParameterValue }) =>
          ParameterName === undefined || ParameterValue === undefined
            ? []
            : [[ParameterName.toLowerCase(), ParameterValue]],
        ),
      ),
    };
  },

  knownBefore: (_aws, owner) => ({ id: idOf(owner) }),

  async create(aws, { family, description }, owner) {
    await aws.rds.createDBParameterGroup({
      DBParameterGroupName: idOf(owner),
      DBParameterGroupFamily: family,
      Description: description,
      Tags: tagList(owner.tags),
    });
    return idOf(owner);
  },

  async update(aws, live, { parameters }, changed, owner) {
    if (changed.has("parameters")) {
      await aws.rds.modifyDBParameterGroup({
        DBParameterGroupName: live.id,
        // Applies to instances that run, too, without a reboot. Refused for static parameters (API reference).
        Parameters: Object.entries(parameters)
          .filter(([name, value]) => live.parameters[name] !== value)
          .map(([ParameterName, ParameterValue]) => ({
            ParameterName,
            ParameterValue,
            ApplyMethod: "immediate" as const,
          })),
      });
    }
    await retag(aws, live.arn, changed, owner);
  },

  blockers: (aws, { id }) => userBlockers(aws, ({ parameterGroup }) => parameterGroup === id),

  async delete(aws, { id }) {
    await undefinedIf(NOT_FOUND, () => aws.rds.deleteDBParameterGroup({ DBParameterGroupName: id }));
  },
};
