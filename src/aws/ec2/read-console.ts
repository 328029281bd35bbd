import { printable } from "../../lib/text.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";

const CONSOLE_LINES = 30;
const GONE = ["InvalidInstanceID.NotFound"];
/**
 * Xen: "This instance type does not support retrieving the latest console logs" (seen in aws/eks-node-monitoring-agent's
 * tests). The other is what EC2 says of a state in which it does not do something.
 */
const NOT_LATEST = ["UnsupportedOperation", "IncorrectInstanceState"];

/** What AWS has of an instance's console: the last 64 KB. */
export interface ConsoleOutput {
  /** Empty: AWS has none (yet). Without terminal codes. */
  readonly text: string;
  /** As of now. False: as AWS kept it some minutes after the last start or stop, and it may never be newer. */
  readonly current: boolean;
}

/**
 * The console as of now, which only Nitro has (API reference, GetConsoleOutput); else what AWS kept of it: that comes
 * minutes after the instance has started or stopped (up to 20, canonical/pycloudlib#193).
 */
export async function consoleOf(aws: Aws, InstanceId: string): Promise<ConsoleOutput> {
  const latest = await undefinedIf([...GONE, ...NOT_LATEST], () =>
    aws.ec2.getConsoleOutput({ InstanceId, Latest: true }),
  );
  if (latest?.Output) return { text: plainText(latest.Output), current: true };
  const kept = await undefinedIf(GONE, () => aws.ec2.getConsoleOutput({ InstanceId }));
  return { text: plainText(kept?.Output), current: latest !== undefined };
}

/** Consoles are full of terminal codes, which must not reach the user's terminal. */
const plainText = (base64 = ""): string => printable(Buffer.from(base64, "base64").toString("utf8")).trimEnd();

/** The end of it as the end of a sentence. @param until where the lines end that matter: a text in the last of them. */
export function consoleTail({ text }: ConsoleOutput, until?: string): string {
  if (text === "") return "AWS has no console output of it (yet)";
  const lines = text.split("\n");
  const last = until === undefined ? -1 : lines.findLastIndex((line) => line.includes(until));
  const end = last === -1 ? lines.length : last + 1;
  return `the end of its console output:\n${lines.slice(Math.max(0, end - CONSOLE_LINES), end).join("\n")}`;
}
