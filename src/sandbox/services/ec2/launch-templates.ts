import * as z from "zod";
import { arnIn } from "../../../aws/partition.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { blockDeviceMappings, creditSpecification, metadataOptions, rootVolume, tagsFor } from "./instances.ts";
import type { LaunchRequest } from "./launch.ts";
import { filters, page, passes, tagOnCreate, tagSpecifications, tagsOf } from "./shared.ts";
import { type LaunchTemplate, launchTemplateTable } from "./tables.ts";

const templateData = z.strictObject({
  ImageId: z.string().optional(),
  InstanceType: z.string().optional(),
  KeyName: z.string().optional(),
  UserData: z.string().optional(),
  SecurityGroupIds: z.array(z.string()).optional(),
  IamInstanceProfile: z.strictObject({ Name: z.string().optional(), Arn: z.string().optional() }).optional(),
  BlockDeviceMappings: blockDeviceMappings,
  MetadataOptions: metadataOptions,
  CreditSpecification: creditSpecification,
  InstanceInitiatedShutdownBehavior: z.enum(["stop", "terminate"]).optional(),
  Monitoring: z.strictObject({ Enabled: z.boolean() }).optional(),
  TagSpecifications: tagSpecifications("instance", "volume", "network-interface"),
});
type TemplateData = z.infer<typeof templateData>;

/** Without what says nothing: the query protocol does not send an empty structure at all, and AWS misses it. */
const given = (data: TemplateData): TemplateData => {
  if (Object.keys(data).length === 0)
    throw awsError("MissingParameter", "The request must contain the parameter LaunchTemplateData");
  return data;
};

const which = { LaunchTemplateId: z.string().optional(), LaunchTemplateName: z.string().optional() };
interface Which {
  readonly LaunchTemplateId?: string | undefined;
  readonly LaunchTemplateName?: string | undefined;
}

/** The template as another call may refer to it: by id or name, visible already. */
export function launchTemplateFor(sim: Sim, { LaunchTemplateId: id, LaunchTemplateName: name }: Which): LaunchTemplate {
  if ((id === undefined) === (name === undefined))
    throw awsError("MissingParameter", "Either the launch template ID or the name must be specified, not both");
  const table = launchTemplateTable(sim);
  const visible = table.allVisible().find((one) => (id === undefined ? one.name === name : one.id === id));
  const found = visible && table.get(visible.id);
  if (found) return found;
  throw id === undefined
    ? awsError(
        "InvalidLaunchTemplateName.NotFoundException",
        `The specified launch template, with template name ${name}, does not exist.`,
      )
    : awsError(
        "InvalidLaunchTemplateId.NotFound",
        `The specified launch template, with template ID ${id}, does not exist.`,
      );
}

const latestOf = ({ versions }: LaunchTemplate): number => versions.findLastIndex((one) => one !== null) + 1;

/** The number of a version: a number, "$Latest" or "$Default". */
export function versionNumber(template: LaunchTemplate, version: string): number {
  const number =
    version === "$Latest" ? latestOf(template) : version === "$Default" ? template.defaultVersion : Number(version);
  if (!template.versions[number - 1]) {
    throw awsError(
      "InvalidLaunchTemplateId.VersionNotFound",
      `Could not find the specified version ${version} for the launch template with ID ${template.id}.`,
    );
  }
  return number;
}

/**
 * What an Auto Scaling group launches from a version of a template, in that subnet, with its own tags besides the
 * template's. Throws as EC2 does for a template that is not complete.
 */
