/* Any table: which column is what is said in kinfold.yaml.
 *
 * The `fields` option becomes the host's field map when the source is opened; identifiers that are
 * normalised, event names from a column, constants and message ids are done in `finish`. */
#include "../common/json.h"
#include "../common/util.h"

#define NAME "source_csv"

enum {
    OPT_DELIMITER,
    OPT_QUOTE,
    OPT_HEADER,
    OPT_ENCODING,
    OPT_SKIP_UNTIL,
    OPT_ZONE,
    OPT_DECIMAL,
    OPT_DATE_FORMAT,
    OPT_TYPE,
    OPT_EVENT,
    OPT_EVENT_COLUMN,
    OPT_EVENT_NAMES,
    OPT_OTHER_EVENTS,
    OPT_CONSTANTS,
    OPT_NULL_VALUES,
    OPT_MESSAGE_ID,
    OPT_FIELDS,
    OPT_UNMAPPED
};

static const struct kf_option options[] = {
    {"delimiter", KF_OPT_CHAR, 0, ",", 0, 0, 0, "Character between columns."},
    {"quote", KF_OPT_CHAR, 0, "\"", 0, 0, 0,
     "Character around cells that hold the delimiter or a line break."},
    {"header", KF_OPT_BOOL, 0, "true", 0, 0, 0,
     "Whether the first line names the columns; if not they are called 1, 2, 3, ..."},
    {"encoding", KF_OPT_CHOICE, 0, "utf-8", "utf-8|latin-1|utf-16", 0, 0,
     "How the file is written; a byte order mark wins."},
    {"skip_until", KF_OPT_TEXT, 0, 0, 0, 0, 0,
     "Lines before the first that starts with this text are passed over (titles above the table)."},
    {"zone", KF_OPT_TEXT, 0, 0, 0, 0, 0,
     "Time zone of times without offset; the workspace's if not given."},
    {"decimal", KF_OPT_CHOICE, 0, ".", ".|,", 0, 0, "Decimal mark of numbers and money."},
    {"date_format", KF_OPT_TEXT, 0, 0, 0, 0, 0,
     "How times are written, like %d.%m.%Y %H:%M; ISO 8601 if not given."},
    {"type", KF_OPT_CHOICE, 0, "track",
     "track|identify|page|screen|group|alias|consent|cost|adjustment", 0, 0,
     "Type of every event, unless a column is mapped to type."},
    {"event", KF_OPT_TEXT, 0, 0, 0, 0, 0, "Name of every event."},
    {"event_column", KF_OPT_TEXT, 0, 0, 0, 0, 0, "Column that holds the name of the event."},
    {"event_names", KF_OPT_MAP, 0, 0, 0, 0, 0,
     "Names by the text of event_column, or of any column as \"Column = text\"; the first that "
     "fits counts."},
    {"other_events", KF_OPT_CHOICE, 0, "keep", "keep|skip|reject", 0, 0,
     "What becomes of rows that no line of event_names fits: keep the text of event_column as the "
     "name, pass over, or quarantine."},
    {"constants", KF_OPT_MAP, 0, 0, 0, 0, 0, "Fields with the same value in every event."},
    {"null_values", KF_OPT_LIST, 0, 0, 0, 0, 0,
     "Cells with one of these texts are missing, as empty ones are."},
    {"message_id", KF_OPT_LIST, 0, 0, 0, 0, 0,
     "Columns that together tell one row from all others; of rows with the same ones only one "
     "counts."},
    {"fields", KF_OPT_MAP, KF_OPT_REQUIRED, 0, 0, 0, 0,
     "Column to path, or to { to, type, as, normalise, also, format }."},
    {"unmapped", KF_OPT_CHOICE, 0, "drop", "drop|properties|traits", 0, 0,
     "Where columns go that fields does not name."},
    KF_OPTION_END,
};

#define MAX_ROWS 400u

enum normalise { AS_IS, TRIM, LOWER, EMAIL, DIGITS };

