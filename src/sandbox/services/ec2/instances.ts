import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { groupsMayEncrypt } from "./account.ts";
import { ms } from "./durations.ts";
import { imageFor } from "./images.ts";
import {
  changeInstance,
  failLaunch,
  guardOf,
  instanceFor,
  instanceNotFound,
  keepConsole,
  releaseAddress,
  stopInstance,
  terminateInstance,
  VISIBLE_MS,
} from "./instance-states.ts";
import { checkGroups, launchInstance } from "./launch.ts";
import { isNitro } from "./offerings.ts";
import { filters, page, passes, type TagSpecifications, tagSpecifications, tagsOf } from "./shared.ts";
import { subnetFor } from "./subnets.ts";
import { type Instance, instanceTable, interfaceTable, subnetTable, tagTable } from "./tables.ts";

const CODES = { pending: 0, running: 16, "shutting-down": 32, terminated: 48, stopping: 64, stopped: 80 } as const;
const stateOf = (state: Instance["state"]) => ({ Name: state, Code: CODES[state] });

function described(sim: Sim, one: Instance) {
  const eni = interfaceTable(sim).get(one.interfaceId);
  const image = (() => {
    try {
      return imageFor(sim, one.imageId);
    } catch {
      return undefined;
    }
  })();
  const gone = one.state === "terminated";
  const rootDevice = image?.rootDevice ?? "/dev/sda1";
  return {
    InstanceId: one.id,
    ImageId: one.imageId,
    InstanceType: one.instanceType,
    State: stateOf(one.state),
    ...(one.stateReason ? { StateReason: { Code: one.stateReason.code, Message: one.stateReason.message } } : {}),
    LaunchTime: new Date(one.launchedAt),
    ...(one.clientToken ? { ClientToken: one.clientToken } : {}),
    ...(one.keyName ? { KeyName: one.keyName } : {}),
    Placement: { AvailabilityZone: subnetTable(sim).get(one.subnetId)?.zone },
    Architecture: image?.architecture,
    RootDeviceName: rootDevice,
    RootDeviceType: "ebs",
    Monitoring: { State: one.monitoring ? "enabled" : "disabled" },
    MetadataOptions: {
      State: "applied",
      HttpTokens: one.httpTokens,
      HttpEndpoint: one.metadataOff ? "disabled" : "enabled",
      HttpPutResponseHopLimit: one.hopLimit,
      HttpProtocolIpv6: "disabled",
      InstanceMetadataTags: one.metadataTags ? "enabled" : "disabled",
    },
    ...(one.profileArn ? { IamInstanceProfile: { Arn: one.profileArn, Id: "AIPASANDBOX" } } : {}),
    // A terminated instance has neither network nor volumes any more.
    ...(gone
      ? { SecurityGroups: [], NetworkInterfaces: [], BlockDeviceMappings: [] }
      : {
          VpcId: one.vpcId,
          SubnetId: one.subnetId,
          PrivateIpAddress: one.privateIp,
          ...(eni?.publicIp ? { PublicIpAddress: eni.publicIp } : {}),
          SourceDestCheck: eni?.sourceDestCheck ?? true,
          SecurityGroups: one.groupIds.map((GroupId) => ({ GroupId })),
          NetworkInterfaces: [
            {
              NetworkInterfaceId: one.interfaceId,
              SubnetId: one.subnetId,
              VpcId: one.vpcId,
              PrivateIpAddress: one.privateIp,
              SourceDestCheck: eni?.sourceDestCheck ?? true,
              Attachment: { DeviceIndex: 0, DeleteOnTermination: true, Status: "attached" },
            },
          ],
          BlockDeviceMappings: [
            { DeviceName: rootDevice, Ebs: { VolumeId: one.volumeId, DeleteOnTermination: true, Status: "attached" } },
          ],
        }),
    Tags: tagsOf(sim, one.id),
  };
}

export const creditSpecification = z.strictObject({ CpuCredits: z.enum(["standard", "unlimited"]) }).optional();
export const metadataOptions = z
  .strictObject({
    HttpTokens: z.enum(["required", "optional"]).optional(),
    HttpEndpoint: z.enum(["enabled", "disabled"]).optional(),
    HttpPutResponseHopLimit: z.number().int().min(1).max(64).optional(),
    InstanceMetadataTags: z.enum(["enabled", "disabled"]).optional(),
  })
  .optional();
export const blockDeviceMappings = z
  .array(
    z.strictObject({
      DeviceName: z.string(),
      Ebs: z.strictObject({
        VolumeSize: z.number().int().min(1).max(16384).optional(),
        VolumeType: z.enum(["gp2", "gp3"]).optional(),
        Encrypted: z.boolean().optional(),
        DeleteOnTermination: z.boolean().optional(),
      }),
    }),
  )
  .optional();

