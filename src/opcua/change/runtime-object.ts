import {
  DataType,
  type ExtensionObject,
  type UAMethod,
  type UAObject,
  type UAVariable,
  Variant,
  VariantArrayType,
} from 'node-opcua'
import type { Finding } from '../../model/finding.ts'
import { Status } from '../../model/status.ts'
import { bindMethod, type Call, describeMethod } from '../calling.ts'
import { setNodeVersion } from '../equipment-tree.ts'
import { setValue } from '../live-values.ts'
import { namespaceOf, namespaceUris } from '../namespaces.ts'
import { restrictCall } from '../roles.ts'
import { childOf, objectTypeOf, type SpaceContext } from '../space-context.ts'
import { enumerations } from '../types/enumerations.ts'
import { type RuntimeMethodName, runtimeMethods } from '../types/runtime-types.ts'
import type { StructureName } from '../types/structures.ts'
import type { Deploying } from './deploying.ts'

/** Adds the one object that organizes every pipeline of the plant, with the methods that change them. */
export function addRuntime(context: SpaceContext, configurationVersion: string): UAObject {
  const { view, namespace } = context
  const node = objectTypeOf(context, 'PipelineRuntimeType', namespaceUris.types).instantiate({
    browseName: 'PipelineRuntime',
    displayName: 'PipelineRuntime',
    namespace,
    nodeId: 's=runtime',
    organizedBy: 'ObjectsFolder',
    optionals: view.deploying ? ['Versions', ...Object.keys(runtimeMethods)] : [],
  })
  context.objectById.set('runtime', node)
  childOf<UAVariable>(node, 'ConfigurationVersion').setValueFromSource({
    dataType: DataType.String,
    value: configurationVersion,
  })
  setNodeVersion(childOf<UAObject>(node, 'Pipelines'))
  if (view.deploying) bindDeploying(context, node, view.deploying)
  return node
}

function bindDeploying(context: SpaceContext, node: UAObject, deploying: Deploying): void {
  const bind = (name: RuntimeMethodName, call: Call): void => {
    const method = node.getMethodByName(name) as UAMethod | null
    if (!method) throw new Error(`PipelineRuntimeType lacks ${name}`)
    describeMethod(method, runtimeMethods[name].description)
    bindMethod(context, method, call)
    // Who may look without a login may not for that reason say what the plant does.
    restrictCall(method, 'ConfigureAdmin', context.anonymous === 'none' ? 'none' : 'observe')
  }
  const findings = (list: readonly Finding[]) => structuresOf(context, 'FindingDataType', list.map(fieldsOf))
  bind('Validate', async ([definition, fileName]) => [
    findings(await deploying.validate(textOf(definition), textOf(fileName))),
  ])
  bind('Deploy', async ([definition, comment], initiator) => {
    const made = await deploying.deploy(textOf(definition), { comment: textOf(comment), initiator })
    const version = new Variant({ dataType: DataType.UInt32, arrayType: VariantArrayType.Scalar, value: made.version })
    return [version, findings(made.findings)]
  })
  bind('Rollback', async ([pipeline, version, comment], initiator) => {
    const which = { pipeline: textOf(pipeline), version: Number(version?.value) }
    return [findings(await deploying.rollback(which, { comment: textOf(comment), initiator }))]
  })
  bind('Remove', async ([pipeline, comment], initiator) => {
    await deploying.remove(textOf(pipeline), { comment: textOf(comment), initiator })
    return []
  })
  showVersions(context, childOf<UAVariable>(node, 'Versions'), deploying)
}

function showVersions(context: SpaceContext, variable: UAVariable, { versions }: Deploying): void {
  const rows = versions.map(({ pipeline, version, time, initiator, comment }) => ({
    pipelineId: pipeline,
    version,
    time: new Date(time),
    initiator,
    comment,
  }))
  variable.minimumSamplingInterval = 0
  setValue(variable, structuresOf(context, 'PipelineVersionDataType', rows), Status.Good)
}

function fieldsOf({ code, severity, file, line = 0, column = 0, path, message, remedy }: Finding) {
  return {
    code,
    severity: enumerations.FindingSeverityEnumeration.indexOf(severity === 'error' ? 'Error' : 'Warning'),
    file,
    line,
    column,
    path: path.join('.'),
    message,
    remedy,
  }
}

function structuresOf({ addressSpace }: SpaceContext, name: StructureName, rows: readonly object[]): Variant {
  const type = addressSpace.findDataType(name, namespaceOf(addressSpace, namespaceUris.types).index)
  if (!type) throw new Error(`data type ${name} is missing`)
  const value: ExtensionObject[] = rows.map((row) => addressSpace.constructExtensionObject(type, { ...row }))
  return new Variant({ dataType: DataType.ExtensionObject, arrayType: VariantArrayType.Array, value })
}

function textOf(variant: Variant | undefined): string {
  return typeof variant?.value === 'string' ? variant.value : ''
}
