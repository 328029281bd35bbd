import type { Aws } from "../../../src/aws/aws.ts";
import { STACK_TAG } from "../../../src/aws/owned.ts";
import type { Identified, ResourceType, Tags } from "../../../src/engine/resource.ts";
import { createParameter, deleteParameter, describeParameters, isOurs, NAME_TAKEN } from "./names.ts";

/** A plain text that the instances read. The resource's name is the parameter's name. */
export interface ParameterSpec {
  readonly value: string;
}
export interface ParameterLive extends ParameterSpec, Identified {}

/** GetParameters takes ten names a call. */
const NAMES_PER_CALL = 10;

const valuesOf = async (aws: Aws, names: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const calls = Array.from({ length: Math.ceil(names.length / NAMES_PER_CALL) }, (_, call) =>
    aws.ssm.getParameters({ Names: names.slice(call * NAMES_PER_CALL, (call + 1) * NAMES_PER_CALL) }),
  );
  const found = (await Promise.all(calls)).flatMap((answer) => answer.Parameters ?? []);
  return new Map(found.map(({ Name, Value }) => [Name ?? "", Value ?? ""]));
};

const parameterValue = (aws: Aws, name: string) => aws.batched("ssm:values", name, (names) => valuesOf(aws, names));

export const parameter: ResourceType<ParameterSpec, ParameterLive> = {
  name: "ssm:parameter",
  patience: { usual: 2, limit: 300, gone: 1 },
  retryable: { create: NAME_TAKEN, update: ["TooManyUpdates"] },

  async list(aws, stack) {
    const described = (await describeParameters(aws, stack)).filter(({ type }) => type === "String");
    const found = await Promise.all(
      described.map(async ({ name }) => ({
        id: name,
        value: await parameterValue(aws, name),
        tags: tagsOf(stack, name),
      })),
    );
    return found.flatMap(({ value, ...rest }) => (value === undefined ? [] : [{ ...rest, value }]));
  },

  async find(aws, owner) {
    // One after the other: then the values that `list` wants come in the same call.
    const described = await describeParameters(aws, owner.stack);
    const value = await parameterValue(aws, owner.name);
    if (value === undefined) return undefined;
    const shown = described.some(({ name }) => name === owner.name);
    // The tag filter may lag behind; or the name is somebody else's.
    return shown || (await isOurs(aws, owner)) ? { id: owner.name, value } : undefined;
  },

  create: (aws, { value }, owner) => createParameter(aws, owner, { Type: "String", Value: value }),

  async update(aws, { id }, { value }) {
    await aws.ssm.putParameter({ Name: id, Type: "String", Value: value, Overwrite: true });
  },

  delete: (aws, { id }) => deleteParameter(aws, id),
};

/** What is known of the tags without a call per parameter. */
const tagsOf = (stack: string, name: string): Tags => ({ Name: name, [STACK_TAG]: stack });
