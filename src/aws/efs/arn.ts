import type { Aws } from "../aws.ts";

export const fileSystemArn = ({ partition, region, account }: Aws, id: string): string =>
  `arn:${partition}:elasticfilesystem:${region}:${account}:file-system/${id}`;