export function requestFromTemplate(
  sim: Sim,
  template: LaunchTemplate,
  version: number,
  place: { readonly subnetId: string; readonly tags: Readonly<Record<string, string>> },
): LaunchRequest {
  const data = template.versions[version - 1]?.data as TemplateData | undefined;
  if (!data?.ImageId || !data.InstanceType)
    throw awsError("MissingParameter", "The request must contain the parameter ImageId and InstanceType");
  const root = rootVolume(sim, data.ImageId, data.BlockDeviceMappings);
  return {
    imageId: data.ImageId,
    instanceType: data.InstanceType,
    subnetId: place.subnetId,
    groupIds: data.SecurityGroupIds ?? [],
    keyName: data.KeyName,
    profileName: data.IamInstanceProfile?.Name,
    profileArn: data.IamInstanceProfile?.Arn,
    userData: data.UserData,
    volumeGiB: root?.VolumeSize,
    volumeType: root?.VolumeType,
    encrypted: root?.Encrypted,
    httpTokens: data.MetadataOptions?.HttpTokens,
    hopLimit: data.MetadataOptions?.HttpPutResponseHopLimit,
    // EC2 itself says on the instance where it comes from.
    tags: {
      ...tagsFor(data.TagSpecifications, "instance"),
      ...place.tags,
      "aws:ec2launchtemplate:id": template.id,
      "aws:ec2launchtemplate:version": String(version),
    },
    volumeTags: tagsFor(data.TagSpecifications, "volume"),
    interfaceTags: tagsFor(data.TagSpecifications, "network-interface"),
    monitoring: data.Monitoring?.Enabled,
    creditSpecification: data.CreditSpecification?.CpuCredits,
    shutdownBehavior: data.InstanceInitiatedShutdownBehavior,
  };
}

const describedTemplate = (sim: Sim, one: LaunchTemplate) => ({
  LaunchTemplateId: one.id,
  LaunchTemplateName: one.name,
  CreateTime: new Date(one.versions[0]?.createdAt ?? 0),
  DefaultVersionNumber: one.defaultVersion,
  LatestVersionNumber: latestOf(one),
  Tags: tagsOf(sim, one.id),
});

const describedVersion = (sim: Sim, one: LaunchTemplate, number: number) => {
  const version = one.versions[number - 1];
  return {
    LaunchTemplateId: one.id,
    LaunchTemplateName: one.name,
    VersionNumber: number,
    ...(version?.description ? { VersionDescription: version.description } : {}),
    CreateTime: new Date(version?.createdAt ?? 0),
    CreatedBy: arnIn(sim.region, `iam::${sim.account}:user/sandbox`),
    DefaultVersion: number === one.defaultVersion,
    LaunchTemplateData: version?.data,
  };
};