/* What `finish` does with one column. */
struct step {
    const char *column;
    const char *ns;     /* identifier after normalising; NULL: a field of `type` */
    uint32_t also;      /* key of the field, 0: identifier that is not kept as one */
    int32_t type;       /* enum kf_field_type */
    const char *format; /* of a time */
    enum normalise how;
};

struct rule { /* of event_names */
    const char *column, *value, *name;
};

struct constant {
    uint32_t key;
    const char *consent; /* purpose; then key is 0 */
    enum json_kind kind;
    const char *text;
};

struct instance {
    const struct kf_host *host;
    struct json fields, names, constants, nulls, message_id;
    char **owned;
    size_t n_owned;
    char *skip_until, *zone, *format, *event, *event_column;
    struct kf_map map[MAX_ROWS];
    uint32_t n_map;
    struct step step[MAX_ROWS];
    uint32_t n_step;
    struct rule *rule;
    size_t n_rule;
    struct constant *constant;
    size_t n_constant;
    uint8_t type, delimiter, quote, decimal, no_header;
    bool type_mapped, name_mapped;
    int64_t other;
    const char *encoding, *unmapped;
};

static void close_source(void *instance)
{
    struct instance *in = instance;
    if (!in)
        return;
    json_clear(&in->fields);
    json_clear(&in->names);
    json_clear(&in->constants);
    json_clear(&in->nulls);
    json_clear(&in->message_id);
    for (size_t i = 0; i < in->n_owned; i++)
        free(in->owned[i]);
    free(in->owned);
    free(in->rule);
    free(in->constant);
    free(in);
}

/* Keeps a text as long as the instance; NULL stays NULL. */
static char *own(struct instance *in, const char *text, size_t n)
{
    char **v = text ? realloc(in->owned, (in->n_owned + 1) * sizeof *v) : NULL;
    if (!v)
        return NULL;
    in->owned = v;
    char *copy = strndup(text, n);
    if (copy)
        v[in->n_owned++] = copy;
    return copy;
}

static char *own_z(struct instance *in, const char *text)
{
    return text ? own(in, text, strlen(text)) : NULL;
}

/* A path with its root: what has none is a property. */
static const char *rooted(struct instance *in, const char *path)
{
    static const char *const roots[] = {"properties.", "traits.", "context.", "consent.", "event."};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (strncmp(path, roots[i], strlen(roots[i])) == 0)
            return path;
    char text[300];
    snprintf(text, sizeof text, "properties.%s", path);
    return own_z(in, text);
}

static int32_t head_of(const char *to)
{
    static const struct {
        const char *name;
        int32_t target;
    } heads[] = {{"time", KF_TO_TIME},
                 {"name", KF_TO_NAME},
                 {"message_id", KF_TO_MESSAGE_ID},
                 {"type", KF_TO_TYPE},
                 {"platform", KF_TO_PLATFORM},
                 {"received", KF_TO_RECEIVED},
                 {"sent", KF_TO_SENT},
                 {"original_time", KF_TO_ORIGINAL_TIME}};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (strcmp(heads[i].name, to) == 0)
            return heads[i].target;
    return strncmp(to, "consent.", 8) == 0 ? KF_TO_CONSENT : KF_TO_FIELD;
}

static int word_index(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0)
            return (int)i;
    return -1;
}

static const char *const type_words[] = {"any",   "text",   "number", "boolean",
                                         "money", "micros", "time"};
static const char *const normalise_words[] = {"none", "trim", "lower", "email", "digits"};

/* Settings of a field written as a mapping. */
struct setting {
    const char *to, *format;
    bool identifier, also;
    const char *also_path;
    int type, normalise;
};

static int32_t bad_field(struct kf_error *err, const char *column, const char *what)
{
    return say(err, KF_E_CONFIG, NAME, "field '%s': %s", column, what);
}

