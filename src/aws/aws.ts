import type { CommandIO, MetadataBearer } from "@smithy/types";
import type { Service } from "./service.ts";
import type { ServiceName, services } from "./services.ts";

/** The operations that a client module exports as commands, as methods: `CreateVpcCommand` becomes `createVpc(input)`. */
export type Operations<M> = {
  readonly [K in keyof M as K extends `${infer Name}Command` ? Uncapitalize<Name> : never]: M[K] extends abstract new (
    // biome-ignore lint/suspicious/noExplicitAny: only what the command is matters here, not what makes it
    ...input: any
  ) => CommandIO<infer I extends object, infer O extends MetadataBearer>
    ? (input: I) => Promise<O>
    : never;
};

type ModuleOf<S> = S extends Service<infer Module> ? Module : never;

/** The services as they are called: `aws.ec2.createVpc(input)`. */
export type Services = { readonly [S in ServiceName]: Operations<ModuleOf<(typeof services)[S]>> };

/** A call by the name that `Aws` gives it: "ec2.describeVpcs". */
export type Call = { [S in ServiceName]: `${S}.${keyof Services[S] & string}` }[ServiceName];

/** What is asked of the world outside the AWS API. */
export interface Network {
  /** The caller's public IPv4 address, as the internet sees it. */
  publicAddress(): Promise<string>;
  /** The name servers that the public DNS names for a domain; `[]` when it names none; undefined when DNS cannot be asked. */
  nameServers(domain: string): Promise<readonly string[] | undefined>;
}

/** Until when the credentials hold, by their own word. */
export interface CredentialsEnd {
  /** Milliseconds since 1970. */
  readonly at: number;
  /**
   * True: from five minutes before, the SDK asks where they came from (a login's session, a role, a process) for new ones.
   * False: they came as they are, in environment variables, or were opened by an MFA code, and end.
   */
  readonly renewed: boolean;
  /** A person has opened the session with an MFA code. */
  readonly byCode?: boolean;
}

/** All that a resource type may use of the world. */
export interface Aws extends Services {
  readonly region: string;
  /** The account of the credentials in use. */
  readonly account: string;
  /** Its ARN: a user, or the session of a role. */
  readonly caller: string;
  readonly partition: string;
  readonly network: Network;
  /**
   * How a person calls the AWS CLI for what this run works on, in commands to copy: "aws --profile shop". On the sandbox with an
   * endpoint that is none, so that a command copied from there never reaches AWS.
   */
  readonly cli: string;
  /** The services in another region. */
  elsewhere(region: string): Services;
  /**
   * The services for what a run keeps of itself, its lock and its state: an interrupt does not end these calls, and nothing is
   * awaited before them. @param region another than the stack's
   */
  bookkeeping(region?: string): Services;
  /** How far AWS's clock is ahead of this machine's, by the last answer, milliseconds to a second; undefined: AWS did not say. */
  clockAhead(): number | undefined;
  /** Of the credentials that the last call was signed with; undefined: they do not say, as long-lived ones. */
  credentialsEnd(): CredentialsEnd | undefined;
  /**
   * In a look that tells of others' things, too: the recorded ids of the stack's objects. What is asked by place for others (all in
   * a VPC, all alarms) is asked for once then, and the stack's own is taken from it. Undefined: only the stack's own is asked for.
   */
  readonly amongOthers?: ReadonlySet<string>;
  /**
   * Makes one call of the calls with the same key that are asked for at the same moment. A call under way is never
   * joined: its answer may be older than the asker's last write.
   */
  coalesce<T>(key: string, call: () => Promise<T>): Promise<T>;
  /** Looks one id up; ids of one kind that are asked for at the same moment are read in one call. Undefined: not in the answer. */
  batchById<T>(
    kind: string,
    id: string,
    read: (ids: readonly string[]) => Promise<ReadonlyMap<string, T>>,
  ): Promise<T | undefined>;
}
