import * as z from "zod";
import { partitionOf } from "../../../aws/partition.ts";
import { awsError, operation, type SandboxService, untagged } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { newestOf } from "../ec2/public-images.ts";

type ParameterType = "String" | "StringList" | "SecureString";

interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly value: string;
  readonly version: number;
  readonly modifiedAt: number;
  /** The value before that; null: there was none. */
  readonly previous: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

const parameterTable = (sim: Sim) => sim.table<Parameter>("ssm.parameters");
/** Names that were deleted, each with its last value. */
const deletedTable = (sim: Sim) =>
  sim.table<{ readonly name: string; readonly at: number; readonly value?: string }>("ssm.deleted");

/** "Wait for at least 30 seconds to create a parameter with the same name" (API reference, DeleteParameter). */
const NAME_HELD_MS = 30_000;
const STANDARD_BYTES = 4096;
const LEVELS = 15;

/** What somebody else than the caller writes (an instance with its own role): it shows at once. */
export function putParameterNow(sim: Sim, name: string, type: ParameterType, value: string): void {
  const before = parameterTable(sim).get(name);
  parameterTable(sim).putNow(name, {
    name,
    type,
    value,
    version: (before?.version ?? 0) + 1,
    modifiedAt: sim.now,
    previous: before?.value ?? null,
    tags: before?.tags ?? {},
  });
}

/** A parameter's value in the clear, as an instance with the right role reads it; AWS's public ones too. */
export function parameterValue(sim: Sim, name: string): string | undefined {
  return publicParameter(sim, name)?.value ?? parameterTable(sim).get(name)?.value;
}

/** What a read shows, which may lag behind a write. */
export const parameterShown = (sim: Sim, name: string): string | undefined => seen(sim, name)?.value;

/** The value that a parameter had when it was deleted, which who read it before may still have. */
export const parameterBefore = (sim: Sim, name: string): string | undefined => deletedTable(sim).get(name)?.value;

/** The value that who read it at that time has, if it was not changed twice since; undefined: it is not there. */
export function parameterValueAt(sim: Sim, name: string, at: number): string | undefined {
  const parameter = parameterTable(sim).get(name);
  return parameter && (parameter.modifiedAt <= at ? parameter.value : (parameter.previous ?? undefined));
}

function publicParameter(sim: Sim, name: string): Parameter | undefined {
  const image = newestOf(sim, name);
  return (
    image && {
      name,
      type: "String",
      value: image.imageId,
      version: 1,
      modifiedAt: sim.world.time,
      previous: null,
      tags: {},
    }
  );
}

const invalid = (message: string) => awsError("ValidationException", message);
const notFound = (name: string) => awsError("ParameterNotFound", `Parameter ${name} not found.`);

/** AWS's own names: nobody else writes or deletes one (aws-cloudformation/cfn-lint#4089, aws-solutions/quota-monitor-for-aws#30). */
function checkNotReserved(name: string): void {
  if (/^\/?aws/i.test(name))
    throw awsError("AccessDeniedException", `No access to reserved parameter name: ${name.replace(/^\//, "")}.`);
}

function checkName(name: string): void {
  checkNotReserved(name);
  if (/^\/?ssm/i.test(name))
    throw invalid(
      'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_',
    );
  if (!/^[\w.\-/]+$/.test(name) || name.endsWith("/") || name.includes("//"))
    throw invalid(
      "Parameter name: only a mix of letters, numbers and the following 3 symbols .-_ are allowed, in sub-paths divided by slash symbols",
    );
  if (name.includes("/") && !name.startsWith("/"))
    throw invalid("Parameter name must be a fully qualified name: it has a slash, so it must begin with one");
  if (name.length > 1011) throw invalid("Parameter name must not be longer than 1011 characters");
  if (name.split("/").length - 1 > LEVELS)
    throw awsError(
      "HierarchyLevelLimitExceededException",
      `A hierarchy can have a maximum of ${LEVELS} levels: ${name}`,
    );
}

const arn = (sim: Sim, name: string) =>
  `arn:${partitionOf(sim.region).name}:ssm:${sim.region}:${name.startsWith("/aws/") ? "" : sim.account}:parameter${name.startsWith("/") ? "" : "/"}${name}`;

