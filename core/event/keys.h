/* Well-known canonical paths with fixed symbol numbers in every dictionary. Add at the end only:
 * the log holds the numbers. */
#ifndef KF_EVENT_KEYS_H
#define KF_EVENT_KEYS_H

#define KF_KEYS(X)                                                                                 \
    X(EVENT_ID, "event.id")                                                                        \
    X(ORIGINAL_TIME, "event.original_time")                                                        \
    X(IP, "context.ip")                                                                            \
    X(USER_AGENT, "context.user_agent")                                                            \
    X(LOCALE, "context.locale")                                                                    \
    X(TIMEZONE, "context.timezone")                                                                \
    X(PAGE_URL, "context.page.url")                                                                \
    X(PAGE_REFERRER, "context.page.referrer")                                                      \
    X(APP_VERSION, "context.app.version")                                                          \
    X(DEVICE_ID, "context.device.id")                                                              \
    X(DEVICE_MODEL, "context.device.model")                                                        \
    X(OS_NAME, "context.os.name")                                                                  \
    X(CAMPAIGN_SOURCE, "context.campaign.source")                                                  \
    X(CAMPAIGN_MEDIUM, "context.campaign.medium")                                                  \
    X(CAMPAIGN_NAME, "context.campaign.name")                                                      \
    X(CAMPAIGN_TERM, "context.campaign.term")                                                      \
    X(CAMPAIGN_CONTENT, "context.campaign.content")                                                \
    X(GCLID, "context.campaign.gclid")                                                             \
    X(FBCLID, "context.campaign.fbclid")                                                           \
    X(MSCLKID, "context.campaign.msclkid")                                                         \
    X(TTCLID, "context.campaign.ttclid")                                                           \
    X(LATITUDE, "context.location.latitude")                                                       \
    X(LONGITUDE, "context.location.longitude")                                                     \
    X(GROUP_TYPE, "event.group_type")                                                              \
    X(GROUP_ID, "event.group_id")                                                                  \
    X(PREVIOUS_ID, "event.previous_id")                                                            \
    X(CURRENCY, "properties.currency")                                                             \
    X(REVENUE, "properties.revenue")                                                               \
    X(ORDER_ID, "properties.order_id")                                                             \
    X(PRODUCTS, "properties.products")                                                             \
    X(TRAITS_EMAIL, "traits.email")                                                                \
    X(TRAITS_PHONE, "traits.phone")                                                                \
    X(CLICK_ID, "properties.click_id")                                                             \
    X(REL_CURRENCY, "currency")

/* How the time was written, where that is odd: "no_offset", "dst_gap". Rare, so without a number.
 */
#define KF_TIME_NOTE "event.time_note"

enum kf_key {
    KF_KEY_NONE = 0,
#define KF_KEY_ENUM(id, path) KF_KEY_##id,
    KF_KEYS(KF_KEY_ENUM)
#undef KF_KEY_ENUM
        KF_KEY_FIRST_FREE
};

#endif
