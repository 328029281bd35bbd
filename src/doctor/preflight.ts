import type { InstanceTypeOffering } from "@aws-sdk/client-ec2";
import type { Aws } from "../aws/aws.ts";
import { x86Types } from "../aws/ec2/read-instance-types.ts";
import { allPages } from "../aws/pages.ts";
import type { Config } from "../config/schema.ts";
import type { Problem } from "../lib/errors.ts";

/** What AWS would refuse only half way through: zones that are not there, instance types that a zone does not offer. Only reads. */
export async function preflight(aws: Aws, config: Config): Promise<readonly Problem[]> {
  const [zones, offerings] = await Promise.all([zoneProblems(aws, config), offeringProblems(aws, config)]);
  // Of a zone that is not there, the types are not worth a word.
  return zones.length > 0 ? zones : offerings;
}

async function zoneProblems(aws: Aws, { zones, region }: Config): Promise<Problem[]> {
  const { AvailabilityZones = [] } = await aws.ec2.describeAvailabilityZones({});
  const available = AvailabilityZones.filter(({ State }) => State === "available").map(({ ZoneName }) => ZoneName);
  return zones.flatMap((zone, index) =>
    available.includes(zone)
      ? []
      : [
          {
            path: `zones[${index}]`,
            message: `${zone} is not an available zone of this account in ${region}`,
            hint: `It has ${available.join(", ")}.`,
          },
        ],
  );
}

async function offeringProblems(aws: Aws, config: Config): Promise<Problem[]> {
  const wanted = [
    { path: "bastion.instanceType", type: config.bastion.instanceType },
    { path: "web.instanceType", type: config.web.instanceType },
    ...(config.nat.mode === "instance" ? [{ path: "nat.instanceType", type: config.nat.instanceType }] : []),
  ];
  const types = [...new Set(wanted.map(({ type }) => type))];
  const offered = await allPages(
    (NextToken) =>
      aws.ec2.describeInstanceTypeOfferings({
        LocationType: "availability-zone",
        Filters: [
          { Name: "instance-type", Values: types },
          { Name: "location", Values: [...config.zones] },
        ],
        NextToken,
      }),
    (page) => page.InstanceTypeOfferings,
    (page) => page.NextToken,
  );
  const has = (type: string, zone: string) =>
    offered.some((one: InstanceTypeOffering) => one.InstanceType === type && one.Location === zone);
  const missing = wanted.flatMap(({ path, type }) => {
    const without = config.zones.filter((zone) => !has(type, zone));
    return without.length === 0
      ? []
      : [
          {
            path,
            message: `${type} is not offered in ${without.join(" and ")}`,
            hint: "Choose a type that every zone of the config offers, as t3.micro, or other zones.",
          },
        ];
  });
  return missing.length > 0 ? missing : architectureProblems(aws, wanted, types);
}

/** All images of the stack are x86_64: a Graviton type would be refused when the first instance starts. */
async function architectureProblems(
  aws: Aws,
  wanted: readonly { path: string; type: string }[],
  types: readonly string[],
): Promise<Problem[]> {
  // A type that AWS does not know has no offering: it was named above.
  const x86 = await x86Types(aws, types);
  return wanted.flatMap(({ path, type }) =>
    x86.has(type)
      ? []
      : [
          {
            path,
            message: `${type} has no x86_64 processor, and the stack's images are x86_64`,
            hint: "Choose an x86_64 type, as t3.micro.",
          },
        ],
  );
}
