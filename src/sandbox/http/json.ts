import { CborCodec, cbor as plainCbor } from "@smithy/core/cbor";
import type { NormalizedSchema } from "@smithy/core/schema";
import type { Codec, ServiceModel } from "./model.ts";
import {
  errorMembers,
  type Protocol,
  plainBytes,
  unknownMembers,
  type WireError,
  type WireRequest,
} from "./protocol.ts";

/** CloudWatch had a Query protocol first: its errors keep the names of that in a header (Smithy, awsQueryCompatible). */
const queryError = (error: WireError, request: WireRequest): Record<string, string> =>
  request.headers["x-amzn-query-mode"] === "true"
    ? { "x-amzn-query-error": `${error.code};${error.status >= 500 ? "Receiver" : "Sender"}` }
    : {};

/** The operation is in a header, both bodies are JSON. */
export const awsJson: Protocol = {
  unknownOperation: { name: "UnknownOperationException", status: 400 },
  operationName: (_service, request) => request.headers["x-amz-target"]?.split(".").pop() ?? "",
  async read({ codec }, operation, { body }) {
    const sent = body.length === 0 ? {} : JSON.parse(Buffer.from(body).toString());
    const input = operation.input.isStructSchema()
      ? await (codec as Codec).createDeserializer().read(operation.input, Buffer.from(JSON.stringify(sent)))
      : {};
    return { input: input as object, unknown: unknownMembers(operation.input, sent) };
  },
  answer: (service, { output }, value, requestId) => ({
    status: 200,
    headers: headersOf(service, requestId),
    body: output.isStructSchema() ? written(service.codec as Codec, output, value) : "{}",
  }),
  error: (service, error, requestId, request) => ({
    status: error.status,
    headers: { ...headersOf(service, requestId), ...queryError(error, request) },
    body: JSON.stringify({
      __type: service.protocol === "awsJson1_0" ? `${service.shapes}#${error.name}` : error.name,
      ...errorMembers(error),
    }),
  }),
};

const headersOf = ({ protocol }: ServiceModel, requestId: string) => ({
  "content-type": `application/x-amz-json-${protocol === "awsJson1_0" ? "1.0" : "1.1"}`,
  "x-amzn-requestid": requestId,
});

function written(codec: Codec, schema: NormalizedSchema, value: unknown): string | Uint8Array {
  const serializer = codec.createSerializer();
  serializer.write(schema, value);
  return plainBytes(serializer.flush());
}

const cbor = new CborCodec() as unknown as Codec;
const CBOR = (requestId: string) => ({
  "content-type": "application/cbor",
  "smithy-protocol": "rpc-v2-cbor",
  "x-amzn-requestid": requestId,
});

/** Smithy RPCv2: the operation is in the path, both bodies are CBOR. */
export const rpcV2Cbor: Protocol = {
  unknownOperation: { name: "UnknownOperationException", status: 404 },
  operationName: (_service, { path }) => /\/operation\/(\w+)$/.exec(path)?.[1] ?? "",
  async read(_service, { input }, { body }) {
    const read = body.length === 0 ? {} : await cbor.createDeserializer().read(input, body);
    return { input: read as object, unknown: [] };
  },
  answer: (_service, { output }, value, requestId) => ({
    status: 200,
    headers: CBOR(requestId),
    body: output.isStructSchema() ? written(cbor, output, value) : new Uint8Array([0xa0]),
  }),
  error(service, error, requestId, request) {
    return {
      status: error.status,
      headers: { ...CBOR(requestId), ...queryError(error, request) },
      body: plainCbor.serialize({ __type: `${service.shapes}#${error.name}`, ...errorMembers(error) }),
    };
  },
};
