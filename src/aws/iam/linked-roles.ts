import type { Aws } from "../aws.ts";
import { classify } from "../classify.ts";
import { codesOf, isOneOf } from "../errors.ts";

/** What AWS says when the account has it (cube-js/cube#11581). */
const THERE = [{ code: "InvalidInput", message: /has been taken in this account/ }];

/**
 * Makes the linked role by which a service acts in the account, where there is none. AWS would make it itself, in the
 * caller's name, with the first call that needs it; but that call, and what the service does in the first minute or two, can then
 * fail (pelias-deprecated/kubernetes#32, aws-samples/eks-workshop-v2#1609).
 * @param principal "rds.amazonaws.com"
 * @returns why it could not be made; undefined: it is there. A caller who may not make it does well with one that is there,
 * which the refusal does not say. Throws what is trouble on the way.
 */
export async function createLinkedRole(aws: Aws, principal: string): Promise<string | undefined> {
  try {
    await aws.iam.createServiceLinkedRole({ AWSServiceName: principal });
  } catch (error) {
    if (isOneOf(error, THERE)) return undefined;
    if (classify(error) !== "denied") throw error;
    return `The linked role of ${principal} could not be made (${codesOf(error)[0]}). Where the account has it that is all the same; where not, AWS refuses what needs it until somebody makes it: ${aws.cli} iam create-service-linked-role --aws-service-name ${principal}`;
  }
  return undefined;
}