static int32_t read_setting(const struct json *f, struct setting *s, struct kf_error *err)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct json *v = &f->item[i];
        bool text = v->kind == JSON_TEXT;
        if (strcmp(v->key, "also") == 0 &&
            (text || v->kind == JSON_TRUE || v->kind == JSON_FALSE)) {
            s->also = v->kind != JSON_FALSE;
            s->also_path = v->text;
        } else if (!text) {
            return bad_field(err, f->key, "to, as, type, normalise and format are texts");
        } else if (strcmp(v->key, "to") == 0) {
            s->to = v->text;
        } else if (strcmp(v->key, "format") == 0) {
            s->format = v->text;
        } else if (strcmp(v->key, "as") == 0) {
            if (strcmp(v->text, "identifier") != 0)
                return bad_field(err, f->key, "as must be identifier");
            s->identifier = true;
        } else if (strcmp(v->key, "type") == 0) {
            s->type =
                strcmp(v->text, "bool") == 0 ? KF_FIELD_BOOL : word_index(v->text, type_words, 7);
            if (s->type < 0)
                return bad_field(err, f->key,
                                 "type must be any, text, number, boolean, money, micros or time");
        } else if (strcmp(v->key, "normalise") == 0) {
            s->normalise = word_index(v->text, normalise_words, 5);
            if (s->normalise < 0)
                return bad_field(err, f->key,
                                 "normalise must be none, trim, lower, email or digits");
        } else {
            return bad_field(err, f->key, "knows to, type, as, normalise, also and format only");
        }
    }
    return s->to ? 0 : bad_field(err, f->key, "has no 'to'");
}

static struct kf_map *add_row(struct instance *in, const char *column)
{
    if (in->n_map == MAX_ROWS)
        return NULL;
    struct kf_map *m = &in->map[in->n_map++];
    memset(m, 0, sizeof *m);
    m->path = column;
    return m;
}

static int32_t add_identifier(struct instance *in, const struct json *f, const struct setting *s,
                              struct kf_map *m)
{
    const char *also = !s->also ? NULL : rooted(in, s->also_path ? s->also_path : s->to);
    if (s->normalise <= 0 && in->nulls.n < 2) {
        m->target = KF_TO_IDENTIFIER;
        m->arg = s->to;
        m->also_field = also;
        return 0;
    }
    /* The host takes values as written; normalised ones are put in finish. */
    m->target = KF_TO_SKIP;
    struct step *st = &in->step[in->n_step++];
    st->column = f->key;
    st->ns = s->to;
    st->how = (enum normalise)s->normalise;
    st->also = also ? in->host->key(in->host, also) : 0;
    return 0;
}

/* The map knows one null text a row, and a number that is none is an error there: with several, the
 * type is made in finish. */
static void add_typed(struct instance *in, const struct json *f, struct kf_map *m)
{
    struct step *st = &in->step[in->n_step++];
    st->column = f->key;
    st->type = (int32_t)m->type;
    st->format = m->format;
    st->also = in->host->key(in->host, m->arg);
    m->target = KF_TO_SKIP;
}

static int32_t add_field(struct instance *in, const struct json *f, struct kf_error *err)
{
    struct setting s = {.type = 0};
    if (f->kind == JSON_TEXT)
        s.to = f->text;
    else if (f->kind != JSON_MAP)
        return bad_field(err, f->key, "must be a path or a mapping");
    else if (read_setting(f, &s, err) < 0)
        return KF_E_CONFIG;
    if (!*s.to)
        return bad_field(err, f->key, "has an empty path");
    struct kf_map *m = add_row(in, f->key);
    if (!m)
        return say(err, KF_E_CONFIG, NAME, "more than %u fields", MAX_ROWS);
    m->format = s.format ? s.format : in->format;
    if (s.identifier)
        return add_identifier(in, f, &s, m);
    m->target = (uint32_t)head_of(s.to);
    m->type = (uint32_t)s.type;
    if (m->target == KF_TO_FIELD)
        m->arg = rooted(in, s.to);
    else if (m->target == KF_TO_CONSENT)
        m->arg = s.to + 8;
    if (m->target == KF_TO_FIELD && !m->arg)
        return say(err, KF_E_NOMEM, NAME, "no memory");
    if (m->target == KF_TO_FIELD && in->nulls.n > 1 && m->type > KF_FIELD_TEXT &&
        m->type != KF_FIELD_MICROS)
        add_typed(in, f, m);
    in->type_mapped = in->type_mapped || m->target == KF_TO_TYPE;
    in->name_mapped = in->name_mapped || m->target == KF_TO_NAME;
    return 0;
}