export const tagsFor = (specifications: TagSpecifications, kind: string): Record<string, string> =>
  Object.fromEntries(
    (specifications ?? [])
      .filter((one) => one.ResourceType === kind)
      .flatMap((one) => one.Tags.map(({ Key, Value }) => [Key, Value])),
  );

/** The root volume among the mappings. A mapping of another device would be a second, empty volume: refused here. */
export function rootVolume(sim: Sim, imageId: string, mappings: z.infer<typeof blockDeviceMappings>) {
  const root = imageFor(sim, imageId).rootDevice;
  const other = (mappings ?? []).find(({ DeviceName }) => DeviceName !== root);
  if (other) {
    throw awsError(
      "InvalidBlockDeviceMapping",
      `${other.DeviceName} is not the root device of ${imageId}, ${root}: it would be a second volume, which the sandbox does not know`,
    );
  }
  return mappings?.[0]?.Ebs;
}

const ofGroup = (sim: Sim, id: string): boolean =>
  tagTable(sim).get(id)?.tags["aws:autoscaling:groupName"] !== undefined;

export const instances: SandboxService = {
  operations: {
    RunInstances: operation(
      {
        ImageId: z.string(),
        InstanceType: z.string(),
        MinCount: z.literal(1),
        MaxCount: z.literal(1),
        ClientToken: z.string().max(64).optional(),
        KeyName: z.string().optional(),
        UserData: z.string().optional(),
        SubnetId: z.string().optional(),
        SecurityGroupIds: z.array(z.string()).optional(),
        NetworkInterfaces: z
          .array(
            z.strictObject({
              DeviceIndex: z.literal(0),
              SubnetId: z.string(),
              Groups: z.array(z.string()).min(1),
              AssociatePublicIpAddress: z.boolean().optional(),
              DeleteOnTermination: z.boolean().optional(),
            }),
          )
          .length(1)
          .optional(),
        IamInstanceProfile: z.strictObject({ Name: z.string().optional(), Arn: z.string().optional() }).optional(),
        MetadataOptions: metadataOptions,
        BlockDeviceMappings: blockDeviceMappings,
        CreditSpecification: creditSpecification,
        InstanceInitiatedShutdownBehavior: z.enum(["stop", "terminate"]).optional(),
        TagSpecifications: tagSpecifications("instance", "volume", "network-interface"),
      },
      (input, sim) => {
        const own = input.NetworkInterfaces?.[0];
        if (own && (input.SubnetId || input.SecurityGroupIds)) {
          throw awsError(
            "InvalidParameterCombination",
            "Network interfaces and an instance-level subnet ID or security groups may not be specified on the same request",
          );
        }
        const subnetId = own?.SubnetId ?? input.SubnetId;
        if (!subnetId) throw awsError("MissingInput", "No subnets found for the default VPC. Please specify a subnet.");
        const root = rootVolume(sim, input.ImageId, input.BlockDeviceMappings);
        const instance = launchInstance(sim, {
          imageId: input.ImageId,
          instanceType: input.InstanceType,
          subnetId,
          groupIds: own?.Groups ?? input.SecurityGroupIds ?? [],
          keyName: input.KeyName,
          profileName: input.IamInstanceProfile?.Name,
          profileArn: input.IamInstanceProfile?.Arn,
          userData: input.UserData,
          associatePublicIp: own?.AssociatePublicIpAddress,
          volumeGiB: root?.VolumeSize,
          volumeType: root?.VolumeType,
          encrypted: root?.Encrypted,
          httpTokens: input.MetadataOptions?.HttpTokens,
          hopLimit: input.MetadataOptions?.HttpPutResponseHopLimit,
          tags: tagsFor(input.TagSpecifications, "instance"),
          volumeTags: tagsFor(input.TagSpecifications, "volume"),
          interfaceTags: tagsFor(input.TagSpecifications, "network-interface"),
          clientToken: input.ClientToken,
          creditSpecification: input.CreditSpecification?.CpuCredits,
          shutdownBehavior: input.InstanceInitiatedShutdownBehavior,
        });
        return { ReservationId: sim.id("r"), OwnerId: sim.account, Instances: [described(sim, instance)] };
      },
    ),

    DescribeInstances: operation(
      {
        InstanceIds: z.array(z.string()).optional(),
        Filters: filters,
        MaxResults: z.number().int().min(5).max(1000).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const table = instanceTable(sim);
        // A list of ids fails as a whole when one is unknown.
        for (const id of input.InstanceIds ?? []) if (!table.visible(id)) throw instanceNotFound(id);
        const found = table
          .allVisible()
          .filter((one) => !input.InstanceIds || input.InstanceIds.includes(one.id))
          .filter((one) =>
            passes(sim, one.id, input.Filters, {
              "instance-id": [one.id],
              "instance-state-name": [one.state],
              "client-token": one.clientToken ? [one.clientToken] : [],
              "subnet-id": [one.subnetId],
              "vpc-id": [one.vpcId],
              "image-id": [one.imageId],
              "instance.group-id": one.groupIds,
              "private-ip-address": [one.privateIp],
            }),
          );
        const { items, NextToken } = page(found, input);
        return {
          Reservations: items.map((one) => ({
            ReservationId: `r-${one.id.slice(2)}`,
            OwnerId: sim.account,
            Instances: [described(sim, one)],
          })),
          NextToken,
        };
      },
    ),

    ModifyInstanceAttribute: operation(
      {
        InstanceId: z.string(),
        SourceDestCheck: z.strictObject({ Value: z.boolean() }).optional(),
        Groups: z.array(z.string()).min(1).optional(),
        DisableApiTermination: z.strictObject({ Value: z.boolean() }).optional(),
        DisableApiStop: z.strictObject({ Value: z.boolean() }).optional(),
      },
      (input, sim) => {
        const instance = instanceFor(sim, input.InstanceId);
        const { InstanceId: _id, ...attributes } = input;
        if (Object.values(attributes).filter((one) => one !== undefined).length !== 1)
          throw awsError("InvalidParameterCombination", "Fields for multiple attribute types specified, or none");
        if (instance.state === "terminated" || instance.state === "shutting-down")
          throw awsError("IncorrectInstanceState", `The instance '${instance.id}' is in state ${instance.state}.`);
        const { DisableApiTermination, DisableApiStop } = input;
        if (DisableApiTermination || DisableApiStop) {
          instanceTable(sim).put(instance.id, {
            ...instance,
            ...(DisableApiTermination ? { disableApiTermination: DisableApiTermination.Value } : {}),
            ...(DisableApiStop ? { disableApiStop: DisableApiStop.Value } : {}),
          });
          return {};
        }
        const eni = interfaceTable(sim).get(instance.interfaceId);
        if (!eni) throw awsError("InternalError", `${instance.id} has no interface`, { status: 500 });
        if (input.SourceDestCheck)
          interfaceTable(sim).put(eni.id, { ...eni, sourceDestCheck: input.SourceDestCheck.Value });
        if (input.Groups) {
          checkGroups(sim, input.Groups, subnetFor(sim, instance.subnetId));
          interfaceTable(sim).put(eni.id, { ...eni, groupIds: input.Groups });
          instanceTable(sim).put(instance.id, { ...instance, groupIds: input.Groups });
        }
        return {};
      },
    ),

    // DescribeInstances shows none of these; one is asked for per call.
    DescribeInstanceAttribute: operation(
      { InstanceId: z.string(), Attribute: z.enum(["disableApiTermination", "disableApiStop"]) },
      ({ InstanceId, Attribute }, sim) => {
        const instance = instanceTable(sim).visible(InstanceId);
        if (!instance) throw instanceNotFound(InstanceId);
        const shown = { Value: instance[Attribute] ?? false };
        return {
          InstanceId,
          ...(Attribute === "disableApiStop" ? { DisableApiStop: shown } : { DisableApiTermination: shown }),
        };
      },
    ),

    ModifyInstanceMetadataOptions: operation(
      {
        InstanceId: z.string(),
        HttpTokens: z.enum(["required", "optional"]).optional(),
        HttpPutResponseHopLimit: z.number().int().min(1).max(64).optional(),
        HttpEndpoint: z.enum(["enabled", "disabled"]).optional(),
        InstanceMetadataTags: z.enum(["enabled", "disabled"]).optional(),
      },
      (input, sim) => {
        const {
          id,
          httpTokens,
          hopLimit,
          metadataOff = false,
          metadataTags = false,
        } = instanceFor(sim, input.InstanceId);
        const options = {
          httpTokens: input.HttpTokens ?? httpTokens,
          hopLimit: input.HttpPutResponseHopLimit ?? hopLimit,
          metadataOff: input.HttpEndpoint === undefined ? metadataOff : input.HttpEndpoint === "disabled",
          metadataTags:
            input.InstanceMetadataTags === undefined ? metadataTags : input.InstanceMetadataTags === "enabled",
        };
        changeInstance(sim, id, options);
        return {
          InstanceId: id,
          InstanceMetadataOptions: {
            State: "pending",
            HttpTokens: options.httpTokens,
            HttpPutResponseHopLimit: options.hopLimit,
            HttpEndpoint: options.metadataOff ? "disabled" : "enabled",
            InstanceMetadataTags: options.metadataTags ? "enabled" : "disabled",
          },
        };
      },
    ),

    StopInstances: operation({ InstanceIds: z.array(z.string()).min(1) }, ({ InstanceIds }, sim) => {
      const chosen = InstanceIds.map((id) => instanceFor(sim, id));
      for (const { id, state, disableApiStop } of chosen) {
        if (disableApiStop)
          throw awsError(
            "OperationNotPermitted",
            `The instance '${id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`,
          );
        if (state === "terminated" || state === "shutting-down")
          throw awsError(
            "IncorrectInstanceState",
            `The instance '${id}' is not in a state from which it can be stopped.`,
          );
      }
      return {
        StoppingInstances: chosen.map((one) => ({
          InstanceId: one.id,
          PreviousState: stateOf(one.state),
          CurrentState: stateOf(stopInstance(sim, one.id, false)?.state ?? one.state),
        })),
      };
    }),

    TerminateInstances: operation({ InstanceIds: z.array(z.string()).min(1) }, ({ InstanceIds }, sim) => {
      const chosen = InstanceIds.map((id) => instanceFor(sim, id));
      const guarded = chosen.find(guardOf);
      if (guarded) {
        // Those of zones in which none is protected are terminated nevertheless (API reference, TerminateInstances).
        const zoneOf = ({ subnetId }: Instance) => subnetTable(sim).get(subnetId)?.zone;
        const spared = new Set(chosen.filter(guardOf).map(zoneOf));
        for (const one of chosen) if (!spared.has(zoneOf(one))) terminateInstance(sim, one.id);
        throw awsError(
          "OperationNotPermitted",
          `The instance '${guarded.id}' may not be terminated. Modify its '${guardOf(guarded)}' instance attribute and try again.`,
        );
      }
      return {
        TerminatingInstances: chosen.map((one) => ({
          InstanceId: one.id,
          PreviousState: stateOf(one.state),
          CurrentState: stateOf(terminateInstance(sim, one.id).state),
        })),
      };
    }),

    GetConsoleOutput: operation({ InstanceId: z.string(), Latest: z.boolean().optional() }, (input, sim) => {
      const instance = instanceFor(sim, input.InstanceId);
      // The words: aws/eks-node-monitoring-agent's tests.
      if (input.Latest && !isNitro(instance.instanceType))
        throw awsError(
          "UnsupportedOperation",
          "This instance type does not support retrieving the latest console logs.",
        );
      const output = input.Latest ? instance.console : instance.keptConsole;
      return {
        InstanceId: instance.id,
        Timestamp: new Date(sim.now),
        ...(output ? { Output: Buffer.from(output).toString("base64") } : {}),
      };
    }),
  },

  timers: {
    "console-kept": (id, sim) => keepConsole(sim, id),
    "instance-running"(id, sim) {
      const instance = instanceTable(sim).get(id);
      if (instance?.state !== "pending") return;
      if (sim.failing("launch", instance.instanceType) !== undefined) {
        failLaunch(sim, id, "Server.InternalError", "Internal error on launch");
        return;
      }
      // EC2 encrypts what a group starts by the group's role (Auto Scaling user guide, "Required AWS KMS key policy").
      if (instance.encrypted && ofGroup(sim, id) && !groupsMayEncrypt(sim)) {
        failLaunch(sim, id, "Client.InternalError", "Client error on launch");
        return;
      }
      changeInstance(sim, id, { state: "running", runningFrom: sim.now });
      sim.after(ms("consoleKept"), "ec2:console-kept", id);
      sim.tell("instanceStarted", id);
    },
    "instance-stopped"(id, sim) {
      const instance = instanceTable(sim).get(id);
      if (instance?.state !== "stopping") return;
      releaseAddress(sim, instance);
      changeInstance(sim, id, { state: "stopped", publicIp: null });
      keepConsole(sim, id);
    },
    "instance-terminated"(id, sim) {
      const instance = instanceTable(sim).get(id);
      if (instance?.state !== "shutting-down") return;
      interfaceTable(sim).removeNow(instance.interfaceId);
      changeInstance(sim, id, { state: "terminated", publicIp: null });
      sim.tell("instanceTerminated", id);
      sim.after(VISIBLE_MS, "ec2:instance-forgotten", id);
    },
    "instance-forgotten"(id, sim) {
      instanceTable(sim).removeNow(id);
    },
  },
};
