/** What an instance's role must allow for Systems Manager to reach its agent. */
import { expect, test } from "vitest";
import { standing } from "../verify/rehearse.ts";

const CONTROL = ["ssmmessages:CreateControlChannel", "ssmmessages:OpenControlChannel"];
const MESSAGES = ["ec2messages:GetMessages", "ec2messages:AcknowledgeMessage", "ec2messages:SendReply"];
const REGISTERS = "ssm:UpdateInstanceInformation";

test("it registers, and gets its commands on one of two ways; the stack's role is enough", async () => {
  const on = await (await standing()).copy();
  const pings = async () => {
    const { InstanceInformationList = [] } = await on.aws.ssm.describeInstanceInformation({});
    return InstanceInformationList.map(({ PingStatus }) => PingStatus);
  };
  expect(await pings()).toEqual(["Online", "Online"]);
  const allowed = async (actions: readonly string[]) => {
    await on.aws.iam.putRolePolicy({
      RoleName: on.store.get("role-web")?.id,
      PolicyName: "buddyverse",
      PolicyDocument: JSON.stringify({ Statement: { Effect: "Allow", Action: actions, Resource: "*" } }),
    });
    return (await pings())[0];
  };
  expect(await allowed([REGISTERS, ...CONTROL])).toBe("Online");
  expect(await allowed([REGISTERS, ...MESSAGES])).toBe("Online");
  expect(await allowed([REGISTERS])).toBe("ConnectionLost");
  expect(await allowed([...CONTROL, ...MESSAGES])).toBe("ConnectionLost");
});
