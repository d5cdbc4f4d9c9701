/* The tables of a store: how they are made, recognised and brought forward. README.md explains
 * each.
 *
 * Two parts: what every store has (tables.c, views.c), and the profile table with its views, whose
 * columns are the rules' traits, computed values and scores (schema.c). */
#ifndef KF_STORE_SCHEMA_H
#define KF_STORE_SCHEMA_H

#include "base/arena.h"
#include "decide/decide.h"

#include <sqlite3.h>

/* "KfSt" in the file's header, so that `file` and we tell a store from any other database. */
#define KF_STORE_APPLICATION 0x4b665374

/* How a column of a decided profile is stored. */
enum kf_stored {
    KF_STORED_TEXT,
    KF_STORED_NUMBER,  /* an integer where it is one, else a double */
    KF_STORED_BOOLEAN, /* 0, 1 */
    KF_STORED_DATE,    /* text 2026-03-02 */
    KF_STORED_TIME,    /* integer, milliseconds UTC, in NAME_ms */
    KF_STORED_MONEY /* integer, minor units of the rule's currency; without one the currency is in
                       NAME_currency, the column after it */
};

struct kf_profile_column {
    const char *name; /* the rule's own; KIND_NAME where another column has that name already */
    enum kf_stored as;
    const char *unit; /* of money, NULL: a second column has it */
    const struct kf_rule *rule;
    bool band; /* of the score `rule` */
};

/* tables.c, views.c */
extern const char kf_schema_tables[];
void kf_schema_views(struct kf_buf *sql);
/* Appends text in which iso(x) stands for the ISO 8601 text of x, milliseconds. */
void kf_schema_iso(struct kf_buf *sql, const char *text);

/* The columns of the profile table, one for each of kf_decide_columns. KF_E_LIMIT beyond SQLite's
 * limit. */
int kf_schema_columns(const struct kf_column_def *def, uint32_t n, struct kf_arena *a,
                      const struct kf_profile_column **ret, struct kf_error *err);

/* Creates a new empty store at path, closed again. */
int kf_schema_create(const char *path, const struct kf_profile_column *column, uint32_t n,
                     struct kf_error *err);

/* Is this a store, and of a version we know? KF_E_CONFIG with a sentence where not. */
int kf_schema_check(sqlite3 *db, int64_t *ret_version, struct kf_error *err);

/* Steps that bring a store forward: step i leads from version i + 1 to i + 2. All steps a file
 * needs run in one transaction; a step that fails leaves the file as it was. */
struct kf_migration {
    const char *sql;
    const char *what; /* for the message */
};
int kf_schema_migrate(sqlite3 *db, const struct kf_migration *step, int64_t newest,
                      struct kf_error *err);
/* The steps of this program, KF_STORE_VERSION - 1 of them (migrations.c). */
extern const struct kf_migration *const kf_store_migrations;

#endif
