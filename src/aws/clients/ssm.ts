import type { Safety } from "../safety.ts";

export {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  SSMClient as Client,
} from "@aws-sdk/client-ssm";

export const safety: Readonly<Record<string, Safety>> = {
  // Without Overwrite a repeat is refused; with it, it sets the same value again.
  PutParameter: "name",
  AddTagsToResource: "same",
  DeleteParameter: "same",
};