export const launchTemplates: SandboxService = {
  operations: {
    // AWS looks at almost nothing in the data: what is wrong with it shows when somebody launches from it.
    CreateLaunchTemplate: operation(
      {
        LaunchTemplateName: z
          .string()
          .min(3)
          .max(128)
          .regex(/^[a-zA-Z0-9().\-/_]+$/),
        ClientToken: z.string().max(128).optional(),
        VersionDescription: z.string().max(255).optional(),
        LaunchTemplateData: templateData,
        TagSpecifications: tagSpecifications("launch-template"),
      },
      (input, sim) => {
        const table = launchTemplateTable(sim);
        if (table.all().some(({ name }) => name === input.LaunchTemplateName))
          throw awsError("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.");
        if (input.LaunchTemplateData.UserData) sim.tell("userDataGiven", input.LaunchTemplateData.UserData);
        const id = sim.id("lt");
        tagOnCreate(sim, id, "launch-template", input.TagSpecifications);
        const made: LaunchTemplate = {
          id,
          name: input.LaunchTemplateName,
          defaultVersion: 1,
          versions: [
            { data: input.LaunchTemplateData, description: input.VersionDescription ?? null, createdAt: sim.now },
          ],
        };
        table.put(id, made);
        return { LaunchTemplate: describedTemplate(sim, made) };
      },
    ),

    CreateLaunchTemplateVersion: operation(
      {
        ...which,
        ClientToken: z.string().max(128).optional(),
        SourceVersion: z.string().optional(),
        VersionDescription: z.string().max(255).optional(),
        LaunchTemplateData: templateData,
      },
      (input, sim) => {
        const template = launchTemplateFor(sim, input);
        const own = given(input.LaunchTemplateData);
        const { SourceVersion: source } = input;
        const inherited = source === undefined ? {} : template.versions[versionNumber(template, source) - 1]?.data;
        const data = { ...inherited, ...own };
        if (own.UserData) sim.tell("userDataGiven", own.UserData);
        const made: LaunchTemplate = {
          ...template,
          versions: [...template.versions, { data, description: input.VersionDescription ?? null, createdAt: sim.now }],
        };
        launchTemplateTable(sim).put(template.id, made);
        return { LaunchTemplateVersion: describedVersion(sim, made, made.versions.length) };
      },
    ),

    ModifyLaunchTemplate: operation({ ...which, DefaultVersion: z.string() }, (input, sim) => {
      const template = launchTemplateFor(sim, input);
      if (!/^\d+$/.test(input.DefaultVersion))
        throw awsError("InvalidParameterValue", `${input.DefaultVersion} is not a version number`);
      const made = { ...template, defaultVersion: versionNumber(template, input.DefaultVersion) };
      launchTemplateTable(sim).put(template.id, made);
      return { LaunchTemplate: describedTemplate(sim, made) };
    }),

    DescribeLaunchTemplates: operation(
      {
        LaunchTemplateIds: z.array(z.string()).optional(),
        LaunchTemplateNames: z.array(z.string()).optional(),
        Filters: filters,
        MaxResults: z.number().int().min(1).max(200).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        for (const LaunchTemplateId of input.LaunchTemplateIds ?? []) launchTemplateFor(sim, { LaunchTemplateId });
        for (const LaunchTemplateName of input.LaunchTemplateNames ?? [])
          launchTemplateFor(sim, { LaunchTemplateName });
        const found = launchTemplateTable(sim)
          .allVisible()
          .filter(({ id }) => !input.LaunchTemplateIds || input.LaunchTemplateIds.includes(id))
          .filter(({ name }) => !input.LaunchTemplateNames || input.LaunchTemplateNames.includes(name))
          .filter((one) => passes(sim, one.id, input.Filters, { "launch-template-name": [one.name] }));
        const { items, NextToken } = page(found, input);
        return { LaunchTemplates: items.map((one) => describedTemplate(sim, one)), NextToken };
      },
    ),

    DescribeLaunchTemplateVersions: operation(
      {
        ...which,
        Versions: z.array(z.string()).min(1).max(200).optional(),
        MaxResults: z.number().int().min(1).max(200).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const template = launchTemplateFor(sim, input);
        const seen = launchTemplateTable(sim).visible(template.id) ?? template;
        const numbers = input.Versions
          ? [...new Set(input.Versions.map((version) => versionNumber(seen, version)))]
          : seen.versions.flatMap((version, index) => (version === null ? [] : [index + 1]));
        const { items, NextToken } = page(
          numbers.sort((a, b) => b - a),
          input,
        );
        return { LaunchTemplateVersions: items.map((number) => describedVersion(sim, seen, number)), NextToken };
      },
    ),

    // Each is answered for by itself; the words of the reasons are chosen, but for the codes (API reference, ResponseError).
    DeleteLaunchTemplateVersions: operation(
      { ...which, Versions: z.array(z.string()).min(1).max(200) },
      (input, sim) => {
        const template = launchTemplateFor(sim, input);
        const numbers = input.Versions.map(Number);
        const refusalOf = (number: number) =>
          number === template.defaultVersion
            ? { Code: "unexpectedError", Message: "The default version of a launch template cannot be deleted." }
            : template.versions[number - 1]
              ? undefined
              : { Code: "launchTemplateVersionDoesNotExist", Message: `Version ${number} does not exist.` };
        const named = (VersionNumber: number) => ({
          LaunchTemplateId: template.id,
          LaunchTemplateName: template.name,
          VersionNumber,
        });
        const gone = numbers.filter((number) => refusalOf(number) === undefined);
        const versions = template.versions.map((version, index) => (gone.includes(index + 1) ? null : version));
        launchTemplateTable(sim).put(template.id, { ...template, versions });
        return {
          SuccessfullyDeletedLaunchTemplateVersions: gone.map(named),
          UnsuccessfullyDeletedLaunchTemplateVersions: numbers
            .filter((number) => !gone.includes(number))
            .map((number) => ({ ...named(number), ResponseError: refusalOf(number) })),
        };
      },
    ),

    DeleteLaunchTemplate: operation(which, (input, sim) => {
      const template = launchTemplateFor(sim, input);
      launchTemplateTable(sim).remove(template.id);
      return { LaunchTemplate: describedTemplate(sim, template) };
    }),
  },
};
