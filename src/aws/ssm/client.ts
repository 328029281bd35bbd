export {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  DescribeInstanceInformationCommand,
  DescribeParametersCommand,
  GetCommandInvocationCommand,
  GetParameterCommand,
  GetParametersCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  SendCommandCommand,
  SSMClient as Client,
} from "@aws-sdk/client-ssm";
