#include "store/approval.h"

#include "store/sql.h"

#include <stdlib.h>

/* What a line of a kind comes to, as the column `verdict` says it. */
static const char *verdict(enum kf_approval_kind k)
{
    static const char *const word[KF_APPROVAL_KINDS] = {"approved",  "rejected", "published",
                                                        "went back", "released", "revoked"};
    return word[k];
}

static const char *role(const struct kf_approval *e)
{
    if (e->role)
        return e->role;
    return kf_role_name(e->source ? KF_ROLE_SOURCES : KF_ROLE_PUBLISH);
}

static const char HEAD[] = "SELECT number, hash FROM approval ORDER BY number DESC LIMIT 1";

/* Is the newest line of the table one of the log? */
static int goes_on(sqlite3 *db, const struct kf_approvals *a, bool *ret, struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    int rc = kf_sql_prepare(db, HEAD, &s, err);
    *ret = true;
    if (rc == 0 && (rc = kf_sql_step(s, err)) > 0) {
        int64_t n = sqlite3_column_int64(s, 0);
        const char *hash = (const char *)sqlite3_column_text(s, 1);
        *ret = n >= 1 && n <= a->n && hash && strcmp(a->line[n - 1].hash, hash) == 0;
        rc = 0;
    }
    sqlite3_finalize(s);
    return rc;
}

int kf_store_approvals_copy(sqlite3 *db, const struct kf_approvals *a, struct kf_error *err)
{
    sqlite3_stmt *s = NULL;
    bool more;
    int rc = goes_on(db, a, &more, err);
    if (rc || !more)
        return rc;
    rc = kf_sql_exec(db, "DELETE FROM approval", err);
    if (rc == 0)
        rc = kf_sql_prepare(db,
                            "INSERT INTO approval(number, at_ms, role, who, key, verdict,"
                            " rules_digest, plan_digest, because, hash, previous, signature)"
                            " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                            &s, err);
    for (uint32_t i = 0; i < a->n && rc == 0; i++) {
        const struct kf_approval *e = &a->line[i];
        kf_sql_i(s, 1, e->number);
        kf_sql_i(s, 2, e->at / 1000000);
        kf_sql_text(s, 3, role(e));
        kf_sql_text(s, 4, e->who);
        kf_sql_text(s, 5, e->key);
        kf_sql_text(s, 6, verdict(e->kind));
        kf_sql_text(s, 7, e->rules ? e->rules : "");
        kf_sql_text(s, 8, e->plan);
        kf_sql_text(s, 9, e->because);
        kf_sql_text(s, 10, e->hash);
        kf_sql_text(s, 11, e->previous);
        kf_sql_text(s, 12, e->signature);
        rc = kf_sql_done(s, err);
    }
    sqlite3_finalize(s);
    return rc;
}

struct head {
    uint32_t number;
    char *hash;
};

static int on_head(void *ctx, int n, const char *const *value, const char *const *name)
{
    struct head *h = ctx;
    (void)name;
    if (n == 2 && value[0] && value[1] && strlen(value[1]) == 64) {
        h->number = (uint32_t)strtoul(value[0], NULL, 10);
        memcpy(h->hash, value[1], 65);
    }
    return 0;
}

int kf_store_approval_head(struct kf_store *s, uint32_t *ret_number, char ret_hash[65],
                           struct kf_error *err)
{
    struct head h = {0, ret_hash};
    int rc = kf_store_query(s, HEAD, on_head, &h, err);
    if (rc == 0)
        *ret_number = h.number;
    return rc;
}
