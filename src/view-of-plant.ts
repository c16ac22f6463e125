import * as commands from './commands.ts'
import { fingerprintOf } from './opcua/fingerprint.ts'
import type { PlantView } from './opcua/plant-view.ts'
import type { PlantParts } from './plant-parts.ts'

/** What the address space sees of a plant, whatever definition of it is in use. */
export function viewOf(parts: PlantParts): Omit<PlantView, 'deploying' | 'history'> {
  const { devices, pipelines } = parts
  return {
    get id() {
      return parts.plant.definition.plant
    },
    get name() {
      return parts.plant.definition.server.name
    },
    get equipment() {
      return parts.plant.definition.equipment
    },
    get devices() {
      return devices.all.map(({ description }) => description)
    },
    get pipelines() {
      return parts.plant.pipelines.map(({ description }) => description)
    },
    samples$: parts.samples$,
    events$: parts.events$,
    latest: (tag) => devices.latest(tag) ?? pipelines.latest(tag),
    programState: (id) => pipelines.byId(id)?.state ?? 'Halted',
    lastTransition: (id) => pipelines.byId(id)?.lastTransition,
    definitionVersion: (id) => definitionVersionOf(parts, id),
    start: async (id, initiator) => commands.start(parts, id, { initiator }),
    stop: async (id, initiator) => commands.stop(parts, id, { initiator }),
    suspend: async (id, initiator) => commands.suspend(parts, id, { initiator }),
    resume: async (id, initiator) => commands.resume(parts, id, { initiator }),
    halt: async (id, initiator) => commands.halt(parts, id, { initiator }),
    reset: async (id, initiator) => commands.reset(parts, id, { initiator }),
    setParameter: async (pipeline, name, value, initiator) =>
      commands.setParameter(parts, { pipeline, name, value }, { initiator }),
    write: (tag, value, initiator) => commands.write(parts, tag, value, { initiator }),
    call: (device, method, inputs, initiator) => commands.call(parts, { device, method, inputs }, { initiator }),
    connect: async (device) => commands.connect(parts, device),
    disconnect: (device) => commands.disconnect(parts, device),
    resetBreaker: async (device) => commands.resetBreaker(parts, device),
    injectFault: async (device, order, initiator) => commands.injectFault(parts, device, order, { initiator }),
    clearFaults: async (device, initiator) => commands.clearFaults(parts, device, { initiator }),
  }
}

/** A fingerprint of what a pipeline's file says, wherever the file stands. */
function definitionVersionOf(parts: PlantParts, id: string): string {
  const checked = parts.pipelines.byId(id)?.checked
  if (!checked) return ''
  const { file: _, ...definition } = checked.definition
  return fingerprintOf([definition, checked.description])
}
