import type { Port } from '../../model/port.ts'
import { parameterTag, stepInputTag, stepOutputTag } from '../../model/tag.ts'
import { integerRange, isNumeric, type Value } from '../../model/value.ts'
import type { CheckedPipeline, CheckedSource } from '../checked.ts'

/** A conversion of a unit on a wire, found while slots are given out. */
export interface Conversion {
  readonly from: number
  readonly to: number
  readonly gain: number
  readonly offset: number
  readonly port: Port
}

/** Tells whether the samples of a port are kept as plain numbers. */
export function isPlainNumber(port: Port): boolean {
  return !port.isArray && isNumeric(port.dataType)
}

/** The slot that stands for the start of an execution: it is always Good, and its time is the time of the start. */
export const startSlot = 0

/** Gives a slot to everything that has a sample. The same source with the same conversion has one slot only. */
export class Layout {
  readonly isNumeric: boolean[] = [true]
  readonly ports: (Port | undefined)[] = [undefined]
  readonly externals: { tag: string; owner: string; slot: number }[] = []
  readonly parameters: { name: string; slot: number; value: Value }[] = []
  readonly literals: { slot: number; value: Value }[] = []
  readonly conversions: Conversion[] = []
  readonly tagsBySlot: string[][] = [[]]
  readonly slotByTag = new Map<string, number>()
  readonly #slotByKey = new Map<string, number>()
  readonly #literals = new Set<number>()
  readonly #checked: CheckedPipeline

  constructor(checked: CheckedPipeline) {
    this.#checked = checked
    const { id, parameters } = checked.definition
    for (const { name, dataType, default: value } of parameters) {
      const slot = this.#add(isPlainNumber({ name, dataType, isArray: Array.isArray(value), description: '' }))
      this.parameters.push({ name, slot, value })
      this.#slotByKey.set(`parameter ${name}`, slot)
      this.slotByTag.set(parameterTag(id, name), slot)
    }
    for (const step of checked.steps) {
      for (const port of step.outputs) {
        const slot = this.#add(isPlainNumber(port), port)
        this.#slotByKey.set(`step ${step.id}.${port.name}`, slot)
        this.publish(slot, stepOutputTag(id, step.id, port.name))
      }
    }
  }

  /** The slot of a source as its reader sees it: converted when the wire converts. `port` is the reader's. */
  slotOf(source: CheckedSource, port: Port | undefined): number {
    const from = this.#plainSlotOf(source, port)
    if (source.gain === undefined && source.offset === undefined) return from
    const { gain = 1, offset = 0 } = source
    const key = `convert ${from} ${gain} ${offset}`
    const known = this.#slotByKey.get(key)
    if (known !== undefined) return known
    const to = this.#add(true)
    this.#slotByKey.set(key, to)
    const name = port?.name ?? 'value'
    this.conversions.push({
      from,
      to,
      gain,
      offset,
      port: { name, dataType: 'Double', isArray: false, description: '' },
    })
    return to
  }

  /** The slot of a step's output. */
  outputSlot(step: string, port: string): number {
    const slot = this.#slotByKey.get(`step ${step}.${port}`)
    if (slot === undefined) throw new TypeError(`step ${step} has no output ${port}`)
    return slot
  }

  /** The tag of a step's input shows the slot that the input reads. */
  publishInput(step: string, port: string, slot: number): void {
    this.publish(slot, stepInputTag(this.#checked.definition.id, step, port))
  }

  /** Adds a tag under which a slot is published. */
  publish(slot: number, tag: string): void {
    this.tagsBySlot[slot]?.push(tag)
    this.slotByTag.set(tag, slot)
  }

  isLiteral(slot: number): boolean {
    return this.#literals.has(slot)
  }

  /** Limits inside which a value of each slot needs no second look. */
  limits(): { readonly lowest: Float64Array; readonly highest: Float64Array } {
    const limit = (end: 0 | 1, open: number) =>
      Float64Array.from(this.ports, (port) => {
        const choose = end === 0 ? Math.max : Math.min
        const type = port && integerRange[port.dataType]
        return choose(type?.[end] ?? open, port?.range?.[end] ?? open)
      })
    return { lowest: limit(0, -Number.MAX_VALUE), highest: limit(1, Number.MAX_VALUE) }
  }

  #plainSlotOf(source: CheckedSource, port: Port | undefined): number {
    if (source.kind === 'step') return this.outputSlot(source.step, source.port)
    if (source.kind === 'literal') {
      const slot = this.#add(typeof source.value === 'number')
      this.literals.push({ slot, value: source.value })
      this.#literals.add(slot)
      return slot
    }
    const key = source.kind === 'parameter' ? `parameter ${source.name}` : `external ${source.tag}`
    const known = this.#slotByKey.get(key)
    if (known !== undefined) return known
    if (source.kind === 'parameter') throw new TypeError(`there is no parameter ${source.name}`)
    const converted = source.gain !== undefined || source.offset !== undefined
    const slot = this.#add(converted || (port !== undefined && isPlainNumber(port)))
    this.#slotByKey.set(key, slot)
    this.externals.push({ tag: source.tag, owner: source.tag.split('.')[0] ?? source.tag, slot })
    return slot
  }

  #add(isNumber: boolean, port?: Port): number {
    this.isNumeric.push(isNumber)
    this.ports.push(port)
    this.tagsBySlot.push([])
    return this.isNumeric.length - 1
  }
}
