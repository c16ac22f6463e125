import { checkDevices } from './config/check-devices.ts'
import { checkSimulators } from './config/check-simulators.ts'
import { withoutEchoes } from './config/echo.ts'
import type { Environment } from './config/environment.ts'
import { locate } from './config/locate.ts'
import type { SimulatorDefinition } from './config/plant-definition.ts'
import { readNodesets } from './config/read-nodesets.ts'
import { readPlant } from './config/read-plant.ts'
import type { PlantFiles } from './config/source-file.ts'
import { memorySource } from './config/text-source.ts'
import type { PlantDefinition } from './model/definition.ts'
import type { Finding } from './model/finding.ts'
import type { DeviceDescription } from './model/port.ts'
import { builtInModels } from './opcua/model-uris.ts'
import { instancesUri } from './opcua/namespaces.ts'
import { builtInPlugins } from './package-root.ts'
import { checkPipelines } from './pipeline/check.ts'
import type { CheckedPipeline } from './pipeline/checked.ts'
import { type Catalogue, loadCatalogue } from './plugin/catalogue.ts'

/** What a plant folder holds, read and checked against the installed plugins. */
export interface LoadedPlant {
  readonly files: PlantFiles
  readonly catalogue: Catalogue
  /** Devices have the configuration that their plugins receive. Absent when there is no plant file that can be understood. */
  readonly definition?: PlantDefinition | undefined
  /** The devices of the definition, in its order. */
  readonly devices: readonly DeviceDescription[]
  /** In an order in which each comes after the pipelines whose outputs it reads. */
  readonly pipelines: readonly CheckedPipeline[]
  /** Simulators to start before the devices; each replaces the connection settings of its device. */
  readonly simulators: readonly SimulatorDefinition[]
  /** NodeSets of the plant folder, which the server loads besides its own. */
  readonly nodesets: readonly string[]
  /** Everything that is wrong or doubtful, with line and column, in the order of the files. */
  readonly findings: readonly Finding[]
}

/** How a plant is loaded. */
export interface LoadOptions {
  readonly environment?: Environment | undefined
  /** Folder of the built-in plugins, for tests. */
  readonly builtIn?: string | undefined
  /** Texts by the path of their file, instead of what is on the disk. */
  readonly texts?: ReadonlyMap<string, string> | undefined
  /** Plugins that are loaded already. */
  readonly catalogue?: Catalogue | undefined
}

/** A plant that may run: nothing in its findings is an error. */
export type RunnablePlant = LoadedPlant & { readonly definition: PlantDefinition }

/**
 * Reads a plant folder, loads the plugins, and checks devices and pipelines. All findings come at once: an error in one place
 * hides no other, and brings none about where something merely refers to it.
 *
 * It starts nothing and writes nothing, and it never throws on what stands in the folder.
 */
export async function loadPlant(folder: string, options: LoadOptions = {}): Promise<LoadedPlant> {
  const source = options.texts && memorySource(options.texts)
  const reading = await readPlant(folder, { environment: options.environment ?? process.env, source })
  const { files, definition } = reading
  const { catalogue, findings: ofPlugins } = options.catalogue
    ? { catalogue: options.catalogue, findings: [] }
    : await loadCatalogue({
        builtIn: options.builtIn ?? builtInPlugins(),
        plantFolder: reading.plugins.isUnclear ? undefined : folder,
        packages: reading.plugins.packages,
        allow: reading.plugins.allow,
        plantFile: files.files[0]?.file,
      })
  // Types never change while a plant runs, which is when the plugins are there already.
  const nodesets = options.catalogue ? noNodesets : await checkNodesets(folder, definition?.plant)
  const devices = checkDevices(definition?.devices ?? [], catalogue, files)
  const simulators = checkSimulators(reading.simulators, catalogue, files)
  const checked = checkPipelines(definition?.pipelines ?? [], {
    devices: new Map(devices.descriptions.map((device) => [device.id, device])),
    step: (type) => catalogue.step(type),
    refusal: (type) => catalogue.refusal(type),
    stepTypes: catalogue.types('step'),
  })
  const before = [...reading.findings, ...ofPlugins]
  // Plugins that were not even looked for are missing through no fault of whoever asks for them.
  const isClear = ({ code }: Finding) => !(reading.plugins.isUnclear && code === 'plugin-unknown')
  const ofDevices = withoutEchoes([...devices.findings, ...simulators.findings], before, reading.breakage, files)
  const told = [...before, ...ofDevices].filter(isClear)
  const breakage = { ...reading.breakage, owners: new Set([...reading.breakage.owners, ...devices.broken]) }
  // Without a plant file nothing is known of any device, so every wire would be reported.
  const ofPipelines = definition ? withoutEchoes(checked.findings.filter(isClear), told, breakage, files) : []
  return {
    files,
    catalogue,
    definition: definition && { ...definition, devices: devices.definitions },
    devices: devices.descriptions,
    pipelines: checked.pipelines,
    simulators: simulators.definitions,
    nodesets: nodesets.files,
    findings: locate([...told, ...ofPipelines, ...nodesets.findings], files),
  }
}

const noNodesets = { files: [], findings: [] }

/** The stack, which takes a while to come up, is asked only when there are NodeSets that look right. */
async function checkNodesets(
  folder: string,
  plant: string | undefined,
): Promise<{ readonly files: readonly string[]; readonly findings: readonly Finding[] }> {
  const known = plant === undefined ? builtInModels : [...builtInModels, instancesUri(plant)]
  const { fileByModel, findings } = await readNodesets(folder, { known })
  const files = [...new Set(fileByModel.values())]
  if (files.length === 0 || findings.length > 0) return { files, findings }
  const { checkNodesetLoad } = await import('./opcua/load-nodesets.ts')
  return { files, findings: await checkNodesetLoad(fileByModel) }
}

/** Tells whether a plant may run. */
export function isRunnable(plant: LoadedPlant): plant is RunnablePlant {
  return plant.definition !== undefined && plant.findings.every(({ severity }) => severity !== 'error')
}
