import type { NormalizedSchema } from "@smithy/core/schema";
import { escaped } from "../../lib/escape.ts";
import type { Codec, OperationModel, ServiceModel } from "./model.ts";
import {
  errorMembers,
  fromText,
  type Members,
  type Protocol,
  plainBytes,
  unknownMembers,
  type WireRequest,
} from "./protocol.ts";
import { errorElements, errorXml } from "./query.ts";

/** Of an operation's binding: the path that it has, and the query that says that it is meant. */
interface Binding {
  readonly method: string;
  readonly path: RegExp;
  readonly fixed: URLSearchParams;
  /** What else the query may have. */
  readonly parameters: ReadonlySet<string>;
  /** Query parameters of any name. */
  readonly open: boolean;
  readonly status: number;
}

const bindings = new WeakMap<OperationModel, Binding>();

function bindingOf(operation: OperationModel): Binding {
  const known = bindings.get(operation);
  if (known) return known;
  const [method = "", uri = "/", status = 200] = operation.http ?? [];
  const [path = "/", search = ""] = uri.split("?");
  const traits = Object.values(membersOf(operation.input)).map((member) => member.getMergedTraits());
  // The bucket is a label that S3's paths do not show: it is in the host's name, or the first part of the path.
  const inHost = membersOf(operation.input).Bucket?.getMergedTraits().httpLabel && !path.includes("{Bucket}");
  const pattern = `${inHost ? "/{Bucket}" : ""}${path === "/" && inHost ? "" : path}`
    .replace(/[.$^()|[\]\\]/g, "\\$&")
    .replace(/\{(\w+)(\+)?\}/g, (_label, name, greedy) => `(?<${name}>${greedy ? ".+" : "[^/]+"})`);
  const fixed = new URLSearchParams(search);
  const binding: Binding = {
    method,
    path: new RegExp(`^${pattern}/?$`),
    fixed,
    parameters: new Set([...fixed.keys(), "x-id", ...traits.flatMap(({ httpQuery }) => httpQuery ?? [])]),
    open: traits.some(({ httpQueryParams }) => httpQueryParams),
    status,
  };
  bindings.set(operation, binding);
  return binding;
}

const membersOf = (schema: NormalizedSchema): Readonly<Record<string, NormalizedSchema>> =>
  schema.isStructSchema() ? schema.getMemberSchemas() : {};

function fits({ method, path, fixed, parameters, open }: Binding, request: WireRequest): boolean {
  const { query } = request;
  return (
    method === request.method &&
    path.test(request.path) &&
    // Only the SDK for JavaScript says the operation's name.
    [...fixed].every(([key, value]) => (key === "x-id" && !query.has(key)) || query.get(key) === value) &&
    (open || [...query.keys()].every((key) => parameters.has(key) || /^X-Amz-/.test(key)))
  );
}

/** The operation whose path, method and fixed query these are; with most of these where several are. */
const found = (service: ServiceModel, request: WireRequest): OperationModel | undefined =>
  [...service.operations.values()]
    .filter((operation) => fits(bindingOf(operation), request))
    .sort((one, other) => rank(other) - rank(one))[0];
const rank = (operation: OperationModel): number =>
  [...bindingOf(operation).fixed.keys()].length * 100 - (bindingOf(operation).path.source.includes(".+") ? 1 : 0);

/** Headers of the sending, and of what SDKs add to prove that a body has come whole. */
const TRANSPORT =
  /^x-amz(n)?-(date|content-sha256|security-token|user-agent|decoded-content-length|trailer|sdk-.*|checksum-.*|target|id-2|te|request-id|trace-id)$/;

/** Members of such headers, which the operation does not ask for. */
const isTransport = (header: string) => TRANSPORT.test(header) || header === "content-md5" || header === "expect";

