import { instanceTypeOf } from "../../../aws/ec2/prices.ts";
import { at, FREE, type ListedAs, type Place, type ServiceProducts, type TiersOf } from "../pricing/product.ts";

const EC2 = ["AmazonEC2", "Amazon Elastic Compute Cloud"] as const;

function instances(place: Place, type: string, tiers: TiersOf): readonly ListedAs[] {
  const { prefix } = place;
  const usd = (item: string): number | undefined => tiers(item)[0]?.usd;
  const box = { service: EC2, family: "Compute Instance", operation: "RunInstances", unit: "Hrs" };
  const attributes = {
    ...at(place),
    instanceType: type,
    operatingSystem: "Linux",
    tenancy: "Shared",
    preInstalledSw: "NA",
    licenseModel: "No License required",
    marketoption: "OnDemand",
  };
  return [
    {
      ...box,
      usagetype: `${prefix}BoxUsage:${type}`,
      tiers: tiers(`ec2:${type}`),
      attributes: { ...attributes, capacitystatus: "Used" },
      reserved: { standard: usd(`ec2:${type}:reserved-1y`), convertible: usd(`ec2:${type}:convertible-1y`) },
    },
    // Capacity that is reserved costs as much when nothing runs in it, and nothing more when something does.
    {
      ...box,
      usagetype: `${prefix}UnusedBox:${type}`,
      tiers: tiers(`ec2:${type}`),
      attributes: { ...attributes, capacitystatus: "UnusedCapacityReservation" },
    },
    {
      ...box,
      usagetype: `${prefix}Reservation:${type}`,
      tiers: FREE,
      attributes: { ...attributes, capacitystatus: "AllocatedCapacityReservation" },
    },
  ];
}

/** A product for each operating system, at its own price. */
const credits = (place: Place, tiers: TiersOf): readonly ListedAs[] =>
  ["t2", "t3", "t3a", "t4g"].flatMap((family) =>
    ["Linux", "Windows"].map((operatingSystem) => ({
      service: EC2,
      family: "CPU Credits",
      usagetype: `${place.prefix}CPUCredits:${family}`,
      unit: "vCPU-Hours",
      tiers: operatingSystem === "Linux" ? tiers(`ec2:cpu-credits:${family}`) : [{ from: 0, usd: 0.096 }],
      attributes: { ...at(place), operatingSystem },
    })),
  );

function storage(place: Place, tiers: TiersOf): readonly ListedAs[] {
  const ebs = { service: EC2, unit: "GB-Mo" };
  return [
    {
      ...ebs,
      family: "Storage",
      usagetype: `${place.prefix}EBS:VolumeUsage.gp3`,
      tiers: tiers("ebs:gp3"),
      attributes: {
        ...at(place),
        volumeApiName: "gp3",
        volumeType: "General SessionOptions",
        storageMedia: "SSD-backed",
      },
    },
    {
      ...ebs,
      family: "Storage Snapshot",
      usagetype: `${place.prefix}EBS:SnapshotUsage`,
      tiers: tiers("ebs:snapshot"),
      attributes: { ...at(place), storageMedia: "Amazon S3" },
    },
  ];
}

function addresses(place: Place, tiers: TiersOf): readonly ListedAs[] {
  return ["InUseAddress", "IdleAddress"].map((name) => ({
    service: ["AmazonVPC", "Amazon Virtual Private Cloud"],
    unit: "Hrs",
    tiers: tiers("vpc:public-ipv4"),
    usagetype: `${place.youngPrefix}PublicIPv4:${name}`,
    attributes: { ...at(place), group: "VPCPublicIPv4Address" },
  }));
}

function natGateways(place: Place, tiers: TiersOf): readonly ListedAs[] {
  const nat = { service: EC2, family: "NAT Gateway", operation: "NatGateway", attributes: at(place) };
  const { prefix } = place;
  return [
    { ...nat, usagetype: `${prefix}NatGateway-Hours`, unit: "Hrs", tiers: tiers("nat:gateway") },
    { ...nat, usagetype: `${prefix}NatGateway-Bytes`, unit: "GB", tiers: tiers("nat:gateway-data") },
    {
      ...nat,
      usagetype: `${prefix}RegionalNatGateway-Bytes`,
      operation: "RegionalNatGateway",
      unit: "GB",
      tiers: tiers("nat:gateway-data"),
    },
  ];
}

/** Data transfer has a region at each end, and no regionCode. */
function transfers({ region, location, prefix }: Place, tiers: TiersOf): readonly ListedAs[] {
  const transfer = {
    service: ["AWSDataTransfer", "AWS Data Transfer"],
    family: "Data Transfer",
    unit: "GB",
  } as const;
  const from = { fromLocation: location, fromLocationType: "AWS Region", fromRegionCode: region };
  return [
    {
      ...transfer,
      usagetype: `${prefix}DataTransfer-Out-Bytes`,
      tiers: tiers("data:out"),
      attributes: { ...from, toLocation: "External", toLocationType: "Other", transferType: "AWS Outbound" },
    },
    {
      ...transfer,
      usagetype: `${prefix}DataTransfer-Regional-Bytes`,
      tiers: tiers("data:cross-zone"),
      attributes: { ...from, toLocation: location, toRegionCode: region, transferType: "IntraRegion" },
    },
  ];
}

/** Spot is not in the list. */
export const ec2Products: ServiceProducts = {
  inRegion: (place, tiers, items) => [
    ...items.flatMap((item) => instanceTypeOf(item) ?? []).flatMap((type) => instances(place, type, tiers)),
    ...credits(place, tiers),
    ...storage(place, tiers),
    ...addresses(place, tiers),
    ...natGateways(place, tiers),
    ...transfers(place, tiers),
  ],
};
