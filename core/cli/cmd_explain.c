/* Why is this so: one person, an identifier of nobody, or two people who are not one. */
#include "cli/explain.h"

#include <stdio.h>

static const struct kf_cli_option OPTIONS[] = {
    {"as-of", 0, "INSTANT", "explain as of this instant or day (default: that of the last run)",
     false},
    {0},
};

static struct kf_str operand(const struct kf_session *s, uint32_t i)
{
    return kf_cstr(s->cli->operand[i]);
}

/* Number of the identifier that an operand names, KF_ID_NONE: it names none (a profile id). */
static uint32_t identifier(const struct kf_world *w, struct kf_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == ':' || text.p[i] == '=') {
            uint32_t ns = kf_idset_ns(w->ids, kf_str(text.p, i));
            return ns == KF_ID_NONE
                       ? KF_ID_NONE
                       : kf_idset_find(w->ids, ns, kf_str(text.p + i + 1, text.n - i - 1));
        }
    return KF_ID_NONE;
}

static void refused_json(const struct kf_session *s, const struct kf_id_link *l, struct kf_json *j)
{
    const struct kf_rule *r = kf_explain_link_rule(s->world->rules, l->rule);
    struct kf_buf b = {0};
    kf_json_open(j, NULL, '{');
    kf_ident_add(&b, s->world->ids, l->a, s->reveal);
    kf_json_text(j, "a", b.p);
    kf_buf_clear(&b);
    kf_ident_add(&b, s->world->ids, l->b, s->reveal);
    kf_json_text(j, "b", b.p);
    kf_buf_clear(&b);
    kf_explain_refusal(s->world, l, s->reveal, &b);
    kf_json_text(j, "rule", l->rule);
    kf_json_text(j, "because", b.p);
    kf_buf_clear(&b);
    if (r)
        kf_place_add(&b, &r->pos);
    kf_json_text(j, "where", r ? b.p : NULL);
    kf_json_close(j, '}');
    kf_buf_free(&b);
}

static void refused_text(const struct kf_session *s, const struct kf_id_link *l, struct kf_buf *out)
{
    const struct kf_rule *r = kf_explain_link_rule(s->world->rules, l->rule);
    kf_buf_adds(out, "  ");
    kf_ident_add(out, s->world->ids, l->a, s->reveal);
    kf_buf_adds(out, " and ");
    kf_ident_add(out, s->world->ids, l->b, s->reveal);
    kf_buf_addf(out, ": link %s ", l->rule);
    if (r) {
        kf_buf_adds(out, "(");
        kf_place_add(out, &r->pos);
        kf_buf_adds(out, ") ");
    }
    kf_buf_adds(out, "was refused: ");
    kf_explain_refusal(s->world, l, s->reveal, out);
    if (l->event != KF_ID_NONE) {
        kf_buf_adds(out, "; last seen together on ");
        kf_when_add(out, s->ws.config->zone, l->last);
        kf_buf_adds(out, ", ");
        kf_event_place_add(out, s->events, l->event);
    }
    kf_buf_addc(out, '\n');
}

/* ---- an identifier of nobody ---- */

static void spans_text(const struct kf_session *s, uint32_t id, struct kf_buf *out)
{
    const struct kf_id_result *r = s->world->identity;
    for (uint32_t i = 0; i < r->n_span; i++) {
        const struct kf_id_span *p = &r->span[i];
        if (p->id != id)
            continue;
        kf_buf_adds(out, "  ");
        if (p->from == KF_TIME_MIN)
            kf_buf_adds(out, "from the beginning");
        else
            kf_when_add(out, s->ws.config->zone, p->from);
        kf_buf_adds(out, " until ");
        if (p->to == KF_TIME_MAX)
            kf_buf_adds(out, "now");
        else
            kf_when_add(out, s->ws.config->zone, p->to);
        kf_buf_adds(out, ": ");
        if (p->profile == KF_ID_NONE) {
            kf_buf_adds(out, p->isolated ? kf_identity_reason_name(p->isolated) : "nobody");
        } else {
            kf_ident_add(out, s->world->ids, kf_profile_face(s->world, p->profile), s->reveal);
        }
        kf_buf_addc(out, '\n');
    }
}

static int nobody(struct kf_session *s, uint32_t id, struct kf_buf *out)
{
    const struct kf_id_result *r = s->world->identity;
    const char *why = r->id_isolated[id] ? kf_identity_reason_name(r->id_isolated[id]) : NULL;
    struct kf_json j;
    struct kf_buf name = {0};
    kf_ident_add(&name, s->world->ids, id, s->reveal);
    if (s->cli->json) {
        kf_json_start(&j, out, "kinfold.explain/1");
        kf_json_text(&j, "profile", NULL);
        kf_json_text(&j, "identifier", name.p);
        kf_json_text(&j, "isolated", why);
        kf_json_open(&j, "refused", '[');
    } else {
        kf_buf_addf(out, "%s belongs to nobody now%s%s\n", name.p, why ? ": " : "", why ? why : "");
        spans_text(s, id, out);
    }
    for (uint32_t i = 0; i < r->n_link; i++) {
        const struct kf_id_link *l = &r->link[i];
        if (l->reason == KF_ID_KEPT || (l->a != id && l->b != id))
            continue;
        if (s->cli->json)
            refused_json(s, l, &j);
        else
            refused_text(s, l, out);
    }
    if (s->cli->json) {
        kf_json_close(&j, ']');
        kf_json_end(&j);
    }
    kf_buf_free(&name);
    return 1;
}

/* ---- two ---- */

