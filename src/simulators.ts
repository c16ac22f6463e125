import type { SimulatorDefinition } from './config/plant-definition.ts'
import type { DeviceDefinition } from './model/definition.ts'
import type { Catalogue } from './plugin/catalogue.ts'
import type { Simulation } from './plugin/define.ts'

/** The simulators of a plant, running. */
export interface RunningSimulators {
  readonly simulationByDevice: ReadonlyMap<string, Simulation>
  /** Devices as they are to be run: with the simulators' settings in place of their own. */
  readonly devices: readonly DeviceDefinition[]
  stop(): Promise<void>
}

/** Starts the simulators that stand in for devices; those already started are stopped again when one of them cannot start. */
export async function startSimulators(
  definitions: readonly SimulatorDefinition[],
  devices: readonly DeviceDefinition[],
  catalogue: Catalogue,
): Promise<RunningSimulators> {
  const simulationByDevice = new Map<string, Simulation>()
  const stop = async (): Promise<void> => {
    await Promise.all([...simulationByDevice.values()].map((simulation) => simulation.stop()))
  }
  try {
    for (const { device, type, config } of definitions) {
      const simulation = await catalogue.simulator(type)?.start(config as never)
      if (simulation) simulationByDevice.set(device, simulation)
    }
  } catch (error) {
    await stop()
    throw error
  }
  const overridden = devices.map((device) => {
    const simulation = simulationByDevice.get(device.id)
    return simulation ? { ...device, config: { ...device.config, ...simulation.overrides } } : device
  })
  return { simulationByDevice, devices: overridden, stop }
}
