import { Rejected, Status } from 'millrace/plugin'
import {
  type Argument,
  AttributeIds,
  BrowsePath,
  type CallMethodResult,
  type NodeId,
  resolveNodeId,
  type Variant,
} from 'node-opcua-client'
import type { ArgumentConfig, MethodConfig } from './config.ts'
import { builtinsOf, type Limits, type Refusal, rejected, resolveAll } from './resolve.ts'
import type { Session } from './session.ts'
import { type BuiltinName, valueIn, variantOf } from './values.ts'

/** An argument of the server. */
interface ServerArgument {
  readonly name: string
  readonly dataType: NodeId
}

/** A method of the server that fits its declaration, or why it does not. */
export type ServedMethod =
  | {
      readonly objectId: NodeId
      readonly methodId: NodeId
      readonly inputs: readonly (ArgumentConfig & { readonly builtin: BuiltinName | undefined })[]
      /** In the order of the server; undefined where it has an output that nobody asked for. */
      readonly outputs: readonly (ArgumentConfig | undefined)[]
    }
  | { readonly refusal: Refusal }

/** Finds the declared methods and compares their arguments with those of the server; what does not fit concerns its own method only. */
export async function findMethods(
  session: Session,
  methods: readonly MethodConfig[],
  limits: Limits,
): Promise<ReadonlyMap<string, ServedMethod>> {
  const texts = methods.flatMap(({ object, method }) => [object, method])
  const nodes = await resolveAll(session, texts, limits)
  const found = await Promise.all(
    methods.map(async (config, index): Promise<ServedMethod> => {
      const [object, method] = nodes.slice(2 * index, 2 * index + 2)
      if (!object || 'refusal' in object) return object ?? missing(config)
      if (!method || 'refusal' in method) return method ?? missing(config)
      const inputs = await argumentsOf(session, method.nodeId, 'InputArguments')
      const outputs = await argumentsOf(session, method.nodeId, 'OutputArguments')
      const complaint = inputComplaint(config, inputs) ?? outputComplaint(config, outputs)
      if (complaint !== undefined) return { refusal: { status: Status.BadConfigurationError, reason: complaint } }
      const types = inputs.map(({ dataType }) => dataType)
      const builtins = await builtinsOf(session, types, limits)
      return {
        objectId: object.nodeId,
        methodId: method.nodeId,
        inputs: inputs.map(({ name, dataType }) => ({
          ...(config.inputs.find((each) => each.name === name) as ArgumentConfig),
          builtin: builtins.get(String(dataType)),
        })),
        outputs: outputs.map(({ name }) => config.outputs.find((each) => each.name === name)),
      }
    }),
  )
  return new Map(methods.map(({ name }, index) => [name, found[index] as ServedMethod]))
}

function missing({ name }: MethodConfig): ServedMethod {
  return { refusal: { status: Status.BadMethodInvalid, reason: `${name} was not found` } }
}

/** The arguments of a method; a method without any has no such property (Part 3 §5.7). */
async function argumentsOf(
  session: Session,
  method: NodeId,
  property: 'InputArguments' | 'OutputArguments',
): Promise<readonly ServerArgument[]> {
  const { statusCode, targets } = await session.translateBrowsePath(
    new BrowsePath({
      startingNode: method,
      relativePath: {
        elements: [
          { referenceTypeId: resolveNodeId('HasProperty'), includeSubtypes: true, targetName: { name: property } },
        ],
      },
    }),
  )
  const nodeId = targets?.[0]?.targetId
  if (!statusCode.isGood() || !nodeId) return []
  const { value } = await session.read({ nodeId, attributeId: AttributeIds.Value })
  return ((value.value ?? []) as Argument[]).map(({ name, dataType }) => ({ name: name ?? '', dataType }))
}

function inputComplaint({ name, inputs, method }: MethodConfig, server: readonly ServerArgument[]): string | undefined {
  const wanted = server.map((each) => each.name)
  const declared = inputs.map((each) => each.name)
  const isSame = wanted.length === declared.length && wanted.every((each) => declared.includes(each))
  if (isSame) return undefined
  return `${name} (${method}) takes ${listed(wanted)}, but declared are ${listed(declared)}; correct its inputs`
}

function outputComplaint(
  { name, outputs, method }: MethodConfig,
  server: readonly ServerArgument[],
): string | undefined {
  const given = server.map((each) => each.name)
  const strange = outputs.map((each) => each.name).filter((each) => !given.includes(each))
  if (strange.length === 0) return undefined
  return `${name} (${method}) gives ${listed(given)}, but declared is also ${listed(strange)}; correct its outputs`
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(', ')
}

/** Calls a method and gives its declared outputs; throws Rejected with the status of the server when it refuses. */
export async function callMethod(
  session: Session,
  served: ServedMethod | undefined,
  values: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  if (!served) throw new Rejected('there is no such method', { status: Status.BadMethodInvalid })
  if ('refusal' in served) throw rejected(served.refusal)
  const { objectId, methodId, inputs, outputs } = served
  const inputArguments = inputs.map((each) => variantOf(each, each.builtin, values[each.name]))
  const result = await session.call({ objectId, methodId, inputArguments })
  if (!result.statusCode.isGoodish()) throw refusalOf(result, inputs)
  const given = outputs.flatMap((declared, index) => {
    const variant = result.outputArguments?.[index]
    return declared && variant ? [[declared.name, outputOf(declared, variant)] as const] : []
  })
  return Object.fromEntries(given)
}

function outputOf(declared: ArgumentConfig, variant: Variant): unknown {
  const taken = valueIn(declared, variant)
  if ('value' in taken) return taken.value
  throw new Rejected(`the output ${declared.name} cannot be taken: ${taken.reason}`, { status: Status.BadTypeMismatch })
}

function refusalOf(
  { statusCode, inputArgumentResults }: CallMethodResult,
  inputs: readonly ArgumentConfig[],
): Rejected {
  const wrong = inputs.flatMap(({ name }, index) => {
    const status = inputArgumentResults?.[index]
    return status?.isBad() ? [`${name}: ${status.name}`] : []
  })
  const detail = wrong.length > 0 ? ` (${wrong.join(', ')})` : ''
  return new Rejected(`the server answered ${statusCode.name}${detail}`, { status: statusCode.value })
}
