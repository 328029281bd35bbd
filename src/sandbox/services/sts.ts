import { partitionOf } from "../../aws/partition.ts";
import { operation, type SandboxService } from "../service.ts";

export const sts: SandboxService = {
  everywhere: true,
  operations: {
    GetCallerIdentity: operation({}, (_input, { account, region }) => ({
      Account: account,
      Arn: `arn:${partitionOf(region).name}:iam::${account}:user/sandbox`,
      UserId: "AIDASANDBOX0000000000",
    })),
  },
};
