import { address } from "../src/aws/ec2/address.ts";
import { cpuCreditsOf } from "../src/aws/ec2/cpu-credits.ts";
import { type InstanceLive, type InstanceSpec, instance } from "../src/aws/ec2/instance.ts";
import { keyPair as keyPairType } from "../src/aws/ec2/key-pair.ts";
import { natGateway } from "../src/aws/ec2/nat-gateway.ts";
import { publicImage } from "../src/aws/ec2/public-image.ts";
import { route } from "../src/aws/ec2/route.ts";
import { ALL_OUTBOUND, everything, securityGroup, tcp } from "../src/aws/ec2/security-group.ts";
import { instanceProfile } from "../src/aws/iam/instance-profile.ts";
import { role as roleType } from "../src/aws/iam/role.ts";
import { nameFor } from "../src/aws/names.ts";
import { servicePrincipal } from "../src/aws/partition.ts";
import type { Config } from "../src/config/schema.ts";
import { type CreateBeforeDelete, type Resource, resource, step } from "../src/engine/resource.ts";
import { GROUP_KEY } from "./auto-scaling.ts";
import { BASTION_GROUP, type Inputs, KEY_PAIR_KEY } from "./inputs.ts";
import { keyPairName } from "./key-pair.ts";
import { descriptionOf } from "./let-in.ts";
import { type LogGroups, writesTo } from "./logs.ts";
import type { RoutesStep } from "./routes.ts";
import { NAT_SET_UP, natUserData } from "./scripts/user-data.ts";
import type { SubnetsStep } from "./subnets.ts";
import type { VpcStep } from "./vpc.ts";
import { perZone } from "./zones.ts";

type Host = Resource<InstanceSpec, InstanceLive>;

const INTERNET = "0.0.0.0/0";

