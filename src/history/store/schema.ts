import type { Schema } from '../../sqlite/schema.ts'

/**
 * The tables of `history.db`.
 *
 * `tag.sealed` is the row of the journal up to which a tag is in chunks. A chunk is `isLate` when it was written for samples
 * that came after newer ones, so it may lie across others, which never overlap among themselves; it is `isOpen` while
 * its tag still holds the samples in memory too and will write them again. All runs that its samples are of lie between
 * `firstRun` and `lastRun`; both are null when there are none.
 *
 * What repeats in very many events (types, notifiers, lists of namespaces) has tables of its own, and events have its numbers.
 */
export const historySchema: Schema = {
  name: 'history',
  // "MLHI"
  applicationId: 0x4d4c4849,
  migrations: [
    {
      name: 'journal and chunks',
      sql: `
        CREATE TABLE tag (
          id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, type TEXT, sealed INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE TABLE journal (seq INTEGER PRIMARY KEY, n INTEGER NOT NULL, blob BLOB NOT NULL) STRICT;
        CREATE TABLE chunk (
          id INTEGER PRIMARY KEY, tag INTEGER NOT NULL REFERENCES tag, isLate INTEGER NOT NULL, isOpen INTEGER NOT NULL,
          t0 REAL NOT NULL, t1 REAL NOT NULL, n INTEGER NOT NULL,
          good INTEGER NOT NULL, sum REAL, min REAL, max REAL, blob BLOB NOT NULL
        ) STRICT;
        CREATE INDEX chunk_end ON chunk (tag, isOpen, isLate, t1, id);
        CREATE INDEX chunk_start ON chunk (tag, isOpen, isLate, t0, id);
        CREATE TABLE modified (
          id INTEGER PRIMARY KEY, tag INTEGER NOT NULL REFERENCES tag, time REAL NOT NULL, status INTEGER NOT NULL,
          value BLOB NOT NULL, user TEXT NOT NULL, at REAL NOT NULL, kind INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX modified_time ON modified (tag, time, id);
      `,
    },
    {
      name: 'events',
      sql: `
        CREATE TABLE event_type (
          number INTEGER PRIMARY KEY, uri TEXT NOT NULL, id TEXT NOT NULL, UNIQUE (uri, id)
        ) STRICT;
        CREATE TABLE event_notifier (
          number INTEGER PRIMARY KEY, name TEXT NOT NULL, equipment TEXT NOT NULL, UNIQUE (name, equipment)
        ) STRICT;
        CREATE TABLE event_namespaces (number INTEGER PRIMARY KEY, uris TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE event (
          seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, time REAL NOT NULL,
          type INTEGER NOT NULL REFERENCES event_type, notifier INTEGER NOT NULL REFERENCES event_notifier,
          severity INTEGER NOT NULL, namespaces INTEGER NOT NULL REFERENCES event_namespaces, fields TEXT NOT NULL
        ) STRICT;
        CREATE INDEX event_time ON event (time, seq);
        CREATE INDEX event_notifier_time ON event (notifier, time, seq);
      `,
    },
    {
      name: 'runs',
      sql: `
        CREATE TABLE run (
          number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, pipeline TEXT NOT NULL,
          version INTEGER NOT NULL, initiator TEXT NOT NULL, started REAL NOT NULL
        ) STRICT;
        CREATE INDEX run_pipeline ON run (pipeline, number);
        ALTER TABLE chunk ADD COLUMN firstRun INTEGER;
        ALTER TABLE chunk ADD COLUMN lastRun INTEGER;
        CREATE INDEX chunk_first_run ON chunk (tag, firstRun) WHERE firstRun IS NOT NULL;
        CREATE INDEX chunk_last_run ON chunk (tag, lastRun) WHERE lastRun IS NOT NULL;
        ALTER TABLE modified ADD COLUMN run INTEGER;
        CREATE INDEX modified_run ON modified (tag, run) WHERE run IS NOT NULL;
      `,
    },
  ],
}
