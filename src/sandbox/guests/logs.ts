import { noWayOut } from "../services/ec2/reach.ts";
import type { Instance } from "../services/ec2/tables.ts";
import { profileAllows } from "../services/iam/iam.ts";
import { append, streamToWrite } from "../services/logs/streams.ts";
import { groupArn, groupTable } from "../services/logs/tables.ts";
import type { Sim } from "../world.ts";

/** A file whose lines the CloudWatch agent sends, as its configuration says it. */
interface Collected {
  readonly file_path: string;
  readonly log_group_name: string;
  readonly log_stream_name: string;
}

/** What the instance's agent was told to send: the here document LOGS of its user data. */
function collectedBy({ userData }: Instance): readonly Collected[] {
  const script = userData === null ? "" : Buffer.from(userData, "base64").toString("utf8");
  const [, text] = /<<'LOGS'\n(.*)\nLOGS$/m.exec(script) ?? [];
  return text === undefined ? [] : JSON.parse(text).logs.logs_collected.files.collect_list;
}

/**
 * Writes a line into a file of an instance, and has its agent send it, where the group is there, the role allows it and there is a way.
 * What cannot be sent is lost here; on AWS the agent would send it later.
 */
export function writeLine(sim: Sim, instance: Instance, file: string, message: string): void {
  const collected = collectedBy(instance).find(({ file_path }) => file_path === file);
  if (!collected || noWayOut(sim, instance) !== undefined) return;
  const { log_group_name: group } = collected;
  const name = collected.log_stream_name.replace("{instance_id}", instance.id);
  const may = (action: string) =>
    profileAllows(sim, instance.profileArn, `logs:${action}`, `${groupArn(sim, group)}:log-stream:${name}`);
  if (!groupTable(sim).get(group) || !may("CreateLogStream") || !may("PutLogEvents")) return;
  append(sim, streamToWrite(sim, group, name), [{ timestamp: Math.floor(sim.now), message }], "now");
}
