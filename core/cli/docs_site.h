/* Inside of the catalogue's site: docs_site.c has the pages about all rules, docs_page.c a rule's.
 * Main thread. */
#ifndef KF_CLI_DOCS_SITE_H
#define KF_CLI_DOCS_SITE_H

#include "cli/docs.h"
#include "cli/page.h"

struct kf_site {
    struct kf_docs *d;
    struct kf_docs_files *files;
    struct kf_page page; /* the one in hand */
    const char *root;    /* from the page to the site's folder: "" or "../" */
};

/* Begins a page of the site. here: its place in the menu, "rules", "identity", ...; NULL: none. */
void kf_site_begin(struct kf_site *s, const char *path, const char *root, const char *here,
                   const char *title, const char *subtitle, const char *digest);
void kf_site_end(struct kf_site *s);
/* "segment/vip_at_risk.html" */
const char *kf_site_path(struct kf_site *s, const struct kf_rule *r);
void kf_site_rule(struct kf_site *s, uint32_t number); /* its name as a link */
void kf_site_rules(struct kf_site *s, const uint32_t *rule, uint32_t n);
/* What a rule came to at the last run, NULL: nothing. */
const struct kf_docs_point *kf_site_now(const struct kf_site *s, const struct kf_docs_entry *e);
/* The line of its history; text alternative in it. Nothing before the second run. */
void kf_site_spark(struct kf_site *s, const struct kf_docs_entry *e);
/* "Members", "Verdicts": what is counted of a kind. */
const char *kf_site_counted(enum kf_kind kind);
/* A condition as a list within lists, rules in it as links. */
void kf_site_condition(struct kf_site *s, const struct kf_docs_entry *e, const struct kf_node *n);
/* A text with 'name' of a rule that the entry asks as a link. */
void kf_site_text(struct kf_site *s, const struct kf_docs_entry *e, const char *text);

void kf_site_rule_page(struct kf_site *s, const struct kf_docs_entry *e);

#endif
