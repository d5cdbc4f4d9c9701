/* An audience as JSON lines: one object a member, replaced as a whole when the export succeeds. */
#include "../common/outfile.h"

#define NAME "destination_jsonl"

enum { OPT_PATH, OPT_NULLS };

static const struct kf_option options[] = {
    {"path", KF_OPT_PATH, KF_OPT_REQUIRED, 0, 0, 0, 0,
     "File to write; it is replaced when the export succeeds. Folders are made."},
    {"nulls", KF_OPT_CHOICE, 0, "keep", "keep|drop", 0, 0,
     "Whether what is missing stands as null or not at all."},
    KF_OPTION_END,
};

struct instance {
    struct outfile out;
    char **name; /* of columns, our own copies */
    uint64_t columns;
    bool drop_nulls;
};

static void close_destination(void *instance)
{
    struct instance *in = instance;
    if (!in)
        return;
    out_finish(&in->out, 0, NAME, NULL);
    out_clear(&in->out);
    for (uint64_t i = 0; in->name && i < in->columns; i++)
        free(in->name[i]);
    free(in->name);
    free(in);
}

static void put_string(FILE *f, struct kf_text t)
{
    fputc('"', f);
    for (uint64_t i = 0; i < t.n; i++) {
        unsigned char c = (unsigned char)t.p[i];
        if (c == '"' || c == '\\')
            fprintf(f, "\\%c", c);
        else if (c < 0x20)
            fprintf(f, "\\u%04x", c);
        else
            fputc(c, f);
    }
    fputc('"', f);
}

static int32_t open_destination(const struct kf_host *host, const struct kf_option_value *v,
                                const struct kf_column *columns, uint64_t n, void **ret,
                                struct kf_error *err)
{
    (void)host;
    struct instance *in = calloc(1, sizeof *in);
    if (!in || !(in->name = calloc(n + 1, sizeof *in->name))) {
        free(in);
        return say(err, KF_E_NOMEM, NAME, "no memory");
    }
    in->columns = n;
    in->drop_nulls = v[OPT_NULLS].number == 1;
    int32_t r = 0;
    for (uint64_t i = 0; i < n && !r; i++)
        if (!(in->name[i] = strdup(columns[i].name)))
            r = say(err, KF_E_NOMEM, NAME, "no memory");
    if (!r)
        r = out_open(&in->out, v[OPT_PATH].text, NAME, err);
    if (r) {
        close_destination(in);
        return r;
    }
    *ret = in;
    return 0;
}

static void put_row(struct instance *in, const struct kf_row *row)
{
    FILE *f = in->out.f;
    bool first = true;
    fputc('{', f);
    for (uint64_t k = 0; k < row->cells; k++) {
        const struct kf_cell *c = &row->cell[k];
        if (c->type == KF_CELL_NULL && in->drop_nulls)
            continue;
        if (!first)
            fputc(',', f);
        first = false;
        put_string(f, text_of(in->name[k]));
        fputc(':', f);
        if (c->type == KF_CELL_NULL)
            fputs("null", f);
        else if (c->type == KF_CELL_TEXT || c->type == KF_CELL_TIME)
            put_string(f, c->text);
        else /* numbers, true, false and lists are JSON already */
            fwrite(c->text.p, 1, c->text.n, f);
    }
    fputs("}\n", f);
}

static int32_t write_rows(void *instance, const struct kf_row *rows, uint64_t n, int32_t *results,
                          struct kf_error *err)
{
    struct instance *in = instance;
    for (uint64_t i = 0; i < n; i++) {
        bool bad = rows[i].cells != in->columns;
        results[i] = bad || row_has_nul(&rows[i]) ? KF_DEST_REJECT : KF_DEST_OK;
        if (results[i] == KF_DEST_OK)
            put_row(in, &rows[i]);
        else
            say(err, 0, NAME,
                bad ? "a row has another number of cells than there are columns"
                    : "a cell holds a NUL character");
    }
    return out_check(&in->out, NAME, err);
}

static int32_t finish(void *instance, int32_t commit, struct kf_error *err)
{
    return out_finish(&((struct instance *)instance)->out, commit, NAME, err);
}

static const struct kf_destination_ops ops = {.size = sizeof ops,
                                              .open = open_destination,
                                              .write = write_rows,
                                              .finish = finish,
                                              .close = close_destination};

static const struct kf_plugin plugin = {
    .magic = KF_PLUGIN_MAGIC,
    .major = KF_PLUGIN_MAJOR,
    .minor = KF_PLUGIN_MINOR,
    .size = sizeof plugin,
    .kind = KF_PLUGIN_DESTINATION,
    .name = NAME,
    .version = "1.0",
    .summary = "Audiences as JSON lines.",
    .formats = "JSON lines",
    .vendor_doc = "RFC 8259 (2017)",
    .options = options,
    .destination = &ops,
};

KF_PLUGIN_EXPORT const struct kf_plugin *kf_plugin_main(void);
const struct kf_plugin *kf_plugin_main(void)
{
    return &plugin;
}
