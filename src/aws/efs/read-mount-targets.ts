import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";

/** True for a mount target that nobody deletes. */
export async function mountTargetIsThere(aws: Aws, MountTargetId: string): Promise<boolean> {
  const answer = await undefinedIf(["MountTargetNotFound"], () => aws.efs.describeMountTargets({ MountTargetId }));
  const state = answer?.MountTargets?.[0]?.LifeCycleState;
  return state !== undefined && state !== "deleting" && state !== "deleted";
}
