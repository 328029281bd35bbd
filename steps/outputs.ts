import type { Found } from "../src/aws/ec2/read-instances.ts";
import type { LoadBalancerLive } from "../src/aws/elb/load-balancer.ts";
import type { DatabaseLive } from "../src/aws/rds/database.ts";
import type { ReplicaLive } from "../src/aws/rds/replica.ts";
import type { Config } from "../src/config/schema.ts";
import type { Identified } from "../src/engine/resource.ts";
import { shellLine, shellWord } from "../src/lib/shell.ts";
import { bastionFor, bastionsOf, type Machine, webMachines } from "./access.ts";

/** What a person or a script needs to use the stack. Undefined: not there. */
export interface Outputs extends Readonly<Record<string, string | readonly string[] | undefined>> {
  /** By the domain when https is up, else by the load balancer's own name. */
  readonly siteUrl: string | undefined;
}

/**
 * @param live what is there, by key
 * @param keyFile the private key of the key pair
 * @param web the running web instances, where they were asked for: they come and go
 */
export function outputsFor(
  config: Config,
  live: (key: string) => Identified | undefined,
  keyFile: string,
  web: readonly Found[] = [],
): Outputs {
  const loadBalancer = live("load-balancer") as LoadBalancerLive | undefined;
  const primary = live("database") as DatabaseLive | undefined;
  const replica = live("replica") as ReplicaLive | undefined;
  const https = config.domain !== null && live("redirect") !== undefined;
  const key = config.bastion.publicKeyFile ? undefined : keyFile;
  const bastions = bastionsOf(config, live);
  const ssh = bastions.map((bastion) => `ssh ${key ? `-i ${shellWord(key)} ` : ""}${login(bastion)}`);
  const inside = webMachines(web).flatMap((machine) => {
    const bastion = bastionFor(bastions, machine);
    return bastion && machine.address ? [throughBastion(key, login(bastion), login(machine))] : [];
  });
  return {
    siteUrl: https ? `https://${config.domain?.name}/` : loadBalancer && `http://${loadBalancer.dnsName}/`,
    "Load balancer": loadBalancer?.dnsName,
    "Database, writes": primary?.endpoint || undefined,
    "Database, reads": replica?.endpoint || undefined,
    "Database password": primary && passwordCommand(config),
    Bastions: ssh.length > 0 ? ssh : undefined,
    "Web instances": inside.length > 0 ? inside : undefined,
  };
}

/** The command that prints the database's password. @param cli how the AWS CLI is called */
export const passwordCommand = ({ stack, region }: Pick<Config, "stack" | "region">, cli = "aws"): string =>
  `${cli} ssm get-parameter --with-decryption --query Parameter.Value --output text --name /buddyverse/${stack}/database/password --region ${region}`;

const login = ({ user, address }: Machine): string => `${user}@${address}`;

/** With -J, -i would not count for the way to the bastion (ssh(1)): so the key is named for both. */
function throughBastion(key: string | undefined, bastion: string, login: string): string {
  if (key === undefined) return `ssh -J ${bastion} ${login}`;
  const way = `ssh -i ${shellWord(key).replaceAll("%", "%%")} -W %h:%p ${bastion}`;
  return shellLine(["ssh", "-i", key, "-o", `ProxyCommand=${way}`, login]);
}
