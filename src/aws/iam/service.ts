import type { Service } from "../service.ts";
import { extras } from "./extras.ts";
import { instanceProfile } from "./instance-profile.ts";
import { narrowed } from "./narrowed.ts";
import { role } from "./role.ts";

export const iam: Service<typeof import("./client.ts")> = {
  package: "iam",
  load: () => import("./client.ts"),
  permissions: {
    prefix: "iam",
    implied: {
      CreateRole: ["iam:TagRole"],
      CreateInstanceProfile: ["iam:TagInstanceProfile"],
      // API reference, AddRoleToInstanceProfile.
      AddRoleToInstanceProfile: ["iam:PassRole"],
    },
    // Policies that others attached go with the role.
    changes: {
      CreateRole: ["DetachRolePolicy", "UntagRole", "UpdateAssumeRolePolicy"],
      CreateInstanceProfile: ["UntagInstanceProfile"],
    },
    narrowed,
  },
  extras,
  types: [role, instanceProfile],
  colour: "#c23b4b",
  safety: {
    // A repeat is refused (EntityAlreadyExists): the engine looks and finds our own.
    CreateRole: "look",
    UpdateAssumeRolePolicy: "same",
    PutRolePolicy: "same",
    TagRole: "same",
    UntagRole: "same",
    AttachRolePolicy: "same",
    DetachRolePolicy: "same",
    DeleteRolePolicy: "same",
    DeleteRole: "same",
    // A repeat is refused (InvalidInput, "has been taken"), which is as good.
    CreateServiceLinkedRole: "name",
    CreateInstanceProfile: "look",
    // A repeat is refused (LimitExceeded) as if a second role were put in.
    AddRoleToInstanceProfile: "look",
    TagInstanceProfile: "same",
    UntagInstanceProfile: "same",
    RemoveRoleFromInstanceProfile: "same",
    DeleteInstanceProfile: "same",
  },
};
