import { namespaceUris } from '../namespaces.ts'
import { addNodeVersion } from './equipment-types.ts'
import { addPart, addProperty } from './members.ts'
import type { TypeContext } from './type-context.ts'

/** Adds `PluginType` and `PluginKindType`. Kinds are objects, not types: types that appear at run time break the caches of clients. */
export function addPluginTypes({ namespace, typeOf }: TypeContext): void {
  const kind = namespace.addObjectType({
    browseName: 'PluginKindType',
    description: 'A kind of device or function that a plugin provides.',
  })
  const property = (name: string, description: string, isArray = false): void =>
    addProperty(namespace, kind, { name, description, dataType: 'String', isArray })
  property('KindId', 'Type as the files name it.')
  property('Inputs', 'Names of the inputs.', true)
  property('Outputs', 'Names of the outputs.', true)
  property('ParameterSchema', 'JSON Schema of the configuration.')

  const plugin = namespace.addObjectType({
    browseName: 'PluginType',
    description: 'A plugin that is installed.',
    subtypeOf: typeOf('SoftwareType', namespaceUris.devices),
  })
  addProperty(namespace, plugin, { name: 'PluginId', description: 'Id of the plugin.', dataType: 'String' })
  const kinds = addPart(namespace, plugin, {
    name: 'Kinds',
    description: 'What the plugin provides.',
    type: typeOf('FolderType'),
  })
  addNodeVersion(namespace, kinds)
}
