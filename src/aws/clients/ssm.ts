import type { Safety } from "../safety.ts";

export {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  DescribeInstanceInformationCommand,
  DescribeParametersCommand,
  GetCommandInvocationCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  SendCommandCommand,
  SSMClient as Client,
} from "@aws-sdk/client-ssm";

export const safety: Readonly<Record<string, Safety>> = {
  // Without Overwrite a repeat is refused; with it, it sets the same value again.
  PutParameter: "name",
  AddTagsToResource: "same",
  DeleteParameter: "same",
  // A script that is sent may run twice: those of `verify` are written so.
  SendCommand: "same",
};