/* "Column = text" names a column of its own, anything else is a text of event_column. */
static int32_t add_rule(struct instance *in, const struct json *r, struct rule *out,
                        struct kf_error *err)
{
    if (r->kind != JSON_TEXT || !*r->text)
        return say(err, KF_E_CONFIG, NAME, "event_names: '%s' must be followed by a name", r->key);
    const char *eq = strstr(r->key, " = ");
    out->name = r->text;
    out->column = eq ? own(in, r->key, (size_t)(eq - r->key)) : in->event_column;
    out->value = eq ? eq + 3 : r->key;
    if (!out->column)
        return say(err, KF_E_CONFIG, NAME,
                   "event_names: '%s' needs event_column, or write it as \"Column = %s\"", r->key,
                   r->key);
    return 0;
}

static int32_t add_constant(struct instance *in, const struct json *c, struct constant *out,
                            struct kf_error *err)
{
    if (c->kind == JSON_LIST || c->kind == JSON_MAP || c->kind == JSON_NULL)
        return say(err, KF_E_CONFIG, NAME,
                   "constants: '%s' must be a text, number or true or false", c->key);
    out->kind = c->kind;
    out->text = c->text;
    if (strncmp(c->key, "consent.", 8) == 0) {
        out->consent = c->key + 8;
        return 0;
    }
    const char *path = rooted(in, c->key);
    out->key = path ? in->host->key(in->host, path) : 0;
    return out->key ? 0 : say(err, KF_E_NOMEM, NAME, "constants: no room for '%s'", c->key);
}

static int32_t read_json(const struct kf_option_value *v, struct json *out, struct kf_error *err)
{
    if (!v->text || json_read(v->text, out))
        return 0;
    return say(err, KF_E_CONFIG, NAME, "cannot read its options");
}

static int32_t read_names(struct instance *in, struct kf_error *err)
{
    in->rule = calloc(in->names.n + 1, sizeof *in->rule);
    in->constant = calloc(in->constants.n + 1, sizeof *in->constant);
    if (!in->rule || !in->constant)
        return say(err, KF_E_NOMEM, NAME, "no memory");
    for (size_t i = 0; i < in->names.n; i++)
        if (add_rule(in, &in->names.item[i], &in->rule[in->n_rule++], err) < 0)
            return KF_E_CONFIG;
    for (size_t i = 0; i < in->constants.n; i++)
        if (add_constant(in, &in->constants.item[i], &in->constant[in->n_constant++], err) < 0)
            return KF_E_CONFIG;
    for (size_t i = 0; i < in->message_id.n; i++)
        if (in->message_id.item[i].kind != JSON_TEXT)
            return say(err, KF_E_CONFIG, NAME, "message_id must be a list of column names");
    return 0;
}

static int32_t read_fields(struct instance *in, struct kf_error *err)
{
    bool time = false;
    for (size_t i = 0; i < in->fields.n; i++) {
        if (add_field(in, &in->fields.item[i], err) < 0)
            return KF_E_CONFIG;
        time = time || in->map[in->n_map - 1].target == KF_TO_TIME;
    }
    if (!time)
        return say(err, KF_E_CONFIG, NAME,
                   "no field goes to time; say which column says when it happened");
    bool named = in->event || in->event_column || in->n_rule || in->name_mapped;
    if (in->type == KF_EVENT_TRACK && !in->type_mapped && !named)
        return say(err, KF_E_CONFIG, NAME,
                   "events have no name; give event, event_column, event_names or a field to name");
    return 0;
}