/** In each zone a way out for the web subnet, and a bastion as the way in. */
export function natBastionStep(
  config: Config,
  inputs: Inputs,
  { vpc }: VpcStep,
  subnets: SubnetsStep,
  { publicRoutes, privateRoutes }: RoutesStep,
  { nat: natLog }: LogGroups,
) {
  const linux = resource(publicImage, "image-amazon-linux-2023", "amazon-linux-2023", {}, () => ({}));
  // Another key gets to all that have the old one, as it is a pair of another name: instances are replaced, each beside its old one.
  const keyPair = resource(
    keyPairType,
    KEY_PAIR_KEY,
    keyPairName(config),
    {},
    () => ({ publicKey: inputs.publicKey }),
    {
      createBeforeDelete: {},
    },
  );
  const natGroup = resource(
    securityGroup,
    "group-nat",
    nameFor(config, securityGroup, "NAT-GateWay"),
    { vpc },
    ({ vpc }) => ({
      vpcId: vpc.id,
      description: "The web subnets to the internet",
      inbound: config.network.web.map((range) => everything({ cidr: range }, "Buddy-Web-Private")),
      outbound: ALL_OUTBOUND,
    }),
    { narrowsAfter: [GROUP_KEY] },
  );
  const bastionGroup = resource(
    securityGroup,
    BASTION_GROUP,
    nameFor(config, securityGroup, "BastionHost"),
    { vpc },
    ({ vpc }) => ({
      vpcId: vpc.id,
      description: "Operators to the bastions",
      inbound: (inputs.letIn ?? inputs.allowedCidrs.map((cidr) => ({ cidr, callers: [] }))).map((one) =>
        tcp(22, { cidr: one.cidr }, descriptionOf(one)),
      ),
      outbound: ALL_OUTBOUND,
    }),
  );

  // What a NAT instance may do: send its lines.
  const natRole = resource(roleType, "role-nat", nameFor(config, roleType, "Buddy-NAT"), {}, () => ({
    service: servicePrincipal(config.region, "ec2"),
    statements: [writesTo(config, ["nat"])],
    managedPolicies: [],
  }));
  const natProfile = resource(
    instanceProfile,
    "profile-nat",
    nameFor(config, instanceProfile, "Buddy-NAT"),
    { role: natRole },
    ({ role }) => ({
      roleName: role.id,
    }),
  );

  const inZone = <T>(all: readonly T[], index: number) => all[index] as T;

  /** An instance in the zone's public subnet. It sets itself up as soon as it runs, so the way out must be there. */
  const host = (
    key: string,
    name: string,
    index: number,
    group: typeof natGroup,
    own: Pick<InstanceSpec, "instanceType" | "sourceDestCheck" | "userData" | "setUp">,
    typeFrom: string,
    createBeforeDelete: CreateBeforeDelete,
    profiles: readonly (typeof natProfile)[] = [],
    logs: readonly (typeof natLog)[] = [],
  ) => {
    const needs = { linux, keyPair, group, subnet: inZone(subnets.public, index), publicRoutes, profiles, logs };
    return resource(
      instance,
      key,
      name,
      needs,
      ({ linux, keyPair, group, subnet, profiles }) => ({
        imageId: linux.id,
        rootDevice: linux.rootDevice,
        subnetId: subnet.id,
        groupIds: [group.id],
        keyName: keyPair.keyName,
        profileName: profiles[0]?.id,
        publicAddress: true,
        volumeGiB: linux.rootGiB,
        cpuCredits: cpuCreditsOf(own.instanceType, config.cpuCredits),
        ...own,
      }),
      { configured: { instanceType: typeFrom }, createBeforeDelete },
    );
  };

  const addresses = perZone(config, ({ number }) =>
    resource(
      address,
      `nat-address-${number}`,
      nameFor(config, address, `Buddy-NAT${number}`),
      { publicRoutes },
      () => ({
        domain: "vpc" as const,
      }),
    ),
  );
  const gateways = perZone(config, ({ number, index }) => {
    const needs = { subnet: inZone(subnets.public, index), address: inZone(addresses, index), publicRoutes };
    return resource(
      natGateway,
      `nat-gateway-${number}`,
      nameFor(config, natGateway, `Buddy-NAT${number}`),
      needs,
      ({ subnet, address }) => ({
        subnetId: subnet.id,
        allocationId: address.id,
      }),
    );
  });
  const instances: readonly Host[] = perZone(config, ({ number, index }) =>
    host(
      `nat-instance-${number}`,
      nameFor(config, instance, `Buddy-NAT${number}`),
      index,
      natGroup,
      {
        instanceType: config.nat.instanceType,
        sourceDestCheck: false,
        userData: natUserData({ vpcCidr: config.network.cidr, stack: config.stack }),
        setUp: NAT_SET_UP,
      },
      "nat.instanceType",
      // One zone after the other: the next one's turn comes when the traffic of the one before goes through the new one.
      { users: () => [inZone(natRoutes, index)], after: () => instances.slice(0, index) },
      [natProfile],
      [natLog],
    ),
  );
  const managed = config.nat.mode === "gateway";

  const natRoutes = perZone(config, ({ number, index }) => {
    const table = inZone(privateRoutes, index);
    const key = `nat-route-${number}`;
    const name = `${table.name} ${INTERNET}`;
    return managed
      ? resource(route, key, name, { table, nat: inZone(gateways, index) }, ({ table, nat }) => ({
          tableId: table.id,
          to: INTERNET,
          via: { natGatewayId: nat.id },
        }))
      : resource(route, key, name, { table, nat: inZone(instances, index) }, ({ table, nat }) => ({
          tableId: table.id,
          to: INTERNET,
          via: { interfaceId: nat.interfaceId },
        }));
  });
  const bastions: readonly Host[] = perZone(config, ({ number, index }) =>
    host(
      `bastion-${number}`,
      nameFor(config, instance, `Bastion${number}`),
      index,
      bastionGroup,
      { instanceType: config.bastion.instanceType, sourceDestCheck: true, userData: undefined, setUp: undefined },
      "bastion.instanceType",
      { users: () => [], after: () => bastions.slice(0, index) },
    ),
  );

  return step("nat-bastion", {
    linux,
    keyPair,
    natGroup: managed ? [] : [natGroup],
    natLog: managed ? [] : [natLog],
    natRole: managed ? [] : [natRole],
    natProfile: managed ? [] : [natProfile],
    bastionGroup,
    natAddresses: managed ? addresses : [],
    nats: managed ? gateways : instances,
    natRoutes,
    bastions,
  });
}
export type NatBastionStep = ReturnType<typeof natBastionStep>["resources"];
