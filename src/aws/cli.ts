/** How a person calls the AWS CLI, in commands to copy. The word SANDBOX is no endpoint: the CLI refuses it. */
export function awsCli({
  sandbox,
  url,
  profile,
}: {
  readonly sandbox: boolean;
  readonly url?: string | undefined;
  readonly profile?: string | undefined;
}): string {
  if (sandbox) return "aws --endpoint-url SANDBOX";
  if (url !== undefined) return `aws --endpoint-url ${url}`;
  return profile ? `aws --profile ${profile}` : "aws";
}