static uint8_t type_of(int64_t choice)
{
    static const uint8_t types[] = {KF_EVENT_TRACK,   KF_EVENT_IDENTIFY, KF_EVENT_PAGE,
                                    KF_EVENT_SCREEN,  KF_EVENT_GROUP,    KF_EVENT_ALIAS,
                                    KF_EVENT_CONSENT, KF_EVENT_COST,     KF_EVENT_ADJUSTMENT};
    return types[choice];
}

static int32_t open_source(const struct kf_host *host, const struct kf_option_value *v, void **ret,
                           struct kf_error *err)
{
    static const char *const encodings[] = {"utf-8", "latin-1", "utf-16"};
    static const char *const places[] = {NULL, "properties", "traits"};
    struct instance *in = calloc(1, sizeof *in);
    if (!in)
        return say(err, KF_E_NOMEM, NAME, "no memory");
    in->host = host;
    in->delimiter = (uint8_t)v[OPT_DELIMITER].number;
    in->quote = (uint8_t)v[OPT_QUOTE].number;
    in->no_header = v[OPT_HEADER].number == 0;
    in->encoding = encodings[v[OPT_ENCODING].number];
    in->decimal = v[OPT_DECIMAL].number ? ',' : '.';
    in->unmapped = places[v[OPT_UNMAPPED].number];
    in->type = type_of(v[OPT_TYPE].number);
    in->other = v[OPT_OTHER_EVENTS].number;
    in->skip_until = own_z(in, v[OPT_SKIP_UNTIL].text);
    in->zone = own_z(in, v[OPT_ZONE].text);
    in->format = own_z(in, v[OPT_DATE_FORMAT].text);
    in->event = own_z(in, v[OPT_EVENT].text);
    in->event_column = own_z(in, v[OPT_EVENT_COLUMN].text);
    int32_t r = read_json(&v[OPT_FIELDS], &in->fields, err);
    if (!r)
        r = read_json(&v[OPT_EVENT_NAMES], &in->names, err);
    if (!r)
        r = read_json(&v[OPT_CONSTANTS], &in->constants, err);
    if (!r)
        r = read_json(&v[OPT_NULL_VALUES], &in->nulls, err);
    if (!r)
        r = read_json(&v[OPT_MESSAGE_ID], &in->message_id, err);
    if (!r)
        r = read_names(in, err);
    if (!r)
        r = read_fields(in, err);
    if (r) {
        close_source(in);
        return r;
    }
    /* The map knows one null text a row; more are done by get and remove in finish. */
    for (uint32_t i = 0; in->nulls.n && i < in->n_map; i++)
        in->map[i].null_text = in->nulls.item[0].text;
    *ret = in;
    return 0;
}

static int32_t shape(void *instance, struct kf_shape *ret, struct kf_error *err)
{
    struct instance *in = instance;
    (void)err;
    ret->format = KF_FORMAT_CSV;
    ret->map = in->map;
    ret->map_len = in->n_map;
    ret->delimiter = in->delimiter;
    ret->quote = in->quote;
    ret->no_header = in->no_header;
    ret->decimal = in->decimal;
    ret->encoding = in->encoding;
    ret->skip_until = in->skip_until;
    ret->unmapped = in->unmapped;
    ret->zone = in->zone;
    return 0;
}

static bool is_null(const struct instance *in, struct kf_text t)
{
    if (!t.p || !t.n)
        return true;
    for (size_t i = 0; i < in->nulls.n; i++)
        if (in->nulls.item[i].text && text_is(t, in->nulls.item[i].text))
            return true;
    return false;
}

static struct kf_text trimmed(struct kf_text t)
{
    while (t.n && strchr(" \t\r\n", t.p[0])) {
        t.p++;
        t.n--;
    }
    while (t.n && strchr(" \t\r\n", t.p[t.n - 1]))
        t.n--;
    return t;
}

/* Into `out`, which is as long as the value. Digits keep a leading +, so that numbers of other
 * countries stay apart. */
