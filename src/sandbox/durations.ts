/**
 * How long things take in the sandbox, seconds: typical values of the field reports behind docs/sandbox.md. One table, so
 * that the time of an `up` can be computed from it.
 */
export const DURATIONS = {
  instanceRunning: 15,
  instanceStopped: 30,
  instanceTerminated: 40,
  /** From running until user data of a NAT instance has set up routing. */
  natReady: 45,
  /** From running until the builder has installed everything and powers off. */
  builderSetup: 240,
  imageAvailable: 300,
  /** From running until a web instance answers http. */
  webBoot: 60,
  /** From running until the SSM agent has registered the instance. */
  agentOnline: 30,
  /** From SendCommand until the agent has run a short command. */
  commandRun: 2,
  profileUsable: 12,
  natGatewayAvailable: 110,
  natGatewayDeleted: 50,
  /** An address is still held after its NAT gateway shows deleted. */
  addressHeld: 10,
  fileSystemAvailable: 12,
  fileSystemDeleted: 5,
  mountTargetAvailable: 80,
  mountTargetDeleted: 60,
  databaseAvailable: 480,
  replicaAvailable: 480,
  databaseModify: 60,
  databaseDeleted: 240,
  finalSnapshot: 120,
  loadBalancerActive: 170,
  /** A deleted load balancer's interfaces stay. */
  loadBalancerInterfaces: 60,
  groupActivity: 20,
  certificateIssued: 120,
  certificateRecordShown: 10,
  /** A certificate counts as in use after its listener is gone. */
  certificateHeld: 20,
  recordInSync: 35,
} as const;

/** A duration in milliseconds. */
export const ms = (name: keyof typeof DURATIONS): number => DURATIONS[name] * 1_000;
