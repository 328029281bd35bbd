import { randomUUID } from "node:crypto";
import type * as z from "zod";
import type { Wire } from "../../aws/connect.ts";
import { BuddyError } from "../../lib/errors.ts";
import { COMMON_ERRORS } from "../service.ts";
import { enabledRegions } from "../services/ec2/regions.ts";
import { services } from "../services/services.ts";
import { awsJson, rpcV2Cbor } from "./json.ts";
import type { OperationModel, ServiceModel } from "./model.ts";
import { type Protocol, unknownMembers, type WireAnswer, type WireError, type WireRequest } from "./protocol.ts";
import { query } from "./query.ts";
import { restJson, restXml } from "./rest.ts";

/** AWS's services, as they answer over HTTP. */
export interface HttpWire {
  /** Undefined: the connection is lost. */
  answer(request: WireRequest): Promise<WireAnswer | undefined>;
  /** What was asked for that the sandbox does not simulate, and how often. */
  readonly refused: ReadonlyMap<string, number>;
}

/** They sign for one region, wherever their caller is. */
const GLOBAL: Readonly<Record<string, readonly string[]>> = {
  iam: ["us-east-1"],
  "route-53": ["us-east-1"],
  sts: ["us-east-1"],
  pricing: ["us-east-1", "eu-central-1", "ap-south-1"],
  "service-quotas": ["us-east-1"],
};

