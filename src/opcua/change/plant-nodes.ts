import type { BaseNode, UAObject } from 'node-opcua'
import { systemClock } from '../../model/clock.ts'
import type { Equipment } from '../../model/equipment.ts'
import type { DeviceDescription, PipelineDescription } from '../../model/port.ts'
import { addDevice } from '../device-object.ts'
import { addPiece, byDepth, equipmentObject } from '../equipment-tree.ts'
import { addNotifier } from '../events/notifiers.ts'
import { fingerprintOf } from '../fingerprint.ts'
import { addFlowReferences } from '../flow-references.ts'
import { addGuard } from '../guard-object.ts'
import { addHealth } from '../health-object.ts'
import { addHistorian } from '../historian-object.ts'
import { showCurrentJobOrder } from '../jobs/current-job-order.ts'
import { JobLists } from '../jobs/job-lists.ts'
import { addJobManagement, equipmentWithJobs, jobManagementKey } from '../jobs/job-management.ts'
import { addPipeline } from '../pipeline-object.ts'
import { ProgramVariables } from '../program-state.ts'
import { childOf, type SpaceContext } from '../space-context.ts'
import { addNamespaceMetadata } from '../types/namespace-metadata.ts'
import { Placement } from './placement.ts'
import { addRuntime } from './runtime-object.ts'

/** Somebody that nodes are built for; another `key` means that it is different from before. */
interface Owner {
  readonly id: string
  readonly key: string
  build(): void
}

/**
 * The nodes of a plant: equipment, devices, pipelines and what flows between them. {@link update} builds what is new or
 * different and removes what is gone, and leaves every other node alone (information-model 5.9, rule 2).
 */
export class PlantNodes {
  readonly programs = new Map<string, ProgramVariables>()
  readonly jobLists: JobLists
  readonly #context: SpaceContext
  readonly #placement: Placement
  readonly #keyById = new Map<string, string>()
  /** The plugin type of each device: it decides on the type of the node, which cannot change in place. */
  readonly #typeByDevice = new Map<string, string>()

  constructor(context: SpaceContext) {
    this.#context = context
    this.#placement = new Placement(context)
    this.jobLists = new JobLists(context)
  }

