import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { immutableUrl, isReusable, preparedMax } from './connection.ts'
import type { WorkerAnswer, WorkerData, WorkerRequest } from './node-sqlite-message.ts'

/** The thread of one connection of `node:sqlite`: it answers one request after the other. */
const { file, mode } = workerData as WorkerData
const prepared = new Map<string, StatementSync>()
let database: DatabaseSync | undefined

parentPort?.on('message', (request: WorkerRequest) => {
  parentPort?.postMessage(answer(request))
  if (request.call === 'close') parentPort?.close()
})

function answer(request: WorkerRequest): WorkerAnswer {
  try {
    return { result: perform(request) as never }
  } catch (error) {
    const { message, errcode } = error as Error & { readonly errcode?: number }
    return { resultCode: errcode ?? 1, message }
  }
}

function perform(request: WorkerRequest): unknown {
  if (request.call === 'open') {
    database = new DatabaseSync(mode === 'immutable' ? immutableUrl(file) : file, { readOnly: mode !== 'write' })
    return undefined
  }
  if (!database) throw new Error('the database is not open')
  switch (request.call) {
    case 'close':
      prepared.clear()
      return database.close()
    case 'exec':
      return database.exec(request.sql)
    case 'run': {
      const { changes, lastInsertRowid } = statement(database, request).run(...request.parameters)
      return { changes: Number(changes), lastId: Number(lastInsertRowid) }
    }
    case 'all':
      return statement(database, request).all(...request.parameters)
  }
}

function statement(open: DatabaseSync, { sql, call }: { sql: string; call: 'run' | 'all' }): StatementSync {
  const known = prepared.get(sql) ?? open.prepare(sql)
  if (!isReusable(sql, call)) return known
  prepared.delete(sql)
  prepared.set(sql, known)
  if (prepared.size > preparedMax) prepared.delete(prepared.keys().next().value ?? '')
  return known
}
