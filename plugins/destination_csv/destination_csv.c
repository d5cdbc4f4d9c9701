/* An audience as a CSV file: RFC 4180 quoting, replaced as a whole when the export succeeds. */
#include "../common/outfile.h"

#define NAME "destination_csv"

enum { OPT_PATH, OPT_DELIMITER, OPT_HEADER, OPT_BOM, OPT_GUARD };

static const struct kf_option options[] = {
    {"path", KF_OPT_PATH, KF_OPT_REQUIRED, 0, 0, 0, 0,
     "File to write; it is replaced when the export succeeds. Folders are made."},
    {"delimiter", KF_OPT_CHAR, 0, ",", 0, 0, 0, "Character between columns."},
    {"header", KF_OPT_BOOL, 0, "true", 0, 0, 0, "Whether the first line names the columns."},
    {"bom", KF_OPT_BOOL, 0, "false", 0, 0, 0,
     "Whether the file starts with a byte order mark, which some versions of Excel need for "
     "umlauts."},
    {"formula_guard", KF_OPT_BOOL, 0, "true", 0, 0, 0,
     "Put ' before cells that a spreadsheet would run as a formula (= + - @ in front); numbers and "
     "telephone numbers stay."},
    KF_OPTION_END,
};

struct instance {
    struct outfile out;
    uint64_t columns;
    char delimiter;
    bool guard;
};

static void close_destination(void *instance)
{
    struct instance *in = instance;
    if (!in)
        return;
    out_finish(&in->out, 0, NAME, NULL);
    out_clear(&in->out);
    free(in);
}

/* +49 30 123, -12.5: no spreadsheet runs anything for these. */
static bool is_number(struct kf_text t)
{
    for (uint64_t i = 0; i < t.n; i++)
        if (!strchr("0123456789 .,", t.p[i]) && !(i == 0 && strchr("+-", t.p[i])))
            return false;
    return true;
}

static void put_cell(struct instance *in, struct kf_text t, bool guard)
{
    FILE *f = in->out.f;
    bool quote = false;
    for (uint64_t i = 0; i < t.n; i++)
        quote = quote || t.p[i] == in->delimiter || strchr("\"\r\n", t.p[i]);
    if (t.n && (t.p[0] == ' ' || t.p[t.n - 1] == ' '))
        quote = true;
    bool formula = guard && t.n && strchr("=+-@\t\r", t.p[0]) && !is_number(t);
    if (quote)
        fputc('"', f);
    if (formula)
        fputc('\'', f);
    for (uint64_t i = 0; i < t.n; i++) {
        if (t.p[i] == '"')
            fputc('"', f);
        fputc(t.p[i], f);
    }
    if (quote)
        fputc('"', f);
}

static int32_t open_destination(const struct kf_host *host, const struct kf_option_value *v,
                                const struct kf_column *columns, uint64_t n, void **ret,
                                struct kf_error *err)
{
    (void)host;
    struct instance *in = calloc(1, sizeof *in);
    if (!in)
        return say(err, KF_E_NOMEM, NAME, "no memory");
    in->columns = n;
    in->delimiter = (char)v[OPT_DELIMITER].number;
    in->guard = v[OPT_GUARD].number != 0;
    int32_t r = out_open(&in->out, v[OPT_PATH].text, NAME, err);
    if (r) {
        free(in);
        return r;
    }
    if (v[OPT_BOM].number)
        fputs("\xef\xbb\xbf", in->out.f);
    for (uint64_t i = 0; v[OPT_HEADER].number && i < n; i++) {
        if (i)
            fputc(in->delimiter, in->out.f);
        put_cell(in, text_of(columns[i].name), false);
    }
    if (v[OPT_HEADER].number)
        fputc('\n', in->out.f);
    *ret = in;
    return 0;
}

static int32_t write_rows(void *instance, const struct kf_row *rows, uint64_t n, int32_t *results,
                          struct kf_error *err)
{
    struct instance *in = instance;
    for (uint64_t i = 0; i < n; i++) {
        const struct kf_row *row = &rows[i];
        if (row->cells != in->columns || row_has_nul(row)) {
            results[i] = KF_DEST_REJECT;
            say(err, 0, NAME,
                row->cells != in->columns
                    ? "a row has another number of cells than there are columns"
                    : "a cell holds a NUL character, which CSV cannot");
            continue;
        }
        for (uint64_t k = 0; k < row->cells; k++) {
            if (k)
                fputc(in->delimiter, in->out.f);
            if (row->cell[k].type != KF_CELL_NULL)
                put_cell(in, row->cell[k].text, in->guard && row->cell[k].type == KF_CELL_TEXT);
        }
        fputc('\n', in->out.f);
        results[i] = KF_DEST_OK;
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
    .summary = "Audiences as CSV files.",
    .formats = "CSV",
    .vendor_doc = "RFC 4180 (2005)",
    .options = options,
    .destination = &ops,
};

KF_PLUGIN_EXPORT const struct kf_plugin *kf_plugin_main(void);
const struct kf_plugin *kf_plugin_main(void)
{
    return &plugin;
}
