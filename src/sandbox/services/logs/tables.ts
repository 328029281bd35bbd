import { partitionOf } from "../../../aws/partition.ts";
import { awsError } from "../../service.ts";
import type { Sim, Table } from "../../world.ts";

export interface Group {
  readonly name: string;
  readonly createdAt: number;
  /** Null: for ever. */
  readonly retentionDays: number | null;
  readonly deletionProtection: boolean;
  readonly tags: Readonly<Record<string, string>>;
}
/** A line that was taken. */
export interface Event {
  readonly id: string;
  readonly timestamp: number;
  readonly ingestedAt: number;
  readonly message: string;
}
export interface Stream {
  readonly group: string;
  readonly name: string;
  readonly createdAt: number;
  readonly events: readonly Event[];
}
/** What sends a group's lines on, or makes a metric of them. */
export interface Filter {
  readonly group: string;
  readonly kind: "subscription" | "metric";
  readonly name: string;
  readonly createdAt: number;
  readonly settings: Readonly<Record<string, unknown>>;
}
export const filterTable = (sim: Sim): Table<Filter> => sim.table("logs.filters");
export const filtersOf = (sim: Sim, group: string, kind: Filter["kind"]): Filter[] =>
  filterTable(sim)
    .all()
    .filter((one) => one.group === group && one.kind === kind);

export const groupTable = (sim: Sim): Table<Group> => sim.table("logs.groups");
export const streamTable = (sim: Sim): Table<Stream> => sim.table("logs.streams");

export const streamKey = (group: string, name: string): string => `${group}:${name}`;

export const streamsOf = (sim: Sim, group: string): Stream[] =>
  streamTable(sim)
    .all()
    .filter((stream) => stream.group === group);

export const groupArn = (sim: Sim, name: string): string =>
  `arn:${partitionOf(sim.region).name}:logs:${sim.region}:${sim.account}:log-group:${name}`;

// AWS's words: epsagon/list-lambdas#5 and osperlabs/logbeam#7 (group), mentum/lawgs#11 (stream).
export const noGroup = () => awsError("ResourceNotFoundException", "The specified log group does not exist.");
export const noStream = () => awsError("ResourceNotFoundException", "The specified log stream does not exist.");
export const invalid = (message: string) => awsError("InvalidParameterException", message);

/** The group as a call that names it finds it. */
export function groupFor(sim: Sim, name: string): Group {
  const group = groupTable(sim).visible(name) && groupTable(sim).get(name);
  if (!group) throw noGroup();
  return group;
}
