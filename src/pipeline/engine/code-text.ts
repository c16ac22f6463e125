import { integerRange } from '../../model/value.ts'
import { isPlainNumber, startSlot } from './layout.ts'
import type { Operation, PlanOutput } from './plan.ts'

/**
 * The text that computes one operation inside the generated loop: `i` is the operation's index, `o` where its slots begin in
 * `ix`, and `plugin` the name of the variable that holds its plugin. Names of ports appear as JSON strings only.
 */
export function operationText(operation: Operation, isNumeric: readonly boolean[], plugin: string): string {
  const { inputs, outputs, work, wired } = operation
  if (!operation.isInline) return 'exits.visit(i,since,all)'
  const slots = [...inputs.map((_, j) => `x${j}`), ...outputs.map((_, j) => `y${j}`)]
  const live = inputs.flatMap(({ isLiteral }, j) => (isLiteral ? [] : [`x${j}`]))
  const times = wired.length === 0 ? [`t[${startSlot}]`] : live.map((x) => `t[${x}]`)
  const accepts = outputs.map((output, j) => acceptText(output, j, work.kind === 'convert'))
  return `const ${slots.map((slot, at) => `${slot}=ix[o+${at}]`).join(',')};o+=${slots.length}
if(!(all||${[...live.map((x) => `k[${x}]>=since`), 'w[i]>=since'].join('||')}))continue
${live.length === 0 ? '' : `if((${live.map((x) => `s[${x}]`).join('|')})!==0){exits.evaluate(i);continue}`}
const m=${times.length === 1 ? times[0] : `Math.max(${times.join(',')})`}
${work.kind === 'convert' ? 'q[i]++;const z0=n[x0]*cs[i].gain+cs[i].offset,r=z0' : callText(operation, isNumeric, plugin)}
${accepts.length === 0 ? '' : `if(!(${accepts.join('&&')})){exits.settle(i,r);continue}`}
${outputs.map((output, j) => storeText(output, j, isBlock(operation))).join('\n')}`
}

/** The object literal of an operation's inputs, read from the slots whose numbers are in the variables `x0`, `x1` and so on. */
export function valuesText({ inputs }: Pick<Operation, 'inputs'>, isNumeric: readonly boolean[]): string {
  const entries = inputs.map(({ name, slot }, j) => {
    // As a plain key it would set the prototype.
    const key = name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)
    return `${key}:${isNumeric[slot] ? 'n' : 'v'}[x${j}]`
  })
  return `{${entries.join(',')}}`
}

/** A function that makes the object of an operation's inputs from the arrays of an execution. */
export function valuesReader(
  operation: Pick<Operation, 'inputs'>,
  isNumeric: readonly boolean[],
): Operation['valuesOf'] {
  const constants = operation.inputs.map(({ slot }, j) => `x${j}=${slot}`)
  const declaration = constants.length === 0 ? '' : `const ${constants.join(',')};`
  return new Function('n', 'v', `${declaration}return ${valuesText(operation, isNumeric)}`) as Operation['valuesOf']
}

function isBlock({ work }: Operation): boolean {
  return work.kind === 'plugin' && work.plugin.kind === 'block'
}

function callText(operation: Operation, isNumeric: readonly boolean[], plugin: string): string {
  const { outputs } = operation
  const values = valuesText(operation, isNumeric)
  const remembers = isBlock(operation)
  const read = outputs.map(({ name }, j) => `z${j}=r[${JSON.stringify(name)}]`)
  return `let r${outputs.map((_, j) => `,z${j}`).join('')}
q[i]++;ce[2]=i
${remembers ? 'const h=mo[i];h.begin(m,monotonic)' : ''}
try{r=${plugin}.compute(${values},cs[i]${remembers ? ',ms[i],h' : ''});${read.join(';')}}catch(e){exits.thrown(i,e);continue}`
}

/** The test that an output passes without a second look: of its type, finite, inside its limits. */
function acceptText({ port }: PlanOutput, j: number, isConversion: boolean): string {
  const z = `z${j}`
  if (port.isArray) return 'false'
  if (port.dataType === 'Boolean') return `typeof ${z}==='boolean'`
  if (port.dataType === 'String') return `typeof ${z}==='string'`
  if (!isPlainNumber(port)) return 'false'
  const limits =
    port.range || port.dataType in integerRange
      ? [`lo[y${j}]`, `hi[y${j}]`]
      : ['-1.7976931348623157e308', '1.7976931348623157e308']
  const inside = `${z}>=${limits[0]}&&${z}<=${limits[1]}`
  if (isConversion) return inside
  if (port.dataType === 'UInt32') return `typeof ${z}==='number'&&${z}>>>0===${z}&&${inside}`
  if (port.dataType in integerRange) return `typeof ${z}==='number'&&(${z}|0)===${z}&&${inside}`
  return `typeof ${z}==='number'&&${inside}`
}

/**
 * Stores a Good output. A block's output that changes although no input is newer was changed by the passing of time, and so
 * takes the time of the wave.
 */
function storeText({ port }: PlanOutput, j: number, ofBlock: boolean): string {
  const [y, z] = [`y${j}`, `z${j}`]
  const place = `${isPlainNumber(port) ? 'n' : 'v'}[${y}]`
  const time = ofBlock ? `m>t[${y}]||s[${y}]>=0x80000000?m:${z}!==${place}?Math.max(m,now):t[${y}]` : 'm'
  return `{const u=${time}
if(u!==t[${y}]||${z}!==${place}||s[${y}]!==0){if(s[${y}]!==0){exits.healed(i);s[${y}]=0;c[${y}]=undefined}
${place}=${z};t[${y}]=u;k[${y}]=tick}}`
}
