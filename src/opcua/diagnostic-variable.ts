import { coerceLocalizedText, DataType, type UAObject, type UAVariable, Variant } from 'node-opcua'
import { diagnosticTag } from '../model/diagnostics.ts'
import { Status } from '../model/status.ts'
import type { Value } from '../model/value.ts'
import { type Converted, nullVariant, toVariant } from './conversion.ts'
import type { Show } from './live-values.ts'
import { childOf, type SpaceContext } from './space-context.ts'
import { type EnumerationName, enumerations } from './types/enumerations.ts'

/** How a diagnostic is shown: the type of the member that the NodeSet declares. */
export type DiagnosticKind =
  | 'byte'
  | 'count'
  | 'amount'
  | 'duration'
  | 'text'
  | 'texts'
  | 'localizedText'
  | 'time'
  | EnumerationName

const shows: Readonly<Record<Exclude<DiagnosticKind, EnumerationName>, Show>> = {
  byte: (value) => toVariant({ dataType: 'Byte', isArray: false }, value),
  count: (value) => toVariant({ dataType: 'UInt32', isArray: false }, value),
  amount: (value) => toVariant({ dataType: 'Double', isArray: false }, value),
  duration: (value) => toVariant({ dataType: 'Double', isArray: false }, value),
  text: (value) => toVariant({ dataType: 'String', isArray: false }, value),
  texts: (value) => toVariant({ dataType: 'String', isArray: true }, value),
  time: (value) => toVariant({ dataType: 'DateTime', isArray: false }, value),
  localizedText: showText,
}

/** What an owner tells about itself, and the member that shows it. */
export interface Diagnostic {
  /** Name of the diagnostic in its tag, such as `connectionState`. */
  readonly name: string
  /** Name of the member of the type, such as `ConnectionState`. */
  readonly member: string
  readonly kind: DiagnosticKind
}

/** Lets members of an object show the diagnostics of an owner: a device, a pipeline or a step. */
export function bindDiagnostics(
  { live }: SpaceContext,
  parent: UAObject,
  owner: string,
  diagnostics: readonly Diagnostic[],
): void {
  for (const { name, member, kind } of diagnostics) {
    live.bind(diagnosticTag(owner, name), childOf<UAVariable>(parent, member), showOf(kind))
  }
}

function showOf(kind: DiagnosticKind): Show {
  return kind in enumerations ? showEnumeration(kind as EnumerationName) : shows[kind as keyof typeof shows]
}

function showText(value: Value): Converted {
  if (value === null) return { variant: nullVariant }
  return { variant: new Variant({ dataType: DataType.LocalizedText, value: coerceLocalizedText(String(value)) }) }
}

/** Shows a word of an enumeration as its number. */
function showEnumeration(name: EnumerationName): Show {
  const texts: readonly string[] = enumerations[name]
  return (value) => {
    if (value === null) return { variant: nullVariant }
    const number = texts.indexOf(value as string)
    if (number < 0) return { status: Status.BadOutOfRange }
    return { variant: new Variant({ dataType: DataType.Int32, value: number }) }
  }
}