/** @param told is told of what is the sandbox's own fault. */
export function httpWire(options: {
  readonly wire: Wire;
  readonly models: ReadonlyMap<string, ServiceModel>;
  readonly region: string;
  readonly told: (problem: string) => void;
}): HttpWire {
  const { wire, models, region, told } = options;
  const enabled = enabledRegions({ region });
  const bySigningName = new Map([...models.values()].map((model) => [model.signingName, model]));
  const answered = new Map<string, object>();
  const refused = new Map<string, number>();
  const count = (what: string) => refused.set(what, (refused.get(what) ?? 0) + 1);

  /**
   * SDKs make a token up for each call. Where the operation itself does not ask for it, a call that comes again has the
   * answer of the first.
   */
  async function once(service: ServiceModel, operation: OperationModel, input: object, at: string): Promise<object> {
    const known = services[service.name]?.operations[operation.name]?.schema as z.ZodObject | undefined;
    const token = Object.entries(operation.input.isStructSchema() ? operation.input.getMemberSchemas() : {}).find(
      ([name, member]) => member.isIdempotencyToken() && !Object.hasOwn(known?.shape ?? {}, name),
    )?.[0];
    if (token === undefined) return wire.answer(service.name, operation.name, input, at);
    const { [token]: given, ...rest } = input as Record<string, unknown>;
    const key = JSON.stringify([service.name, operation.name, given, rest]);
    const output = answered.get(key) ?? (await wire.answer(service.name, operation.name, rest, at));
    if (given !== undefined) answered.set(key, output);
    return output;
  }

  /** @param at the region that it is asked in */
  async function call(
    service: ServiceModel,
    protocol: Protocol,
    request: WireRequest,
    at: string,
  ): Promise<WireAnswer> {
    const requestId = randomUUID();
    const fail = (error: WireError) => protocol.error(service, error, requestId, request);
    const name = protocol.operationName(service, request);
    const operation = service.operations.get(name);
    if (!operation) {
      count(`${service.name}:${name}`);
      const { name: error, status } = protocol.unknownOperation;
      return fail(plainError(service, error, status, `The action ${name} is not valid for this web service.`));
    }
    const { malformedParameter } = { ...COMMON_ERRORS, ...services[service.name]?.errors };
    let sent: Awaited<ReturnType<Protocol["read"]>>;
    try {
      sent = await protocol.read(service, operation, request);
    } catch (error) {
      return fail(
        plainError(service, "SerializationException", 400, `The request cannot be read: ${messageOf(error)}`),
      );
    }
    const refuse = (what: string, message: string) => {
      count(`${service.name}:${name} ${what}`.trimEnd());
      const error = service.protocol === "ec2Query" ? "UnknownParameter" : malformedParameter;
      return fail(plainError(service, error, 400, message));
    };
    const unknown = sent.unknown.join(", ");
    if (unknown !== "") return refuse(unknown, `The parameter ${unknown} is not recognized`);
    try {
      const output = await once(service, operation, sent.input, at);
      const extra = unknownMembers(operation.output, output);
      if (extra.length > 0)
        throw new Error(`${service.name}:${name} answers ${extra.join(", ")}, which AWS's model has not`);
      return protocol.answer(service, operation, output, requestId);
    } catch (error) {
      if (isLost(error)) throw error;
      if (error instanceof BuddyError && error.code === "sandbox")
        return refuse(/the parameter (\S+)/.exec(error.message)?.[1] ?? "", error.message);
      if (isAwsError(error)) return fail(wireError(service, error));
      told(`${service.name}:${name}: ${error instanceof Error ? error.stack : error}`);
      return fail(plainError(service, "InternalFailure", 500, messageOf(error)));
    }
  }

  return {
    refused,
    async answer(request) {
      const scope = scopeOf(request);
      const service = scope && bySigningName.get(scope.service);
      if (!scope || !service) {
        if (scope) count(`${scope.service}:*`);
        return unsigned(scope?.service, request);
      }
      const protocol = protocolOf(service, request);
      const here = [region, ...(GLOBAL[service.name] ?? [])].includes(scope.region);
      const elsewhere = !services[service.name]?.everywhere && enabled.includes(scope.region);
      if (!here && !elsewhere)
        return protocol.error(service, wrongRegion(service, scope.region, region), randomUUID(), request);
      try {
        return await call(service, protocol, request, here ? region : scope.region);
      } catch (error) {
        if (isLost(error)) return undefined;
        throw error;
      }
    },
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The chaos between client and AWS: no answer comes. */
const isLost = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ECONNRESET" || error.code === "EAI_AGAIN");

interface AwsError extends Error {
  readonly Code?: string;
  readonly $metadata: { readonly httpStatusCode: number };
}
const isAwsError = (error: unknown): error is AwsError => error instanceof Error && "$metadata" in error;

const plainError = (service: ServiceModel, name: string, status: number, message: string): WireError => ({
  name,
  code: name,
  status,
  message,
  schema: service.errorOf(name),
  fields: {},
});

export function wireError(service: ServiceModel, error: AwsError): WireError {
  const schema = service.errorOf(error.name);
  const { awsQueryError, httpError } = (schema?.getMergedTraits() ?? {}) as {
    awsQueryError?: readonly [code: string, status: number];
    httpError?: number;
  };
  const names = schema ? Object.keys(schema.getMemberSchemas()) : [];
  return {
    name: error.name,
    code: awsQueryError?.[0] ?? error.Code ?? error.name,
    status: awsQueryError?.[1] ?? httpError ?? error.$metadata.httpStatusCode,
    message: error.message,
    schema,
    fields: Object.fromEntries(
      Object.entries(error).filter(([name]) => names.includes(name) && !/^message$/i.test(name)),
    ),
  };
}

export function protocolOf(service: ServiceModel, { headers }: WireRequest): Protocol {
  if (headers["smithy-protocol"] === "rpc-v2-cbor") return rpcV2Cbor;
  if (headers["x-amz-target"]) return awsJson;
  if (service.protocol === "restJson1") return restJson;
  if (service.protocol === "restXml") return restXml;
  return query;
}

/** Whose the request is by its signature, which nobody checks: AKID/20260102/REGION/SERVICE/aws4_request. */
function scopeOf({ headers, query: parameters }: WireRequest): { region: string; service: string } | undefined {
  const credential =
    /Credential=([^,\s]+)/.exec(headers.authorization ?? "")?.[1] ?? parameters.get("X-Amz-Credential");
  const [, , region, service] = credential?.split("/") ?? [];
  return region && service ? { region, service } : undefined;
}

/** Another endpoint's region in the signature. */
function wrongRegion(service: ServiceModel, sent: string, region: string): WireError {
  const status = service.name === "s3" ? 400 : 403;
  if (service.name === "s3")
    return plainError(
      service,
      "AuthorizationHeaderMalformed",
      status,
      `The authorization header is malformed; the region '${sent}' is wrong; expecting '${region}'`,
    );
  const name =
    /^aws|^rest/.test(service.protocol) && service.protocol !== "awsQuery" && service.protocol !== "restXml"
      ? "InvalidSignatureException"
      : "SignatureDoesNotMatch";
  return plainError(service, name, status, `Credential should be scoped to a valid region, not '${sent}'. `);
}

/** Not signed, or for a service that is not here. */
function unsigned(service: string | undefined, { headers }: WireRequest): WireAnswer {
  const message = service ? `The sandbox has no service ${service}` : "Request is missing Authentication Token";
  const code = service ? "UnknownOperationException" : "MissingAuthenticationToken";
  const status = service ? 404 : 403;
  return headers["x-amz-target"]
    ? {
        status,
        headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": code },
        body: JSON.stringify({ __type: code, message }),
      }
    : {
        status,
        headers: { "content-type": "text/xml", "x-amzn-errortype": code },
        body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
      };
}
