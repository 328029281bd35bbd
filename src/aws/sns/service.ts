import type { Service } from "../service.ts";
import { extras } from "./extras.ts";
import { narrowed } from "./narrowed.ts";
import { subscription } from "./subscription.ts";
import { topic } from "./topic.ts";

export const sns: Service<typeof import("./client.ts")> = {
  package: "sns",
  load: () => import("./client.ts"),
  permissions: {
    prefix: "sns",
    tagging: "sns:TagResource",
    changes: { CreateTopic: ["TagResource", "Unsubscribe", "UntagResource"] },
    narrowed,
  },
  errors: { throttled: ["ThrottledException"], denied: ["AuthorizationError", "AuthorizationErrorException"] },
  extras,
  types: [topic, subscription],
  colour: "#b0388a",
  safety: {
    CreateTopic: "name",
    TagResource: "same",
    UntagResource: "same",
    DeleteTopic: "same",
    // A repeat sends the person another mail.
    Subscribe: "look",
    Unsubscribe: "same",
  },
};
