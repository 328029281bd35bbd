import { watchOutput } from "./output.ts";
import { run } from "./program.ts";

declare const BUDDYVERSE_VERSION: string;

// The SDK's notice about its next Node version is not for the users of this command.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

watchOutput();
process.exitCode = await run(process.argv.slice(2), BUDDYVERSE_VERSION);
