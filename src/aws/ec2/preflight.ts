import type { InstanceTypeInfo } from "@aws-sdk/client-ec2";
import type { Finding } from "../../report/findings.ts";
import type { Aws } from "../aws.ts";
import { allPages } from "../pages.ts";
import { type Check, coming, ok, type PlannedStack, problem } from "../preflight.ts";
import { LAUNCHING, launches, places } from "./planned-launches.ts";
import { countedQuotas, vcpuQuota } from "./quotas.ts";
import { typeFacts } from "./read-instance-types.ts";
import { subnet } from "./subnet.ts";
import { switches } from "./switches.ts";

const ABOUT = "zones and instance types";

/** Zones that are not there, and instance types that a zone does not offer or that do not run the stack's images. */
const offers: Check = {
  about: ABOUT,
  types: [subnet, ...LAUNCHING],
  async ask(aws, plan) {
    const [zones, offered, types] = await Promise.all([
      zoneProblems(aws, plan),
      offerProblems(aws, plan),
      typeProblems(aws, plan),
    ]);
    // Of a zone that is not there, the types are not worth a word; nor is what a type is, where there is none.
    const found = [zones, offered, types].find((problems) => problems.length > 0);
    if (found) return once(found);
    const used = [...new Set(places(plan).map(({ zone }) => zone))];
    return ok(ABOUT, used.length > 0 ? `${used.join(" and ")} have all that is launched` : "nothing is launched");
  },
};

/** What several objects share is told once. */
const once = (problems: readonly Finding[]): readonly Finding[] =>
  problems.filter(
    ({ path, message }, index) => problems.findIndex((one) => one.path === path && one.message === message) === index,
  );

async function zoneProblems(aws: Aws, plan: PlannedStack): Promise<readonly Finding[]> {
  const subnets = coming(plan.of(subnet));
  if (subnets.length === 0) return [];
  const { AvailabilityZones = [] } = await aws.ec2.describeAvailabilityZones({});
  const available = AvailabilityZones.filter(({ State }) => State === "available").map(({ ZoneName }) => ZoneName);
  return subnets
    .filter(({ spec }) => !available.includes(spec.zone))
    .map(({ spec, from }) =>
      problem(
        ABOUT,
        `${spec.zone} is not an available zone of this account in ${aws.region}`,
        `It has ${available.join(", ")}.`,
        from("zone"),
      ),
    );
}

async function offerProblems(aws: Aws, plan: PlannedStack): Promise<readonly Finding[]> {
  const wanted = places(plan);
  if (wanted.length === 0) return [];
  const offerings = await allPages(
    (NextToken) =>
      aws.ec2.describeInstanceTypeOfferings({
        LocationType: "availability-zone",
        Filters: [
          { Name: "instance-type", Values: [...new Set(wanted.map(({ type }) => type))] },
          { Name: "location", Values: [...new Set(wanted.map(({ zone }) => zone))] },
        ],
        NextToken,
      }),
    (page) => page.InstanceTypeOfferings,
    (page) => page.NextToken,
  );
  const missing = wanted.filter(
    ({ type, zone }) => !offerings.some((one) => one.InstanceType === type && one.Location === zone),
  );
  return missing.map(({ type, path }) => {
    const zones = new Set(missing.filter((one) => one.type === type && one.path === path).map(({ zone }) => zone));
    return problem(
      ABOUT,
      `${type} is not offered in ${[...zones].join(" and ")}`,
      "Choose a type that every zone of the config offers, as t3.micro, or other zones.",
      path,
    );
  });
}

async function typeProblems(aws: Aws, plan: PlannedStack): Promise<readonly Finding[]> {
  const wanted = launches(plan);
  const facts = await typeFacts(
    aws,
    wanted.map(({ type }) => type),
  );
  return wanted.flatMap(({ type, path }) => {
    const why = unfit(facts.get(type));
    return why === undefined ? [] : [problem(ABOUT, `${type} ${why}`, "Choose an x86_64 type, as t3.micro.", path)];
  });
}

/**
 * Why the stack's images, which are x86_64 and HVM, do not run on that type. EC2 would say so at the launch: "The architecture …
 * does not match", "Non-Windows instances with a virtualization type of 'hvm' are currently not supported for this instance
 * type" (saltstack/salt#26417).
 */
function unfit(facts: InstanceTypeInfo | undefined): string | undefined {
  if (!facts) return "is a type that EC2 does not know here";
  if (!facts.ProcessorInfo?.SupportedArchitectures?.includes("x86_64"))
    return "has no x86_64 processor, and the stack's images are x86_64";
  if (!(facts.SupportedVirtualizationTypes ?? ["hvm"]).includes("hvm"))
    return "is of an earlier generation, without the virtualization (HVM) that the stack's images need";
  return undefined;
}

export const preflight: readonly Check[] = [offers, vcpuQuota, ...countedQuotas, ...switches];
