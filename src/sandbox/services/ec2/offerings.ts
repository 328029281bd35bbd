import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { filters, page, passes } from "./shared.ts";

const LETTERS = ["a", "b", "c", "d"] as const;
/** The zones of a region in the sandbox: Seoul has these four. */
export const zonesOf = (sim: Sim): readonly string[] => LETTERS.map((letter) => `${sim.region}${letter}`);

interface InstanceTypeFacts {
  readonly vcpus: number;
  readonly architecture: "x86_64" | "arm64";
  readonly zones: string;
  /** Of an early generation, which runs no HVM images of Linux. */
  readonly virtualization?: "paravirtual";
}

/** False for what runs on Xen (EC2 user guide, "Instances built on the AWS Nitro System"). */
export const isNitro = (instanceType: string): boolean => !instanceType.startsWith("t2.");

/** Instance types with their zones' letters; the older ones are missing in zones b and d, as in Seoul. */
const TYPES: Readonly<Record<string, InstanceTypeFacts>> = {
  "t1.micro": { vcpus: 1, architecture: "x86_64", zones: "ac", virtualization: "paravirtual" },
  "t2.nano": { vcpus: 1, architecture: "x86_64", zones: "ac" },
  "t2.micro": { vcpus: 1, architecture: "x86_64", zones: "ac" },
  "t2.small": { vcpus: 1, architecture: "x86_64", zones: "ac" },
  "t2.medium": { vcpus: 2, architecture: "x86_64", zones: "ac" },
  "t3.nano": { vcpus: 2, architecture: "x86_64", zones: "abcd" },
  "t3.micro": { vcpus: 2, architecture: "x86_64", zones: "abcd" },
  "t3.small": { vcpus: 2, architecture: "x86_64", zones: "abcd" },
  "t3.medium": { vcpus: 2, architecture: "x86_64", zones: "abcd" },
  "t3.large": { vcpus: 2, architecture: "x86_64", zones: "abcd" },
  "t3a.micro": { vcpus: 2, architecture: "x86_64", zones: "ac" },
  "t3a.small": { vcpus: 2, architecture: "x86_64", zones: "ac" },
  "t4g.nano": { vcpus: 2, architecture: "arm64", zones: "abcd" },
  "t4g.micro": { vcpus: 2, architecture: "arm64", zones: "abcd" },
  "t4g.small": { vcpus: 2, architecture: "arm64", zones: "abcd" },
  "t4g.medium": { vcpus: 2, architecture: "arm64", zones: "abcd" },
  "m5.large": { vcpus: 2, architecture: "x86_64", zones: "abcd" },
  "m6i.large": { vcpus: 2, architecture: "x86_64", zones: "abcd" },
  "m7i.large": { vcpus: 2, architecture: "x86_64", zones: "abcd" },
  "m7i-flex.large": { vcpus: 2, architecture: "x86_64", zones: "abcd" },
  "c5.large": { vcpus: 2, architecture: "x86_64", zones: "abcd" },
  "c6i.large": { vcpus: 2, architecture: "x86_64", zones: "abcd" },
  "c7i-flex.large": { vcpus: 2, architecture: "x86_64", zones: "abcd" },
};

/** The types of the sandbox. */
export const instanceTypes = (): readonly string[] => Object.keys(TYPES);

export const instanceTypeFacts = (type: string): InstanceTypeFacts | undefined => TYPES[type];

export const offeredIn = (type: string, zone: string): boolean => TYPES[type]?.zones.includes(zone.slice(-1)) ?? false;

export const offerings: SandboxService = {
  operations: {
    DescribeInstanceTypeOfferings: operation(
      {
        LocationType: z.enum(["region", "availability-zone"]).optional(),
        Filters: filters,
        MaxResults: z.number().int().min(5).max(1000).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const LocationType = input.LocationType ?? "region";
        const locations = LocationType === "region" ? [sim.region] : zonesOf(sim);
        const all = Object.keys(TYPES).flatMap((InstanceType) =>
          locations
            .filter((Location) => LocationType === "region" || offeredIn(InstanceType, Location))
            .map((Location) => ({ InstanceType, LocationType, Location })),
        );
        for (const { Name } of input.Filters ?? [])
          if (Name !== "location" && Name !== "instance-type")
            throw awsError("InvalidParameterValue", `The filter '${Name}' is invalid`);
        const found = all.filter((one) =>
          (input.Filters ?? []).every(({ Name, Values }) =>
            Values.includes(Name === "location" ? one.Location : one.InstanceType),
          ),
        );
        const { items, NextToken } = page(found, input);
        return { InstanceTypeOfferings: items, NextToken };
      },
    ),

    DescribeInstanceTypes: operation(
      {
        InstanceTypes: z.array(z.string()).max(100).optional(),
        Filters: filters,
        MaxResults: z.number().int().min(5).max(100).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const unknown = (input.InstanceTypes ?? []).filter((type) => !TYPES[type]);
        if (unknown.length > 0)
          throw awsError(
            "InvalidInstanceType",
            `The following supplied instance types do not exist: [${unknown.join(", ")}]`,
          );
        const found = Object.entries(TYPES)
          .filter(([type]) => !input.InstanceTypes || input.InstanceTypes.includes(type))
          .filter(([type, { architecture }]) =>
            passes(sim, type, input.Filters, {
              "instance-type": [type],
              "processor-info.supported-architecture": [architecture],
            }),
          );
        const { items, NextToken } = page(found, input);
        return {
          InstanceTypes: items.map(([InstanceType, { vcpus, architecture, virtualization = "hvm" }]) => ({
            InstanceType,
            CurrentGeneration: !/^t[12]\./.test(InstanceType),
            BurstablePerformanceSupported: /^t\d/.test(InstanceType),
            VCpuInfo: { DefaultVCpus: vcpus },
            ProcessorInfo: { SupportedArchitectures: [architecture] },
            SupportedVirtualizationTypes: [virtualization],
          })),
          NextToken,
        };
      },
    ),

    DescribeAvailabilityZones: operation(
      { ZoneNames: z.array(z.string()).optional(), AllAvailabilityZones: z.boolean().optional(), Filters: filters },
      (input, sim) => {
        for (const zone of input.ZoneNames ?? [])
          if (!zonesOf(sim).includes(zone))
            throw awsError("InvalidParameterValue", `Invalid availability zone: [${zone}]`);
        const known: Record<string, (zone: string) => string> = {
          "zone-name": (zone) => zone,
          "region-name": () => sim.region,
          state: () => "available",
          "zone-type": () => "availability-zone",
          "opt-in-status": () => "opt-in-not-required",
        };
        const zones = zonesOf(sim)
          .filter((zone) => !input.ZoneNames || input.ZoneNames.includes(zone))
          .filter((zone) =>
            (input.Filters ?? []).every(({ Name, Values }) => {
              const value = known[Name];
              if (!value) throw awsError("InvalidParameterValue", `The filter '${Name}' is invalid`);
              return Values.includes(value(zone));
            }),
          );
        return {
          AvailabilityZones: zones.map((ZoneName) => ({
            ZoneName,
            ZoneId: `apne2-az${LETTERS.indexOf(ZoneName.slice(-1) as "a") + 1}`,
            RegionName: sim.region,
            State: "available",
            ZoneType: "availability-zone",
            OptInStatus: "opt-in-not-required",
          })),
        };
      },
    ),
  },
};
