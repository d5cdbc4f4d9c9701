/* The table `event` for SQLite's own shell:  sqlite3 kinfold.db -cmd '.load LIB/kinfold_event'
 *
 * Works in every program that uses the system's SQLite; one that carries an SQLite of its own is
 * refused, as the two would not know each other's connections. */
#include "store/event_table.h"

#include <sqlite3ext.h>
#undef sqlite3_libversion
#undef sqlite3_mprintf

__attribute__((visibility("default"))) int sqlite3_extension_init(sqlite3 *db, char **message,
                                                                  const sqlite3_api_routines *api);

int sqlite3_extension_init(sqlite3 *db, char **message, const sqlite3_api_routines *api)
{
    if (api->libversion != sqlite3_libversion) {
        *message = api->mprintf("this program has an SQLite of its own: load kinfold_event into one"
                                " that uses the system's, as /usr/bin/sqlite3 does");
        return SQLITE_ERROR;
    }
    return kf_event_table_register(db);
}
