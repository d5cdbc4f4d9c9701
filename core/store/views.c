/* What people read: names instead of numbers, ISO texts instead of milliseconds. iso(x) is written
 * out by kf_schema_views. README.md lists every view. */
#include "store/schema.h"

#include <string.h>

#define BECAUSE                                                                                    \
    "r.name, r.title, r.because, r.owner, r.file || ':' || r.line AS \"where\", r.sentence"

/* Three parts, so that who asks for a profile finds its identifiers by the index: its own,
 * spellings of those, and nobody's. */
#define PEOPLE                                                                                     \
    "CREATE VIEW identifiers AS -- all values, whose they are and why some are nobody's\n"         \
    " SELECT p.profile_id, n.name AS namespace, i.value, NULL AS same_as, j.value AS joined_to,\n" \
    "  coalesce(i.isolated, i.ignored) AS note FROM identifier i JOIN profile p ON p.id = "        \
    "i.profile\n"                                                                                  \
    " JOIN namespace n ON n.id = i.namespace LEFT JOIN identifier j ON j.id = i.joined_to\n"       \
    " UNION ALL SELECT p.profile_id, n.name, i.value, s.value, NULL, NULL\n"                       \
    " FROM identifier i JOIN identifier s ON s.id = i.same_as JOIN profile p ON p.id = "           \
    "s.profile\n"                                                                                  \
    " JOIN namespace n ON n.id = i.namespace\n"                                                    \
    " UNION ALL SELECT NULL, n.name, i.value, s.value, j.value, coalesce(i.isolated, i.ignored)\n" \
    " FROM identifier i JOIN namespace n ON n.id = i.namespace\n"                                  \
    " LEFT JOIN identifier s ON s.id = i.same_as LEFT JOIN identifier j ON j.id = i.joined_to\n"   \
    " WHERE i.profile IS NULL AND s.profile IS NULL;\n"                                            \
    "CREATE VIEW spans AS -- who held an identifier when, of those that changed hands\n"           \
    " SELECT n.name AS namespace, i.value, p.profile_id, iso(s.from_ms) AS \"from\",\n"            \
    "  iso(s.to_ms) AS \"to\", s.isolated AS note, iso(s.first_ms) AS first_seen,\n"               \
    "  iso(s.last_ms) AS last_seen\n"                                                              \
    " FROM identifier_span s JOIN identifier i ON i.id = s.identifier\n"                           \
    " JOIN namespace n ON n.id = i.namespace LEFT JOIN profile p ON p.id = s.profile;\n"           \
    "CREATE VIEW shared AS -- identifiers of more people than one, up for review\n"                \
    " SELECT n.name AS namespace, i.value FROM shared_identifier s\n"                              \
    " JOIN identifier i ON i.id = s.identifier JOIN namespace n ON n.id = i.namespace;\n"          \
    "CREATE VIEW links AS -- evidence that two identifiers are one person's (`links: true`)\n"     \
    " SELECT an.name AS a_namespace, a.value AS a, bn.name AS b_namespace, b.value AS b,\n"        \
    "  l.rule, r.file || ':' || r.line AS \"where\", l.strength, l.consented,\n"                   \
    "  iso(l.first_ms) AS first, iso(l.last_ms) AS last, l.count, l.event\n"                       \
    " FROM link l JOIN identifier a ON a.id = l.a JOIN namespace an ON an.id = a.namespace\n"      \
    " JOIN identifier b ON b.id = l.b JOIN namespace bn ON bn.id = b.namespace\n"                  \
    " LEFT JOIN rule r ON r.kind = 'link' AND r.name = l.rule;\n"                                  \
    "CREATE VIEW refused AS -- evidence that was not followed, and why\n"                          \
    " SELECT an.name AS a_namespace, a.value AS a, bn.name AS b_namespace, b.value AS b,\n"        \
    "  l.rule, r.file || ':' || r.line AS \"where\", l.strength, l.consented, l.reason,\n"         \
    "  l.limit_namespace, l.apart_rule, x.value AS apart_a, y.value AS apart_b,\n"                 \
    "  iso(l.first_ms) AS first, iso(l.last_ms) AS last, l.count, l.event\n"                       \
    " FROM link_refused l JOIN identifier a ON a.id = l.a\n"                                       \
    " JOIN namespace an ON an.id = a.namespace JOIN identifier b ON b.id = l.b\n"                  \
    " JOIN namespace bn ON bn.id = b.namespace LEFT JOIN identifier x ON x.id = l.apart_a\n"       \
    " LEFT JOIN identifier y ON y.id = l.apart_b\n"                                                \
    " LEFT JOIN rule r ON r.kind = 'link' AND r.name = l.rule;\n"                                  \
    "CREATE VIEW touches AS -- contacts with campaigns, in order of time\n"                        \
    " SELECT p.profile_id, t.seq, iso(t.time_ms) AS time, t.kind, t.source, t.medium,\n"           \
    "  t.campaign, t.term, t.content, t.click_id, t.referrer\n"                                    \
    " FROM touch t JOIN profile p ON p.id = t.profile;\n"                                          \
    "CREATE VIEW flags AS -- marks on events\n"                                                    \
    " SELECT r.name AS flag, r.title, p.profile_id, f.event, iso(f.time_ms) AS time,\n"            \
    "  r.file || ':' || r.line AS \"where\"\n"                                                     \
    " FROM flag f JOIN rule r ON r.id = f.rule LEFT JOIN profile p ON p.id = f.profile;\n"

