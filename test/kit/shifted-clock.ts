/**
 * Shifts the wall clock of the process that loads it before its program (`--import`), as putting the clock of the machine does.
 *
 * What JavaScript calls the time is Date, in the main thread and in workers, so that the whole program sees it; performance.now(),
 * hrtime and timers are monotonic, and go on as they do on a machine. `performance.timeOrigin` is of the start and stays, too. Only
 * times that others stamp (files, certificates that openssl makes) are those of the machine. The offset is the number of
 * milliseconds in the file that MILLRACE_TEST_CLOCK names, and is looked up fifty times a second.
 */
import { readFileSync } from 'node:fs'

const file = process.env.MILLRACE_TEST_CLOCK ?? ''
const TrueDate = Date
let offsetMs = 0

function look(): void {
  offsetMs = Number(readFileSync(file, 'utf8'))
}

look()
setInterval(look, 20).unref()

const now = () => TrueDate.now() + offsetMs
// A proxy instead of a subclass: dates that native code makes are dates of this class as well.
globalThis.Date = new Proxy(TrueDate, {
  construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  apply: () => new TrueDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
})
TrueDate.prototype.constructor = globalThis.Date