static size_t normalised(enum normalise how, struct kf_text t, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < t.n; i++) {
        char c = t.p[i];
        if (how == DIGITS && !(c >= '0' && c <= '9') && !(c == '+' && n == 0))
            continue;
        if ((how == LOWER || how == EMAIL) && c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        out[n++] = c;
    }
    return n;
}

/* "1.063,13" -> "1063.13"; 0: no number. out: 64 bytes. */
static size_t plain_number(const struct instance *in, struct kf_text t, char out[64])
{
    size_t n = 0;
    for (size_t i = 0; i < t.n && n < 60; i++) {
        char c = t.p[i];
        if (c == (char)in->decimal)
            out[n++] = '.';
        else if ((c >= '0' && c <= '9') || (i == 0 && c == '-'))
            out[n++] = c;
        else if (!n || !strchr(in->decimal == ',' ? ".' " : ",' ", c))
            return 0;
    }
    return n < 60 ? n : 0;
}

/* A field whose type is made here. False: the cell does not fit. */
static bool put_typed(const struct instance *in, struct kf_record *rec, const struct step *st)
{
    struct kf_text t = trimmed(in->host->raw_field(rec, st->column));
    if (is_null(in, t))
        return true;
    if (st->type == KF_FIELD_BOOL) {
        bool yes = text_is_nocase(t, "true") || text_is_nocase(t, "yes") || text_is(t, "1");
        bool no = text_is_nocase(t, "false") || text_is_nocase(t, "no") || text_is(t, "0");
        return (yes || no) && in->host->put_bool(rec, st->also, yes) == 0;
    }
    if (st->type == KF_FIELD_TIME) {
        int64_t when = in->host->parse_time(rec, t, st->format);
        return when != KF_NO_TIME && in->host->put_time(rec, st->also, when) == 0;
    }
    char number[64];
    struct kf_text v = {number, plain_number(in, t, number)};
    return v.n && in->host->put_number(rec, st->also, v) == 0;
}

static void put_normalised(const struct instance *in, struct kf_record *rec, const struct step *st)
{
    struct kf_text t = in->host->raw_field(rec, st->column);
    if (is_null(in, t))
        return;
    if (st->how != AS_IS)
        t = trimmed(t);
    char small[512];
    char *out = t.n <= sizeof small ? small : malloc(t.n);
    if (!out)
        return;
    struct kf_text v = {out, normalised(st->how, t, out)};
    v = in->host->copy(rec, v);
    if (v.n)
        in->host->put_identifier(rec, st->ns, v);
    if (v.n && st->also)
        in->host->put_text(rec, st->also, v);
    if (out != small)
        free(out);
}

static void put_constant(const struct instance *in, struct kf_record *rec, const struct constant *c)
{
    bool yes = c->kind == JSON_TRUE;
    if (c->consent)
        in->host->put_consent(rec, c->consent, yes || (c->text && strcmp(c->text, "granted") == 0));
    else if (c->kind == JSON_TEXT)
        in->host->put_text(rec, c->key, text_of(c->text));
    else if (c->kind == JSON_NUMBER)
        in->host->put_number(rec, c->key, text_of(c->text));
    else
        in->host->put_bool(rec, c->key, yes);
}

static int32_t name_event(const struct instance *in, struct kf_record *rec, struct kf_error *err)
{
    for (size_t i = 0; i < in->n_rule; i++) {
        struct kf_text t = in->host->raw_field(rec, in->rule[i].column);
        if (text_is(trimmed(t), in->rule[i].value)) {
            rec->name = text_of(in->rule[i].name);
            return KF_RECORD_OK;
        }
    }
    struct kf_text own_name = in->event_column ? trimmed(in->host->raw_field(rec, in->event_column))
                                               : (struct kf_text){0, 0};
    if (in->n_rule && in->other == 1)
        return KF_RECORD_SKIP;
    if (in->n_rule && in->other == 2) {
        say(err, KF_E_DATA, NAME, "no line of event_names fits%s%.*s%s", own_name.n ? " '" : "",
            (int)(own_name.n > 80 ? 80 : own_name.n), own_name.n ? own_name.p : "",
            own_name.n ? "'" : "");
        return KF_RECORD_REJECT;
    }
    if (!is_null(in, own_name))
        rec->name = own_name;
    else if (in->event && !rec->name.n)
        rec->name = text_of(in->event);
    return KF_RECORD_OK;
}

