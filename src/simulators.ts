import type { SimulatorDefinition } from './config/plant-definition.ts'
import type { DeviceDefinition } from './model/definition.ts'
import type { Catalogue } from './plugin/catalogue.ts'
import type { Simulation } from './plugin/define.ts'

/** The simulators of a plant, which stand in for devices. */
export class Simulators {
  readonly #simulationByDevice = new Map<string, Simulation>()

  /** Those that run, by the id of their device. */
  get byDevice(): ReadonlyMap<string, Simulation> {
    return this.#simulationByDevice
  }

  /** A device as it is to be run: with the settings of its simulator in place of its own. */
  overridden(device: DeviceDefinition): DeviceDefinition {
    const simulation = this.#simulationByDevice.get(device.id)
    return simulation ? { ...device, config: { ...device.config, ...simulation.overrides } } : device
  }

  /** Puts simulators in the place of those of the same devices, which stop. */
  async adopt(simulationByDevice: ReadonlyMap<string, Simulation>): Promise<void> {
    for (const [device, simulation] of simulationByDevice) {
      await this.#simulationByDevice.get(device)?.stop()
      this.#simulationByDevice.set(device, simulation)
    }
  }

  /** Stops the simulators of some devices. */
  async end(devices: Iterable<string>): Promise<void> {
    for (const device of devices) {
      const simulation = this.#simulationByDevice.get(device)
      this.#simulationByDevice.delete(device)
      await simulation?.stop()
    }
  }

  /** Stops all of them. */
  async stop(): Promise<void> {
    await Promise.all([...this.#simulationByDevice.values()].map((simulation) => simulation.stop()))
  }
}

/** Starts simulators; those already started are stopped again when one of them cannot start. */
export async function startSimulators(
  definitions: readonly SimulatorDefinition[],
  catalogue: Catalogue,
): Promise<ReadonlyMap<string, Simulation>> {
  const simulationByDevice = new Map<string, Simulation>()
  try {
    for (const { device, type, config } of definitions) {
      const simulation = await catalogue.simulator(type)?.start(config as never)
      if (simulation) simulationByDevice.set(device, simulation)
    }
    return simulationByDevice
  } catch (error) {
    await Promise.all([...simulationByDevice.values()].map((simulation) => simulation.stop()))
    throw error
  }
}
