/** The document that AWS keeps for shell scripts (Systems Manager user guide, "Command document plugin reference"). */
export const SHELL_SCRIPT = "AWS-RunShellScript";

/** What GetCommandInvocation says for a moment after SendCommand: "The specified command ID or instance ID … doesn't exist". */
export const NO_INVOCATION = ["InvocationDoesNotExist"];
