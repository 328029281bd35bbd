import { POLICY } from "../doctor/preflight.ts";
import { isCopied } from "../engine/copies.ts";
import type { Refusal } from "../engine/refusal.ts";
import type { Snapshot } from "../engine/snapshot.ts";
import type { Session } from "./session.ts";

/** Why the caller could not make the copies of a `down`, as far as IAM tells. @param found taken for `removing` */
export async function copyRefusals(
  { aws, config, stack: { run } }: Pick<Session, "aws" | "config" | "stack">,
  { entries }: Snapshot,
): Promise<readonly Refusal[]> {
  const copied = [...entries.values()].filter((one) => isCopied(run, one));
  const rights = copied.flatMap(
    ({ node, look }) => (look.live && node.type.copyRights?.(aws, look.live, node.owner)) ?? [],
  );
  if (rights.length === 0) return [];
  const { lacking } = await import("../doctor/doctor.ts");
  const denied = await lacking(aws, config.stack, rights);
  if (denied.length === 0) return [];
  return [
    {
      message: `not all copies can be made: IAM's policy simulator refuses the caller ${denied.join(", ")}`,
      hint: POLICY,
      remedies: [{ to: "leave no copies", commands: ["buddyverse down --discard-data"] }],
    },
  ];
}
