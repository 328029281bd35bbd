import { operation, type SandboxService } from "../service.ts";

export const sts: SandboxService = {
  operations: {
    GetCallerIdentity: operation({}, (_input, { account }) => ({
      Account: account,
      Arn: `arn:aws:iam::${account}:user/sandbox`,
      UserId: "AIDASANDBOX0000000000",
    })),
  },
};