/** What reads show of it. A SecureString stays encrypted unless its decryption is asked for. */
const shown = (sim: Sim, { name, type, value, version, modifiedAt }: Parameter, decrypted: boolean) => ({
  Name: name,
  Type: type,
  Value:
    type === "SecureString" && !decrypted
      ? `AQICAH${Buffer.from(`cipher:${name}:${version}`).toString("base64")}`
      : value,
  Version: version,
  LastModifiedDate: new Date(modifiedAt),
  ARN: arn(sim, name),
  DataType: "text",
});

const seen = (sim: Sim, name: string) => publicParameter(sim, name) ?? parameterTable(sim).visible(name);

const tag = z.strictObject({
  Key: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u),
  Value: z
    .string()
    .max(256)
    .regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u),
});
const tagsFrom = (tags: readonly z.infer<typeof tag>[] = []) =>
  Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));

function remove(sim: Sim, name: string): boolean {
  const parameter = parameterTable(sim).get(name);
  if (!parameter) return false;
  parameterTable(sim).remove(name);
  deletedTable(sim).putNow(name, { name, at: sim.now, value: parameter.value });
  return true;
}

/** The parameter as its tags are asked for or changed: it must be visible already. */
function tagged(sim: Sim, { ResourceType, ResourceId }: { ResourceType: string; ResourceId: string }): Parameter {
  if (ResourceType !== "Parameter") throw awsError("InvalidResourceType", "The resource type is not valid.");
  const parameter = parameterTable(sim).visible(ResourceId) && parameterTable(sim).get(ResourceId);
  if (!parameter) throw awsError("InvalidResourceId", `The resource ID "${ResourceId}" is not valid.`);
  return parameter;
}

const matches = (
  filter: { Key: string; Option?: string | undefined; Values?: string[] | undefined },
  parameter: Parameter,
) => {
  const { Key, Option = "Equals", Values } = filter;
  if (Option !== "Equals" && !(Key === "Name" && (Option === "BeginsWith" || Option === "Contains")))
    throw awsError("InvalidFilterOption", `The filter option ${Option} is not valid for the key ${Key}.`);
  const value = Key.startsWith("tag:")
    ? parameter.tags[Key.slice(4)]
    : Key === "Name"
      ? parameter.name
      : parameter.type;
  if (value === undefined) return false;
  return (
    !Values ||
    Values.some((wanted) =>
      Option === "Contains"
        ? value.includes(wanted)
        : Option === "BeginsWith"
          ? value.startsWith(wanted)
          : value === wanted,
    )
  );
};

