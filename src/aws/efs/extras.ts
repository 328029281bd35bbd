import type { Identified } from "../../engine/resource.ts";
import { undefinedIf } from "../errors.ts";
import { command, type Extra, type ExtraReader, standing, whoseBy } from "../extra.ts";
import { tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { policyMeaning } from "../policy-meaning.ts";

const GONE = ["FileSystemNotFound"];
/** A file system without one answers so (API reference, DescribeFileSystemPolicy). */
const NO_POLICY = [...GONE, "PolicyNotFound"];

const policies: ExtraReader = {
  what: "file system policies",
  read: async (aws, _stack, seen) =>
    (
      await Promise.all(
        standing<Identified>(seen, "efs:file-system").map(async ({ name, live }): Promise<readonly Extra[]> => {
          const FileSystemId = live.id;
          const answer = await undefinedIf(NO_POLICY, () => aws.efs.describeFileSystemPolicy({ FileSystemId }));
          if (!answer?.Policy) return [];
          return [
            {
              what: "file system policy",
              id: FileSystemId,
              on: name,
              ...policyMeaning(answer.Policy, aws.account),
              whose: "",
              commands: [command(aws, `efs delete-file-system-policy --file-system-id ${FileSystemId}`)],
            },
          ];
        }),
      )
    ).flat(),
};

const accessPoints: ExtraReader = {
  what: "access points",
  read: async (aws, _stack, seen) =>
    (
      await Promise.all(
        standing<Identified>(seen, "efs:file-system").map(async ({ name, live }) => {
          const found = await undefinedIf(GONE, () =>
            allPages(
              (NextToken) => aws.efs.describeAccessPoints({ FileSystemId: live.id, NextToken }),
              (page) => page.AccessPoints,
              (page) => page.NextToken,
            ),
          );
          return (found ?? []).map(
            ({ AccessPointId = "", RootDirectory, Tags }): Extra => ({
              what: "access point",
              id: AccessPointId,
              on: name,
              effect: `mounts ${RootDirectory?.Path ?? "/"}`,
              whose: whoseBy(tagsFrom(Tags)),
              danger: undefined,
              commands: [command(aws, `efs delete-access-point --access-point-id ${AccessPointId}`)],
            }),
          );
        }),
      )
    ).flat(),
};

export const extras: readonly ExtraReader[] = [policies, accessPoints];
