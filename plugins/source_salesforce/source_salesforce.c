/* Salesforce objects as Data Loader, Bulk API (CSV) and REST API (JSON) write them: Contact, Lead,
 * Account, Opportunity.
 *
 * A row is the state of a record at its modification: contacts and leads are identify events,
 * accounts group events, opportunities track events. A deleted record that names its winner
 * (MasterRecordId) is an alias event. */
#include "../common/json.h"
#include "../common/util.h"

#include <ctype.h>

#define NAME "source_salesforce"

enum { OPT_OBJECT, OPT_FORMAT, OPT_IDENTIFIERS, OPT_FIELDS, OPT_CUSTOM, OPT_CURRENCY };
enum object { CONTACT, LEAD, ACCOUNT, OPPORTUNITY };

static const struct kf_option options[] = {
    {"object", KF_OPT_CHOICE, KF_OPT_REQUIRED, 0, "Contact|Lead|Account|Opportunity", 0, 0,
     "Which object the records are."},
    {"format", KF_OPT_CHOICE, 0, "csv", "csv|json", 0, 0,
     "CSV of Data Loader and Bulk API, or JSON of the REST API."},
    {"identifiers", KF_OPT_MAP, 0, 0, 0, 0, 0,
     "Further columns that are identifiers, as column to namespace (Shop_User_Id__c: user_id)."},
    {"fields", KF_OPT_MAP, 0, 0, 0, 0, 0,
     "Names of columns of your own, as column to path; without a root it is a trait (of "
     "opportunities a property)."},
    {"custom", KF_OPT_CHOICE, 0, "keep", "keep|drop", 0, 0,
     "What becomes of columns that neither fields nor this connector names: kept in snake_case "
     "without __c, or dropped."},
    {"currency", KF_OPT_TEXT, 0, 0, 0, 0, 0,
     "Currency of amounts where CurrencyIsoCode is missing (one-currency organisations)."},
    KF_OPTION_END,
};

struct known {
    const char *column, *to; /* to: without root */
    uint32_t type;
};

static const struct known person[] = {
    {"Email", "email", KF_FIELD_TEXT},
    {"Phone", "phone", KF_FIELD_TEXT},
    {"MobilePhone", "mobile_phone", KF_FIELD_TEXT},
    {"FirstName", "first_name", KF_FIELD_TEXT},
    {"LastName", "last_name", KF_FIELD_TEXT},
    {"Salutation", "salutation", KF_FIELD_TEXT},
    {"Title", "title", KF_FIELD_TEXT},
    {"Birthdate", "birthday", KF_FIELD_TEXT},
    {"Company", "company", KF_FIELD_TEXT},
    {"Status", "status", KF_FIELD_TEXT},
    {"LeadSource", "lead_source", KF_FIELD_TEXT},
    {"MailingStreet", "address.street", KF_FIELD_TEXT},
    {"MailingCity", "address.city", KF_FIELD_TEXT},
    {"MailingState", "address.state", KF_FIELD_TEXT},
    {"MailingPostalCode", "address.postal_code", KF_FIELD_TEXT},
    {"MailingCountry", "address.country", KF_FIELD_TEXT},
    {"MailingCountryCode", "address.country_code", KF_FIELD_TEXT},
    {"Street", "address.street", KF_FIELD_TEXT},
    {"City", "address.city", KF_FIELD_TEXT},
    {"State", "address.state", KF_FIELD_TEXT},
    {"PostalCode", "address.postal_code", KF_FIELD_TEXT},
    {"Country", "address.country", KF_FIELD_TEXT},
    {"CountryCode", "address.country_code", KF_FIELD_TEXT},
    {"HasOptedOutOfEmail", "has_opted_out_of_email", KF_FIELD_BOOL},
    {"HasOptedOutOfFax", "has_opted_out_of_fax", KF_FIELD_BOOL},
    {"DoNotCall", "do_not_call", KF_FIELD_BOOL},
    {"IsDeleted", "is_deleted", KF_FIELD_BOOL},
    {"IsConverted", "is_converted", KF_FIELD_BOOL},
    {"CreatedDate", "created_at", KF_FIELD_TIME},
    {"CurrencyIsoCode", "currency", KF_FIELD_TEXT},
    {0, 0, 0},
};

