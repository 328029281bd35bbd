import {
  AllocateAddressCommand,
  CreateNatGatewayCommand,
  DeleteNatGatewayCommand,
  DescribeAddressesCommand,
  DescribeKeyPairsCommand,
  DescribeNatGatewaysCommand,
  EC2Client,
  EC2ServiceException,
  ImportKeyPairCommand,
  type NatGateway,
  ReleaseAddressCommand,
} from "@aws-sdk/client-ec2";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { address } from "../../../src/aws/ec2/address.ts";
import { keyPair } from "../../../src/aws/ec2/key-pair.ts";
import { natGateway } from "../../../src/aws/ec2/nat-gateway.ts";
import { isOneOf } from "../../../src/aws/errors.ts";
import { differences } from "../../../src/engine/differences.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const ec2 = mocked(EC2Client);
beforeEach(() => ec2.reset());

const failure = (name: string, message = name) =>
  new EC2ServiceException({ name, message, $fault: "client", $metadata: { httpStatusCode: 400, attempts: 1 } });
const inputs = () => ec2.calls().map(({ args }) => args[0].input);

describe("NAT gateway", () => {
  const owner = ownerOf("nat-1", "Buddy-NAT1");
  const gateway = (change: Partial<NatGateway>): NatGateway => ({
    NatGatewayId: "nat-1",
    SubnetId: "subnet-1",
    State: "available",
    NatGatewayAddresses: [{ AllocationId: "eipalloc-1" }],
    Tags: awsTags("nat-1", "Buddy-NAT1"),
    ...change,
  });
  const find = async (...NatGateways: NatGateway[]) => {
    ec2.on(DescribeNatGatewaysCommand).resolves({ NatGateways });
    return natGateway.find(aws, owner);
  };

  test("deleted ones, which AWS goes on to show, are absent; the living one beside them is found", async () => {
    expect(await find(gateway({ State: "deleted" }))).toBeUndefined();
    const live = await find(gateway({ State: "deleted" }), gateway({ NatGatewayId: "nat-2" }));
    expect(live).toMatchObject({ id: "nat-2", subnetId: "subnet-1", allocationId: "eipalloc-1" });
    expect(ec2.commandCalls(DescribeNatGatewaysCommand)[0]?.args[0].input).toEqual({
      Filter: [{ Name: "tag:buddyverse:stack", Values: ["test"] }],
      NextToken: undefined,
    });
  });

  test("one on its way out is found only when there is no other", async () => {
    const going = gateway({ NatGatewayId: "nat-0", State: "deleting" });
    expect(await find(going, gateway({}))).toMatchObject({ id: "nat-1" });
    expect(await find(going)).toMatchObject({ id: "nat-0" });
  });

  test.each([
    ["pending", "pending"],
    ["available", "ready"],
    ["deleting", "deleting"],
  ] as const)("state %s is %s", async (State, health) => {
    expect(natGateway.health?.((await find(gateway({ State }))) as never)).toBe(health);
  });

  test("a failed one has failed, with AWS's reason", async () => {
    const live = await find(
      gateway({ State: "failed", FailureCode: "Gateway.NotAttached", FailureMessage: "Network vpc-1 has no gateway" }),
    );
    expect(natGateway.health?.(live as never)).toEqual({ failed: "Gateway.NotAttached: Network vpc-1 has no gateway" });
  });

  test("it is public, made with the token, and tagged as `natgateway`", async () => {
    ec2.on(CreateNatGatewayCommand).resolves({ NatGateway: { NatGatewayId: "nat-1" } });
    await natGateway.create?.(aws, { subnetId: "subnet-1", allocationId: "eipalloc-1" }, owner, "token-1");
    expect(inputs()).toEqual([
      {
        SubnetId: "subnet-1",
        AllocationId: "eipalloc-1",
        ConnectivityType: "public",
        ClientToken: "token-1",
        TagSpecifications: [expect.objectContaining({ ResourceType: "natgateway" })],
      },
    ]);
  });

  test("one that AWS has forgotten is deleted", async () => {
    const live = await find(gateway({}));
    ec2.on(DeleteNatGatewayCommand).rejects(failure("NatGatewayNotFound"));
    await natGateway.delete?.(aws, live as never, { discardData: false, label: "" });
    expect(ec2.commandCalls(DeleteNatGatewayCommand)).toHaveLength(1);
  });
});

