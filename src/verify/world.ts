import type { Clock } from "../lib/clock.ts";
import type { Interface, Network } from "./reach.ts";
import type { Site } from "./site.ts";

/** What the config asks for, as far as checks compare with it. */
export interface Wanted {
  readonly zones: readonly string[];
  readonly min: number;
  readonly max: number;
  /** Percent. */
  readonly cpuTarget: number;
  /** The site's names; empty: it has no domain, and so no https. */
  readonly names: readonly string[];
  readonly replica: boolean;
  readonly email: string | undefined;
}

/** The Auto Scaling group of the web instances. */
export interface ScalingGroup {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly desired: number;
  readonly healthCheckType: string;
  readonly graceSeconds: number;
  /** Zones in which it may launch. */
  readonly zones: readonly string[];
  /** Processes that somebody suspended. */
  readonly suspended: readonly string[];
  readonly instances: readonly Member[];
}
export interface Member {
  readonly id: string;
  readonly zone: string;
  /** In service and healthy, says the group. */
  readonly inService: boolean;
}

/** A target tracking policy. */
export interface TrackingPolicy {
  readonly metric: string;
  readonly target: number;
  readonly enabled: boolean;
  readonly scalesIn: boolean;
  /** The alarms by which it acts. */
  readonly alarms: readonly PolicyAlarm[];
}
export interface PolicyAlarm {
  readonly name: string;
  /** It is there, and its alarm runs the policy. */
  readonly acts: boolean;
}

export interface Target {
  readonly instanceId: string;
  /** As AWS says it: "healthy", "unhealthy", "initial", "draining", "unused". */
  readonly state: string;
  readonly reason: string;
}

/** How the load balancer checks its targets. */
export interface HealthCheck {
  readonly path: string;
  readonly codes: string;
}

export interface LoadBalancer {
  readonly dnsName: string;
  readonly zones: readonly string[];
  readonly healthCheck: HealthCheck;
}

export interface FileSystem {
  readonly id: string;
  /** Zones with a mount target that is available. */
  readonly zones: readonly string[];
}

export interface Database {
  readonly id: string;
  readonly zone: string;
  readonly publicAccess: boolean;
  /** In the network. */
  readonly interfaces: readonly Interface[];
}

/** Where somebody may come in from the internet. */
export interface Entrances {
  readonly loadBalancer: readonly Interface[];
  readonly bastions: readonly Interface[];
  /** Who may reach the bastions: ranges. */
  readonly operators: readonly string[];
}

/** Something that keeps data. */
export interface Store {
  readonly what: string;
  readonly encrypted: boolean;
}

export interface Alarm {
  readonly name: string;
  /** Undefined: it is not there. */
  readonly state: string | undefined;
  /** How long ago it was made or changed. */
  readonly ageSeconds: number;
  /** How long it looks back before it can tell. */
  readonly needsSeconds: number;
}

export interface Widget {
  readonly title: string;
  /** `none`: CloudWatch has nothing. `quiet`: nothing yet, of a metric that is sent only when there is something to count. */
  readonly data: "some" | "quiet" | "none";
}

export interface InstanceMetadata {
  readonly what: string;
  /** Only IMDSv2 is answered, or nothing at all. */
  readonly tokensRequired: boolean;
}

/** What is there, read from AWS once for all checks. Each throws `Refuted` when the object itself is not there. */
export interface Facts {
  readonly wanted: Wanted;
  group(): Promise<ScalingGroup>;
  policies(): Promise<readonly TrackingPolicy[]>;
  targets(): Promise<readonly Target[]>;
  loadBalancer(): Promise<LoadBalancer>;
  fileSystem(): Promise<FileSystem>;
  databases(): Promise<readonly Database[]>;
  network(): Promise<Network>;
  entrances(): Promise<Entrances>;
  /** The interfaces of the web instances in service. */
  web(): Promise<readonly Interface[]>;
  /** The interfaces of the file system's mount targets. */
  mounts(): Promise<readonly Interface[]>;
  stores(): Promise<readonly Store[]>;
  metadata(): Promise<readonly InstanceMetadata[]>;
  alarms(): Promise<readonly Alarm[]>;
  /** Read anew each time: data comes in while one waits. */
  widgets(): Promise<readonly Widget[]>;
  /** The e-mail subscription is confirmed. */
  subscribed(): Promise<boolean>;
}

/** Runs scripts on instances. */
export interface Machines {
  /**
   * Runs the script on all of them and answers what each printed. Throws `Refuted` when it ended with an error, and
   * something else when an instance cannot be asked.
   */
  run(instanceIds: readonly string[], script: string): Promise<ReadonlyMap<string, string>>;
}

/** All that checks work with. */
export interface World extends Facts {
  readonly site: Site;
  readonly machines: Machines;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Random, new for each run: names what a check leaves behind for a moment. Letters and digits. */
  readonly token: string;
}
