/**
 * Who may do what: the rows of section 5.8 of the information model, for each service and node class. Each column is a login: a
 * client without one for each setting of `anonymous`, a user without roles, and a user of each role.
 */
export const columns = [
  ...['none', 'observe', 'operate'],
  ...['nobody', 'Observer', 'Operator', 'Supervisor', 'Engineer', 'ConfigureAdmin', 'SecurityAdmin'],
] as const

/** A column of the matrix. */
export type Column = (typeof columns)[number]

const everybody: readonly Column[] = columns
const plantRoles: readonly Column[] = ['Observer', 'Operator', 'Supervisor', 'Engineer', 'ConfigureAdmin']
const lookers: readonly Column[] = ['observe', 'operate', ...plantRoles]
const seers: readonly Column[] = [...lookers, 'SecurityAdmin']
const operators: readonly Column[] = ['operate', 'Operator', 'Supervisor', 'Engineer', 'ConfigureAdmin']
const supervisors: readonly Column[] = ['operate', 'Supervisor', 'Engineer', 'ConfigureAdmin']
const engineers: readonly Column[] = ['operate', 'Engineer', 'ConfigureAdmin']
const administrators: readonly Column[] = ['ConfigureAdmin', 'SecurityAdmin']
const no: readonly Column[] = []

/** Each service and node class with the columns that may. */
export const matrix = {
  'Browse Object': seers,
  'Browse Variable': seers,
  'Browse Method': seers,
  'Browse Object of the server': everybody,
  'Browse ObjectType': everybody,
  'Browse VariableType': everybody,
  'Browse DataType': everybody,
  'Browse ReferenceType': everybody,
  'TranslateBrowsePathsToNodeIds Variable': seers,
  'Read Object DisplayName': seers,
  'Read Variable Value': lookers,
  'Read Variable DataType': seers,
  'Read Variable Value of a parameter': lookers,
  'Read Variable Value of the server': everybody,
  'Read Variable Value of the sessions of others': administrators,
  'Read Variable Value of the users': ['SecurityAdmin'],
  'Read Variable Value of who holds a role': ['SecurityAdmin'],
  'Read Method Executable': seers,
  'Read ObjectType BrowseName': everybody,
  'Read VariableType BrowseName': everybody,
  'Read DataType BrowseName': everybody,
  'Read ReferenceType BrowseName': everybody,
  'Read Object RolePermissions': administrators,
  'Read Variable RolePermissions': administrators,
  'Read Method RolePermissions': administrators,
  'Read ObjectType RolePermissions': administrators,
  'Read Object UserRolePermissions': seers,
  'Read Variable UserRolePermissions': seers,
  'Read Method UserRolePermissions': seers,
  'Read ObjectType UserRolePermissions': everybody,
  'Write Variable Value of a writable tag': operators,
  'Write Variable Value of a parameter': operators,
  'Write Variable Value of a tag that is not writable': no,
  'Write Variable Value of the server': no,
  'Write Object DisplayName': no,
  'Write Object RolePermissions': no,
  'Write ObjectType DisplayName': no,
  'Call Start of a pipeline': operators,
  'Call Reset of a pipeline': supervisors,
  'Call Connect of a device': engineers,
  'Call Validate of the runtime': ['ConfigureAdmin'],
  'Call FindRun of a pipeline': lookers,
  'Call Acknowledge of an alarm': operators,
  'Call AddUser': ['SecurityAdmin'],
  'Call AddIdentity': ['SecurityAdmin'],
  'Call GetMonitoredItems of the server': everybody,
  'HistoryRead Variable': lookers,
  'HistoryRead events of Object': lookers,
  'HistoryRead events of the server': [...lookers, 'SecurityAdmin'],
  'HistoryRead audit events of the server': ['SecurityAdmin'],
  'HistoryUpdate insert into Variable': ['Engineer', 'ConfigureAdmin'],
  'HistoryUpdate delete from Variable': ['ConfigureAdmin'],
  'CreateMonitoredItems Variable': lookers,
  'Events of Object': seers,
  'Events of the server': seers,
  'Audit events of Object': ['SecurityAdmin'],
  'Audit events of the server': ['SecurityAdmin'],
} as const satisfies Readonly<Record<string, readonly Column[]>>

/** A cell of the matrix: what is done to what. */
export type Cell = keyof typeof matrix
