import type { Identified, ResourceType } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { COUNTER } from "../coverage.ts";
import { createParameter, deleteParameter, findParameter, NAME_TAKEN, retag, taggedParameters } from "./names.ts";
import { isReleaseReport } from "./release-report.ts";

/** A plain text that the instances read. The resource's name is the parameter's name. */
export interface ParameterSpec {
  readonly value: string;
}
export interface ParameterLive extends ParameterSpec, Identified {}

/** Gives one that is there another value. */
export const writeParameter = async (aws: Aws, name: string, value: string): Promise<void> => {
  await aws.ssm.putParameter({ Name: name, Type: "String", Value: value, Overwrite: true });
};

export const parameter: ResourceType<ParameterSpec, ParameterLive> = {
  name: "ssm:parameter",
  coverage: { covers: { value: ["Value"] }, ignores: { Version: COUNTER }, unshown: { tags: "another call" } },
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 1 },
  retryable: { create: NAME_TAKEN, update: ["TooManyUpdates"] },

  tagsUnread: true,
  listNeedsExtraCalls: true,
  async list(aws, stack) {
    const all = await taggedParameters(aws, stack, "String");
    return all.filter(({ id }) => !isReleaseReport(id)).map(({ id, tags }) => ({ id, tags, value: "" }));
  },

  async find(aws, owner, id) {
    const found = await findParameter(aws, owner, id);
    return found && { id: found.name, value: found.value, described: { ...found.described, Value: found.value } };
  },

  create: (aws, { value }, owner) => createParameter(aws, owner, { Type: "String", Value: value }),

  async update(aws, { id }, { value }, changed, owner) {
    if (changed.has("value")) await writeParameter(aws, id, value);
    await retag(aws, id, changed, owner);
  },

  delete: (aws, { id }) => deleteParameter(aws, id),
};
