import type { InstanceLive } from "../src/aws/ec2/instance.ts";
import type { LoadBalancerLive } from "../src/aws/elb/load-balancer.ts";
import type { DatabaseLive } from "../src/aws/rds/database.ts";
import type { ReplicaLive } from "../src/aws/rds/replica.ts";
import type { Config } from "../src/config/schema.ts";
import type { Identified } from "../src/engine/resource.ts";

/** What a person or a script needs to use the stack. Undefined: not there. */
export interface Outputs extends Readonly<Record<string, string | readonly string[] | undefined>> {
  /** By the domain when https is up, else by the load balancer's own name. */
  readonly siteUrl: string | undefined;
}

/** @param live what is there, by key; @param keyFile the private key of the key pair. */
export function outputsFor(config: Config, live: (key: string) => Identified | undefined, keyFile: string): Outputs {
  const loadBalancer = live("load-balancer") as LoadBalancerLive | undefined;
  const primary = live("database") as DatabaseLive | undefined;
  const replica = live("replica") as ReplicaLive | undefined;
  const https = config.domain !== null && live("redirect") !== undefined;
  const key = config.bastion.publicKeyFile ? "" : `-i ${keyFile} `;
  const ssh = config.zones.flatMap((_zone, index) => {
    const bastion = live(`bastion-${index + 1}`) as InstanceLive | undefined;
    return bastion?.publicAddressFound ? [`ssh ${key}ec2-user@${bastion.publicAddressFound}`] : [];
  });
  return {
    siteUrl: https ? `https://${config.domain?.name}/` : loadBalancer && `http://${loadBalancer.dnsName}/`,
    "Load balancer": loadBalancer?.dnsName,
    "Database, writes": primary?.endpoint || undefined,
    "Database, reads": replica?.endpoint || undefined,
    "Database password":
      primary &&
      `aws ssm get-parameter --with-decryption --query Parameter.Value --name /buddyverse/${config.stack}/database/password --region ${config.region}`,
    Bastions: ssh.length > 0 ? ssh : undefined,
  };
}