/* Cells joined by a character that no table holds, so that (1, 23) and (12, 3) differ. */
static void put_message_id(const struct instance *in, struct kf_record *rec)
{
    char id[600];
    size_t n = 0;
    for (size_t i = 0; i < in->message_id.n; i++) {
        struct kf_text t = trimmed(in->host->raw_field(rec, in->message_id.item[i].text));
        if (i && n < sizeof id)
            id[n++] = '/';
        if (!t.n || t.n >= sizeof id - n)
            return; /* not told apart: the host derives the id from the whole row */
        memcpy(id + n, t.p, t.n);
        n += t.n;
    }
    struct kf_text v = {id, n};
    if (n)
        rec->message_id = in->host->copy(rec, v);
}

/* Further null texts: a field that holds one is taken out again. */
static void drop_nulls(const struct instance *in, struct kf_record *rec)
{
    for (uint32_t i = 0; in->nulls.n > 1 && i < in->n_map; i++) {
        if (in->map[i].target != KF_TO_FIELD)
            continue;
        uint32_t key = in->host->key(in->host, in->map[i].arg);
        if (is_null(in, in->host->get(rec, key)))
            in->host->remove(rec, key);
    }
}

static int32_t misfit(const struct instance *in, struct kf_record *rec, const struct step *st,
                      struct kf_error *err)
{
    struct kf_text t = in->host->raw_field(rec, st->column);
    say(err, KF_E_DATA, NAME, "'%.60s' is '%.*s' where %s is wanted", st->column,
        (int)(t.n > 60 ? 60 : t.n), t.p,
        st->type == KF_FIELD_BOOL   ? "true or false"
        : st->type == KF_FIELD_TIME ? "a time"
                                    : "a number");
    return KF_RECORD_REJECT;
}

static int32_t finish(void *instance, struct kf_record *rec, struct kf_error *err)
{
    const struct instance *in = instance;
    if (rec->type == KF_EVENT_NONE)
        rec->type = in->type;
    int32_t r = name_event(in, rec, err);
    if (r != KF_RECORD_OK)
        return r;
    drop_nulls(in, rec);
    for (uint32_t i = 0; i < in->n_step; i++) {
        const struct step *st = &in->step[i];
        if (st->ns)
            put_normalised(in, rec, st);
        else if (!put_typed(in, rec, st))
            return misfit(in, rec, st, err);
    }
    for (size_t i = 0; i < in->n_constant; i++)
        put_constant(in, rec, &in->constant[i]);
    if (in->message_id.n)
        put_message_id(in, rec);
    return KF_RECORD_OK;
}

static const struct kf_source_ops ops = {.size = sizeof ops,
                                         .open = open_source,
                                         .shape = shape,
                                         .finish = finish,
                                         .close = close_source};

static const struct kf_plugin plugin = {
    .magic = KF_PLUGIN_MAGIC,
    .major = KF_PLUGIN_MAJOR,
    .minor = KF_PLUGIN_MINOR,
    .size = sizeof plugin,
    .kind = KF_PLUGIN_SOURCE,
    .name = NAME,
    .version = "1.0",
    .summary = "Any table, with its columns named in kinfold.yaml.",
    .formats = "CSV and TSV in UTF-8, Latin-1, UTF-16; gzip, zstd",
    .vendor_doc = "RFC 4180 (2005)",
    .options = options,
    .source = &ops,
};

KF_PLUGIN_EXPORT const struct kf_plugin *kf_plugin_main(void);
const struct kf_plugin *kf_plugin_main(void)
{
    return &plugin;
}