#define DECIDED                                                                                    \
    "CREATE VIEW members AS -- who is in which segment\n"                                          \
    " SELECT r.name AS segment, r.title, p.profile_id, iso(m.until_ms) AS until,\n"                \
    "  r.file || ':' || r.line AS \"where\"\n"                                                     \
    " FROM membership m JOIN rule r ON r.id = m.rule JOIN profile p ON p.id = m.profile;\n"        \
    "CREATE VIEW lacking AS -- who would be in a segment but for the consent it requires\n"        \
    " SELECT r.name AS segment, r.title, p.profile_id, iso(m.until_ms) AS until,\n"                \
    "  r.file || ':' || r.line AS \"where\"\n"                                                     \
    " FROM without_consent m JOIN rule r ON r.id = m.rule JOIN profile p ON p.id = m.profile;\n"   \
    "CREATE VIEW suppressed AS -- who may not be sent to, through what, and why\n"                 \
    " SELECT p.profile_id, r.name AS rule, r.title,\n"                                             \
    "  CASE WHEN s.everything THEN 'everything' ELSE (SELECT group_concat(c.name, ' ')\n"          \
    "   FROM rule c WHERE c.kind = 'channel' AND (s.channels >> c.place) & 1) END AS blocks,\n"    \
    "  n.name AS namespace, i.value AS contact, s.undecided, iso(s.until_ms) AS until,\n"          \
    "  r.file || ':' || r.line AS \"where\"\n"                                                     \
    " FROM suppression s JOIN rule r ON r.id = s.rule JOIN profile p ON p.id = s.profile\n"        \
    " LEFT JOIN identifier i ON i.id = s.contact LEFT JOIN namespace n ON n.id = i.namespace;\n"   \
    "CREATE VIEW consents AS -- what people said about a purpose\n"                                \
    " SELECT p.profile_id, u.name AS purpose, c.state, iso(c.since_ms) AS since\n"                 \
    " FROM consent c JOIN purpose u ON u.id = c.purpose JOIN profile p ON p.id = c.profile;\n"     \
    "CREATE VIEW eligible AS -- who may be reached through a channel, from when, at what\n"        \
    " SELECT p.profile_id, r.name AS channel, n.name AS namespace, i.value AS contact,\n"          \
    "  iso(e.from_ms) AS \"from\", e.from_ms IS NOT NULL AS eligible, b.name AS blocked_by\n"      \
    " FROM eligibility e JOIN rule r ON r.id = e.channel JOIN profile p ON p.id = e.profile\n"     \
    " LEFT JOIN identifier i ON i.id = e.contact LEFT JOIN namespace n ON n.id = i.namespace\n"    \
    " LEFT JOIN rule b ON b.id = e.blocked_by;\n"                                                  \
    "CREATE VIEW verdicts AS -- of fraud rules about events, identifiers and values\n"             \
    " SELECT r.name AS rule, r.title, f.verdict, f.undecided, f.points, p.profile_id, f.event,\n"  \
    "  iso(f.time_ms) AS time, n.name AS namespace, coalesce(i.value, f.key) AS value,\n"          \
    "  r.file || ':' || r.line AS \"where\"\n"                                                     \
    " FROM fraud f JOIN rule r ON r.id = f.rule LEFT JOIN profile p ON p.id = f.profile\n"         \
    " LEFT JOIN identifier i ON i.id = f.identifier\n"                                             \
    " LEFT JOIN namespace n ON n.id = i.namespace;\n"                                              \
    "CREATE VIEW not_decided AS -- rules that could not be decided for a profile\n"                \
    " SELECT p.profile_id, r.kind, r.name AS rule, u.why, r.file || ':' || r.line AS \"where\"\n"  \
    " FROM undecided u JOIN rule r ON r.id = u.rule JOIN profile p ON p.id = u.profile;\n"

