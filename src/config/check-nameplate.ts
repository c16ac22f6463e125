import { levelRank } from '../model/equipment.ts'
import type { Finding } from '../model/finding.ts'
import { missingForMachine } from '../model/nameplate.ts'
import type { PlantPart } from './plant-definition.ts'
import { fault } from './report.ts'
import type { DocumentPath } from './source-file.ts'

/**
 * Checks what nameplates say beyond their shape: only a work unit has one, it is complete enough to be listed among the
 * machines (a warning when it is not), and no two products share an identifier that is unique in the world.
 */
export function checkNameplates({ equipment, devices }: PlantPart, file: string): readonly Finding[] {
  const findings: Finding[] = []
  for (const { path, level, nameplate } of equipment) {
    if (!nameplate) continue
    const place = ['equipment', path, 'nameplate']
    if (levelRank[level] !== levelRank.WorkUnit) {
      const message = `${path} is a ${level}; only a WorkUnit, WorkCell, Unit or StorageUnit has a nameplate`
      findings.push(fault(file, 'value-invalid', place, { message, remedy: 'move it to a work unit', atKey: true }))
      continue
    }
    const missing = missingForMachine(nameplate)
    if (missing.length === 0) continue
    const message = `the nameplate of ${path} lacks ${missing.join(' and ')}, so the unit is not listed among the machines`
    const remedy = `add ${missing.join(' and ')}`
    findings.push({ ...fault(file, 'key-missing', place, { message, remedy, atKey: true }), severity: 'warning' })
  }
  const owners = [
    ...equipment.map(({ path, nameplate }) => ({ place: ['equipment', path], nameplate })),
    ...devices.map(({ id, nameplate }) => ({ place: ['devices', id], nameplate })),
  ]
  return [...findings, ...checkTwice(owners, file)]
}

function checkTwice(
  owners: readonly { place: DocumentPath; nameplate: { productInstanceUri?: string | undefined } | undefined }[],
  file: string,
): readonly Finding[] {
  const ownerByUri = new Map<string, string>()
  return owners.flatMap(({ place, nameplate }) => {
    const uri = nameplate?.productInstanceUri
    if (uri === undefined) return []
    const owner = String(place[1])
    const other = ownerByUri.get(uri)
    ownerByUri.set(uri, other ?? owner)
    if (other === undefined) return []
    const message = `${other} and ${owner} have the same productInstanceUri ${uri}`
    const remedy = 'give each product its own'
    return [fault(file, 'name-duplicate', [...place, 'nameplate', 'productInstanceUri'], { message, remedy })]
  })
}
