import { type CertificateRules, defaultCertificateRules } from '../model/certificate-rules.ts'
import type {
  DeviceDefinition,
  HistoryDefinition,
  JobsDefinition,
  RetryDefinition,
  ServerDefinition,
} from '../model/definition.ts'
import type { Equipment } from '../model/equipment.ts'
import { type Limits, limitsWith } from '../model/limits.ts'
import { msOf, retryOf } from './common-definition.ts'
import type { DeviceEntry, PlantFile } from './plant-schema.ts'

/** What a plant file says, without its pipelines. */
export interface PlantPart {
  readonly plant: string
  readonly server: ServerDefinition
  readonly history: HistoryDefinition
  readonly jobs: JobsDefinition
  readonly equipment: readonly Equipment[]
  readonly devices: readonly DeviceDefinition[]
  readonly simulators: readonly SimulatorDefinition[]
}

/** A simulator that stands in for a device. Once checked, `config` has passed the plugin's own schema. */
export interface SimulatorDefinition {
  /** Id of the device whose connection settings it replaces. */
  readonly device: string
  readonly file: string
  readonly type: string
  readonly config: Readonly<Record<string, unknown>>
}

/** Makes a definition of a plant file that has passed its schema. Equipment and devices come in the order of their ids. */
export function plantPartOf(entry: PlantFile, file: string): PlantPart {
  return {
    plant: entry.plant,
    server: serverOf(entry),
    history: { keepEventsMs: msOf(entry.history?.keepEvents, yearMs) },
    jobs: jobsOf(entry),
    equipment: sorted(entry.equipment).map(([path, { level, name, description, nameplate }]) => ({
      path,
      level,
      name: name ?? path.slice(path.lastIndexOf('/') + 1),
      description: description ?? '',
      ...(nameplate ? { nameplate } : {}),
    })),
    devices: sorted(entry.devices).map(([id, device]) => deviceOf(id, { faults: entry.faults, ...device }, file)),
    simulators: sorted(entry.devices).flatMap(([device, { simulator }]) =>
      simulator ? [{ device, file, type: simulator.type, config: simulator.config ?? {} }] : [],
    ),
  }
}

/** Entries in the order of their keys, so that the order in a file never matters. */
function sorted<T>(entries: Readonly<Record<string, T>> = {}): [string, T][] {
  return Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1))
}

const dayMs = 86_400_000
const yearMs = 365 * dayMs

function serverOf({ plant, name, server = {} }: PlantFile): ServerDefinition {
  return {
    port: server.port ?? 4840,
    name: server.name ?? name ?? plant,
    bind: server.bind ?? '127.0.0.1',
    anonymous: server.anonymous ?? 'none',
    allowUnsecured: server.security?.unsecured ?? false,
    certificates: certificatesOf(server),
    limits: limitsWith(limitsOf(server)),
  }
}

function certificatesOf({ security = {} }: NonNullable<PlantFile['server']>): CertificateRules {
  const { certificate = {}, overdueRevocationLists } = security
  return {
    validForMs: msOf(certificate.validFor, defaultCertificateRules.validForMs),
    renewBeforeMs: msOf(certificate.renewBefore, defaultCertificateRules.renewBeforeMs),
    acceptsOverdueLists: overdueRevocationLists === 'accept',
  }
}

/** The limits that the file chooses; times in milliseconds. */
export function limitsOf({ limits = {} }: NonNullable<PlantFile['server']>): Partial<Limits> {
  const chosen = Object.entries(limits).filter(([, value]) => value !== undefined)
  return Object.fromEntries(chosen.map(([name, value]) => [name, typeof value === 'string' ? msOf(value, 0) : value]))
}

function jobsOf({ jobs = {} }: PlantFile): JobsDefinition {
  return {
    max: jobs.max ?? 10_000,
    keepMs: msOf(jobs.keep, 30 * dayMs),
    holdsAfterAbort: (jobs.afterAbort ?? 'hold') === 'hold',
  }
}

function deviceOf(id: string, entry: DeviceEntry, file: string): DeviceDefinition {
  const everyMs = msOf(entry.every, 1000)
  const definition: DeviceDefinition = {
    id,
    file,
    name: entry.name ?? id,
    description: entry.description ?? '',
    type: entry.type,
    equipment: entry.equipment,
    config: entry.config ?? {},
    everyMs,
    timeoutMs: msOf(entry.timeout, 2000),
    holdLastMs: msOf(entry.holdLast, 0),
    enabled: entry.enabled ?? true,
    ...(entry.nameplate ? { nameplate: entry.nameplate } : {}),
    retry: retryOf(entry.retry ?? {}, reconnecting(everyMs)),
  }
  return {
    ...definition,
    ...breakerOf(entry),
    ...verifyOf(entry),
    ...(entry.faults === 'allow' ? { allowsFaults: true } : {}),
  }
}

function breakerOf({ breaker }: DeviceEntry): Pick<DeviceDefinition, 'breaker'> {
  if (!breaker) return {}
  const { failures, reset, probes = 1 } = breaker
  return { breaker: { failures, resetMs: msOf(reset, 30_000), probes } }
}

function verifyOf({ verify }: DeviceEntry): Pick<DeviceDefinition, 'verify'> {
  if (!verify) return {}
  const { within, tolerance = 0, tags } = verify === true ? {} : verify
  const rule = { withinMs: msOf(within, 1000), tolerance }
  if (!tags) return { verify: rule }
  const ruleByTag = Object.entries(tags).map(([tag, own]) => [
    tag,
    { withinMs: msOf(own.within, rule.withinMs), tolerance: own.tolerance ?? rule.tolerance },
  ])
  return { verify: { ...rule, tags: Object.fromEntries(ruleByTag) } }
}

/** Delays between attempts to connect never grow beyond the polling period (1 s at least, 30 s at most), so that a device is back within two polls. */
function reconnecting(everyMs: number): RetryDefinition {
  const maxDelayMs = Math.min(Math.max(everyMs, 1000), 30_000)
  return { attempts: 1, delayMs: 500, factor: 2, jitter: 0.2, maxDelayMs }
}
