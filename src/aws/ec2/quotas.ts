import type { Finding } from "../../report/findings.ts";
import type { Aws } from "../aws.ts";
import { allPages } from "../pages.ts";
import { type Check, coming, type PlannedStack } from "../preflight.ts";
import { countingCheck, type Quota, quotaFinding } from "../service-quotas/quota.ts";
import { address } from "./address.ts";
import { internetGateway } from "./internet-gateway.ts";
import { groupsIn, instancesIn, LAUNCHING } from "./planned-launches.ts";
import { typeFacts } from "./read-instance-types.ts";
import { vpc } from "./vpc.ts";

/** vCPUs of On-Demand instances, by the beginning of the type's name (EC2 user guide, "On-Demand Instance quotas"). */
const FAMILIES: readonly { readonly name: string; readonly code: string; readonly types: RegExp }[] = [
  {
    name: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
    code: "L-1216C47A",
    types: /^(a|c|d|h|i|im|is|m|r|t|z)\d/,
  },
  { name: "Running On-Demand G and VT instances", code: "L-DB2E81BA", types: /^(gr?|vt)\d/ },
  { name: "Running On-Demand P instances", code: "L-417A185B", types: /^p\d/ },
  { name: "Running On-Demand X instances", code: "L-7295265B", types: /^x\d/ },
  { name: "Running On-Demand F instances", code: "L-74FC7D96", types: /^f\d/ },
  { name: "Running On-Demand Inf instances", code: "L-1945791B", types: /^inf\d/ },
  { name: "Running On-Demand Trn instances", code: "L-2C3B7624", types: /^trn\d/ },
  { name: "Running On-Demand DL instances", code: "L-6E869C2A", types: /^dl\d/ },
  { name: "Running On-Demand HPC instances", code: "L-F7808C92", types: /^hpc\d/ },
  { name: "Running On-Demand High Memory instances", code: "L-43DA4232", types: /^u/ },
];
const familyOf = (type: string) => FAMILIES.find(({ types }) => types.test(type));

/** The types of the region's running On-Demand instances, whosever they are. */
async function runningTypes(aws: Aws): Promise<readonly string[]> {
  const reservations = await allPages(
    (NextToken) =>
      aws.ec2.describeInstances({
        Filters: [{ Name: "instance-state-name", Values: ["pending", "running"] }],
        NextToken,
      }),
    (page) => page.Reservations,
    (page) => page.NextToken,
  );
  return reservations
    .flatMap(({ Instances = [] }) => Instances)
    .filter(({ InstanceLifecycle }) => InstanceLifecycle !== "spot")
    .map(({ InstanceType = "" }) => InstanceType as string);
}

/** So many of a type more, or fewer. */
interface Added {
  readonly type: string;
  readonly count: number;
}

function addedBy(plan: PlannedStack): readonly Added[] {
  const own = coming(instancesIn(plan)).flatMap(({ spec, live, beside }) => [
    { type: spec.instanceType, count: 1 },
    // What is replaced goes first, or before the next one's turn.
    ...(!beside && (live?.state === "running" || live?.state === "pending")
      ? [{ type: live.instanceType, count: -1 }]
      : []),
  ]);
  const ofGroups = groupsIn(plan).map(({ type, group: { action, spec, live }, relaunches }) => {
    if (action === "create" || !live) return { type, count: action === "create" ? spec.desired : 0 };
    // A refresh has half of them twice, for a while (MaxHealthyPercentage).
    return { type, count: Math.max(0, spec.min - live.desired) + (relaunches ? Math.ceil(live.desired / 2) : 0) };
  });
  return [...own, ...ofGroups];
}

export const vcpuQuota: Check = {
  about: "vCPU quota",
  types: LAUNCHING,
  async ask(aws, plan) {
    const groups = groupsIn(plan);
    const used = [...instancesIn(plan).map(({ spec }) => spec.instanceType), ...groups.map(({ type }) => type)];
    const running = await runningTypes(aws);
    const facts = await typeFacts(aws, [...used, ...running]);
    const sizeOf = (type: string): number => facts.get(type)?.VCpuInfo?.DefaultVCpus ?? 0;
    const families = FAMILIES.filter(({ types }) => used.some((type) => types.test(type)));
    const added = addedBy(plan);
    return Promise.all(
      families.map((family): Promise<Finding> => {
        const ofFamily = <T extends { readonly type: string }>(all: readonly T[]) =>
          all.filter(({ type }) => familyOf(type) === family);
        const sum = (all: readonly Added[]) =>
          ofFamily(all).reduce((total, { type, count }) => total + count * sizeOf(type), 0);
        const growing = groups.find(({ type }) => familyOf(type) === family);
        return quotaFinding(
          aws,
          vcpuQuota.about,
          { service: "ec2", ...family },
          sum(running.map((type) => ({ type, count: 1 }))),
          Math.max(0, sum(added)),
          growing && {
            what: growing.group.from("max"),
            more: sum([
              {
                type: growing.type,
                count: growing.group.spec.max - (growing.group.live?.desired ?? growing.group.spec.desired),
              },
            ]),
          },
        );
      }),
    );
  },
};

const VPCS: Quota = { service: "vpc", code: "L-F678F1CE", name: "VPCs per Region" };
const GATEWAYS: Quota = { service: "vpc", code: "L-A4707A72", name: "Internet gateways per Region" };
const ADDRESSES: Quota = { service: "ec2", code: "L-0263D0A3", name: "EC2-VPC Elastic IPs" };

export const countedQuotas: readonly Check[] = [
  countingCheck(
    "VPC quota",
    VPCS,
    vpc,
    async (aws) =>
      (
        await allPages(
          (NextToken) => aws.ec2.describeVpcs({ NextToken }),
          (page) => page.Vpcs,
          (page) => page.NextToken,
        )
      ).length,
  ),
  countingCheck(
    "internet gateway quota",
    GATEWAYS,
    internetGateway,
    async (aws) =>
      (
        await allPages(
          (NextToken) => aws.ec2.describeInternetGateways({ NextToken }),
          (page) => page.InternetGateways,
          (page) => page.NextToken,
        )
      ).length,
  ),
  countingCheck(
    "Elastic IP quota",
    ADDRESSES,
    address,
    async (aws) => (await aws.ec2.describeAddresses({})).Addresses?.length ?? 0,
  ),
];