export const parameters: SandboxService = {
  operations: {
    PutParameter: operation(
      {
        Name: z.string().min(1).max(2048),
        Value: z.string().min(1),
        Type: z.enum(["String", "StringList", "SecureString"]).optional(),
        Description: z.string().max(1024).optional(),
        Overwrite: z.boolean().optional(),
        Tags: z.array(tag).max(50).optional(),
      },
      ({ Name, Value, Type, Overwrite, Tags }, sim) => {
        checkName(Name);
        if (Overwrite && Tags)
          throw invalid(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
          );
        if (Buffer.byteLength(Value) > STANDARD_BYTES)
          throw invalid(`Standard tier parameters support a maximum parameter value of ${STANDARD_BYTES} characters.`);
        // API reference, PutParameter, Value. The words are not AWS's own.
        if (/\{\{.*\}\}/s.test(Value))
          throw invalid('Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.');
        const before = parameterTable(sim).get(Name);
        const held = sim.now - (deletedTable(sim).get(Name)?.at ?? -NAME_HELD_MS) < NAME_HELD_MS;
        if ((before && !Overwrite) || (!before && held))
          throw awsError(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
          );
        const type = Type ?? before?.type;
        if (!type) throw invalid("A parameter type is required when you create a parameter.");
        const version = (before?.version ?? 0) + 1;
        parameterTable(sim).put(Name, {
          name: Name,
          type,
          value: Value,
          version,
          modifiedAt: sim.now,
          previous: before?.value ?? null,
          tags: before?.tags ?? tagsFrom(Tags),
        });
        return { Version: version, Tier: "Standard" };
      },
    ),

    GetParameter: operation(
      { Name: z.string().min(1).max(2048), WithDecryption: z.boolean().optional() },
      ({ Name, WithDecryption }, sim) => {
        const parameter = seen(sim, Name);
        if (!parameter) throw notFound(Name);
        return { Parameter: shown(sim, parameter, WithDecryption ?? false) };
      },
    ),

    GetParameters: operation(
      { Names: z.array(z.string().min(1).max(2048)).min(1).max(10), WithDecryption: z.boolean().optional() },
      ({ Names, WithDecryption = false }, sim) => {
        // In alphabetical order (API reference), each once (moto's test_get_parameters_should_only_return_unique_requests).
        const found = [...new Set(Names)].sort().flatMap((name) => seen(sim, name) ?? []);
        return {
          Parameters: found.map((one) => shown(sim, one, WithDecryption)),
          InvalidParameters: [...new Set(Names)].filter((name) => !found.some((one) => one.name === name)),
        };
      },
    ),

    GetParametersByPath: operation(
      {
        // AWS's public ones are known by name only.
        Path: z
          .string()
          .max(2048)
          .regex(/^\/(?!aws\/)/),
        Recursive: z.boolean().optional(),
        WithDecryption: z.boolean().optional(),
        MaxResults: z.number().int().min(1).max(10).optional(),
        NextToken: z.string().optional(),
      },
      ({ Path, Recursive, WithDecryption = false, MaxResults = 10, NextToken }, sim) => {
        const within = `${Path.replace(/\/+$/, "")}/`;
        const found = parameterTable(sim)
          .allVisible()
          .filter(({ name }) => name.startsWith(within))
          .filter(({ name }) => Recursive || !name.slice(within.length).includes("/"));
        const from = Number(NextToken ?? 0);
        return {
          Parameters: found.slice(from, from + MaxResults).map((one) => shown(sim, one, WithDecryption)),
          ...(from + MaxResults < found.length ? { NextToken: String(from + MaxResults) } : {}),
        };
      },
    ),

    DescribeParameters: operation(
      {
        ParameterFilters: z
          .array(
            z.strictObject({
              Key: z.string().regex(/^(tag:.+|Name|Type)$/),
              Option: z.string().min(1).max(10).optional(),
              Values: z.array(z.string()).min(1).max(50).optional(),
            }),
          )
          .optional(),
        MaxResults: z.number().int().min(1).max(50).optional(),
        NextToken: z.string().optional(),
      },
      ({ ParameterFilters = [], MaxResults = 10, NextToken }, sim) => {
        const found = parameterTable(sim)
          .allVisible()
          .filter((parameter) => ParameterFilters.every((filter) => matches(filter, parameter)));
        const from = Number(NextToken ?? 0);
        return {
          Parameters: found.slice(from, from + MaxResults).map(({ name, type, version, modifiedAt }) => ({
            Name: name,
            ARN: arn(sim, name),
            Type: type,
            Version: version,
            LastModifiedDate: new Date(modifiedAt),
            Tier: "Standard",
            DataType: "text",
            ...(type === "SecureString" ? { KeyId: "alias/aws/ssm" } : {}),
          })),
          ...(from + MaxResults < found.length ? { NextToken: String(from + MaxResults) } : {}),
        };
      },
    ),

    DeleteParameter: operation({ Name: z.string().min(1).max(2048) }, ({ Name }, sim) => {
      checkNotReserved(Name);
      if (!remove(sim, Name)) throw notFound(Name);
      return {};
    }),

    ListTagsForResource: operation({ ResourceType: z.string(), ResourceId: z.string() }, (input, sim) => ({
      TagList: Object.entries(tagged(sim, input).tags).map(([Key, Value]) => ({ Key, Value })),
    })),

    AddTagsToResource: operation(
      { ResourceType: z.string(), ResourceId: z.string(), Tags: z.array(tag).min(1).max(1000) },
      ({ Tags, ...input }, sim) => {
        const parameter = tagged(sim, input);
        const tags = { ...parameter.tags, ...tagsFrom(Tags) };
        if (Object.keys(tags).length > 50) throw awsError("TooManyTagsError", "A parameter can have 50 tags at most.");
        parameterTable(sim).put(parameter.name, { ...parameter, tags });
        return {};
      },
    ),

    RemoveTagsFromResource: operation(
      { ResourceType: z.string(), ResourceId: z.string(), TagKeys: z.array(z.string().min(1).max(128)) },
      ({ TagKeys, ...input }, sim) => {
        const parameter = tagged(sim, input);
        parameterTable(sim).put(parameter.name, { ...parameter, tags: untagged(parameter.tags, TagKeys) });
        return {};
      },
    ),
  },
};
