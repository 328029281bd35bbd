import { VERSION } from "../lib/version.ts";
import { watchOutput } from "./output.ts";
import { run } from "./program.ts";

// The SDK's notice about its next Node version is not for the users of this command.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

watchOutput();
process.exitCode = await run(process.argv.slice(2), VERSION);
