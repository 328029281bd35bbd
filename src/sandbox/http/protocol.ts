import type { NormalizedSchema } from "@smithy/core/schema";
import type { OperationModel, ServiceModel } from "./model.ts";

export interface WireRequest {
  readonly method: string;
  /** As it was sent: still encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** An error as the wire has it. */
export interface WireError {
  /** The shape's name in the model, where it has one. */
  readonly name: string;
  /** What Query and XML services call it. */
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly schema: NormalizedSchema | undefined;
  /** Members beside the message. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What a request asks for; `unknown`: what of it the model does not have. */
export interface Call {
  readonly operation: OperationModel;
  readonly input: object;
  readonly unknown: readonly string[];
}

/** One of AWS's protocols, from the server's side. */
export interface Protocol {
  /** The operation that is meant, by the name that the request gives. */
  operationName(service: ServiceModel, request: WireRequest): string;
  read(service: ServiceModel, operation: OperationModel, request: WireRequest): Promise<Omit<Call, "operation">>;
  answer(service: ServiceModel, operation: OperationModel, output: object, requestId: string): WireAnswer;
  error(service: ServiceModel, error: WireError, requestId: string, request: WireRequest): WireAnswer;
  /** AWS's error for an operation that there is not. */
  readonly unknownOperation: { readonly name: string; readonly status: number };
}

export type Members = Readonly<Record<string, unknown>>;

/** Of a value by its type: what came as text. What is no number or Boolean stays text, for the operation to refuse. */
export function fromText(schema: NormalizedSchema, text: string): unknown {
  if (schema.isBooleanSchema()) return text === "true" ? true : text === "false" ? false : text;
  if (schema.isNumericSchema()) return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
  if (schema.isTimestampSchema()) return new Date(/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : text);
  if (schema.isBlobSchema()) return new Uint8Array(Buffer.from(text, "base64"));
  return text;
}

/** The members that the schema does not have, as paths: in what was sent, or in what is to be answered. */
export function unknownMembers(schema: NormalizedSchema, value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) return [];
  if (Array.isArray(value)) {
    return schema.isListSchema()
      ? value.flatMap((one, index) => unknownMembers(schema.getValueSchema(), one, `${path}[${index}]`))
      : [];
  }
  if (schema.isMapSchema())
    return Object.entries(value).flatMap(([key, one]) =>
      unknownMembers(schema.getValueSchema(), one, `${path}.${key}`),
    );
  if (!schema.isStructSchema()) return schema.isUnitSchema() ? Object.keys(value) : [];
  const members = schema.getMemberSchemas();
  return Object.entries(value).flatMap(([key, one]) => {
    const member = Object.hasOwn(members, key) ? members[key] : undefined;
    const name = path === "" ? key : `${path}.${key}`;
    if (member) return unknownMembers(member, one, name);
    return one === undefined ? [] : [name];
  });
}

/** What a modelled error has as members: the message under the model's name for it, and EFS's code. */
export function errorMembers({ schema, message, name, fields }: WireError): Members {
  const members: Record<string, unknown> = { ...fields };
  const names = schema ? Object.keys(schema.getMemberSchemas()) : [];
  members[names.find((one) => /^message$/i.test(one)) ?? "message"] = message;
  if (names.includes("ErrorCode")) members.ErrorCode ??= name;
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** The SDK's JSON codec answers bytes that complain when they are taken for text. */
export const plainBytes = (body: string | Uint8Array): string | Uint8Array =>
  typeof body === "string" ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
