import { NormalizedSchema, TypeRegistry } from "@smithy/core/schema";
import type { StaticOperationSchema } from "@smithy/types";
import { eachService } from "../../aws/services.ts";
import { services } from "../services/services.ts";
import { othersOperations } from "./others-operations.ts";

/** Reads and writes bodies by a schema, as the SDK's own codecs do. */
export interface Codec {
  createSerializer(): { write(schema: NormalizedSchema, value: unknown): void; flush(): string | Uint8Array };
  createDeserializer(): { read(schema: NormalizedSchema, body: Uint8Array): unknown };
}

/** An operation as AWS's model has it. */
export interface OperationModel {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  /** Of REST services: method, path with labels and fixed query, status of success. */
  readonly http: readonly [method: string, uri: string, status: number] | undefined;
}

export type ProtocolName = "ec2Query" | "awsQuery" | "awsJson1_0" | "awsJson1_1" | "restJson1" | "restXml";

/** A service as AWS's model has it, with the operations that the sandbox answers. */
export interface ServiceModel {
  /** The SDK package's suffix. */
  readonly name: string;
  readonly signingName: string;
  /** The one that the SDK for JavaScript speaks; CloudWatch takes three. */
  readonly protocol: ProtocolName;
  /** Of the protocols that have bodies in both directions. */
  readonly codec: Codec | undefined;
  /** In X-Amz-Target and in RPCv2's paths. */
  readonly target: string;
  readonly shapes: string;
  readonly xmlNamespace: string;
  readonly operations: ReadonlyMap<string, OperationModel>;
  /** The schema of an error, by the SDK's name; undefined: the model has none. */
  errorOf(name: string): NormalizedSchema | undefined;
}

interface SdkModule {
  readonly Client: new (
    options: object,
  ) => {
    readonly config: {
      readonly defaultSigningName: string;
      readonly protocol: { getShapeId(): string; getPayloadCodec(): Codec };
      readonly protocolSettings: {
        readonly defaultNamespace: string;
        readonly serviceTarget: string;
        readonly xmlNamespace?: string;
      };
    };
  };
}

/** All services of the sandbox, by the SDK package's suffix, from the schemas that the SDK's clients come with. */
export async function loadModels(region: string): Promise<ReadonlyMap<string, ServiceModel>> {
  const models = await Promise.all(
    eachService.map(async ({ package: name, load }) => modelOf(name, (await load()) as unknown as SdkModule, region)),
  );
  return new Map(models.map((model) => [model.name, model]));
}

function modelOf(name: string, module: SdkModule, region: string): ServiceModel {
  const { config } = new module.Client({ region, credentials: { accessKeyId: "", secretAccessKey: "" } });
  const { defaultNamespace, serviceTarget, xmlNamespace = "" } = config.protocolSettings;
  const registry = TypeRegistry.for(defaultNamespace);
  const schemas = [...commandSchemas(module), ...(othersOperations[name] ?? [])];
  const answered = services[name]?.operations ?? {};
  return {
    name,
    signingName: config.defaultSigningName,
    protocol: config.protocol.getShapeId().replace("aws.protocols#", "") as ProtocolName,
    codec: /json|restXml/i.test(config.protocol.getShapeId()) ? config.protocol.getPayloadCodec() : undefined,
    target: serviceTarget,
    shapes: defaultNamespace,
    xmlNamespace,
    operations: new Map(
      schemas.map(operationOf).flatMap((one) => (Object.hasOwn(answered, one.name) ? [[one.name, one]] : [])),
    ),
    errorOf(error) {
      const schema = registry.find((one) => Array.isArray(one) && one[1] === defaultNamespace && one[2] === error);
      return schema === undefined ? undefined : NormalizedSchema.of(schema);
    },
  };
}

const commandSchemas = (module: object): StaticOperationSchema[] =>
  Object.entries(module).flatMap(([name, Command]) =>
    name.endsWith("Command") ? [(new Command({}) as { schema: StaticOperationSchema }).schema] : [],
  );

function operationOf([, , name, traits, input, output]: StaticOperationSchema): OperationModel {
  const http = typeof traits === "object" ? traits.http : undefined;
  return {
    name,
    input: NormalizedSchema.of(input),
    output: NormalizedSchema.of(output),
    http,
  };
}
