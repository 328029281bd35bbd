import type { Aws, Call } from "../../aws/aws.ts";
import { undefinedIf } from "../../aws/errors.ts";
import { allPages } from "../../aws/pages.ts";
import { NO_INVOCATION, SHELL_SCRIPT } from "../../aws/ssm/run-command.ts";
import type { Commands, Invocation } from "../machines.ts";

/** The most values of a filter, and the most instances in an answer, of DescribeInstanceInformation (API reference). */
const PER_CALL = 50;
/** How long Systems Manager tries to reach an agent, and how long a script may run, seconds. */
const DELIVERY_SECONDS = 60;
const EXECUTION_SECONDS = 150;

/** What it sends besides what `up`, `status` and `down` do. */
export const commandCalls = [
  "ssm.describeInstanceInformation",
  "ssm.getCommandInvocation",
  "ssm.sendCommand",
] as const satisfies readonly Call[];
/** What `buddyverse run` sends besides. */
export const runCalls = [...commandCalls, "ssm.cancelCommand"] as const satisfies readonly Call[];

/**
 * The first characters of what a command wrote are all that there is, and the agent says at their end that it has cut them (API
 * reference, GetCommandInvocation; amazon-ssm-agent, TruncateOutput).
 */
export const KEPT = {
  output: { characters: 24_000, cutSays: "---Output truncated---" },
  errors: { characters: 8_000, cutSays: "---Error truncated----" },
} as const;

const ENDED = new Set(["Success", "Failed"]);
const UNDER_WAY = new Set(["Pending", "InProgress", "Delayed", "Cancelling"]);

/** Run Command with the document that AWS keeps for shell scripts. The scripts may run twice: an answer may be lost. */
export const commandsOf = ({ ssm }: Aws): Commands => ({
  async online(instanceIds) {
    const found = await allPages(
      (NextToken) =>
        ssm.describeInstanceInformation({
          Filters: [{ Key: "InstanceIds", Values: [...instanceIds] }],
          MaxResults: PER_CALL,
          NextToken,
        }),
      (page) => page.InstanceInformationList,
      (page) => page.NextToken,
    );
    return new Set(found.filter(({ PingStatus }) => PingStatus === "Online").map(({ InstanceId }) => InstanceId ?? ""));
  },

  async send(instanceIds, script, about, seconds = EXECUTION_SECONDS) {
    const { Command } = await ssm.sendCommand({
      DocumentName: SHELL_SCRIPT,
      InstanceIds: [...instanceIds],
      Comment: `buddyverse: ${about}`,
      TimeoutSeconds: DELIVERY_SECONDS,
      Parameters: { commands: script.split("\n"), executionTimeout: [String(seconds)] },
    });
    return Command?.CommandId as string;
  },

  async result(CommandId, InstanceId): Promise<Invocation> {
    // It is not visible for a moment after SendCommand.
    const found = await undefinedIf(NO_INVOCATION, () => ssm.getCommandInvocation({ CommandId, InstanceId }));
    const {
      Status = "Pending",
      StatusDetails,
      ResponseCode = -1,
      StandardOutputContent,
      StandardErrorContent,
    } = found ?? {};
    if (UNDER_WAY.has(Status)) return { state: "under-way" };
    // The script itself did not come to an end (Execution Timed Out, Cancelled; -1: Delivery Timed Out, Undeliverable, …), and
    // there is no output (API reference, GetCommandInvocation).
    if (ResponseCode === -1 || !ENDED.has(Status)) return { state: "lost", why: StatusDetails ?? Status };
    return {
      state: "ended",
      exitCode: ResponseCode,
      output: StandardOutputContent ?? "",
      errors: StandardErrorContent ?? "",
    };
  },
});