  /**
   * Brings the nodes up to date with the plant, and returns those that were made or built again. `sync` is called when
   * everything new is there and nothing that is gone is removed yet: for whatever hangs on the objects of the plant.
   */
  update(sync: () => void): readonly BaseNode[] {
    const retyped = this.#retypedDevices()
    for (const id of retyped) this.#context.objectById.delete(`dev/${id}`)
    const owners = this.#owners()
    const isLater = (owner: Owner) => retyped.some((id) => owner.id === `dev/${id}`)
    const touched = new Set<string>()
    this.#place(
      owners.filter((owner) => !isLater(owner)),
      touched,
    )
    const gone = this.#removedOwners(owners)
    for (const id of gone.filter((each) => !each.startsWith('eq/'))) this.#context.objectById.delete(id)
    sync()
    for (const id of [...gone, ...retyped.map((each) => `dev/${each}`)]) this.#remove(id, touched)
    const fresh = [...this.#placement.finish()]
    if (retyped.length > 0) {
      this.#place(owners.filter(isLater), touched)
      sync()
      fresh.push(...this.#placement.finish())
    }
    this.#drawFlows(touched)
    return fresh
  }

  /** Says nothing about what was built so far, before any client could see it. */
  keepQuiet(): void {
    this.#placement.keepQuiet()
  }

  /** Tells clients what came and went with the last update. */
  tell(message: string): void {
    this.#placement.tell(message)
  }

  /** Everything that nodes stand for, each after what it lies in. */
  #owners(): readonly Owner[] {
    const { view } = this.#context
    const configuration = fingerprintOf([view.equipment, view.devices, view.pipelines.map((each) => this.#keyOf(each))])
    const versions = view.deploying?.versions ?? []
    return [
      { id: 'namespace', key: configuration, build: () => this.#addMetadata(configuration) },
      ...byDepth(view.equipment).map((equipment) => ({
        id: `eq/${equipment.path}`,
        key: fingerprintOf([equipment, this.#inside(equipment.path)]),
        build: () => {
          addPiece(this.#context, equipment)
          this.#addNotifier(
            `eq/${equipment.path}`,
            equipment.path.slice(0, Math.max(0, equipment.path.lastIndexOf('/'))),
          )
        },
      })),
      ...equipmentWithJobs(this.#context).map((equipment) => this.#jobOwner(equipment)),
      ...view.devices.map((device) => this.#deviceOwner(device)),
      {
        id: 'runtime',
        key: fingerprintOf([configuration, versions]),
        build: () => void addRuntime(this.#context, configuration),
      },
      this.#belowRuntime('guard', addGuard),
      ...(view.history ? [this.#belowRuntime('historian', addHistorian)] : []),
      ...(view.hasHealth ? [this.#belowRuntime('health', addHealth)] : []),
      ...view.pipelines.map((pipeline) => this.#pipelineOwner(pipeline)),
    ]
  }

  #belowRuntime(id: string, add: (context: SpaceContext, runtime: UAObject) => UAObject): Owner {
    const runtime = () => this.#context.objectById.get('runtime') as UAObject
    return { id, key: id, build: () => void add(this.#context, runtime()) }
  }

  #jobOwner(equipment: Equipment): Owner {
    return {
      id: `job/${equipment.path}`,
      key: jobManagementKey(this.#context, equipment),
      build: () => {
        const { jobs } = this.#context.view
        if (jobs) addJobManagement(this.#context, equipment, { jobs, lists: this.jobLists })
      },
    }
  }

  #deviceOwner(device: DeviceDescription): Owner {
    const id = `dev/${device.id}`
    return {
      id,
      key: fingerprintOf(device),
      build: () => {
        addDevice(this.#context, device)
        this.#addNotifier(id, device.equipment)
        this.#typeByDevice.set(device.id, device.type)
      },
    }
  }

  #pipelineOwner(pipeline: PipelineDescription): Owner {
    const id = `pipe/${pipeline.id}`
    return { id, key: this.#keyOf(pipeline), build: () => this.#buildPipeline(id, pipeline) }
  }

  #buildPipeline(id: string, pipeline: PipelineDescription): void {
    const { view, objectById } = this.#context
    const before = objectById.get(id)
    const node = addPipeline(this.#context, pipeline)
    const runtime = childOf<UAObject>(objectById.get('runtime') as UAObject, 'Pipelines')
    runtime.addReference({ referenceType: 'Organizes', nodeId: node.nodeId })
    this.#addNotifier(id, pipeline.equipment)
    const known = before === node ? this.programs.get(pipeline.id) : undefined
    const program = known ?? new ProgramVariables(this.#context, node, pipeline.id)
    if (view.jobs) showCurrentJobOrder(this.#context, node, { pipeline, jobs: view.jobs, lists: this.jobLists })
    program.show(view.programState(pipeline.id), view.lastTransition(pipeline.id))
    this.programs.set(pipeline.id, program)
  }

  #keyOf(pipeline: PipelineDescription): string {
    const { view } = this.#context
    const version = view.deploying?.versionInUse(pipeline.id) ?? 0
    return fingerprintOf([pipeline, view.definitionVersion?.(pipeline.id) ?? '', version])
  }

  /** What stands inside equipment: the state of a machine follows it. */
  #inside(path: string): readonly string[] {
    const { devices, pipelines } = this.#context.view
    return [
      ...devices.map((each) => ({ ...each, kind: 'dev' })),
      ...pipelines.map((each) => ({ ...each, kind: 'pipe' })),
    ]
      .filter(({ equipment }) => equipment === path || equipment.startsWith(`${path}/`))
      .map(({ kind, id, equipment }) => `${kind}/${id} in ${equipment}`)
      .sort()
  }

  /** The Server is above the topmost equipment, and equipment above what it owns. */
  #addNotifier(id: string, above: string): void {
    const { objectById, addressSpace } = this.#context
    const node = objectById.get(id)
    const server = addressSpace.rootFolder.objects.server as unknown as UAObject
    if (!node) return
    const parent = above === '' ? server : equipmentObject(this.#context, above)
    addNotifier(node, parent, this.#context.view.eventHistory !== undefined)
  }

  #addMetadata(version: string): void {
    const { addressSpace, namespace } = this.#context
    const publicationDate = new Date(systemClock.now())
    addNamespaceMetadata(addressSpace, namespace, { version, publicationDate, nodeId: 's=namespace' })
  }

  #place(owners: readonly Owner[], touched: Set<string>): void {
    for (const { id, key, build } of owners) {
      if (this.#keyById.get(id) === key) continue
      this.#keyById.set(id, key)
      touched.add(id)
      this.#placement.place(id, build)
    }
  }

  /** The innermost first. */
  #removedOwners(owners: readonly Owner[]): readonly string[] {
    const wanted = new Set(owners.map(({ id }) => id))
    return [...this.#keyById.keys()].filter((id) => !wanted.has(id)).reverse()
  }

  #remove(id: string, touched: Set<string>): void {
    this.#placement.remove(id)
    this.#keyById.delete(id)
    touched.add(id)
    if (id.startsWith('job/')) this.jobLists.forget(id.slice('job/'.length))
    if (!id.startsWith('pipe/')) return
    const pipeline = id.slice('pipe/'.length)
    this.programs.delete(pipeline)
    this.jobLists.unwatch(pipeline)
    this.#context.witnesses.forgetProgram(pipeline)
    this.#placement.remove(flowOf(pipeline))
  }

  #retypedDevices(): readonly string[] {
    return this.#context.view.devices
      .filter(({ id, type }) => (this.#typeByDevice.get(id) ?? type) !== type)
      .map(({ id }) => id)
  }

  /** Draws the flows again of every pipeline that was built again or refers to something that was. */
  #drawFlows(touched: ReadonlySet<string>): void {
    const changed = new Set([...touched].map((id) => id.slice(id.indexOf('/') + 1)))
    for (const pipeline of this.#context.view.pipelines) {
      if (![pipeline.id, ...mentionedBy(pipeline)].some((id) => changed.has(id))) continue
      this.#placement.erase(flowOf(pipeline.id))
      this.#placement.place(flowOf(pipeline.id), () => addFlowReferences(this.#context, pipeline))
    }
  }
}

function flowOf(pipeline: string): string {
  return `flow/${pipeline}`
}

/** The devices and other pipelines that a pipeline reads, writes or calls. */
function mentionedBy({ steps, outputs, writes, utilizes }: PipelineDescription): readonly string[] {
  const sources = steps.flatMap(({ inputs }) =>
    inputs.flatMap(({ source }) => (source.kind === 'tag' ? source.tag : [])),
  )
  const tags = [...sources, ...outputs.map(({ from }) => from), ...writes.flatMap(({ tag, from }) => [tag, from])]
  return [...utilizes, ...tags.map((tag) => /^[^./#$:]*/.exec(tag)?.[0] ?? '')]
}