static const struct known account[] = {
    {"Name", "name", KF_FIELD_TEXT},
    {"Type", "type", KF_FIELD_TEXT},
    {"Industry", "industry", KF_FIELD_TEXT},
    {"Website", "website", KF_FIELD_TEXT},
    {"Phone", "phone", KF_FIELD_TEXT},
    {"AccountNumber", "account_number", KF_FIELD_TEXT},
    {"NumberOfEmployees", "employees", KF_FIELD_NUMBER},
    {"AnnualRevenue", "annual_revenue", KF_FIELD_NUMBER},
    {"BillingCity", "address.city", KF_FIELD_TEXT},
    {"BillingPostalCode", "address.postal_code", KF_FIELD_TEXT},
    {"BillingCountry", "address.country", KF_FIELD_TEXT},
    {"BillingCountryCode", "address.country_code", KF_FIELD_TEXT},
    {"IsDeleted", "is_deleted", KF_FIELD_BOOL},
    {"CreatedDate", "created_at", KF_FIELD_TIME},
    {"CurrencyIsoCode", "currency", KF_FIELD_TEXT},
    {0, 0, 0},
};

static const struct known opportunity[] = {
    {"Name", "name", KF_FIELD_TEXT},
    {"StageName", "stage", KF_FIELD_TEXT},
    {"Amount", "amount", KF_FIELD_MONEY},
    {"Probability", "probability", KF_FIELD_NUMBER},
    {"CloseDate", "close_date", KF_FIELD_TEXT},
    {"Type", "opportunity_type", KF_FIELD_TEXT},
    {"LeadSource", "lead_source", KF_FIELD_TEXT},
    {"ForecastCategoryName", "forecast_category", KF_FIELD_TEXT},
    {"IsClosed", "is_closed", KF_FIELD_BOOL},
    {"IsWon", "is_won", KF_FIELD_BOOL},
    {"IsDeleted", "is_deleted", KF_FIELD_BOOL},
    {"CreatedDate", "created_at", KF_FIELD_TIME},
    {"CurrencyIsoCode", "currency", KF_FIELD_TEXT},
    {0, 0, 0},
};

/* Columns that hold ids of other records, kept widened to 18 characters. */
static const struct known references[] = {
    {"AccountId", "account_id", 0},
    {"OwnerId", "owner_id", 0},
    {"ReportsToId", "reports_to_id", 0},
    {"ParentId", "parent_id", 0},
    {"CampaignId", "campaign_id", 0},
    {"ConvertedContactId", "converted_contact_id", 0},
    {"ConvertedAccountId", "converted_account_id", 0},
    {0, 0, 0},
};

/* Read by name in finish. `attributes` is what the REST API says about the record itself. */
static const char *const own_columns[] = {
    "Id",        "MasterRecordId", "LastModifiedDate", "SystemModstamp",
    "ContactId", "attributes",     "LastViewedDate",   "LastReferencedDate",
    "totalSize", "done",           "nextRecordsUrl"};

#define MAX_ROWS   400u
#define MAX_CUSTOM 300u

struct instance {
    const struct kf_host *host;
    enum object object;
    bool json, keep_custom;
    char *currency;
    struct json identifiers, fields;
    struct kf_map map[MAX_ROWS];
    uint32_t keys[MAX_ROWS]; /* of map rows that are fields */
    uint32_t n_map;
    uint32_t custom[MAX_CUSTOM]; /* keys whose text may be true or false */
    uint32_t n_custom;
    uint32_t reference[sizeof references / sizeof *references];
    struct {
        uint32_t email, phone, mobile, previous, group_type, group_id, is_deleted, is_won, stage,
            amount, currency, revenue, order_id;
    } key;
    char **owned;
    size_t n_owned;
};

static const char *own(struct instance *in, const char *text)
{
    char **v = realloc(in->owned, (in->n_owned + 1) * sizeof *v);
    if (!v)
        return NULL;
    in->owned = v;
    v[in->n_owned] = strdup(text);
    return v[in->n_owned] ? v[in->n_owned++] : NULL;
}

