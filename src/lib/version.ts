declare const BUDDYVERSE_VERSION: string;

/** This program's version; "": it was not built. */
export const VERSION = typeof BUDDYVERSE_VERSION === "string" ? BUDDYVERSE_VERSION : "";