async function read(
  { codec }: ServiceModel,
  operation: OperationModel,
  request: WireRequest,
): Promise<{ input: object; unknown: string[] }> {
  const { path } = bindingOf(operation);
  const labels = path.exec(request.path)?.groups ?? {};
  const { query, headers } = request;
  const input: Record<string, unknown> = {};
  const bound = new Set<string>();
  const bodyMembers: string[] = [];
  const schemas = Object.entries(membersOf(operation.input));
  const knownQuery = schemas.flatMap(([, member]) => member.getMergedTraits().httpQuery ?? []);
  for (const [name, member] of schemas) {
    const { httpLabel, httpQuery, httpQueryParams, httpHeader, httpPrefixHeaders, httpPayload } =
      member.getMergedTraits();
    if (httpLabel) input[name] = fromText(member, decodeURIComponent(labels[name] ?? ""));
    else if (httpQuery) {
      if (query.has(httpQuery)) input[name] = several(member, query.getAll(httpQuery));
    } else if (httpQueryParams) {
      const rest = [...query].filter(([key]) => !knownQuery.includes(key));
      input[name] = Object.fromEntries(rest);
    } else if (httpHeader) {
      const header = httpHeader.toLowerCase();
      bound.add(header);
      const text = headers[header];
      if (text !== undefined && !isTransport(header) && !STANDARD.has(header))
        input[name] = member.isListSchema() ? several(member, text.split(/\s*,\s*/)) : fromText(member, text);
      else if (text !== undefined && STANDARD.has(header) && header === "content-type" && isMedia(operation))
        input[name] = text;
    } else if (httpPrefixHeaders !== undefined) {
      const prefix = String(httpPrefixHeaders).toLowerCase();
      const found = Object.entries(headers).filter(([key]) => key.startsWith(prefix));
      for (const [key] of found) bound.add(key);
      if (found.length > 0)
        input[name] = Object.fromEntries(found.map(([key, text]) => [key.slice(prefix.length), text]));
    } else if (httpPayload) {
      if (member.isBlobSchema()) input[name] = request.body;
      else if (member.isStringSchema()) input[name] = Buffer.from(request.body).toString();
      else if (request.body.length > 0)
        input[name] = await (codec as Codec).createDeserializer().read(member, request.body);
    } else bodyMembers.push(name);
  }
  const unknown = Object.keys(headers).filter(
    (header) => /^x-amz-/.test(header) && !bound.has(header) && !isTransport(header),
  );
  if (bodyMembers.length > 0 && request.body.length > 0) {
    const body = (await (codec as Codec).createDeserializer().read(operation.input, request.body)) as Members;
    for (const name of bodyMembers) if (body[name] !== undefined) input[name] = body[name];
    if (/^\s*\{/.test(Buffer.from(request.body.subarray(0, 20)).toString()))
      unknown.push(...unknownMembers(operation.input, JSON.parse(Buffer.from(request.body).toString())));
  }
  return { input, unknown };
}

/** Headers that every request may have: of S3's objects they say what the object is. */
const STANDARD = new Set(["content-type", "content-length", "content-encoding"]);
const isMedia = ({ name }: OperationModel) => name === "PutObject";

const several = (member: NormalizedSchema, texts: readonly string[]): unknown =>
  member.isListSchema()
    ? texts.map((text) => fromText(member.getValueSchema(), text))
    : fromText(member, texts[0] ?? "");

function toText(member: NormalizedSchema, value: unknown): string {
  return member.isTimestampSchema() && value instanceof Date ? value.toUTCString() : String(value);
}

const rest = (xml: boolean): Pick<Protocol, "read" | "operationName" | "answer"> => ({
  operationName: (service, request) =>
    found(service, request)?.name ?? request.query.get("x-id") ?? `${request.method} ${request.path}`,
  read,
  answer({ codec, name }, operation, output, requestId) {
    const headers: Record<string, string> = { ...identifying(name, requestId) };
    const inBody: Record<string, unknown> = {};
    let payload: readonly [NormalizedSchema, unknown] | undefined;
    let status = bindingOf(operation).status;
    for (const [member, value] of Object.entries(output)) {
      const schema = membersOf(operation.output)[member];
      if (!schema || value === undefined || value === null) continue;
      const { httpHeader, httpPrefixHeaders, httpResponseCode, httpPayload } = schema.getMergedTraits();
      if (httpPayload) payload = [schema, value];
      else if (httpHeader) headers[httpHeader.toLowerCase()] = toText(schema, value);
      else if (httpPrefixHeaders !== undefined)
        for (const [key, text] of Object.entries(value))
          headers[`${httpPrefixHeaders}${key}`.toLowerCase()] = String(text);
      else if (httpResponseCode) status = Number(value);
      else inBody[member] = value;
    }
    const hasBody = Object.values(membersOf(operation.output)).some((member) => {
      const { httpHeader, httpPrefixHeaders, httpResponseCode, httpPayload } = member.getMergedTraits();
      return !httpHeader && httpPrefixHeaders === undefined && !httpResponseCode && !httpPayload;
    });
    if (!hasBody && !payload) return { status, headers, body: "" };
    // As a bucket's policy: the text is the body.
    if (payload?.[0].isStringSchema()) return { status, headers, body: String(payload[1]) };
    if (payload?.[0].isBlobSchema()) return { status, headers, body: plainBytes(payload[1] as Uint8Array) };
    const serializer = (codec as Codec).createSerializer();
    serializer.write(...(payload ?? [operation.output, inBody]));
    const body = plainBytes(serializer.flush());
    headers["content-type"] = xml ? "application/xml" : "application/json";
    return { status, headers, body: xml ? `<?xml version="1.0" encoding="UTF-8"?>\n${body}` : body };
  },
});

const identifying = (service: string, requestId: string): Record<string, string> =>
  service === "s3"
    ? {
        "x-amz-request-id": requestId.slice(-12).toUpperCase(),
        "x-amz-id-2": Buffer.from(requestId).toString("base64"),
      }
    : { "x-amzn-requestid": requestId };

/** The operation is in method and path, bodies are JSON. */
export const restJson: Protocol = {
  ...rest(false),
  unknownOperation: { name: "UnknownOperationException", status: 404 },
  error: (_service, error, requestId) => ({
    status: error.status,
    headers: { "content-type": "application/json", "x-amzn-requestid": requestId, "x-amzn-errortype": error.name },
    body: JSON.stringify(errorMembers(error)),
  }),
};

/** The operation is in method and path, bodies are XML. S3's errors have no namespace and nothing around them. */
export const restXml: Protocol = {
  ...rest(true),
  unknownOperation: { name: "InvalidAction", status: 400 },
  error(service, error, requestId, { method, path }) {
    const ids = identifying(service.name, requestId);
    const s3 = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escaped(error.code)}</Code><Message>${escaped(error.message)}</Message>${errorElements(error)}<Resource>${escaped(path)}</Resource><RequestId>${ids["x-amz-request-id"]}</RequestId><HostId>${ids["x-amz-id-2"]}</HostId></Error>`;
    const body = service.name === "s3" ? s3 : errorXml(service, error, requestId);
    return {
      status: error.status,
      headers: { ...ids, "content-type": "application/xml" },
      body: method === "HEAD" ? "" : body,
    };
  },
};