static const char *root(const struct instance *in)
{
    return in->object == OPPORTUNITY ? "properties" : "traits";
}

static const char *rooted(struct instance *in, const char *to)
{
    static const char *const roots[] = {"properties.", "traits.", "context.", "consent."};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (strncmp(to, roots[i], strlen(roots[i])) == 0)
            return own(in, to);
    char text[300];
    snprintf(text, sizeof text, "%s.%s", root(in), to);
    return own(in, text);
}

static uint32_t key_of(struct instance *in, const char *to)
{
    char text[300];
    snprintf(text, sizeof text, "%s.%s", root(in), to);
    return in->host->key(in->host, text);
}

static void close_source(void *instance)
{
    struct instance *in = instance;
    if (!in)
        return;
    json_clear(&in->identifiers);
    json_clear(&in->fields);
    for (size_t i = 0; i < in->n_owned; i++)
        free(in->owned[i]);
    free(in->owned);
    free(in->currency);
    free(in);
}

static bool mapped(const struct instance *in, const char *column)
{
    for (uint32_t i = 0; i < in->n_map; i++)
        if (strcmp(in->map[i].path, column) == 0)
            return true;
    return false;
}

/* One row, unless the column has one: what is written in kinfold.yaml comes first. */
static bool add(struct instance *in, const char *column, uint32_t target, const char *path,
                uint32_t type)
{
    if (in->n_map == MAX_ROWS)
        return false;
    if (mapped(in, column))
        return true;
    struct kf_map *m = &in->map[in->n_map];
    *m = (struct kf_map){.path = column, .target = target, .type = type, .arg = path};
    in->keys[in->n_map++] = target == KF_TO_FIELD ? in->host->key(in->host, path) : 0;
    return target == KF_TO_SKIP || path;
}

static int32_t add_own(struct instance *in, struct kf_error *err)
{
    for (size_t i = 0; i < in->identifiers.n; i++) {
        const struct json *v = &in->identifiers.item[i];
        if (v->kind != JSON_TEXT || !*v->text)
            return say(err, KF_E_CONFIG, NAME,
                       "identifiers: '%s' must name a namespace like user_id", v->key);
        if (!add(in, v->key, KF_TO_SKIP, NULL,
                 0)) /* put in finish, where it is known whose they are */
            return say(err, KF_E_CONFIG, NAME, "more than %u columns", MAX_ROWS);
    }
    for (size_t i = 0; i < in->fields.n; i++) {
        const struct json *v = &in->fields.item[i];
        if (v->kind != JSON_TEXT || !*v->text)
            return say(err, KF_E_CONFIG, NAME, "fields: '%s' must be a path", v->key);
        const char *path = rooted(in, v->text);
        if (!path || !add(in, v->key, KF_TO_FIELD, path, 0) || in->n_custom == MAX_CUSTOM)
            return say(err, KF_E_CONFIG, NAME, "more than %u columns", MAX_CUSTOM);
        in->custom[in->n_custom++] = in->host->key(in->host, path);
    }
    return 0;
}

static int32_t build(struct instance *in, struct kf_error *err)
{
    const struct known *k = in->object == ACCOUNT       ? account
                            : in->object == OPPORTUNITY ? opportunity
                                                        : person;
    int32_t r = add_own(in, err);
    bool ok = true;
    for (size_t i = 0; i < sizeof own_columns / sizeof *own_columns; i++)
        ok = ok && add(in, own_columns[i], KF_TO_SKIP, NULL, 0);
    for (; k->column; k++)
        ok = ok && add(in, k->column, KF_TO_FIELD, rooted(in, k->to), k->type);
    for (size_t i = 0; references[i].column; i++) {
        ok = ok && add(in, references[i].column, KF_TO_SKIP, NULL, 0);
        in->reference[i] = key_of(in, references[i].to);
    }
    return r || ok ? r : say(err, KF_E_NOMEM, NAME, "no memory");
}

