import { ownPath } from "../names.ts";
import { STACK_TAG } from "../owned.ts";
import type { Narrowed, PolicyScope } from "../permissions.ts";
import { SHELL_SCRIPT } from "./run-command.ts";

/** IAM cannot narrow these to a resource (Service Authorization Reference). */
const WITHOUT_RESOURCE = ["CancelCommand", "DescribeInstanceInformation", "DescribeParameters", "GetCommandInvocation"];

/** The stack's own parameters and AWS's public ones, and commands on the stack's own instances. */
export function narrowed({ stack, region, arn }: PolicyScope): readonly Narrowed[] {
  return [
    {
      // AWS checks SendCommand on the document and on each instance. Neither may have a condition on a global key, such as
      // aws:RequestedRegion: Systems Manager asks again in the caller's name (user guide, "Setting up Run Command").
      takes: (action) => action === "SendCommand",
      statements: [
        { Sid: "RunCommandDocument", Resource: arn(`ssm:${region}::document/${SHELL_SCRIPT}`) },
        {
          Sid: "RunCommandInstances",
          Resource: arn(`ec2:${region}:*:instance/*`),
          Condition: { StringEquals: { [`ssm:resourceTag/${STACK_TAG}`]: stack } },
        },
      ],
    },
    {
      takes: (action) => !WITHOUT_RESOURCE.includes(action),
      statements: [
        {
          Sid: "Parameters",
          Resource: [arn(`ssm:${region}:*:parameter${ownPath(stack)}*`), arn(`ssm:${region}::parameter/aws/service/*`)],
        },
      ],
    },
  ];
}
