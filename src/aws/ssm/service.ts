import type { Service } from "../service.ts";
import { appSecret } from "./app-secret.ts";
import { generatedSecret } from "./generated-secret.ts";
import { narrowed } from "./narrowed.ts";
import { parameter } from "./parameter.ts";
import { releaseReport } from "./release-report.ts";

export const ssm: Service<typeof import("./client.ts")> = {
  package: "ssm",
  load: () => import("./client.ts"),
  permissions: {
    prefix: "ssm",
    tagging: "ssm:AddTagsToResource",
    changes: { PutParameter: ["ListTagsForResource", "RemoveTagsFromResource"] },
    narrowed,
  },
  // One update of a parameter at a time (API reference, PutParameter).
  errors: { throttled: ["TooManyUpdates"] },
  types: [parameter, generatedSecret, appSecret, releaseReport],
  colour: "#b0388a",
  safety: {
    // Without Overwrite a repeat is refused; with it, it sets the same value again.
    PutParameter: "name",
    AddTagsToResource: "same",
    RemoveTagsFromResource: "same",
    DeleteParameter: "same",
    // A script that is sent may run twice: those of `src/verify/scripts` are written so.
    SendCommand: "same",
    CancelCommand: "same",
  },
};
