import type { Identified } from "../../engine/resource.ts";
import { undefinedIf } from "../errors.ts";
import { command, type Extra, type ExtraReader, standing } from "../extra.ts";
import { policyMeaning } from "../policy-meaning.ts";

const policies: ExtraReader = {
  what: "bucket policies",
  read: async (aws, _stack, seen) =>
    (
      await Promise.all(
        standing<Identified>(seen, "s3:bucket").map(async ({ name, live }): Promise<readonly Extra[]> => {
          const Bucket = live.id;
          const answer = await undefinedIf(["NoSuchBucketPolicy", "NoSuchBucket"], () =>
            aws.s3.getBucketPolicy({ Bucket }),
          );
          if (!answer?.Policy) return [];
          return [
            {
              what: "bucket policy",
              id: Bucket,
              on: name,
              ...policyMeaning(answer.Policy, aws.account),
              whose: "",
              commands: [command(aws, `s3api delete-bucket-policy --bucket ${Bucket}`)],
            },
          ];
        }),
      )
    ).flat(),
};

export const extras: readonly ExtraReader[] = [policies];
