import { VERSION } from "../lib/version.ts";
import { watchOutput } from "./output.ts";
import { run } from "./program.ts";

// The SDK's notice about its next Node version is not for the users of this command.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

watchOutput();
// What Node says of a program that waits for what never comes; it would be 0 here, as if all were done.
process.exitCode = 13;
void run(process.argv.slice(2), VERSION).then((code) => {
  process.exitCode = code;
});
