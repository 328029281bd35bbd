import type { Safety } from "../safety.ts";

export {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  DeleteInstanceProfileCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient as Client,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
  RemoveRoleFromInstanceProfileCommand,
  SimulatePrincipalPolicyCommand,
  TagInstanceProfileCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";

export const safety: Readonly<Record<string, Safety>> = {
  // A repeat is refused (EntityAlreadyExists): the engine looks and finds our own.
  CreateRole: "look",
  UpdateAssumeRolePolicy: "same",
  PutRolePolicy: "same",
  AttachRolePolicy: "same",
  TagRole: "same",
  DetachRolePolicy: "same",
  DeleteRolePolicy: "same",
  DeleteRole: "same",
  CreateInstanceProfile: "look",
  // A repeat is refused (LimitExceeded) as if a second role were put in.
  AddRoleToInstanceProfile: "look",
  TagInstanceProfile: "same",
  RemoveRoleFromInstanceProfile: "same",
  DeleteInstanceProfile: "same",
};