static int32_t open_source(const struct kf_host *host, const struct kf_option_value *v, void **ret,
                           struct kf_error *err)
{
    struct instance *in = calloc(1, sizeof *in);
    if (!in)
        return say(err, KF_E_NOMEM, NAME, "no memory");
    in->host = host;
    in->object = (enum object)v[OPT_OBJECT].number;
    in->json = v[OPT_FORMAT].number == 1;
    in->keep_custom = v[OPT_CUSTOM].number == 0;
    in->currency = v[OPT_CURRENCY].text ? strdup(v[OPT_CURRENCY].text) : NULL;
    in->key.email = host->key(host, "traits.email");
    in->key.phone = host->key(host, "traits.phone");
    in->key.mobile = host->key(host, "traits.mobile_phone");
    in->key.previous = host->key(host, "event.previous_id");
    in->key.group_type = host->key(host, "event.group_type");
    in->key.group_id = host->key(host, "event.group_id");
    in->key.is_deleted = key_of(in, "is_deleted");
    in->key.is_won = key_of(in, "is_won");
    in->key.stage = key_of(in, "stage");
    in->key.amount = key_of(in, "amount");
    in->key.currency = key_of(in, "currency");
    in->key.revenue = host->key(host, "properties.revenue");
    in->key.order_id = host->key(host, "properties.order_id");
    int32_t r = 0;
    if ((v[OPT_IDENTIFIERS].text && !json_read(v[OPT_IDENTIFIERS].text, &in->identifiers)) ||
        (v[OPT_FIELDS].text && !json_read(v[OPT_FIELDS].text, &in->fields)))
        r = say(err, KF_E_CONFIG, NAME, "cannot read its options");
    if (!r)
        r = build(in, err);
    if (r) {
        close_source(in);
        return r;
    }
    *ret = in;
    return 0;
}

static int32_t shape(void *instance, struct kf_shape *ret, struct kf_error *err)
{
    struct instance *in = instance;
    (void)err;
    ret->format = in->json ? KF_FORMAT_JSON : KF_FORMAT_CSV;
    ret->map = in->map;
    ret->map_len = in->n_map;
    ret->batch_path = in->json ? "records" : NULL; /* of a query's answer */
    if (in->keep_custom) /* hosts that do not ask `column` keep such names as written */
        ret->unmapped = root(in);
    ret->zone = "UTC"; /* as the documentation says of dateTime fields */
    return 0;
}

/* Loyalty_Tier__c -> loyalty_tier, PersonBirthdate -> person_birthdate */
static void snake(const char *name, char *out, size_t cap)
{
    size_t n = strlen(name), k = 0;
    if (n > 3 && strcmp(name + n - 3, "__c") == 0)
        n -= 3;
    for (size_t i = 0; i < n && k + 2 < cap; i++) {
        char c = name[i];
        bool word = i && isupper((unsigned char)c) && !isupper((unsigned char)name[i - 1]) &&
                    name[i - 1] != '_';
        if (word)
            out[k++] = '_';
        if (c == '_' && k && out[k - 1] == '_')
            continue;
        out[k++] = c == '.' ? '_' : (char)tolower((unsigned char)c);
    }
    out[k] = 0;
}

static int32_t column(void *instance, const char *name, struct kf_map *ret)
{
    struct instance *in = instance;
    char path[200];
    if (!in->keep_custom || in->n_custom == MAX_CUSTOM)
        return 0;
    snprintf(path, sizeof path, "%s.", root(in));
    snake(name, path + strlen(path), sizeof path - strlen(path));
    ret->path = own(in, name);
    ret->target = KF_TO_FIELD;
    ret->arg = own(in, path);
    if (!ret->path || !ret->arg)
        return 0;
    in->custom[in->n_custom++] = in->host->key(in->host, path);
    return 1;
}

/* Ids of 15 characters differ in case only; the three more encode which letters are capitals, five
 * a character, first of five the lowest bit. Others are left as they are. */
