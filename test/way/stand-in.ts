import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { isRead } from "../../src/aws/safety.ts";

/** A call as it came over the wire. */
export interface Sent {
  /** As the signature names it: "ec2", "monitoring". */
  readonly service: string;
  readonly region: string;
  /** AWS's name of it where the protocol says one: "DescribeVpcs". */
  readonly action: string | undefined;
  readonly accessKeyId: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: URLSearchParams;
}

/** What is answered in place of what an empty account would; undefined: just that. */
export type Instead = (sent: Sent) => { readonly status: number; readonly body: string } | undefined;

/** An error as services of the query protocol send it. */
export const xmlError = (status: number, code: string, message: string) => ({
  status,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`,
});

/** An error as EC2 sends it. */
export const ec2Error = (status: number, code: string, message: string) => ({
  status,
  body: `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>r-1</RequestID></Response>`,
});

export const ACCOUNT = "111122223333";
export const KEYS = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret" };

/** AWS refuses what was signed more than five minutes from its own time (IAM user guide). */
const SKEW_MS = 5 * 60_000;

/**
 * Stands in for AWS over HTTP: an account with nothing in it, which knows the caller, looks things up, takes no change, and
 * refuses what was not signed at its own time.
 * @param aheadMs how far its clock is ahead of this machine's
 */
export async function standIn({
  instead = () => undefined,
  aheadMs = 0,
}: {
  readonly instead?: Instead;
  readonly aheadMs?: number;
} = {}): Promise<{ readonly url: string; readonly sent: Sent[] }> {
  const sent: Sent[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      const one = read(request, body);
      sent.push(one);
      const now = Date.now() + aheadMs;
      response.setHeader("Date", new Date(now).toUTCString());
      response.setHeader("x-amzn-RequestId", "r-1");
      const off = Math.abs(signedAt(request) - now) > SKEW_MS;
      const answer = off ? tooLate(one) : instead(one);
      if (!answer) return empty(one, response, request);
      response.statusCode = answer.status;
      response.end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent };
}

function read({ headers }: IncomingMessage, text: string): Sent {
  const body = new URLSearchParams(text);
  const [, accessKeyId = "", region = "", service = ""] =
    /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(headers.authorization ?? "") ?? [];
  const target = headers["x-amz-target"];
  return {
    service,
    region,
    accessKeyId,
    action: body.get("Action") ?? (typeof target === "string" ? target.split(".").at(-1) : undefined),
    headers,
    body,
  };
}

/** Milliseconds since 1970; "20261128T184745Z". */
function signedAt({ headers }: IncomingMessage): number {
  const [date = "", time = ""] = String(headers["x-amz-date"]).split("T");
  const [year, month, day] = [date.slice(0, 4), date.slice(4, 6), date.slice(6, 8)];
  return Date.parse(`${year}-${month}-${day}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4, 6)}Z`);
}

function tooLate({ service }: Sent) {
  if (service === "ec2")
    return ec2Error(401, "AuthFailure", "AWS was not able to validate the provided access credentials");
  return xmlError(403, "SignatureDoesNotMatch", "Signature expired: it is now earlier than the time of the request");
}

function empty({ service, action, accessKeyId }: Sent, response: ServerResponse, request: IncomingMessage): void {
  if (service === "s3") {
    const lists = request.url?.split("?")[0] === "/";
    response.statusCode = lists ? 200 : 404;
    response.setHeader("Content-Type", "application/xml");
    response.end(
      lists
        ? "<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"
        : "<Error><Code>NoSuchBucket</Code><Message>None.</Message></Error>",
    );
    return;
  }
  if (action === undefined || request.headers["x-amz-target"] !== undefined) {
    const dashboard = /GetDashboard$/.test(`${action ?? request.url}`);
    response.statusCode = dashboard ? 404 : 200;
    response.setHeader("Content-Type", "application/x-amz-json-1.0");
    response.end(dashboard ? '{"__type":"ResourceNotFound"}' : "{}");
    return;
  }
  response.setHeader("Content-Type", "text/xml");
  if (/^Get(Role|InstanceProfile)$/.test(action)) {
    response.statusCode = 404;
    response.end(xmlError(404, "NoSuchEntity", "None.").body);
  } else if (action === "AssumeRole") {
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    const credentials = `<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>${expires}</Expiration>`;
    response.end(
      `<AssumeRoleResponse><AssumeRoleResult><Credentials>${credentials}</Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    );
  } else if (isRead(action)) {
    const who = accessKeyId === "ASIAROLE" ? "assumed-role/ops/me" : "user/me";
    const result =
      action === "GetCallerIdentity" ? `<Arn>arn:aws:iam::${ACCOUNT}:${who}</Arn><Account>${ACCOUNT}</Account>` : "";
    response.end(`<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`);
  } else {
    response.statusCode = 400;
    response.end(ec2Error(400, "RequestExpired", "Request has expired.").body);
  }
}
