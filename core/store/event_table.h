/* The event log as a table that SQL reads: `event`, one row an event, unpacked block by block.
 *
 *   profile_id, time, received, type, name, source, platform, id, file, record, json
 *
 * `json` is the whole event in canonical form: json ->> '$.fields."properties.revenue"'. Asking for
 * one profile_id unpacks only its blocks. The table is known to a connection, not written into the
 * file: readers without it miss nothing else (core/store/README.md). */
#ifndef KF_STORE_EVENT_TABLE_H
#define KF_STORE_EVENT_TABLE_H

#include <sqlite3.h>

/* Makes the table known to a connection whose main database is a store. Returns SQLite's code. */
int kf_event_table_register(sqlite3 *db);

#endif