static struct kf_text widened(struct kf_text id, char out[18])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    if (!id.p || id.n != 15)
        return id;
    for (size_t i = 0; i < 15; i++)
        if (!isalnum((unsigned char)id.p[i]))
            return id;
    memcpy(out, id.p, 15);
    for (size_t block = 0; block < 3; block++) {
        unsigned bits = 0;
        for (size_t i = 0; i < 5; i++)
            bits |= isupper((unsigned char)id.p[block * 5 + i]) ? 1u << i : 0u;
        out[15 + block] = digits[bits];
    }
    struct kf_text wide = {out, 18};
    return wide;
}

static struct kf_text id_field(const struct instance *in, struct kf_record *rec, const char *name)
{
    char wide[18];
    struct kf_text id = in->host->raw_field(rec, name);
    if (!id.p || !id.n || text_is(id, "null"))
        return (struct kf_text){0, 0};
    return in->host->copy(rec, widened(id, wide));
}

static int32_t reject(struct kf_error *err, const char *what, struct kf_text t)
{
    say(err, KF_E_DATA, NAME, "%s%s%.*s%s", what, t.n ? " '" : "", (int)(t.n > 80 ? 80 : t.n),
        t.n ? t.p : "", t.n ? "'" : "");
    return KF_RECORD_REJECT;
}

/* Time of the change and the message id, which is the record's id and that time as written. */
static int32_t stamp(const struct instance *in, struct kf_record *rec, struct kf_text id,
                     struct kf_error *err)
{
    struct kf_text modified = in->host->raw_field(rec, "LastModifiedDate");
    struct kf_text system = in->host->raw_field(rec, "SystemModstamp");
    struct kf_text time = modified.p && modified.n ? modified : system;
    struct kf_text mark = system.p && system.n ? system : modified;
    if (!time.p || !time.n)
        return reject(err, "has neither LastModifiedDate nor SystemModstamp", time);
    rec->time = in->host->parse_time(rec, time, NULL);
    if (rec->time == KF_NO_TIME)
        return reject(err, "LastModifiedDate is no time:", time);
    rec->received = in->host->parse_time(rec, mark, NULL);
    if (rec->received == KF_NO_TIME || rec->received < rec->time)
        rec->received = rec->time;
    char text[120];
    int n = snprintf(text, sizeof text, "%.*s/%.*s", (int)id.n, id.p,
                     (int)(mark.n > 60 ? 60 : mark.n), mark.p);
    rec->message_id = in->host->copy(rec, (struct kf_text){text, (uint64_t)n});
    return KF_RECORD_OK;
}

/* Lost against another record (or a lead that became a contact): its data is stale, only the
 * connection counts. */
static int32_t finish_alias(const struct instance *in, struct kf_record *rec, struct kf_text id,
                            struct kf_text master)
{
    for (uint32_t i = 0; i < in->n_map; i++)
        if (in->keys[i])
            in->host->remove(rec, in->keys[i]);
    for (uint32_t i = 0; i < in->n_custom; i++)
        in->host->remove(rec, in->custom[i]);
    rec->type = KF_EVENT_ALIAS;
    in->host->put_identifier(rec, "crm_id", master);
    in->host->put_identifier(rec, "crm_id", id);
    in->host->put_text(rec, in->key.previous, id);
    return KF_RECORD_OK;
}

static void put_identifier(const struct instance *in, struct kf_record *rec, const char *ns,
                           uint32_t key)
{
    struct kf_text t = in->host->get(rec, key);
    if (t.p && t.n)
        in->host->put_identifier(rec, ns, t);
}

static void put_references(const struct instance *in, struct kf_record *rec)
{
    for (size_t i = 0; references[i].column; i++) {
        struct kf_text other = id_field(in, rec, references[i].column);
        if (other.p)
            in->host->put_text(rec, in->reference[i], other);
    }
}

/* Columns that kinfold.yaml says are identifiers. */
static void put_own_identifiers(const struct instance *in, struct kf_record *rec)
{
    for (size_t i = 0; i < in->identifiers.n; i++) {
        const struct json *v = &in->identifiers.item[i];
        struct kf_text t = in->host->raw_field(rec, v->key);
        if (t.p && t.n && !(in->json && text_is(t, "null")))
            in->host->put_identifier(rec, v->text, t);
    }
}

