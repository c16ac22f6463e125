import {
  type JobRequest,
  type JobReturnStatus,
  type JobState,
  jobRequests,
  jobStatus,
  jobTransition,
} from '../../model/job.ts'

const reasons: Readonly<Record<keyof typeof jobStatus, string>> = {
  done: '',
  unknownJobOrder: 'there is no such job order; `job list` tells all of them',
  invalidState: 'its state does not allow that',
  notAccepted: 'the unit cannot accept it',
  invalidRequest: 'the request is not valid',
  unknownWorkMaster: 'the unit has no such pipeline; `job work-masters` tells what it has',
  wrongParameter: 'a parameter is unknown, given twice or of a wrong type; `job work-masters` tells what there is',
  parameterOutOfRange: 'a parameter is outside its limits; `job work-masters` tells them',
  duplicateJobOrder: 'there is a job order with this id; choose another, or clear that one',
  equipmentNotAvailable: 'the equipment is not available; look at its pipelines and devices',
  queueFull: 'the unit has as many job orders as it takes; clear some that have ended',
  wrongUnit: 'the unit of a parameter cannot be converted into the one that the pipeline has',
}

/** What a ReturnStatus that is no success says, in words: the most exact reasons first, all bits that are set. */
export function reasonsOf(status: JobReturnStatus): string {
  const set = (Object.keys(jobStatus) as (keyof typeof jobStatus)[]).filter((name) => status & jobStatus[name])
  const exact = set.filter((name) => name !== 'notAccepted' && name !== 'invalidRequest')
  const told = (exact.length > 0 ? exact : set).map((name) => reasons[name]).filter((reason) => reason !== '')
  const known = Object.values(jobStatus).reduce((all, bit) => all | bit, 0n)
  const other = status & ~known
  if (other !== 0n) told.push(`the server tells bits that are not known here (${other})`)
  return told.length > 0 ? told.join('; ') : `the server tells ReturnStatus ${status}`
}

/** What may be asked of a job order in a state, in words of the command line. */
export function allowedIn(state: JobState): string {
  const words: Readonly<Record<JobRequest, string>> = {
    start: 'start',
    revokeStart: 'revoke',
    update: 'update',
    pause: 'pause',
    resume: 'resume',
    stop: 'stop',
    abort: 'abort',
    cancel: 'cancel',
    clear: 'clear',
  }
  return jobRequests
    .filter((request) => jobTransition(state, request) !== undefined)
    .map((request) => words[request])
    .join(', ')
}
