import type { CertificateRules } from '../model/certificate-rules.ts'
import { type Equipment, levelRank } from '../model/equipment.ts'
import type { Finding } from '../model/finding.ts'
import { type Limits, limitConflicts, limitsWith } from '../model/limits.ts'
import { checkNameplates } from './check-nameplate.ts'
import { writeDuration } from './duration.ts'
import type { PlantPart } from './plant-definition.ts'
import { choose, fault } from './report.ts'

/**
 * Checks what a plant file says beyond its shape: the equipment's tree, and that each device stands in it.
 *
 * `declared` holds the paths of all equipment in the file, also of entries that are not usable for other reasons.
 */
export function checkPlantFile(plant: PlantPart, declared: ReadonlySet<string>, file: string): readonly Finding[] {
  const equipmentByPath = new Map(plant.equipment.map((equipment) => [equipment.path, equipment]))
  return [
    ...plant.equipment.flatMap((equipment) => checkEquipment(equipment, { equipmentByPath, declared }, file)),
    ...plant.devices.flatMap(({ id, equipment }) =>
      checkPlace(equipment, declared, file, ['devices', id, 'equipment']),
    ),
    ...checkNameplates(plant, file),
  ]
}

/** Checks that no limit of the server was chosen which another one keeps from ever being reached. */
export function checkLimits(chosen: Partial<Limits>, file: string): readonly Finding[] {
  return limitConflicts(chosen).map(({ name, above, max }) => {
    const message = `server.limits.${name} is ${limitsWith(chosen)[name]}, but ${above} allows ${max} at most`
    const path = ['server', 'limits', chosen[name] === undefined ? above : name]
    return fault(file, 'value-out-of-range', path, { message, remedy: `give at most ${max}, or raise ${above}` })
  })
}

/** Checks that a certificate is not to be made anew before it was made. */
export function checkRenewal({ validForMs, renewBeforeMs }: CertificateRules, file: string): readonly Finding[] {
  if (renewBeforeMs < validForMs) return []
  const path = ['server', 'security', 'certificate']
  const [renewBefore, validFor] = [renewBeforeMs, validForMs].map(writeDuration)
  const message = `server.security.certificate: renewBefore is ${renewBefore}, but a certificate is valid for ${validFor}`
  return [fault(file, 'value-out-of-range', path, { message, remedy: 'give renewBefore less than validFor' })]
}

/** Checks that a device's or pipeline's equipment is declared in the plant file. */
export function checkPlace(
  equipment: string,
  declared: ReadonlySet<string>,
  file: string,
  path: readonly string[],
): readonly Finding[] {
  if (declared.has(equipment)) return []
  const message = `the equipment ${equipment} is not in the plant file`
  return [fault(file, 'equipment-unknown', path, { message, remedy: choose(equipment, declared) })]
}

interface Surroundings {
  readonly equipmentByPath: ReadonlyMap<string, Equipment>
  readonly declared: ReadonlySet<string>
}

function checkEquipment(
  { path, level }: Equipment,
  { equipmentByPath, declared }: Surroundings,
  file: string,
): readonly Finding[] {
  const end = path.lastIndexOf('/')
  if (end < 0) return []
  const above = path.slice(0, end)
  const parent = equipmentByPath.get(above)
  if (!parent && declared.has(above)) return []
  if (!parent) {
    const message = `the parent of ${path}, ${above}, is not declared`
    return [fault(file, 'equipment-parent-missing', ['equipment', path], { message, atKey: true })]
  }
  // Modules and what has no level of its own may stand inside their like (ISA-95 part 1 §5.3).
  const mayNest = levelRank[level] >= levelRank.EquipmentModule
  const isBelow = levelRank[level] > levelRank[parent.level] || (mayNest && level === parent.level)
  if (isBelow) return []
  const message = `${path} is a ${level} and cannot stand below ${parent.path}, a ${parent.level}`
  return [fault(file, 'equipment-level-invalid', ['equipment', path, 'level'], { message })]
}
