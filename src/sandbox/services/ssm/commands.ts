import * as z from "zod";
import { commandFor } from "../../guests/commands.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim, Table } from "../../world.ts";
import { instanceTable } from "../ec2/tables.ts";
import { agentTable, isOnline } from "./agents.ts";
import { ms } from "./durations.ts";

interface Command {
  readonly id: string;
  readonly instanceIds: readonly string[];
  readonly comment: string;
  readonly script: string;
  readonly requestedAt: number;
  readonly deliverySeconds: number;
  readonly executionSeconds: number;
}
interface Invocation {
  readonly commandId: string;
  readonly instanceId: string;
  readonly status: "Pending" | "InProgress" | "Success" | "Failed" | "TimedOut" | "Cancelled";
  readonly details: string;
  /** What the script, once it has ended, will have said and answered. */
  readonly out: string;
  readonly err: string;
  readonly code: number;
  readonly requestedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

const commandTable = (sim: Sim): Table<Command> => sim.table("ssm.commands");
const invocationTable = (sim: Sim): Table<Invocation> => sim.table("ssm.invocations");
const key = (commandId: string, instanceId: string) => `${commandId} ${instanceId}`;

const DELIVER_AGAIN_MS = 5_000;
/** AWS keeps commands for 30 days; the sandbox keeps the last of them. */
const COMMANDS = 60;
/** GetCommandInvocation and ListCommandInvocations give the first characters of what was written (API reference). */
const CHARACTERS = { get: { out: 24_000, err: 8_000 }, list: { out: 2_500, err: 2_500 } };
/** AWS-RunShellScript's default of executionTimeout, seconds. */
const EXECUTION_S = 3600;

const instanceId = z.string().regex(/^i-(\w{8}|\w{17})$/);
const commandId = z.string().length(36);
const invalidInstance = (sim: Sim, ids: readonly string[]) =>
  awsError("InvalidInstanceId", `Instances [[${ids.join(", ")}]] not in a valid state for account ${sim.account}`);

function change(sim: Sim, invocation: Invocation, changes: Partial<Invocation>): Invocation {
  const changed = { ...invocation, ...changes };
  invocationTable(sim).putNow(key(invocation.commandId, invocation.instanceId), changed);
  return changed;
}

const underWay = ({ status }: Invocation): boolean => status === "Pending" || status === "InProgress";

/** The agent runs the script. */
function start(sim: Sim, given: Invocation, command: Command): void {
  const about = key(given.commandId, given.instanceId);
  const instance = instanceTable(sim).get(given.instanceId);
  if (!instance) return;
  const outcome = commandFor(command.script)(sim, instance);
  const limitMs = command.executionSeconds * 1_000;
  const ms = outcome === "hangs" ? Number.POSITIVE_INFINITY : (outcome.ms ?? 0);
  const { code, out = "", err = "" } = outcome === "hangs" ? { code: -1 } : outcome;
  const started = { status: "InProgress", details: "InProgress", startedAt: sim.now, code, out, err } as const;
  change(sim, given, started);
  if (ms > limitMs) sim.after(limitMs, "ssm:timed-out", about);
  else if (ms > 0) sim.after(ms, "ssm:ended", about);
  else end(about, sim);
}

function end(about: string, sim: Sim): void {
  const there = found(sim, about);
  if (!there) return;
  const status = there.invocation.code === 0 ? "Success" : "Failed";
  change(sim, there.invocation, { status, details: status, endedAt: sim.now });
}

function found(sim: Sim, about: string): { invocation: Invocation; command: Command } | undefined {
  const invocation = invocationTable(sim).get(about);
  const command = invocation && commandTable(sim).get(invocation.commandId);
  return invocation && command && underWay(invocation) ? { invocation, command } : undefined;
}

const shown = (invocation: Invocation, characters: { readonly out: number; readonly err: number }) => {
  // The output is there when the plugin has ended by itself.
  const ended = invocation.status === "Success" || invocation.status === "Failed";
  return {
    status: { Status: invocation.status, StatusDetails: invocation.details },
    out: ended ? invocation.out.slice(0, characters.out) : "",
    err: ended ? invocation.err.slice(0, characters.err) : "",
    exitCode: ended ? invocation.code : -1,
  };
};

const uuid = (sim: Sim): string => [8, 4, 4, 4, 12].map((digits) => sim.hex(digits)).join("-");

export const runCommand: SandboxService = {
  operations: {
    SendCommand: operation(
      {
        InstanceIds: z.array(instanceId).min(1).max(50),
        DocumentName: z.string(),
        Comment: z.string().max(100).optional(),
        TimeoutSeconds: z.number().int().min(30).max(2_592_000).optional(),
        Parameters: z
          .strictObject({
            commands: z.array(z.string()).min(1),
            executionTimeout: z
              .array(z.string().regex(/^[1-9]\d{0,5}$/))
              .length(1)
              .optional(),
          })
          .optional(),
      },
      (input, sim) => {
        if (input.DocumentName !== "AWS-RunShellScript")
          throw awsError("InvalidDocument", `Document with name ${input.DocumentName} does not exist.`);
        const executionSeconds = Number(input.Parameters?.executionTimeout?.[0] ?? EXECUTION_S);
        if (!input.Parameters || executionSeconds > 172_800)
          throw awsError("InvalidParameters", "commands is needed, and executionTimeout is 1 to 172800 seconds");
        // Registered, or the call fails as a whole; one that does not answer any more is tried until the time is out.
        const unknown = input.InstanceIds.filter(
          (id) => !agentTable(sim).get(id) || instanceTable(sim).get(id)?.state !== "running",
        );
        if (unknown.length > 0) throw invalidInstance(sim, unknown);
        const script = input.Parameters.commands.join("\n");
        if (script.trim() === "") throw awsError("InvalidParameters", "commands: there is nothing to run");
        commandFor(script);
        const command: Command = {
          id: uuid(sim),
          instanceIds: [...new Set(input.InstanceIds)],
          comment: input.Comment ?? "",
          script,
          requestedAt: sim.now,
          deliverySeconds: input.TimeoutSeconds ?? 3600,
          executionSeconds,
        };
        commandTable(sim).put(command.id, command);
        for (const id of command.instanceIds) {
          invocationTable(sim).put(key(command.id, id), {
            commandId: command.id,
            instanceId: id,
            status: "Pending",
            details: "Pending",
            out: "",
            err: "",
            code: -1,
            requestedAt: sim.now,
            startedAt: null,
            endedAt: null,
          });
          sim.after(ms("commandRun"), "ssm:deliver", key(command.id, id));
        }
        forget(sim);
        return {
          Command: {
            CommandId: command.id,
            DocumentName: "AWS-RunShellScript",
            Comment: command.comment,
            InstanceIds: command.instanceIds,
            RequestedDateTime: new Date(sim.now),
            Status: "Pending",
            StatusDetails: "Pending",
            TimeoutSeconds: command.deliverySeconds,
            TargetCount: command.instanceIds.length,
            CompletedCount: 0,
            ErrorCount: 0,
          },
        };
      },
    ),

    GetCommandInvocation: operation({ CommandId: commandId, InstanceId: instanceId }, (input, sim) => {
      const about = key(input.CommandId, input.InstanceId);
      const invocation = invocationTable(sim).visible(about) && invocationTable(sim).get(about);
      if (!invocation) throw awsError("InvocationDoesNotExist", "InvocationDoesNotExist");
      const { status, out, err, exitCode } = shown(invocation, CHARACTERS.get);
      return {
        CommandId: invocation.commandId,
        InstanceId: invocation.instanceId,
        DocumentName: "AWS-RunShellScript",
        PluginName: "aws:runShellScript",
        ResponseCode: exitCode,
        ...(invocation.startedAt === null
          ? {}
          : { ExecutionStartDateTime: new Date(invocation.startedAt).toISOString() }),
        ...(invocation.endedAt === null ? {} : { ExecutionEndDateTime: new Date(invocation.endedAt).toISOString() }),
        ...status,
        StandardOutputContent: out,
        StandardErrorContent: err,
      };
    }),

    ListCommandInvocations: operation(
      {
        CommandId: commandId.optional(),
        InstanceId: instanceId.optional(),
        Details: z.boolean().optional(),
        MaxResults: z.number().int().min(1).max(50).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const all = invocationTable(sim)
          .allVisible()
          .filter((one) => !input.CommandId || one.commandId === input.CommandId)
          .filter((one) => !input.InstanceId || one.instanceId === input.InstanceId)
          .flatMap((one) => invocationTable(sim).get(key(one.commandId, one.instanceId)) ?? []);
        const from = Number(input.NextToken ?? 0);
        const to = from + (input.MaxResults ?? 50);
        return {
          CommandInvocations: all.slice(from, to).map((one) => {
            const { status, out, err, exitCode } = shown(one, CHARACTERS.list);
            return {
              CommandId: one.commandId,
              InstanceId: one.instanceId,
              DocumentName: "AWS-RunShellScript",
              RequestedDateTime: new Date(one.requestedAt),
              ...status,
              CommandPlugins: input.Details
                ? [
                    {
                      Name: "aws:runShellScript",
                      ...status,
                      ResponseCode: exitCode,
                      Output: (err === "" ? out : `${out}\n----------ERROR-------\n${err}`).slice(
                        0,
                        CHARACTERS.list.out,
                      ),
                    },
                  ]
                : [],
            };
          }),
          ...(to < all.length ? { NextToken: String(to) } : {}),
        };
      },
    ),

    CancelCommand: operation(
      { CommandId: commandId, InstanceIds: z.array(instanceId).max(50).optional() },
      (input, sim) => {
        const command = commandTable(sim).get(input.CommandId);
        if (!command) throw awsError("InvalidCommandId", `The command ${input.CommandId} does not exist.`);
        for (const id of input.InstanceIds ?? command.instanceIds) {
          const there = found(sim, key(command.id, id));
          if (there) change(sim, there.invocation, { status: "Cancelled", details: "Cancelled", endedAt: sim.now });
        }
        return {};
      },
    ),

    DescribeInstanceInformation: operation(
      {
        Filters: z
          .array(
            z.strictObject({ Key: z.enum(["InstanceIds", "PingStatus"]), Values: z.array(z.string()).min(1).max(100) }),
          )
          .optional(),
        MaxResults: z.number().int().min(5).max(50).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const all = agentTable(sim)
          .all()
          .flatMap(({ instanceId: id }) => {
            const instance = instanceTable(sim).get(id);
            // What is terminated is managed no longer.
            if (!instance || instance.state === "terminated") return [];
            return [{ instance, ping: isOnline(sim, id) ? "Online" : "ConnectionLost" }];
          })
          .filter(({ instance, ping }) =>
            (input.Filters ?? []).every(({ Key, Values }) =>
              Values.includes(Key === "InstanceIds" ? instance.id : ping),
            ),
          );
        const from = Number(input.NextToken ?? 0);
        const to = from + (input.MaxResults ?? 50);
        return {
          InstanceInformationList: all.slice(from, to).map(({ instance, ping }) => ({
            InstanceId: instance.id,
            PingStatus: ping,
            LastPingDateTime: new Date(instance.runningUntil ?? sim.now),
            PlatformType: "Linux",
            ResourceType: "EC2Instance",
            IPAddress: instance.privateIp,
          })),
          ...(to < all.length ? { NextToken: String(to) } : {}),
        };
      },
    ),
  },

  timers: {
    deliver(about, sim) {
      const there = found(sim, about);
      if (!there) return;
      const { invocation, command } = there;
      if (isOnline(sim, invocation.instanceId)) start(sim, invocation, command);
      else if (sim.now >= command.requestedAt + command.deliverySeconds * 1_000)
        change(sim, invocation, { status: "TimedOut", details: "Delivery Timed Out", endedAt: sim.now });
      else sim.after(DELIVER_AGAIN_MS, "ssm:deliver", about);
    },
    ended: end,
    "timed-out"(about, sim) {
      const there = found(sim, about);
      if (there)
        change(sim, there.invocation, { status: "TimedOut", details: "Execution Timed Out", endedAt: sim.now });
    },
  },
};

/** Keeps the last commands only. */
function forget(sim: Sim): void {
  const old = commandTable(sim)
    .all()
    .sort((one, other) => other.requestedAt - one.requestedAt)
    .slice(COMMANDS);
  for (const { id, instanceIds } of old) {
    commandTable(sim).removeNow(id);
    for (const instance of instanceIds) invocationTable(sim).removeNow(key(id, instance));
  }
}
