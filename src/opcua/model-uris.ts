/**
 * URIs of the models that the server brings itself: the NodeSets of `nodesets.ts`, without loading the stack to know them.
 *
 * A NodeSet of a plant may require these, and may not define them again.
 */
export const builtInModels: readonly string[] = [
  'http://opcfoundation.org/UA/',
  'http://opcfoundation.org/UA/DI/',
  'http://opcfoundation.org/UA/IA/',
  'http://opcfoundation.org/UA/Machinery/',
  'http://opcfoundation.org/UA/ISA95-JOBCONTROL_V2/',
  'http://opcfoundation.org/UA/Machinery/Jobs/',
  'http://www.OPCFoundation.org/UA/2013/01/ISA95',
  'urn:millrace:ua:types',
]