static bool ever(const struct kf_world *w, uint32_t id, uint32_t profile)
{
    const struct kf_id_result *r = w->identity;
    if (r->id_profile[id] == profile)
        return true;
    for (uint32_t i = 0; i < r->n_span; i++)
        if (r->span[i].id == id && r->span[i].profile == profile)
            return true;
    return false;
}

/* Does a refused link stand between two profiles, at any time? */
static bool between(const struct kf_world *w, const struct kf_id_link *l, uint32_t p, uint32_t q)
{
    return (ever(w, l->a, p) && ever(w, l->b, q)) || (ever(w, l->a, q) && ever(w, l->b, p));
}

static int compare(struct kf_session *s, uint32_t p, uint32_t q, struct kf_buf *out)
{
    const struct kf_world *w = s->world;
    const struct kf_id_result *r = w->identity;
    struct kf_json j;
    uint32_t n = 0;
    if (s->cli->json) {
        kf_json_start(&j, out, "kinfold.explain-two/1");
        kf_json_bool(&j, "same", p == q);
        kf_json_open(&j, "refused", '[');
    } else if (p == q) {
        kf_buf_adds(out, "They are one person.\n");
    } else {
        kf_ident_add(out, w->ids, kf_profile_face(w, p), s->reveal);
        kf_buf_adds(out, " and ");
        kf_ident_add(out, w->ids, kf_profile_face(w, q), s->reveal);
        kf_buf_adds(out, " are two people.\n");
    }
    for (uint32_t i = 0; p != q && i < r->n_link; i++) {
        const struct kf_id_link *l = &r->link[i];
        if (l->reason == KF_ID_KEPT || !between(w, l, p, q))
            continue;
        n++;
        if (s->cli->json)
            refused_json(s, l, &j);
        else
            refused_text(s, l, out);
    }
    for (uint32_t i = 0; p != q && !s->cli->json && i < r->n_span; i++) {
        const struct kf_id_span *a = &r->span[i];
        if ((a->profile != p && a->profile != q) ||
            (i && r->span[i - 1].id == a->id && ever(w, a->id, p) && ever(w, a->id, q)))
            continue;
        if (ever(w, a->id, p) && ever(w, a->id, q)) {
            kf_buf_adds(out, "  both had ");
            kf_ident_add(out, w->ids, a->id, s->reveal);
            kf_buf_adds(out, ", at different times:\n");
            spans_text(s, a->id, out);
            n++;
        }
    }
    if (s->cli->json) {
        kf_json_close(&j, ']');
        kf_json_end(&j);
    } else if (p != q && !n) {
        kf_buf_adds(out, "  No event names an identifier of both, so no link was ever refused.\n");
    }
    return p == q ? 0 : 1;
}

/* ---- the command ---- */

static int find(struct kf_session *s, uint32_t i, uint32_t *ret, struct kf_buf *out, bool *ret_done,
                struct kf_error *err)
{
    *ret = kf_world_find(s->world, operand(s, i), err);
    if (*ret != KF_ID_NONE)
        return 0;
    uint32_t id = identifier(s->world, operand(s, i));
    if (id == KF_ID_NONE)
        return err->code;
    kf_error_clear(err);
    *ret_done = true;
    return nobody(s, id, out);
}

static int work(struct kf_session *s, struct kf_buf *out, struct kf_error *err)
{
    uint32_t p = 0, q = 0;
    bool done = false;
    int rc = kf_session_load(s, err);
    if (rc == 0)
        rc = kf_session_as_of(s, &s->last.as_of, err);
    if (rc == 0)
        rc = kf_session_world(s, NULL, true, err);
    if (rc == 0)
        rc = find(s, 0, &p, out, &done, err);
    if (rc == 0 && s->cli->n_operand > 1)
        rc = find(s, 1, &q, out, &done, err);
    if (rc || done)
        return rc;
    if (s->cli->n_operand > 1)
        return compare(s, p, q, out);
    struct kf_explain x;
    rc = kf_explain_gather(s, p, &x, err);
    if (rc)
        return rc;
    if (s->cli->json)
        kf_explain_json(&x, out);
    else
        kf_explain_text(&x, out);
    kf_explain_free(&x);
    return 0;
}

static int run(struct kf_cli *cli)
{
    struct kf_session s;
    struct kf_error err = KF_ERROR_INIT;
    struct kf_buf b = {0};
    int rc = kf_session_open(&s, cli, &err);
    if (rc == 0)
        rc = work(&s, &b, &err);
    int status = rc < 0 ? kf_session_fail(&s, &err) : rc;
    if (rc >= 0)
        kf_out_flush(&b);
    kf_buf_free(&b);
    kf_session_close(&s);
    return status;
}

static const char *const EXAMPLES[] = {
    "kinfold explain email:anna@example.com",
    "her identifiers, why they are hers, segments with the value of every condition",
    "kinfold explain user_id:u1001 --json",
    "the same as a document",
    "kinfold explain email:anna@example.com email:ben@example.com",
    "why these two are not one",
    NULL};
static const struct kf_cli_exit EXITS[] = {
    {1, "the identifier names nobody now, or the two are not one person"},
    {66, "never seen, or there was no run yet"},
    {-1, NULL}};

const struct kf_cli_command kf_cmd_explain = {
    .name = "explain",
    .operands = "ID [ID]",
    .min_operands = 1,
    .max_operands = 2,
    .purpose = "say why a person is what the store says",
    .about = "ID is namespace:value (or namespace=value) or a profile id. By the rules and events "
             "of the last run. Personal data "
             "are masked unless --reveal is given.",
    .option = OPTIONS,
    .example = EXAMPLES,
    .exits = EXITS,
    .run = run};