describe("address", () => {
  const owner = ownerOf("nat-address-1", "Buddy-NAT1");

  test("it is allocated with its tags, and found by them", async () => {
    ec2.on(AllocateAddressCommand).resolves({ AllocationId: "eipalloc-1" });
    expect(await address.create?.(aws, { domain: "vpc" }, owner, "token")).toBe("eipalloc-1");
    expect(inputs()).toEqual([
      { Domain: "vpc", TagSpecifications: [expect.objectContaining({ ResourceType: "elastic-ip" })] },
    ]);
    ec2.on(DescribeAddressesCommand).resolves({
      Addresses: [
        { AllocationId: "eipalloc-1", PublicIp: "198.51.100.1", Tags: awsTags("nat-address-1", "Buddy-NAT1") },
      ],
    });
    expect(await address.find(aws, owner)).toMatchObject({ id: "eipalloc-1", publicIp: "198.51.100.1" });
  });

  test("two with one key are ambiguous: an answer was lost, and each costs money", async () => {
    const Tags = awsTags("nat-address-1", "Buddy-NAT1");
    ec2.on(DescribeAddressesCommand).resolves({
      Addresses: [
        { AllocationId: "eipalloc-1", Tags },
        { AllocationId: "eipalloc-2", Tags },
      ],
    });
    await expect(address.find(aws, owner)).rejects.toMatchObject({ code: "ambiguous" });
  });

  test("AuthFailure is a 'not yet' only where AWS means that the address is still held", () => {
    const held = failure("AuthFailure", "You do not have permission to access the specified resource.");
    const stranger = failure("AuthFailure", "AWS was not able to validate the provided access credentials");
    expect(isOneOf(held, address.retryable?.delete)).toBe(true);
    expect(isOneOf(failure("InvalidIPAddress.InUse"), address.retryable?.delete)).toBe(true);
    expect(isOneOf(stranger, address.retryable?.delete)).toBe(false);
  });

  test("one that is released already is deleted", async () => {
    ec2.on(ReleaseAddressCommand).rejects(failure("InvalidAllocationID.NotFound"));
    const live = {
      id: "eipalloc-1",
      tags: {},
      domain: "vpc" as const,
      publicIp: "",
      interfaceId: undefined,
      associationId: undefined,
    };
    await address.delete?.(aws, live, { discardData: false, label: "" });
    expect(inputs()).toEqual([{ AllocationId: "eipalloc-1" }]);
  });
});

describe("key pair", () => {
  const owner = ownerOf("key-pair", "Buddy-Project");
  const byName = { Filters: [{ Name: "key-name", Values: ["Buddy-Project"] }] };
  const pair = { KeyPairId: "key-1", KeyName: "Buddy-Project", PublicKey: "ssh-ed25519 AAAA Buddy-Project\n" };

  test("the key is compared without its comment", async () => {
    ec2.on(DescribeKeyPairsCommand).resolves({ KeyPairs: [{ ...pair, Tags: awsTags("key-pair", "Buddy-Project") }] });
    const live = await keyPair.find(aws, owner);
    expect(live?.keyName).toBe("Buddy-Project");
    expect(differences(keyPair, { publicKey: "ssh-ed25519 AAAA me@laptop" }, live as never, owner.tags)).toEqual([]);
    expect(differences(keyPair, { publicKey: undefined }, live as never, owner.tags)).toEqual([]);
    expect(differences(keyPair, { publicKey: "ssh-ed25519 BBBB me@laptop" }, live as never, owner.tags)).toEqual([
      expect.objectContaining({ field: "publicKey", replaces: true }),
    ]);
    expect(ec2.commandCalls(DescribeKeyPairsCommand)[0]?.args[0].input.IncludePublicKey).toBe(true);
  });

  test("somebody else's of the same name is not ours", async () => {
    ec2.on(DescribeKeyPairsCommand).resolves({ KeyPairs: [] });
    ec2.on(DescribeKeyPairsCommand, byName).resolves({ KeyPairs: [pair] });
    await expect(keyPair.find(aws, owner)).rejects.toMatchObject({ code: "not-ours" });
  });

  test("a name with what stands for others in a filter is not another's", async () => {
    ec2.on(DescribeKeyPairsCommand).resolves({ KeyPairs: [] });
    ec2
      .on(DescribeKeyPairsCommand, { Filters: [{ Name: "key-name", Values: ["Buddy-*"] }] })
      .resolves({ KeyPairs: [pair] });
    expect(await keyPair.find(aws, ownerOf("key-pair", "Buddy-*"))).toBeUndefined();
  });

  test("the public key is sent as bytes, with name and tags", async () => {
    ec2.on(ImportKeyPairCommand).resolves({ KeyPairId: "key-1" });
    expect(await keyPair.create?.(aws, { publicKey: "ssh-ed25519 AAAA me" }, owner, "token")).toBe("key-1");
    expect(inputs()).toEqual([
      {
        KeyName: "Buddy-Project",
        PublicKeyMaterial: new TextEncoder().encode("ssh-ed25519 AAAA me"),
        TagSpecifications: [expect.objectContaining({ ResourceType: "key-pair" })],
      },
    ]);
  });

  test("without a public key nothing is made, and the error says how to get one", async () => {
    await expect(keyPair.create?.(aws, { publicKey: undefined }, owner, "token")).rejects.toMatchObject({
      code: "config",
      hint: expect.stringContaining("buddyverse up"),
    });
    expect(inputs()).toEqual([]);
  });
});
