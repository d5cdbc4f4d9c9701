#include "profile/touch.h"

#include "event/keys.h"

#define VISIT_GAP (30 * KF_MINUTE) /* without an event for this long a visit is over (RULES 3) */

/* The host of a URL; p NULL: none. */
static struct kf_str host_of(struct kf_str url)
{
    const char *p = url.n ? memmem(url.p, url.n, "://", 3) : NULL;
    if (!p)
        return kf_str(NULL, 0);
    p += 3;
    const char *end = url.p + url.n, *q = p;
    while (q < end && *q != '/' && *q != '?' && *q != '#' && *q != ':')
        q++;
    struct kf_str h = kf_str(p, (size_t)(q - p));
    if (h.n > 4 && memcmp(h.p, "www.", 4) == 0)
        h = kf_str(h.p + 4, h.n - 4);
    return h.n ? h : kf_str(NULL, 0);
}

/* Reads what an event says about how the person came; false: nothing. */
static bool read_touch(const struct kf_events *e, uint32_t event, struct kf_touch *t)
{
    static const uint8_t read[KF_KEY_FIRST_FREE] = {
        [KF_KEY_CAMPAIGN_SOURCE] = 1,  [KF_KEY_CAMPAIGN_MEDIUM] = 1, [KF_KEY_CAMPAIGN_NAME] = 1,
        [KF_KEY_CAMPAIGN_TERM] = 1,    [KF_KEY_GCLID] = 1,           [KF_KEY_FBCLID] = 1,
        [KF_KEY_MSCLKID] = 1,          [KF_KEY_TTCLID] = 1,          [KF_KEY_CLICK_ID] = 1,
        [KF_KEY_CAMPAIGN_CONTENT] = 1, [KF_KEY_PAGE_REFERRER] = 1,   [KF_KEY_PAGE_URL] = 1};
    const uint8_t *at = NULL;
    uint32_t key;
    struct kf_val v;
    struct kf_str page = {NULL, 0}, other_click = {NULL, 0};
    while (kf_body_next_of(e, event, read, sizeof read, &at, &key, &v)) {
        if (v.type != KF_V_TEXT || v.text.n == 0)
            continue;
        switch (key) {
        case KF_KEY_CAMPAIGN_SOURCE:
            t->source = v.text;
            break;
        case KF_KEY_CAMPAIGN_MEDIUM:
            t->medium = v.text;
            break;
        case KF_KEY_CAMPAIGN_NAME:
            t->campaign = v.text;
            break;
        case KF_KEY_CAMPAIGN_TERM:
            t->term = v.text;
            break;
        case KF_KEY_CAMPAIGN_CONTENT:
            t->content = v.text;
            break;
        case KF_KEY_GCLID: /* first present of these, in this order */
            t->click_id = v.text;
            break;
        case KF_KEY_FBCLID:
        case KF_KEY_MSCLKID:
        case KF_KEY_TTCLID:
        case KF_KEY_CLICK_ID:
            if (!other_click.p)
                other_click = v.text;
            break;
        case KF_KEY_PAGE_REFERRER:
            t->referrer = host_of(v.text);
            break;
        case KF_KEY_PAGE_URL:
            page = host_of(v.text);
            break;
        default:
            break;
        }
    }
    if (!t->click_id.p)
        t->click_id = other_click;
    if (t->referrer.p && page.p && kf_str_eq(t->referrer, page))
        t->referrer = kf_str(NULL, 0); /* from one page of the shop to the next */
    t->direct = !t->source.p && !t->medium.p && !t->campaign.p && !t->click_id.p && !t->referrer.p;
    return !t->direct;
}

static bool has_campaign(const struct kf_touch *t)
{
    return t->source.p || t->medium.p || t->campaign.p || t->click_id.p;
}

static bool same_campaign(const struct kf_touch *a, const struct kf_touch *b)
{
    return kf_str_eq(a->source, b->source) && kf_str_eq(a->medium, b->medium) &&
           kf_str_eq(a->campaign, b->campaign) && kf_str_eq(a->click_id, b->click_id);
}

struct kf_touch_names kf_touch_names_of(const struct kf_dict *d)
{
    return (struct kf_touch_names){kf_symbols_find(d->name, kf_cstr("Ad Click")),
                                   kf_symbols_find(d->name, kf_cstr("Ad Viewed"))};
}

static bool in_visit(const struct kf_events *e, uint32_t event)
{
    uint8_t type = e->what[event].type;
    return e->what[event].platform != KF_PLATFORM_SERVER &&
           (type == KF_EVENT_TRACK || type == KF_EVENT_PAGE || type == KF_EVENT_SCREEN);
}

uint32_t kf_touches_marked(const struct kf_events *e, const struct kf_touch_names *names,
                           const uint32_t *event, const uint8_t *says, uint32_t n,
                           struct kf_arena *arena, const struct kf_touch **ret)
{
    struct kf_touch *out = kf_arena_alloc(arena, (n ? n : 1) * sizeof *out);
    uint32_t m = 0, current = UINT32_MAX; /* touch that began the visit in hand */
    int64_t last = KF_TIME_MIN;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t v = event[i], name = e->what[v].name;
        struct kf_touch *t = &out[m];
        bool click = name && name == names->click, view = name && name == names->view;
        if (!click && !view && !in_visit(e, v))
            continue;
        *t = (struct kf_touch){.event = v, .time = e->time[v], .direct = true};
        bool said = (!says || says[i]) && read_touch(e, v, t);
        if (click || view) {
            t->kind = click ? KF_TOUCH_CLICK : KF_TOUCH_VIEW;
            m++;
            continue;
        }
        bool gap = last == KF_TIME_MIN || t->time - last >= VISIT_GAP;
        last = t->time;
        bool campaign = said && has_campaign(t);
        if (gap || (campaign && !(current != UINT32_MAX && same_campaign(t, &out[current])))) {
            t->kind = KF_TOUCH_VISIT;
            current = m++;
        } else if (campaign) {
            t->kind = KF_TOUCH_MENTION;
            m++;
        }
    }
    *ret = out;
    return m;
}

uint32_t kf_touches(const struct kf_events *e, const uint32_t *event, uint32_t n,
                    struct kf_arena *arena, const struct kf_touch **ret)
{
    struct kf_touch_names names = kf_touch_names_of(e->dict);
    return kf_touches_marked(e, &names, event, NULL, n, arena, ret);
}