/* Every fact about a profile with the rule that made it and the place it is written at. */
#define WHY                                                                                        \
    "CREATE VIEW why AS -- every decision about a profile, with its rule\n"                        \
    " SELECT p.profile_id, 'member' AS fact, " BECAUSE " FROM membership m\n"                      \
    "  JOIN rule r ON r.id = m.rule JOIN profile p ON p.id = m.profile\n"                          \
    " UNION ALL SELECT p.profile_id, 'without consent', " BECAUSE " FROM without_consent m\n"      \
    "  JOIN rule r ON r.id = m.rule JOIN profile p ON p.id = m.profile\n"                          \
    " UNION ALL SELECT p.profile_id, CASE WHEN s.undecided THEN 'suppressed, undecided'\n"         \
    "  ELSE 'suppressed' END, " BECAUSE " FROM suppression s\n"                                    \
    "  JOIN rule r ON r.id = s.rule JOIN profile p ON p.id = s.profile\n"                          \
    " UNION ALL SELECT p.profile_id, 'undecided: ' || u.why, " BECAUSE " FROM undecided u\n"       \
    "  JOIN rule r ON r.id = u.rule JOIN profile p ON p.id = u.profile\n"                          \
    " UNION ALL SELECT p.profile_id, f.verdict, " BECAUSE " FROM fraud f\n"                        \
    "  JOIN rule r ON r.id = f.rule JOIN profile p ON p.id = f.profile\n"                          \
    " UNION ALL SELECT p.profile_id, 'flagged ' || f.event, " BECAUSE " FROM flag f\n"             \
    "  JOIN rule r ON r.id = f.rule JOIN profile p ON p.id = f.profile\n"                          \
    " UNION ALL SELECT p.profile_id, 'not joined: ' || l.reason, " BECAUSE "\n"                    \
    "  FROM link_refused l JOIN rule r ON r.kind = 'link' AND r.name = l.rule\n"                   \
    "  JOIN identifier i ON i.id IN (l.a, l.b) JOIN profile p ON p.id = i.profile;\n"

