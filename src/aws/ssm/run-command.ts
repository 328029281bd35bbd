import type { Aws } from "../aws.ts";

/** The document that AWS keeps for shell scripts (Systems Manager user guide, "Command document plugin reference"). */
export const SHELL_SCRIPT = "AWS-RunShellScript";

/** What GetCommandInvocation says for a moment after SendCommand: "The specified command ID or instance ID … doesn't exist". */
export const NO_INVOCATION = ["InvocationDoesNotExist"];

/** Attempts to cancel a command on an instance: "there is no guarantee that the command will be terminated" (API reference). */
export async function cancelCommand({ ssm }: Aws, CommandId: string, instanceId: string): Promise<void> {
  await ssm.cancelCommand({ CommandId, InstanceIds: [instanceId] });
}
