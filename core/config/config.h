/* kinfold.yaml, read once and then immutable: every key checked, every mistake with
 * file:line:column and "did you mean". Process life time, read by any thread. All texts are
 * NUL-terminated and owned by the config. */
#ifndef KF_CONFIG_CONFIG_H
#define KF_CONFIG_CONFIG_H

#include "base/error.h"
#include "base/money.h"
#include "base/str.h"
#include "base/time.h"

enum kf_cadence { KF_CADENCE_SCHEDULE, KF_CADENCE_REALTIME, KF_CADENCE_APPROVAL };

/* A scalar, sequence or mapping of the YAML as it stands, for connectors' option tables
 * (core/plugin/options.h). */
enum kf_yaml_kind { KF_YAML_SCALAR, KF_YAML_LIST, KF_YAML_MAP };
struct kf_yaml {
    enum kf_yaml_kind kind;
    const char *text; /* scalar */
    bool quoted;      /* scalar in quotes: a text even if it looks like a number */
    uint32_t n;
    struct kf_yaml_item {
        const char *key; /* map only */
        struct kf_yaml *value;
        uint32_t line, column; /* of the key (map) or element */
    } * item;
    uint32_t line, column;
};

struct kf_config_source {
    const char *name, *plugin;
    uint16_t number;         /* position in kinfold.yaml from 0 */
    const char *const *path; /* as written: who opens it resolves against `dir`; "-": stdin */
    uint32_t n_path;
    enum kf_cadence cadence;
    const char *cron;        /* NULL: none */
    const char *approved_by; /* approval: who released it (kf_config_release), NULL: waiting */
    /* How old its newest record may be before `status` warns, before it says no; ns, 0: any age. */
    int64_t warn_after, error_after;
    const struct kf_yaml *options; /* NULL: none */
    uint32_t line, column;
};

struct kf_config_destination {
    const char *name, *plugin;
    const struct kf_yaml *options;
    bool hash_identifiers; /* hash: true */
    uint32_t line, column;
};

/* What somebody may sign (approvals.jsonl, core/config/approval.h). */
enum kf_role {
    KF_ROLE_PRIVACY,
    KF_ROLE_ANALYTICS,
    KF_ROLE_PUBLISH, /* where nobody has it: everybody who has any */
    KF_ROLE_SOURCES, /* the same */
    KF_ROLES
};
struct kf_config_person {
    const char *name, *mail;
    const char *key;        /* as written: "ed25519:..." */
    uint8_t public_key[32]; /* the same as bytes */
    unsigned roles;         /* bit 1 << enum kf_role */
    int64_t until;          /* what is signed from then on does not count; KF_TIME_MAX: no end */
    uint32_t line, column;
};

enum kf_list_kind { KF_LIST_VALUES, KF_LIST_NETWORKS, KF_LIST_PATTERNS, KF_LIST_SHA256 };
struct kf_list;
/* True if the value is in the list: exact bytes (or case-folded), inside a network (v4 and v6),
 * matched by a glob, or by the SHA-256 of its trimmed lower-cased form. Sub-linear for values and
 * networks. Thread-safe. */
bool kf_list_has(const struct kf_list *l, struct kf_str value);

/* A file whose values kinfold.yaml takes in: of a list, or exchange rates. */
struct kf_config_file {
    const char *path; /* as written, NULL: there is none */
    uint32_t n;       /* values in it */
    char digest[65];  /* SHA-256 of its bytes */
};

struct kf_config_list {
    const char *name;
    enum kf_list_kind kind;
    const struct kf_list *list;
    uint32_t n;
    uint32_t line;
    bool ignore_case;
    const char *const *value; /* those that stand in kinfold.yaml itself: sorted, each once */
    uint32_t n_value;
    struct kf_config_file file;
};

/* `rates`: those that stand in kinfold.yaml as "2026-03-01 SEK 0.1", sorted. */
struct kf_config_rates {
    bool carry;
    const char *const *value;
    uint32_t n_value;
    struct kf_config_file file;
    uint32_t line; /* 0: there are none */
};

/* Something of kinfold.yaml that changes what the same rules decide (settings.c says what does not,
 * and why). */
struct kf_config_setting {
    const char *what; /* "zone", "currency", "money", "rates", "list", "destination" */
    const char *name; /* of a list or destination, else "" */
    uint32_t line;    /* 0: it is the default */
    struct {
        const char *key, *value; /* "kind", "networks"; value NULL: not said */
    } part[3];
    uint32_t n_part;
    const char *const *value; /* sorted, each once */
    uint32_t n_value;
};

