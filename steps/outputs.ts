import type { Found } from "../src/aws/ec2/read-instances.ts";
import type { LoadBalancerLive } from "../src/aws/elb/load-balancer.ts";
import { partitionOf } from "../src/aws/partition.ts";
import type { DatabaseLive } from "../src/aws/rds/database.ts";
import type { ReplicaLive } from "../src/aws/rds/replica.ts";
import type { Config } from "../src/config/schema.ts";
import type { Identified } from "../src/engine/resource.ts";
import { shellLine, shellWord } from "../src/lib/shell.ts";
import { bastionFor, bastionsOf, type Machine, webMachines } from "./access.ts";
import { DATABASE_NAME, DATABASE_USER, PRIMARY, passwordParameter, REPLICA } from "./databases.ts";

/** A machine, and the command that leads into it. */
interface Entrance {
  readonly number: number;
  readonly id: string;
  readonly zone: string;
  /** Of a bastion the public one, of a web instance the one inside. */
  readonly address: string;
  readonly user: string;
  readonly ssh: string;
}

/** What a person or a script needs to use the stack. Scripts rely on these names: what is not there is null, and no name is left out. */
export interface Outputs {
  /** By the domain when https is up, else by the load balancer's own name. */
  readonly site: string | null;
  /** Its DNS name. */
  readonly loadBalancer: string | null;
  readonly database: {
    /** Host names. */
    readonly writer: string | null;
    readonly reader: string | null;
    readonly port: number | null;
    readonly name: string;
    readonly user: string;
    /** In Parameter Store: a SecureString. */
    readonly passwordParameter: string;
  };
  readonly bastions: readonly Entrance[];
  /** Null: they come and go, and were not asked for. */
  readonly webInstances: readonly Entrance[] | null;
  /** The private key of the machines; null: the user's own. */
  readonly keyFile: string | null;
  readonly vpcId: string | null;
  readonly dashboardUrl: string | null;
}

/** What is there of the stack, by key. Of what is known from a state only the spec and the attributes are there. */
type Live = (key: string) => Identified | undefined;

/** What has an address of its own, by its key: without it nothing can be said of the outputs. */
export const ADDRESSED = /^(load-balancer|database|replica|bastion-\d+)$/;

/**
 * @param keyFile the private key of the key pair
 * @param web the running web instances, where they were asked for
 */
export function outputsFor(config: Config, live: Live, keyFile: string, web?: readonly Found[]): Outputs {
  const loadBalancer = live("load-balancer") as LoadBalancerLive | undefined;
  const primary = live(PRIMARY) as DatabaseLive | undefined;
  const replica = live(REPLICA) as ReplicaLive | undefined;
  const dashboard = live("dashboard");
  const https = config.domain !== null && live("redirect") !== undefined;
  const key = config.bastion.publicKeyFile ? undefined : keyFile;
  const bastions = bastionsOf(config, live);
  const [writer, writerPort] = endpointOf(primary);
  const [reader, readerPort] = endpointOf(replica);
  const dnsName = loadBalancer?.dnsName ?? null;
  return {
    site: https ? `https://${config.domain?.name}/` : dnsName && `http://${dnsName}/`,
    loadBalancer: dnsName,
    database: {
      writer,
      reader,
      port: writerPort ?? readerPort,
      name: DATABASE_NAME,
      user: DATABASE_USER,
      passwordParameter: passwordParameter(config),
    },
    bastions: bastions.map((machine) => ({
      ...entrance(machine),
      ssh: `ssh ${key ? `-i ${shellWord(key)} ` : ""}${login(machine)}`,
    })),
    webInstances:
      web === undefined
        ? null
        : webMachines(web).flatMap((machine) => {
            const bastion = bastionFor(bastions, machine);
            return bastion && machine.address
              ? [{ ...entrance(machine), ssh: throughBastion(key, login(bastion), login(machine)) }]
              : [];
          }),
    keyFile: key ?? null,
    vpcId: live("vpc")?.id ?? null,
    dashboardUrl: dashboard
      ? `https://${partitionOf(config.region).console}/cloudwatch/home?region=${config.region}#dashboards/dashboard/${encodeURIComponent(dashboard.id)}`
      : null,
  };
}

/** False: nothing of it is there. */
export const isUp = ({ loadBalancer, database, bastions, vpcId }: Outputs): boolean =>
  loadBalancer !== null || database.writer !== null || bastions.length > 0 || vpcId !== null;

/** The same for people, by what it is called. @param cli how the AWS CLI is called */
export function outputRows(
  config: Config,
  cli: string,
  { site, loadBalancer, database, bastions, webInstances }: Outputs,
) {
  const { writer, reader, port } = database;
  const ways = (machines: readonly Entrance[] | null) =>
    machines !== null && machines.length > 0 ? machines.map(({ ssh }) => ssh) : undefined;
  return {
    Site: site ?? undefined,
    "Load balancer": loadBalancer ?? undefined,
    "Database, writes": writer === null ? undefined : `${writer}:${port}`,
    "Database, reads": reader === null ? undefined : `${reader}:${port}`,
    "Database password": writer === null ? undefined : passwordCommand(config, cli),
    Bastions: ways(bastions),
    "Web instances": ways(webInstances),
  };
}

/** The command that prints the database's password. @param cli how the AWS CLI is called */
export const passwordCommand = (config: Pick<Config, "stack" | "region">, cli: string): string =>
  `${cli} ssm get-parameter --with-decryption --query Parameter.Value --output text --name ${passwordParameter(config)} --region ${config.region}`;

/** Host and port of a database that has them already. */
function endpointOf(database: { readonly endpoint?: string } | undefined): readonly [string | null, number | null] {
  const [host, port] = database?.endpoint?.split(":") ?? [];
  return host && port ? [host, Number(port)] : [null, null];
}

const entrance = ({ number, id, zone, address, user }: Machine) => ({ number, id, zone, address, user });
const login = ({ user, address }: Pick<Machine, "user" | "address">): string => `${user}@${address}`;

/** With -J, -i would not count for the way to the bastion (ssh(1)): so the key is named for both. */
function throughBastion(key: string | undefined, bastion: string, login: string): string {
  if (key === undefined) return `ssh -J ${bastion} ${login}`;
  const way = `ssh -i ${shellWord(key).replaceAll("%", "%%")} -W %h:%p ${bastion}`;
  return shellLine(["ssh", "-i", key, "-o", `ProxyCommand=${way}`, login]);
}
