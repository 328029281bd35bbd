import { undefinedIf } from "../errors.ts";
import { STACK_TAG, tagsFrom } from "../owned.ts";
import { FORGOTTEN, type ResidualReader } from "../residual.ts";
import { bucketName, stackBucket } from "./bucket.ts";

export const forgottenBucket: ResidualReader = {
  what: "the stack's bucket",
  async read(aws, stack) {
    const id = bucketName(aws, stackBucket(stack));
    const answer = await undefinedIf(["NoSuchBucket", "NoSuchTagSet"], () => aws.s3.getBucketTagging({ Bucket: id }));
    if (tagsFrom(answer?.TagSet)[STACK_TAG] !== stack) return [];
    return [
      { what: "bucket", id, why: FORGOTTEN, price: undefined, commands: [`${aws.cli} s3 rb s3://${id} --force`] },
    ];
  },
};