struct kf_config {
    const char *dir;   /* workspace folder, absolute */
    const char *file;  /* path of kinfold.yaml as shown to people */
    const char *store; /* path of the store, absolute */
    const char *rules; /* folder of rules, absolute */
    const char *zone_name;
    const struct kf_zone *zone;
    char currency[4];             /* base currency, default EUR */
    const struct kf_rates *rates; /* NULL: none */
    struct kf_config_rates rates_said;
    const struct kf_config_source *source;
    uint32_t n_source;
    const struct kf_config_destination *destination;
    uint32_t n_destination;
    const struct kf_config_list *list;
    uint32_t n_list;
    const char *const *money; /* property names that are amounts */
    uint32_t n_money;
    /* What changes what rules decide: by what and name, and as a text in one form, which belongs to
     * the rules' digest and is kept with them. A file's content is data and not in it. */
    const struct kf_config_setting *setting;
    uint32_t n_setting;
    struct kf_str settings;
    const char *geoip;       /* mmdb file for context.location, NULL: none */
    const char *secret;      /* key of profile ids: hex of >= 16 bytes, or a fixed default */
    bool mask;               /* privacy.mask, default true */
    int64_t retention;       /* ns, 0: for ever */
    const char *compression; /* of the stored event log: none, fast (default), small */
    bool store_links;        /* links: write the table of kept links too, default true */
    bool approval_required;
    unsigned approval_roles; /* those that have to agree: bits 1 << enum kf_role; 0: none */
    bool four_eyes;          /* nobody agrees for two roles, default true */
    const struct kf_config_person *person; /* who may sign what */
    uint32_t n_person;
    /* dry-run limits: share in percent (-1: none) */
    double max_segment_change, max_audience_change;
    int64_t max_merges, max_splits, max_newly_contactable, max_newly_suppressed, max_newly_flagged,
        max_newly_without_consent, max_undecided;
};

/* Reads `path` (a file, or a folder holding kinfold.yaml). KF_E_NOINPUT, KF_E_CONFIG. All problems
 * are reported: the first in err, each through `report` when it is not NULL. */
int kf_config_load(const char *path, struct kf_config **ret,
                   void (*report)(void *ctx, const struct kf_error *e), void *ctx,
                   struct kf_error *err);
/* The same from text, for tests and fuzzing; `dir` resolves paths; no other file is opened when
 * `dry` is set. */
int kf_config_parse(const char *text, size_t len, const char *dir, bool dry, struct kf_config **ret,
                    void (*report)(void *ctx, const struct kf_error *e), void *ctx,
                    struct kf_error *err);
/* `now` with the settings of a text as `settings` of another config: under which rules once
 * decided. Files of values are read as they are now. Borrows from `now`, which must live longer.
 * KF_E_CONFIG. */
int kf_config_with(const struct kf_config *now, struct kf_str settings, struct kf_config **ret,
                   struct kf_error *err);
/* Nothing in it but defaults? */
bool kf_settings_default(struct kf_str settings);
void kf_config_free(struct kf_config *c);
const struct kf_config_list *kf_config_find_list(const struct kf_config *c, const char *name);
bool kf_config_is_money(const struct kf_config *c, struct kf_str property);
const char *kf_config_cadence_name(enum kf_cadence c); /* "real time", "schedule", "approval" */
/* Of cadence approval, and nobody released it: it is not read. */
static inline bool kf_config_waits(const struct kf_config_source *s)
{
    return s->cadence == KF_CADENCE_APPROVAL && !s->approved_by;
}
/* Somebody has, elsewhere than in kinfold.yaml (approvals.jsonl). Before anybody else reads the
 * config. */
void kf_config_release(struct kf_config *c, uint32_t source, const char *by);
const char *kf_role_name(enum kf_role r); /* "privacy", "analytics", "publish", "sources" */
/* "privacy and analytics" of bits. */
void kf_roles_add(struct kf_buf *out, unsigned roles);
/* Does he hold the role? See enum kf_role for roles that nobody has. */
bool kf_config_holds(const struct kf_config *c, const struct kf_config_person *p,
                     enum kf_role role);
/* "ed25519:..." of a public key, 52 bytes and NUL; and back. False: no such key. */
void kf_key_format(const uint8_t key[32], char out[53]);
bool kf_key_parse(const char *text, uint8_t ret[32]);
/* Next instant after t (zone of the workspace) at which a five-field cron expression fires;
 * KF_TIME_MAX: never. False: bad. */
bool kf_cron_next(const char *cron, const struct kf_zone *z, int64_t t, int64_t *ret);

#endif
