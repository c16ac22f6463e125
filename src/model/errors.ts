/** One row of the table of errors: what a code means and what to do about it. */
export interface ErrorRow {
  readonly cause: string
  readonly remedy: string
}

/**
 * Every error and finding code of the program. The table "Errors" in README.md shows the same rows; a test compares both ways.
 *
 * Codes are kebab-case and never change their meaning once published.
 */
export const errorTable = {
  // Files
  'file-unreadable': {
    cause: 'a file or folder is missing or may not be read',
    remedy: 'check the path and its permissions',
  },
  'file-too-large': {
    cause: 'a file is larger than 1 MiB, or its anchors expand to more than that; NodeSets may have 32 MiB together',
    remedy: 'split the file, or write the values out',
  },
  'yaml-invalid': { cause: 'the text is not valid YAML 1.2', remedy: 'mend the place that is shown' },
  'key-unknown': { cause: 'a key is not known at this place', remedy: 'correct its spelling, or remove it' },
  'key-missing': { cause: 'a required key is missing', remedy: 'add it' },
  'value-invalid': { cause: 'a value has the wrong type or form', remedy: 'give a value of the shape that is named' },
  'value-out-of-range': { cause: 'a value is below or above its limits', remedy: 'give a value inside the limits' },
  'variable-missing': {
    cause: 'an environment variable has no value',
    remedy: 'set it, or give a default: ${NAME:-default}',
  },
  'name-invalid': {
    cause: 'an id has other characters than letters, digits, _ and -, or more than 32 of them',
    remedy: 'rename it',
  },
  'name-duplicate': { cause: 'two things that wires may name have the same id', remedy: 'rename one of them' },
  'nodeset-invalid': {
    cause: 'a NodeSet is not well-formed XML, is no NodeSet2, or cannot be loaded',
    remedy: 'export it again from the tool that made it',
  },
  'nodeset-missing': {
    cause: 'a NodeSet requires a model that is not there',
    remedy: 'put the NodeSet of that model into nodesets/',
  },
  'nodeset-duplicate': { cause: 'two NodeSets define the same model', remedy: 'remove one of them' },
  // Plant
  'equipment-unknown': {
    cause: 'a piece of equipment is not in the plant file',
    remedy: 'declare it under equipment, or correct the path',
  },
  'equipment-parent-missing': { cause: 'a path names a parent that is not declared', remedy: 'declare the parent too' },
  'equipment-level-invalid': {
    cause: 'a level cannot stand below its parent',
    remedy: 'follow ISA-95: Enterprise, Site, Area, work center, work unit',
  },
  'plugin-unknown': { cause: 'no plugin of this type is installed', remedy: 'correct the type, or install the plugin' },
  'plugin-invalid': {
    cause: 'a plugin module cannot be loaded or does not keep to the interface',
    remedy: 'mend the plugin as the message says',
  },
  'plugin-refused': {
    cause: 'a plugin module is not among those that the plant allows, or has changed since it was pinned',
    remedy: 'look at what has changed, then pin it with `millrace plugin pin`',
  },
  'plugin-changed': {
    cause: 'a plugin module has changed since the program has loaded it (a warning)',
    remedy: 'start the plant again to use it as it is now',
  },
  'plugin-duplicate': { cause: 'two plugins have the same type', remedy: 'rename or remove one of them' },
  // Pipelines
  'wire-unknown': {
    cause: 'a wire names a device, step, pipeline or port that does not exist',
    remedy: 'correct the wire',
  },
  'wire-type': {
    cause: 'a wire joins types of which the first does not fit into the second',
    remedy: 'convert the value with a step between them',
  },
  'wire-unit': { cause: 'a wire joins units of different dimensions', remedy: 'wire another port, or correct a unit' },
  'unit-unknown': { cause: 'an engineering unit is not in the table', remedy: 'use a unit from `millrace list units`' },
  'input-missing': {
    cause: 'a step has an input without a wire, parameter, literal or default',
    remedy: 'give it a source under in',
  },
  'input-unknown': { cause: 'a step has no input of this name', remedy: 'correct the name' },
  'parameter-unknown': {
    cause: 'a $name is not among the parameters of the pipeline',
    remedy: 'declare it under parameters, or correct the name',
  },
  'step-unknown': {
    cause: 'after, until or an output names a step or port that does not exist',
    remedy: 'correct the name',
  },
  'method-unknown': { cause: 'a device has no method of this name', remedy: 'correct the name' },
  'steps-loop': { cause: 'steps wait for each other', remedy: 'break the loop with a delay step' },
  'write-invalid': {
    cause: 'a pipeline writes a tag that is not writable, or two pipelines write the same tag',
    remedy: 'write another tag, or join the pipelines',
  },
  'trigger-invalid': {
    cause: 'a trigger cannot work in this pipeline',
    remedy: 'use every, on: change, once or cron as the message says',
  },
  'expression-invalid': { cause: 'an expression does not parse or has the wrong type', remedy: 'mend the expression' },
  'output-unused': {
    cause: 'an output of a step goes nowhere (a warning)',
    remedy: 'wire it, publish it under outputs, or remove the step',
  },
  // Asked at run time
  'invalid-state': { cause: 'the state does not allow what was asked', remedy: 'look at the state first' },
  'pipeline-unknown': { cause: 'there is no such pipeline', remedy: 'correct the id' },
  'device-unknown': { cause: 'there is no such device', remedy: 'correct the id' },
  'tag-unknown': { cause: 'there is no such tag', remedy: 'correct the tag' },
  'write-refused': {
    cause: 'a value was not accepted by the device or by its limits',
    remedy: 'write a value inside the limits, to a writable tag',
  },
  'not-connected': { cause: 'the device is not connected', remedy: 'check the cable, address and power of the device' },
  'timed-out': {
    cause: 'something did not answer or end within its time',
    remedy: 'check what it waits for, or raise the timeout',
  },
  'step-failed': { cause: 'a step failed after all its attempts', remedy: 'see the cause in the event' },
  'step-overloads': {
    cause: 'a step emits, or listens, more than a plugin may',
    remedy: 'mend the plugin, then start the pipeline again',
  },
  'plugin-ended': {
    cause: 'the thread of an isolated plugin has ended: it crashed, or used up its memory',
    remedy: 'mend the plugin as the message says; its thread is started again by itself',
  },
  'plugin-faulted': {
    cause: 'the thread of an isolated plugin has ended three times within a minute',
    remedy: 'mend the plugin, then reset the pipeline, or apply the files of the plant again',
  },
  cancelled: { cause: 'what was running was cancelled', remedy: 'start it again when it is wanted' },
  // Starting up
  'port-in-use': {
    cause: 'another program listens on the port',
    remedy: 'stop it, or choose another port with --port (0 picks a free one)',
  },
  'certificate-unusable': {
    cause: 'the certificate folder cannot be used',
    remedy: 'check its permissions, or choose another with --certificates',
  },
  'certificate-unknown': {
    cause: 'a thumbprint names no certificate, or more than one',
    remedy: 'take it from millrace cert list, or type more of it',
  },
  'certificate-invalid': {
    cause: 'a file is no certificate and no revocation list, or one that cannot be used for this',
    remedy: 'export it again, as PEM or DER, from the program that made it',
  },
  'file-exists': { cause: 'a file would be written over', remedy: 'choose another name, or move the file away' },
  'folder-not-empty': { cause: 'a new plant would overwrite files', remedy: 'choose an empty folder' },
  'stack-version': {
    cause: 'the OPC UA stack is not the version that the guard was made for',
    remedy: 'install the locked dependencies with npm ci',
  },
  // Users
  'user-invalid': {
    cause: 'a name, password, role or certificate of a user is not what it may be',
    remedy: 'give one as the message says',
  },
  'user-exists': {
    cause: 'there is a user of that name, or with that certificate, already',
    remedy: 'choose another name, or change the user that is there',
  },
  'user-unknown': {
    cause: 'there is no such user',
    remedy: 'correct the name; `millrace user list` shows all of them',
  },
  'user-protected': {
    cause: 'a user may not be removed, or is the last one who may administer users',
    remedy: 'give another user the role SecurityAdmin first',
  },
  'password-wrong': { cause: 'a password is another one', remedy: 'type it again' },
  // Talking to a server
  'server-unreachable': {
    cause: 'no OPC UA server answers at the URL',
    remedy: 'start it, or tell another URL with --url',
  },
  'server-insecure': {
    cause: 'an OPC UA server does not offer what is safe: encryption, and the kind of login that is wanted',
    remedy: 'secure the server, or log in another way',
  },
  'server-untrusted': {
    cause: 'the certificate of an OPC UA server is not trusted here',
    remedy: 'compare its thumbprint with the one that its server has, then give it with --server-thumbprint',
  },
  'client-untrusted': {
    cause: 'an OPC UA server does not trust the certificate of the command line',
    remedy: 'trust it at the server, as the message says',
  },
  'login-refused': {
    cause: 'an OPC UA server does not take the login',
    remedy: 'check the name of the user and the password',
  },
  'permission-missing': {
    cause: 'the user may not do what was asked',
    remedy: 'log in with --user as somebody who may',
  },
  'server-refused': {
    cause: 'an OPC UA server has refused a request, or could not fulfil it',
    remedy: 'look up the status that the message tells',
  },
  'job-refused': {
    cause: 'a job order does not exist, or what was asked of it is not possible',
    remedy: 'do as the message says',
  },
  // Database
  'database-locked': {
    cause: 'another process, or too many calls, keep a database busy',
    remedy: 'stop the other process, or wait until it has finished',
  },
  'database-read-only': {
    cause: 'a database may not be written',
    remedy: 'check the permissions of the file and its folder',
  },
  'database-full': { cause: 'a database cannot grow', remedy: 'make room on its disk' },
  'database-disk': {
    cause: 'the disk under a database fails, or is gone',
    remedy: 'check the disk, its connection and its mount',
  },
  'database-corrupt': {
    cause: 'a database is damaged',
    remedy: 'restore a backup; a damaged file is moved aside, never deleted',
  },
  'database-foreign': {
    cause: 'a file is not a database of this program',
    remedy: 'choose another path, or move the file away',
  },
  'database-newer': {
    cause: 'a newer version of the program has written the database',
    remedy: 'install the newer program, or restore the backup from before it',
  },
  'database-older': {
    cause: 'an older version of the program has written the database, and it may only be read here',
    remedy: 'start the plant once, which brings it to the newest version',
  },
  'database-changed': {
    cause: 'a database was opened for writing while it was read as a file that nobody writes',
    remedy: 'do the same again, now that the plant runs',
  },
  'database-closed': { cause: 'a database was asked after it was closed', remedy: 'open it again' },
  'database-library': {
    cause: 'the SQLite library is too old to be trusted',
    remedy: 'install the locked dependencies with npm ci',
  },
  'history-busy': {
    cause: 'a client has too many long reads of history waiting',
    remedy: 'let it wait for the answers before it asks for more',
  },
  'history-thread-ended': {
    cause: 'the thread that does long reads of history has ended: it crashed, or used up its memory',
    remedy: 'ask for less at once; the thread is started again by itself',
  },
  'database-failed': { cause: 'a statement failed in the database', remedy: 'see the cause in the message' },
} as const satisfies Record<string, ErrorRow>

/** A code of the table of errors. */
export type ErrorCode = keyof typeof errorTable

/** An operating error: something that can happen to a correct program. `message` names the thing, the value and the remedy. */
export class MillraceError extends Error {
  readonly code: ErrorCode
  /** The OPC UA status code that a client gets for it, when it came from a client. */
  readonly status: number | undefined

  /** `message` is lower-case and names the thing, the value and the remedy. */
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; status?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'MillraceError'
    this.code = code
    this.status = options.status
  }
}

/** Tells whether something thrown is an operating error, of the given code when one is given. */
export function isMillraceError(error: unknown, code?: ErrorCode): error is MillraceError {
  return error instanceof MillraceError && (code === undefined || error.code === code)
}

/** What something thrown says, whatever it is. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
