import {
  coerceLocalizedText,
  DataType,
  makeEUInformation,
  Range,
  sameVariant,
  type UAObject,
  type UAVariable,
  Variant,
  VariantArrayType,
} from 'node-opcua'
import type { Port } from '../model/port.ts'
import { unitNamespace, unitOf } from '../model/unit.ts'
import { isNumeric } from '../model/value.ts'
import { isMultiState, toVariant } from './conversion.ts'
import type { Show } from './live-values.ts'
import { childOf, type SpaceContext } from './space-context.ts'

/** Where the variable of a port stands, and what it shows. */
export interface Place {
  readonly parent: UAObject
  /** Identifier of its NodeId, such as `dev/servo1.Position`. */
  readonly id: string
  readonly tag: string
}

/**
 * Adds the variable that shows a port: type definition, DataType, ValueRank, unit and range come from the port, the
 * value from the samples of the tag.
 */
export function addPortVariable(context: SpaceContext, port: Port, { parent, id, tag }: Place): UAVariable {
  const typeName = variableTypeOf(port)
  const type = context.addressSpace.findVariableType(typeName)
  if (!type) throw new Error(`namespace 0 lacks ${typeName}`)
  const variable = type.instantiate({
    browseName: port.name,
    displayName: port.name,
    description: port.description,
    namespace: context.namespace,
    nodeId: `s=${id}`,
    componentOf: parent,
    dataType: isMultiState(port) ? 'UInt32' : port.dataType,
    valueRank: port.isArray ? 1 : -1,
    arrayDimensions: port.isArray ? [0] : null,
    minimumSamplingInterval: 0,
  })
  describe(variable, port, typeName)
  context.variableByTag.set(tag, variable)
  context.live.bind(tag, variable, showOf(port))
  return variable
}

const showByType = new Map<string, Show>()

/** What makes the values of a port's variable. Ports of one type share it, since a plant may have very many. */
function showOf(port: Port): Show {
  const { dataType, isArray } = port
  if (port.choices) return (value) => toVariant(port, value)
  const key = `${dataType} ${isArray}`
  const known = showByType.get(key)
  if (known) return known
  const shape = { dataType, isArray }
  const fresh: Show = (value) => toVariant(shape, value)
  showByType.set(key, fresh)
  return fresh
}

/** The variable types of Part 8 that ports become. */
type VariableTypeName =
  | 'AnalogUnitRangeType'
  | 'AnalogUnitType'
  | 'AnalogItemType'
  | 'TwoStateDiscreteType'
  | 'MultiStateDiscreteType'
  | 'DataItemType'

/** The type definition of a port's variable (Part 8 §5.3): what is known of the port decides. */
export function variableTypeOf(port: Port): VariableTypeName {
  if (isMultiState(port)) return 'MultiStateDiscreteType'
  if (isNumeric(port.dataType)) {
    if (port.unit !== undefined) return port.range ? 'AnalogUnitRangeType' : 'AnalogUnitType'
    return port.range ? 'AnalogItemType' : 'DataItemType'
  }
  return port.dataType === 'Boolean' && !port.isArray ? 'TwoStateDiscreteType' : 'DataItemType'
}

function describe(variable: UAVariable, port: Port, typeName: VariableTypeName): void {
  const set = (name: string, dataType: DataType, value: unknown, arrayType = VariantArrayType.Scalar): void => {
    const property = childOf<UAVariable>(variable, name)
    const variant = new Variant({ dataType, arrayType, value })
    // Setting it marks the semantics as changed (Part 8 §5.2), for all who monitor the variable.
    if (!sameVariant(property.readValue().value, variant)) property.setValueFromSource(variant)
  }
  const isAnalog = typeName.startsWith('Analog')
  if (isAnalog && port.range) {
    const [low, high] = port.range
    set('EURange', DataType.ExtensionObject, new Range({ low, high }))
  }
  if (isAnalog && port.unit !== undefined) {
    set('EngineeringUnits', DataType.ExtensionObject, engineeringUnitOf(port.unit))
  }
  if (typeName === 'TwoStateDiscreteType') {
    set('TrueState', DataType.LocalizedText, coerceLocalizedText('true'))
    set('FalseState', DataType.LocalizedText, coerceLocalizedText('false'))
  }
  if (typeName === 'MultiStateDiscreteType') {
    const texts = (port.choices ?? []).map((choice) => coerceLocalizedText(choice))
    set('EnumStrings', DataType.LocalizedText, texts, VariantArrayType.Array)
  }
}

/** The unit as OPC UA shows it; one that is not in the table keeps its symbol and has no number (Part 8 §5.6.3.3). */
export function engineeringUnitOf(symbol: string): ReturnType<typeof makeEUInformation> {
  const unit = unitOf(symbol)
  const information = makeEUInformation(unit?.code ?? '', unit?.symbol ?? symbol, unit?.name ?? symbol)
  information.namespaceUri = unitNamespace
  information.unitId = unit?.unitId ?? -1
  return information
}