#define RUNS                                                                                       \
    "CREATE VIEW rules AS -- the rules of the last run\n"                                          \
    " SELECT kind, name, title, owner, because, file || ':' || line AS \"where\", sentence,\n"     \
    "  digest FROM rule;\n"                                                                        \
    "CREATE VIEW runs AS -- every run\n"                                                           \
    " SELECT number, engine, iso(as_of_ns / 1000000) AS as_of, events, profiles, identifiers,\n"   \
    "  quarantined, duplicates, read_records, read_events, read_bytes, rules_digest,\n"            \
    "  config_digest, data_digest, decisions, erasures, ids_gone, ids_new,\n"                      \
    "  iso(at_ms) AS at, despite_by, despite FROM run;\n"                                          \
    "CREATE VIEW history AS -- what a rule came to at every run\n"                                 \
    " SELECT h.run, iso(r.at_ms) AS at, iso(r.as_of_ns / 1000000) AS as_of, h.kind,\n"             \
    "  h.name AS rule, h.band, h.members, h.undecided, h.lacking, h.digest\n"                      \
    " FROM run_rule h JOIN run r ON r.number = h.run;\n"                                           \
    "CREATE VIEW finding_history AS -- what a check found at every run\n"                          \
    " SELECT q.run, iso(r.at_ms) AS at, coalesce(q.rule, 'built in') AS rule, q.\"check\",\n"      \
    "  q.detail AS finding, q.bad, q.\"of\", q.passed, q.gate\n"                                   \
    " FROM run_quality q JOIN run r ON r.number = q.run;\n"                                        \
    "CREATE VIEW deliveries AS -- what every run read of a source\n"                               \
    " SELECT s.run, iso(r.at_ms) AS at, s.source, s.records, s.events, s.duplicates,\n"            \
    "  s.rejected, s.waits FROM run_source s JOIN run r ON r.number = s.run;\n"                    \
    "CREATE VIEW delivered AS -- which events the log has of a source, and how fresh they are\n"   \
    " SELECT source, type, name, names, events, iso(last_event_ms) AS last_event,\n"               \
    "  iso(last_received_ms) AS last_received FROM source_event;\n"                                \
    "CREATE VIEW sources AS -- the sources of kinfold.yaml\n"                                      \
    " SELECT name, plugin, cadence, cron, approved_by, records, events, duplicates, rejected,\n"   \
    "  skipped, iso(last_event_ms) AS last_event, iso(last_received_ms) AS last_received,\n"       \
    "  CASE WHEN events + duplicates > 0\n"                                                        \
    "   THEN round(100.0 * late / (events + duplicates), 2) END AS late_percent,\n"                \
    "  CASE WHEN cadence = 'approval' AND approved_by IS NULL THEN 'approval' END AS "             \
    "waiting_for\n"                                                                                \
    " FROM source_status;\n"                                                                       \
    "CREATE VIEW files AS -- the files that were read\n"                                           \
    " SELECT source, path, size, hash, iso(modified_ms) AS modified, records, events, rejected,\n" \
    "  skipped, run FROM source_file;\n"                                                           \
    "CREATE VIEW findings AS -- of the quality checklist and of expect rules\n"                    \
    " SELECT coalesce(r.name, 'built in') AS rule, q.\"check\", q.detail AS finding, q.bad,\n"     \
    "  q.\"of\", q.passed, q.example AS events, r.file || ':' || r.line AS \"where\"\n"            \
    " FROM quality q LEFT JOIN rule r ON r.id = q.rule;\n"                                         \
    "CREATE VIEW decisions AS -- what stewards decided; an undo names what it undoes\n"            \
    " SELECT number, verb, a, b, iso(at_ns / 1000000) AS at, undoes, who, why,\n"                  \
    "  iso(made_ms) AS made, number > (SELECT max(decisions) FROM run) AS waits_for_run\n"         \
    " FROM decision;\n"                                                                            \
    "CREATE VIEW erasures AS -- who was erased, as far as it may be known: receipts\n"             \
    " SELECT e.number, iso(e.at_ms) AS at, e.who, e.why, e.rule, e.counts,\n"                      \
    "  (SELECT count(*) FROM tombstone t WHERE t.erasure = e.number) AS tombstones,\n"             \
    "  e.previous, e.hash FROM erasure e;\n"                                                       \
    "CREATE VIEW approvals AS -- who signed which rule set off\n"                                  \
    " SELECT number, iso(at_ms) AS at, role, who, verdict, rules_digest, plan_digest, because,\n"  \
    "  key, hash, previous FROM approval;\n"

static const char VIEWS[] = PEOPLE DECIDED WHY RUNS;

void kf_schema_iso(struct kf_buf *sql, const char *text)
{
    const char *at;
    while ((at = strstr(text, "iso("))) {
        size_t n = strcspn(at + 4, ")");
        kf_buf_add(sql, text, (size_t)(at - text));
        kf_buf_addf(sql, "strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', %.*s / 1000.0, 'unixepoch')", (int)n,
                    at + 4);
        text = at + 4 + n + 1;
    }
    kf_buf_adds(sql, text);
}

void kf_schema_views(struct kf_buf *sql)
{
    kf_schema_iso(sql, VIEWS);
}
