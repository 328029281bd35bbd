/** What a delete answers when it leaves the object where it is, on purpose: others need it, or AWS removes it by itself later. */
export const KEPT = "kept" as unknown as undefined;
