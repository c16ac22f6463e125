import type { Schema } from '../sqlite/schema.ts'

const definitionsAndRuns = `
  CREATE TABLE definition(
    pipeline TEXT NOT NULL, version INTEGER NOT NULL, time REAL NOT NULL, initiator TEXT NOT NULL,
    comment TEXT NOT NULL, hash TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (pipeline, version)
  ) STRICT;
  CREATE TABLE run(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, pipeline TEXT NOT NULL, version INTEGER,
    cause TEXT NOT NULL, initiator TEXT NOT NULL, parameters TEXT NOT NULL, started REAL NOT NULL,
    ended REAL, outcome TEXT, cycles INTEGER, results TEXT, error TEXT
  ) STRICT;
  CREATE INDEX run_by_start ON run(started, seq);
  CREATE INDEX run_by_pipeline ON run(pipeline, started, seq);
  CREATE INDEX run_open ON run(seq) WHERE ended IS NULL;
`

const jobs = `
  CREATE TABLE job(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, equipment TEXT NOT NULL, id TEXT NOT NULL, state INTEGER NOT NULL,
    job_order TEXT NOT NULL, response TEXT, arrived REAL NOT NULL, changed REAL NOT NULL, UNIQUE (equipment, id)
  ) STRICT;
  CREATE TABLE job_outbox(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, equipment TEXT NOT NULL, job TEXT NOT NULL, time REAL NOT NULL,
    content TEXT NOT NULL
  ) STRICT;
`

const valuesAndPlant = `
  CREATE TABLE last_value(tag TEXT PRIMARY KEY, sample TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE program(
    pipeline TEXT PRIMARY KEY, state TEXT NOT NULL, time REAL NOT NULL, run TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE parameter(
    pipeline TEXT NOT NULL, name TEXT NOT NULL, sample TEXT NOT NULL, PRIMARY KEY (pipeline, name)
  ) STRICT, WITHOUT ROWID;
`

const eventsAndConditions = `
  CREATE TABLE event(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, time REAL NOT NULL, type_uri TEXT NOT NULL,
    type_id TEXT NOT NULL, source TEXT NOT NULL, severity INTEGER NOT NULL, fields TEXT NOT NULL
  ) STRICT;
  CREATE INDEX event_by_time ON event(time, seq);
  CREATE INDEX event_by_source ON event(source, time, seq);
  CREATE TABLE condition(id TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
`

const auditAndUsers = `
  CREATE TABLE audit(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, user TEXT NOT NULL, session TEXT NOT NULL,
    action TEXT NOT NULL, target TEXT NOT NULL, status INTEGER NOT NULL, details TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_by_time ON audit(time, seq);
  CREATE TABLE user(
    name TEXT PRIMARY KEY, roles TEXT NOT NULL, is_enabled INTEGER NOT NULL, salt BLOB NOT NULL, hash BLOB NOT NULL,
    cost INTEGER NOT NULL, block_size INTEGER NOT NULL, parallelization INTEGER NOT NULL, changed REAL NOT NULL
  ) STRICT, WITHOUT ROWID;
`

const certificateUsers = `
  ALTER TABLE user ADD COLUMN certificate TEXT;
  ALTER TABLE user ADD COLUMN description TEXT NOT NULL DEFAULT '';
  ALTER TABLE user ADD COLUMN flags INTEGER NOT NULL DEFAULT 0;
  CREATE UNIQUE INDEX user_by_certificate ON user(certificate) WHERE certificate IS NOT NULL;
`

/**
 * The schema of `meta.db`: everything but history. Times are milliseconds since 1970 UTC; what has no column of its own is
 * text of `value-codec.ts`. A migration that was released is never edited: the fixtures in `test/store/fixtures` hold it.
 */
export const metaSchema: Schema = {
  name: 'definitions, runs, jobs and states',
  applicationId: 0x4d696c6d,
  migrations: [
    { name: 'definitions and runs', sql: definitionsAndRuns },
    { name: 'jobs', sql: jobs },
    { name: 'last values and the state of the plant', sql: valuesAndPlant },
    { name: 'events and conditions', sql: eventsAndConditions },
    { name: 'audit and users', sql: auditAndUsers },
    // Events are in `history.db`, so that this file stays small; nothing ever wrote them here.
    { name: 'no events', sql: 'DROP TABLE event;' },
    { name: 'users with certificates', sql: certificateUsers },
  ],
}