static int32_t finish_person(const struct instance *in, struct kf_record *rec, struct kf_text id)
{
    struct kf_text master = id_field(in, rec, "MasterRecordId");
    if (!master.p && in->object == LEAD)
        master = id_field(in, rec, "ConvertedContactId");
    if (master.p)
        return finish_alias(in, rec, id, master);
    rec->type = KF_EVENT_IDENTIFY;
    put_references(in, rec);
    in->host->put_identifier(rec, "crm_id", id);
    put_own_identifiers(in, rec);
    put_identifier(in, rec, "email", in->key.email);
    put_identifier(in, rec, "phone", in->key.phone);
    put_identifier(in, rec, "phone", in->key.mobile);
    return KF_RECORD_OK;
}

static void finish_opportunity(const struct instance *in, struct kf_record *rec, struct kf_text id)
{
    const struct kf_host *h = in->host;
    struct kf_text won = h->get(rec, in->key.is_won), contact = id_field(in, rec, "ContactId");
    struct kf_text amount = h->get(rec, in->key.amount);
    bool is_won = won.p ? text_is(won, "true") : text_is(h->get(rec, in->key.stage), "Closed Won");
    rec->type = KF_EVENT_TRACK;
    rec->name = text_of(is_won ? "Opportunity Won" : "Opportunity Changed");
    h->put_text(rec, in->key.order_id, id);
    if (is_won && amount.p)
        h->put_number(rec, in->key.revenue, amount);
    if (contact.p)
        h->put_identifier(rec, "crm_id", contact);
}

/* CSV has no types; a cell that says true or false is a checkbox. */
static void type_custom(const struct instance *in, struct kf_record *rec)
{
    for (uint32_t i = 0; i < in->n_custom; i++) {
        struct kf_text t = in->host->get(rec, in->custom[i]);
        if (text_is(t, "true") || text_is(t, "false"))
            in->host->put_bool(rec, in->custom[i], text_is(t, "true"));
    }
}

static int32_t finish(void *instance, struct kf_record *rec, struct kf_error *err)
{
    const struct instance *in = instance;
    struct kf_text id = id_field(in, rec, "Id");
    if (!id.p || id.n != 18)
        return reject(err, id.p ? "Id is no record id of 15 or 18 characters:" : "has no Id", id);
    int32_t r = stamp(in, rec, id, err);
    if (r != KF_RECORD_OK)
        return r;
    if (!in->json)
        type_custom(in, rec);
    if (in->currency && !in->host->get(rec, in->key.currency).p)
        in->host->put_text(rec, in->key.currency, text_of(in->currency));
    if (in->object == CONTACT || in->object == LEAD)
        return finish_person(in, rec, id);
    put_references(in, rec);
    put_own_identifiers(in, rec);
    if (in->object == OPPORTUNITY) {
        finish_opportunity(in, rec, id);
        return KF_RECORD_OK;
    }
    rec->type = KF_EVENT_GROUP;
    in->host->put_text(rec, in->key.group_type, text_of("account"));
    in->host->put_text(rec, in->key.group_id, id);
    return KF_RECORD_OK;
}

static const struct kf_source_ops ops = {.size = sizeof ops,
                                         .open = open_source,
                                         .shape = shape,
                                         .finish = finish,
                                         .close = close_source,
                                         .column = column};

static const struct kf_plugin plugin = {
    .magic = KF_PLUGIN_MAGIC,
    .major = KF_PLUGIN_MAJOR,
    .minor = KF_PLUGIN_MINOR,
    .size = sizeof plugin,
    .kind = KF_PLUGIN_SOURCE,
    .name = NAME,
    .version = "1.0",
    .summary = "Salesforce contacts, leads, accounts and opportunities.",
    .formats = "CSV (Data Loader, Bulk API), JSON (REST API); gzip, zstd",
    .vendor_doc = "Salesforce Object Reference, API version 59.0 (Winter '24)",
    .options = options,
    .source = &ops,
};

KF_PLUGIN_EXPORT const struct kf_plugin *kf_plugin_main(void);
const struct kf_plugin *kf_plugin_main(void)
{
    return &plugin;
}
