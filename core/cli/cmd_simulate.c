/* A few events, as text, through the rules of the workspace: who would be whom? */
#include "cli/simulate.h"
#include "cli/simulate_show.h"
#include "decide/play.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_TEXT  (1u << 20)
#define MAX_STEPS 500u /* each step resolves all events before it */

static const struct kf_cli_option OPTIONS[] = {
    {"scenario", 0, "NAME",
     "shared-device, duplicate-email, account-transfer, junk-ids, recycled-phone, family or kiosk",
     false},
    {"steps", 0, NULL, "say after each event who is whom by then", false},
    {0},
};

struct sim {
    struct kf_session *s;
    struct kf_play *play;
    const char *story; /* NULL: the person's own events */
    struct kf_buf text, notes;
    struct kf_json j;
    bool reveal;
};

/* ---- the text ---- */

static int read_text(struct sim *m, const char *path, struct kf_error *err)
{
    bool in = strcmp(path, "-") == 0;
    FILE *f = in ? stdin : fopen(path, "rb");
    char chunk[8192];
    size_t n;
    if (!f)
        return kf_error_set(err, KF_E_NOINPUT, "simulate", "%s: %s", path, strerror(errno));
    while (m->text.n <= MAX_TEXT && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
        kf_buf_add(&m->text, chunk, n);
    bool bad = ferror(f);
    if (!in)
        fclose(f);
    if (bad)
        return kf_error_set(err, KF_E_IO, "simulate", "%s cannot be read", in ? "stdin" : path);
    if (m->text.n > MAX_TEXT)
        return kf_error_set(err, KF_E_LIMIT, "simulate",
                            "%s is longer than 1 MiB: a few events are played, 'kinfold dry-run' "
                            "reads many",
                            in ? "stdin" : path);
    if (m->text.n && memchr(m->text.p, 0, m->text.n))
        return kf_error_set(err, KF_E_DATA, "simulate", "%s is no text", in ? "stdin" : path);
    kf_buf_adds(&m->text, "");
    return 0;
}

/* A story is told in what the rules declare: an empty world says what that is. */
static int tell(struct sim *m, struct kf_error *err)
{
    const struct kf_world *w;
    struct kf_play *none = NULL;
    if (!kf_story_title(m->story)) {
        struct kf_buf names = {0};
        for (int i = 0; kf_stories[i]; i++)
            kf_buf_addf(&names, "%s%s", i ? ", " : "", kf_stories[i]);
        kf_error_set(err, KF_E_USAGE, "simulate", "there is no scenario '%s'; there are %s",
                     m->story, names.p);
        kf_buf_free(&names);
        return KF_E_USAGE;
    }
    int rc = kf_play_new(m->s->ws.rules, m->s->ws.config, kf_str("", 0), m->story, &none, err);
    if (rc == 0)
        rc = kf_play_world(none, 0, 1, &w, err);
    if (rc == 0)
        kf_story_write(m->story, m->s->ws.rules, w->ids, &m->text, &m->notes);
    kf_play_free(none);
    kf_buf_adds(&m->text, "");
    return rc;
}

/* Keys that look like identifiers, but are none by these rules: they were taken for properties. */
static void note_undeclared(struct sim *m, const struct kf_world *w)
{
    static const char *const usual[] = {
        "user_id",   "customer_id",    "account_id", "crm_id",       "email",      "phone",
        "device_id", "anonymous_id",   "client_id",  "cookie",       "push_token", "idfa",
        "gaid",      "advertising_id", "session_id", "appsflyer_id", "gclid"};
    for (uint32_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        char key[64];
        snprintf(key, sizeof key, "properties.%s", usual[i]);
        if (kf_symbols_find(w->events->dict->key, kf_cstr(key)) &&
            kf_idset_ns(w->ids, kf_cstr(usual[i])) == KF_ID_NONE)
            kf_buf_addf(&m->notes,
                        "%s is no identifier of these rules: it was taken for a property\n",
                        usual[i]);
    }
}

/* ---- showing ---- */

static void notes_json(struct sim *m)
{
    kf_json_open(&m->j, "notes", '[');
    for (const char *p = m->notes.p; p && *p;) {
        size_t n = strcspn(p, "\n");
        kf_json_str(&m->j, NULL, kf_str(p, n));
        p += n + (p[n] == '\n');
    }
    kf_json_close(&m->j, ']');
}

static void head(struct sim *m, struct kf_buf *out)
{
    const char *title = m->story ? kf_story_title(m->story) : NULL;
    if (m->s->cli->json) {
        kf_json_start(&m->j, out, "kinfold.simulate/1");
        kf_json_text(&m->j, "scenario", m->story);
        kf_json_text(&m->j, "title", title);
        kf_json_text(&m->j, "given", m->reveal ? m->text.p : NULL);
        notes_json(m);
        return;
    }
    if (title)
        kf_buf_addf(out, "%s\n", title);
    for (const char *p = m->notes.p; p && *p;) {
        size_t n = strcspn(p, "\n");
        kf_buf_addf(out, "note: %.*s\n", (int)n, p);
        p += n + (p[n] == '\n');
    }
    kf_buf_adds(out, title || m->notes.n ? "\n" : "");
}

static void show_events(struct sim *m, const struct kf_show *v, struct kf_buf *out)
{
    if (m->s->cli->json)
        kf_json_open(&m->j, "events", '[');
    else
        kf_buf_adds(out, "Events\n");
    for (uint32_t e = 0; e < v->w->events->n; e++) {
        if (m->s->cli->json)
            kf_show_event_json(v, e, &m->j);
        else
            kf_show_event_text(v, e, out);
    }
    if (m->s->cli->json)
        kf_json_close(&m->j, ']');
    else
        kf_buf_addc(out, '\n');
}

static int step(struct sim *m, uint32_t n, struct kf_buf *out, struct kf_error *err)
{
    const struct kf_world *w;
    struct kf_show v;
    int rc = kf_play_world(m->play, n, m->s->cli->threads, &w, err);
    if (rc == 0)
        rc = kf_show_init(&v, m->s, w, m->reveal, err);
    if (rc)
        return rc;
    if (m->s->cli->json) {
        kf_json_open(&m->j, NULL, '{');
        kf_json_count(&m->j, "after", n);
        kf_show_json(&v, &m->j);
        kf_json_close(&m->j, '}');
    } else {
        kf_buf_adds(out, "After ");
        kf_show_event_text(&v, n - 1, out);
        kf_show_text(&v, out);
        kf_buf_addc(out, '\n');
    }
    kf_show_free(&v);
    return 0;
}

static int steps(struct sim *m, struct kf_buf *out, struct kf_error *err)
{
    uint32_t n = kf_play_count(m->play);
    int rc = 0;
    if (!kf_cli_has(m->s->cli, "steps"))
        return 0;
    if (n > MAX_STEPS)
        return kf_error_set(err, KF_E_LIMIT, "simulate", "--steps is for at most %u events, not %u",
                            MAX_STEPS, n);
    if (m->s->cli->json)
        kf_json_open(&m->j, "steps", '[');
    for (uint32_t i = 1; i <= n && rc == 0 && !kf_cli_stop; i++)
        rc = step(m, i, out, err);
    if (m->s->cli->json)
        kf_json_close(&m->j, ']');
    return rc;
}

static int play(struct sim *m, const char *file, struct kf_buf *out, struct kf_error *err)
{
    const struct kf_world *w;
    struct kf_show v;
    int rc = kf_play_new(m->s->ws.rules, m->s->ws.config, kf_str(m->text.p, m->text.n), file,
                         &m->play, err);
    if (rc == 0)
        rc = kf_play_world(m->play, kf_play_count(m->play), m->s->cli->threads, &w, err);
    if (rc == KF_E_CONFIG) /* the text, not the workspace */
        rc = err->code = KF_E_DATA;
    if (rc)
        return rc;
    if (!m->story)
        note_undeclared(m, w);
    head(m, out);
    rc = steps(m, out, err); /* worlds of its own */
    if (rc == 0)
        rc = kf_play_world(m->play, kf_play_count(m->play), m->s->cli->threads, &w, err);
    if (rc == 0)
        rc = kf_show_init(&v, m->s, w, m->reveal, err);
    if (rc)
        return rc;
    show_events(m, &v, out);
    if (m->s->cli->json) {
        kf_show_json(&v, &m->j);
        kf_json_end(&m->j);
    } else {
        kf_show_text(&v, out);
    }
    kf_show_free(&v);
    return 0;
}

static int work(struct sim *m, struct kf_buf *out, struct kf_error *err)
{
    const struct kf_cli *cli = m->s->cli;
    const char *file = cli->n_operand ? cli->operand[0] : NULL;
    m->story = kf_cli_get(cli, "scenario");
    if (!m->story == !file)
        return kf_error_set(err, KF_E_USAGE, "simulate",
                            "wants a FILE of events, '-' for stdin, or --scenario NAME");
    int rc = kf_session_rules(m->s, err);
    m->reveal = m->s->reveal || m->story; /* a story's people are nobody */
    if (rc == 0)
        rc = m->story ? tell(m, err) : read_text(m, file, err);
    return rc ? rc : play(m, m->story ? m->story : strcmp(file, "-") ? file : "stdin", out, err);
}

static int run(struct kf_cli *cli)
{
    struct kf_session s;
    struct sim m = {.s = &s};
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf out = {0};
    int rc = kf_session_open(&s, cli, &err);
    if (rc == 0)
        rc = work(&m, &out, &err);
    int status = rc < 0 ? kf_session_fail(&s, &err) : 0;
    if (rc == 0)
        kf_out_flush(&out);
    kf_buf_free(&out);
    kf_buf_free(&m.text);
    kf_buf_free(&m.notes);
    kf_play_free(m.play);
    kf_session_close(&s);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold simulate --scenario shared-device",
    "two people, one tablet: what do our rules make of it?",
    "kinfold simulate --scenario kiosk --steps",
    "the same question, answered after each event",
    "echo '09:00 \"Signed In\" user_id=u1 device_id=d1' | kinfold simulate - --json",
    "events of your own",
    NULL};
static const struct kf_cli_exit EXITS[] = {{65, "the events cannot be read"},
                                           {66, "there is no such file"},
                                           {78, "the rules do not load"},
                                           {-1, NULL}};

const struct kf_cli_command kf_cmd_simulate = {
    .name = "simulate",
    .operands = "[FILE | -]",
    .max_operands = 1,
    .purpose = "play a few events through the rules and say who is whom",
    .about =
        "Events are text, one a line, as in scenarios: [DATE] TIME NAME key=value ..., where a "
        "key that the rules declare is an identifier, consent.PURPOSE=granted a statement and "
        "anything else a property; times are UTC. By the rules in the files as they are now. "
        "No source is read, no store is looked at, no steward has decided anything. A "
        "scenario is told in the kinds of identifiers and the events that the rules know; "
        "what they have no place for is said. Personal data are masked unless --reveal is "
        "given.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
