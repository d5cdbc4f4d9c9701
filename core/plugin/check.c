/* What is checked of a plugin before anything of it is called but its one exported function. */
#include "plugin/registry.h"

#include <stdio.h>
#include <string.h>

#define MAX_TEXT    1000u /* of the sentences in struct kf_plugin */
#define MAX_OPTIONS 200u

static int refuse(struct kf_error *err, const char *file, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(struct kf_error *err, const char *file, const char *fmt, ...)
{
    char why[480];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    return kf_error_set(err, KF_E_CONFIG, "plugin", "%s: %s", file, why);
}

/* Copies what both sides know of a struct that starts with its size; the rest stays zero. */
static int copy_sized(void *to, size_t to_size, const void *from, const char *what,
                      const char *file, struct kf_error *err)
{
    uint32_t size;
    memcpy(&size, from, sizeof size);
    if (size < 2 * sizeof(uint32_t) || size > 65536)
        return refuse(
            err, file,
            "its %s say a size of %u bytes, wanted %zu; set .size = sizeof and build it again",
            what, size, to_size);
    memcpy(to, from, size < to_size ? size : to_size);
    memcpy(to, &(uint32_t){(uint32_t)to_size}, sizeof(uint32_t));
    return 0;
}

static int check_head(const struct kf_plugin *found, const char *file, struct kf_error *err)
{
    if (found->magic != KF_PLUGIN_MAGIC)
        return refuse(
            err, file,
            "is no Kinfold connector: magic number 0x%08x found, 0x%08x wanted; build it with the "
            "headers of this Kinfold",
            found->magic, KF_PLUGIN_MAGIC);
    if (found->major != KF_PLUGIN_MAJOR)
        return refuse(
            err, file, "was built for plugin interface %u.%u, this Kinfold speaks %u.%u; %s",
            found->major, found->minor, KF_PLUGIN_MAJOR, KF_PLUGIN_MINOR,
            found->major < KF_PLUGIN_MAJOR ? "build it again with the headers of this Kinfold"
                                           : "use a newer Kinfold or an older connector");
    if (found->size <= KF_PLUGIN_HEAD_SIZE || found->size > 65536)
        return refuse(err, file,
                      "says that its struct kf_plugin has %u bytes, wanted more than %u (here "
                      "%zu); set .size = "
                      "sizeof(struct kf_plugin)",
                      found->size, KF_PLUGIN_HEAD_SIZE, sizeof *found);
    return 0;
}

static int check_text(const char *text, const char *member, bool required, const char *file,
                      struct kf_error *err)
{
    if (!text || !*text)
        return required ? refuse(err, file, "has no .%s; it must be a text", member) : 0;
    size_t n = strnlen(text, MAX_TEXT + 1);
    if (n > MAX_TEXT)
        return refuse(err, file, "its .%s has more than %u bytes; shorten it", member, MAX_TEXT);
    if (!kf_utf8_valid(kf_str(text, n)))
        return refuse(err, file, "its .%s is not UTF-8; write it so", member);
    return 0;
}

static int check_texts(const struct kf_plugin *p, const char *file, const char *name,
                       struct kf_error *err)
{
    const struct {
        const char *text, *member;
        bool required;
    } t[] = {{p->name, "name", true},
             {p->version, "version", true},
             {p->summary, "summary", true},
             {p->formats, "formats", false},
             {p->vendor_doc, "vendor_doc", false}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        int r = check_text(t[i].text, t[i].member, t[i].required, file, err);
        if (r)
            return r;
    }
    if (strcmp(p->name, name) != 0)
        return refuse(err, file, "calls itself '%s' but the file is named '%s'; make them the same",
                      p->name, name);
    return 0;
}

static int missing(const char *callback, const char *ops, const char *file, struct kf_error *err)
{
    return refuse(err, file, "has no %s in its %s; write it, it is not optional", callback, ops);
}

static int check_source(struct kf_plugin_handle *h, const char *file, struct kf_error *err)
{
    if (!h->plugin.source)
        return refuse(err, file,
                      "is a source without .source; point it to its struct kf_source_ops");
    int r =
        copy_sized(&h->source, sizeof h->source, h->plugin.source, "source operations", file, err);
    if (r)
        return r;
    const char *none = !h->source.open    ? "open"
                       : !h->source.shape ? "shape"
                       : !h->source.close ? "close"
                                          : NULL;
    return none ? missing(none, "source operations", file, err) : 0;
}

static int check_destination(struct kf_plugin_handle *h, const char *file, struct kf_error *err)
{
    if (!h->plugin.destination)
        return refuse(
            err, file,
            "is a destination without .destination; point it to its struct kf_destination_ops");
    int r = copy_sized(&h->destination, sizeof h->destination, h->plugin.destination,
                       "destination operations", file, err);
    if (r)
        return r;
    const char *none = !h->destination.open     ? "open"
                       : !h->destination.write  ? "write"
                       : !h->destination.finish ? "finish"
                       : !h->destination.close  ? "close"
                                                : NULL;
    return none ? missing(none, "destination operations", file, err) : 0;
}

int kf_plugin_check(const struct kf_plugin *found, const char *file, const char *name,
                    struct kf_plugin_handle *ret, struct kf_error *err)
{
    if (!found)
        return refuse(err, file, "its %s returned nothing; return a struct kf_plugin",
                      KF_PLUGIN_SYMBOL);
    int r = check_head(found, file, err);
    if (r)
        return r;
    struct kf_plugin_handle h;
    memset(&h, 0, sizeof h);
    memcpy(&h.plugin, found, found->size < sizeof h.plugin ? found->size : sizeof h.plugin);
    r = check_texts(&h.plugin, file, name, err);
    if (!r && h.plugin.kind == KF_PLUGIN_SOURCE)
        r = check_source(&h, file, err);
    else if (!r && h.plugin.kind == KF_PLUGIN_DESTINATION)
        r = check_destination(&h, file, err);
    else if (!r)
        r = refuse(err, file, "is of kind %u; this Kinfold knows sources (1) and destinations (2)",
                   h.plugin.kind);
    if (!r)
        r = kf_plugin_check_options(h.plugin.options, file, &h.n_options, err);
    if (!r)
        *ret = h;
    return r;
}

static bool key_ok(const char *key)
{
    size_t n = strnlen(key, 64);
    return n && n < 64 && strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_") == n &&
           *key >= 'a' && *key <= 'z';
}

/* What is wrong with one row of the table; NULL: nothing. */
static const char *row_wrong(const struct kf_option *o, char *why, size_t cap)
{
    struct kf_option_value v;
    const char *bad;
    if (o->type < KF_OPT_TEXT || o->type > KF_OPT_MAP) {
        snprintf(why, cap, "has the unknown type %u; use a newer Kinfold or a known type", o->type);
        return why;
    }
    if (!o->doc || !*o->doc)
        return "has no .doc; say in one sentence what it does";
    if ((o->type == KF_OPT_CHOICE) != (o->choices != NULL))
        return "must have .choices exactly if it is a choice";
    if (o->min > o->max)
        return "has a minimum above its maximum";
    if ((o->flags & KF_OPT_REQUIRED) && o->def)
        return "is required and has a default; choose one";
    if (o->def && (bad = kf_plugin_parse_value(o, o->def, &v, why, cap)) != NULL) {
        char copy[200];
        snprintf(copy, sizeof copy, "%s", bad);
        snprintf(why, cap, "has a default that does not fit: it %s", copy);
        return why;
    }
    return NULL;
}

int kf_plugin_check_options(const struct kf_option *options, const char *file, uint32_t *ret_n,
                            struct kf_error *err)
{
    uint32_t n = 0;
    char why[320];
    for (; options && options[n].key; n++) {
        const struct kf_option *o = &options[n];
        if (n == MAX_OPTIONS)
            return refuse(err, file,
                          "its option table has no end after %u rows; close it with KF_OPTION_END",
                          MAX_OPTIONS);
        if (!key_ok(o->key))
            return refuse(err, file,
                          "option %u has a bad key; use lower-case letters, digits and _", n + 1);
        const char *wrong = row_wrong(o, why, sizeof why);
        if (wrong)
            return refuse(err, file, "its option '%s' %s", o->key, wrong);
        for (uint32_t k = 0; k < n; k++)
            if (strcmp(options[k].key, o->key) == 0)
                return refuse(err, file, "its option '%s' stands in the table twice; remove one",
                              o->key);
    }
    *ret_n = n;
    return 0;
}
