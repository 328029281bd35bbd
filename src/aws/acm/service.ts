import type { Service } from "../service.ts";
import { certificate } from "./certificate.ts";
import { issuedCertificate } from "./issued.ts";

export const acm: Service<typeof import("./client.ts")> = {
  package: "acm",
  load: () => import("./client.ts"),
  permissions: {
    prefix: "acm",
    tagging: "acm:AddTagsToCertificate",
    changes: { RequestCertificate: ["AddTagsToCertificate", "RemoveTagsFromCertificate"] },
    // No key says which call tags, and certificates have no names: who has the policy can give its tag to another one.
    byTags: { creates: ["RequestCertificate"], changes: ["DeleteCertificate", "RemoveTagsFromCertificate"] },
  },
  types: [certificate, issuedCertificate],
  colour: "#c23b4b",
  safety: {
    // The token is good for an hour (API reference), a repeat comes within seconds.
    RequestCertificate: "token",
    AddTagsToCertificate: "same",
    RemoveTagsFromCertificate: "same",
    DeleteCertificate: "same",
  },
};
