import type { Aws } from "../aws.ts";

/** What a person types about an instance. */
export const command = ({ cli, region }: Aws, verb: string, id: string, options = ""): string =>
  `${cli} rds ${verb} --db-instance-identifier ${id}${options} --region ${region}`;
export const start = (aws: Aws, id: string): string[] => [
  command(aws, "start-db-instance", id),
  command(aws, "wait db-instance-available", id),
];
export const noProtection = (aws: Aws, id: string): string[] => [
  command(aws, "modify-db-instance", id, " --no-deletion-protection"),
];
