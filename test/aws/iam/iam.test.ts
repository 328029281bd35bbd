import {
  AddRoleToInstanceProfileCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  IAMServiceException,
  LimitExceededException,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  NoSuchEntityException,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
} from "@aws-sdk/client-iam";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { isOneOf } from "../../../src/aws/errors.ts";
import { instanceProfile } from "../../../src/aws/iam/instance-profile.ts";
import { type RoleSpec, role } from "../../../src/aws/iam/role.ts";
import { differences } from "../../../src/engine/differences.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const iam = mocked(IAMClient);
beforeEach(() => iam.reset());

const absent = () => new NoSuchEntityException({ message: "no", $metadata: { httpStatusCode: 404, attempts: 1 } });
const denied = () =>
  new IAMServiceException({ name: "AccessDenied", message: "no", $fault: "client", $metadata: { attempts: 1 } });
const gone = { discardData: false, label: "x" };

const MANAGED = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
const spec: RoleSpec = {
  service: "ec2.amazonaws.com",
  statements: [{ Effect: "Allow", Action: ["ssm:GetParameters"], Resource: ["arn:aws:ssm:*:*:parameter/a b/*"] }],
  managedPolicies: [],
};

describe("role", () => {
  const owner = ownerOf("role-web", "Buddy-WEB-test");
  /** As IAM gives it back: URL-encoded, with its own spaces. */
  const encoded = (document: object) => encodeURIComponent(JSON.stringify(document, null, 2));
  const trust = (Service: string) => ({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }],
  });
  const given = (change: { trust?: object; statements?: object; policies?: string[]; tags?: object[] } = {}) => {
    iam.on(GetRoleCommand).resolves({
      Role: {
        RoleName: "Buddy-WEB-test",
        Arn: "arn:aws:iam::1:role/Buddy-WEB-test",
        Path: "/",
        RoleId: "AROA",
        CreateDate: new Date(0),
        AssumeRolePolicyDocument: encoded(change.trust ?? trust("ec2.amazonaws.com")),
        Tags: (change.tags as { Key: string; Value: string }[]) ?? awsTags("role-web", "Buddy-WEB-test"),
      },
    });
    iam.on(GetRolePolicyCommand).resolves({
      RoleName: "r",
      PolicyName: "p",
      PolicyDocument: encoded({ Version: "2012-10-17", Statement: change.statements ?? spec.statements }),
    });
    iam.on(ListAttachedRolePoliciesCommand).resolves({
      AttachedPolicies: (change.policies ?? []).map((PolicyArn) => ({ PolicyArn })),
    });
  };
  const fields = async () => {
    const live = await role.find(aws, owner);
    return live && differences(role, spec, live, owner.tags).map(({ field }) => field);
  };

  test("encoded documents compare as what they say; policies that others attached are theirs", async () => {
    given({ policies: ["arn:aws:iam::1:policy/patching"] });
    expect(await fields()).toEqual([]);
  });

  test("a wider policy, another trust, a missing policy, and the one that stacks used to attach are differences", async () => {
    given({ statements: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
    expect(await fields()).toEqual(["statements"]);
    given({
      trust: {
        ...trust("ec2.amazonaws.com"),
        Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }],
      },
    });
    expect(await fields()).toEqual(["service"]);
    for (const partition of ["aws", "aws-cn", "aws-us-gov"]) {
      given({ policies: [MANAGED.replace(":aws:", `:${partition}:`)] });
      expect(await fields(), partition).toEqual(["managedPolicies"]);
    }
    given();
    iam.on(GetRolePolicyCommand).rejects(absent());
    expect(await fields()).toEqual(["statements"]);
  });

  test("absent is undefined, denied is denied, somebody else's is not ours", async () => {
    iam.on(GetRoleCommand).rejects(absent());
    expect(await role.find(aws, owner)).toBeUndefined();
    iam.on(GetRoleCommand).rejects(denied());
    await expect(role.find(aws, owner)).rejects.toMatchObject({ name: "AccessDenied" });
    given({ tags: [] });
    await expect(role.find(aws, owner)).rejects.toMatchObject({ code: "not-ours" });
  });

  test("is made with its tags; what stacks used to attach is detached after its own policy is there, what others attached stays", async () => {
    iam.on(CreateRoleCommand).resolves({});
    await role.create?.(aws, spec, owner, "t");
    expect(iam.calls()).toHaveLength(1);
    expect(iam.commandCalls(CreateRoleCommand)[0]?.args[0].input.Tags).toHaveLength(3);
    given({ policies: ["arn:aws:iam::1:policy/patching", MANAGED] });
    const live = await role.find(aws, owner);
    if (!live) throw new Error("not found");
    iam.resetHistory();
    iam.on(PutRolePolicyCommand).resolves({});
    // Somebody was quicker.
    iam.on(DetachRolePolicyCommand).rejects(absent());
    await role.update?.(aws, live, spec, new Set(["statements", "managedPolicies"]), owner);
    expect(iam.calls().map(({ args }) => args[0].constructor.name)).toEqual([
      "PutRolePolicyCommand",
      "DetachRolePolicyCommand",
    ]);
    expect(iam.commandCalls(DetachRolePolicyCommand)[0]?.args[0].input).toEqual({
      RoleName: "Buddy-WEB-test",
      PolicyArn: MANAGED,
    });
  });

  test("all that hangs on it goes before it, over all pages", async () => {
    given();
    const live = await role.find(aws, owner);
    if (!live) throw new Error("not found");
    iam.reset();
    iam
      .on(ListAttachedRolePoliciesCommand)
      .resolvesOnce({ AttachedPolicies: [{ PolicyArn: "a" }], IsTruncated: true, Marker: "2" })
      .resolves({ AttachedPolicies: [{ PolicyArn: "b" }] });
    iam.on(ListRolePoliciesCommand).resolves({ PolicyNames: ["buddyverse", "other"] });
    iam.on(DetachRolePolicyCommand).rejectsOnce(absent()).resolves({});
    await role.delete?.(aws, live, gone);
    expect(iam.commandCalls(DetachRolePolicyCommand)).toHaveLength(2);
    expect(iam.commandCalls(DeleteRolePolicyCommand)).toHaveLength(2);
    expect(iam.calls().at(-1)?.args[0]).toBeInstanceOf(DeleteRoleCommand);
  });
});

describe("instance profile", () => {
  const owner = ownerOf("profile-web", "Buddy-WEB-test");
  const find = async (...roles: string[]) => {
    iam.on(GetInstanceProfileCommand).resolves({
      InstanceProfile: {
        Path: "/",
        InstanceProfileName: "Buddy-WEB-test",
        InstanceProfileId: "AIPA",
        Arn: "arn",
        CreateDate: new Date(0),
        Roles: roles.map((RoleName) => ({ RoleName, Path: "/", RoleId: "", Arn: "", CreateDate: new Date(0) })),
        Tags: awsTags("profile-web", "Buddy-WEB-test"),
      },
    });
    const live = await instanceProfile.find(aws, owner);
    if (!live) throw new Error("not found");
    return live;
  };
  const wanted = { roleName: "Buddy-WEB-test" };

  test("an empty one gets its role; one that has it is left alone", async () => {
    const empty = await find();
    expect(differences(instanceProfile, wanted, empty, owner.tags)).toMatchObject([{ field: "roleName" }]);
    await instanceProfile.update?.(aws, empty, wanted, new Set(["roleName"]), owner);
    expect(iam.commandCalls(RemoveRoleFromInstanceProfileCommand)).toEqual([]);
    expect(iam.commandCalls(AddRoleToInstanceProfileCommand)).toHaveLength(1);
    expect(differences(instanceProfile, wanted, await find("Buddy-WEB-test"), owner.tags)).toEqual([]);
  });

  test("that its one place is taken already, by a call that reads do not show yet, is looked at again; denial is not", () => {
    const full = new LimitExceededException({
      message: "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
      $metadata: { httpStatusCode: 409, attempts: 1 },
    });
    expect(isOneOf(full, instanceProfile.retryable?.update)).toBe(true);
    expect(isOneOf(denied(), instanceProfile.retryable?.update)).toBe(false);
  });

  test("another role is taken out first: it holds one only", async () => {
    const other = await find("other");
    await instanceProfile.update?.(aws, other, wanted, new Set(["roleName"]), owner);
    const order = iam.calls().map(({ args }) => args[0].constructor.name);
    expect(order.slice(-2)).toEqual(["RemoveRoleFromInstanceProfileCommand", "AddRoleToInstanceProfileCommand"]);
  });

  test("absent is undefined, and gone twice is gone", async () => {
    const live = await find("Buddy-WEB-test");
    iam.on(GetInstanceProfileCommand).rejects(absent());
    expect(await instanceProfile.find(aws, owner)).toBeUndefined();
    iam.on(RemoveRoleFromInstanceProfileCommand).rejects(absent());
    await instanceProfile.delete?.(aws, live, gone);
  });
});
