/* Every diagnostic of rule files: X(code, name, severity, title, cause, example, cure). Codes are
 * stable: a number is never given a second meaning; new ones are added at the end of their hundred.
 * `docs` prints this table. */
#ifndef KF_LUA_CODES_H
#define KF_LUA_CODES_H

#include <stdint.h>

#define KF_CODES(X)                                                                                \
    X("KF0001", SYNTAX, ERROR, "the file is not Lua",                                              \
      "A bracket, comma or quote is missing, so that the text does not parse.",                    \
      "segment \"a\" { title = \"A\" owner = \"a@example.com\" }",                                 \
      "Look at the line named and the one before it; settings are separated by commas.")           \
    X("KF0002", RUNTIME, ERROR, "the file failed while it was loaded",                             \
      "Lua code outside the words of the language (a loop, a function) went wrong.",               \
      "local n = nil + 1", "Mend the Lua code, or say it without code.")                           \
    X("KF0003", LIMIT, ERROR, "a limit was broken",                                                \
      "A rule file may use a bounded number of instructions and a bounded amount of memory.",      \
      "while true do end", "Rules only register; move computing out of the file.")                 \
    X("KF0004", UNREADABLE, ERROR, "the file cannot be used",                                      \
      "It is not readable, too large, compiled Lua, or not UTF-8.", "(a binary file)",             \
      "Keep rule files as plain UTF-8 text.")                                                      \
    X("KF0005", USE, ERROR, "`use` does not find or load a file",                                  \
      "`use \"lib/x\"` loads lib/x.lua below the rules, once, and not in a circle.",               \
      "use \"lib/missing\"", "Give the path below the rules folder, without .lua.")                \
    X("KF0006", TOO_LARGE, ERROR, "a rule is too large or too deep",                               \
      "Conditions shared many times over grow when they are written out.",                         \
      "a = all { a, a } ... repeated", "Name parts as segments of their own and ask for them.")    \
    X("KF0101", UNKNOWN_WORD, ERROR, "unknown word",                                               \
      "The name is no word of the language, no local and no parameter.",                           \
      "evnt \"Order Completed\"", "Take the suggested word, or declare it: local x = ...")         \
    X("KF0102", UNKNOWN_TRAIT, ERROR, "unknown trait",                                             \
      "No `trait` or `computed` has that name, and a name near it is declared.",                   \
      "trait \"lifecycle_stge\"", "Correct the name or declare the trait.")                        \
    X("KF0103", UNKNOWN_METHOD, ERROR, "unknown word after a colon",                               \
      "The value in front has no such filter, aggregate or test.", "event \"A\":withn(days(3))",   \
      "Take the suggested word.")                                                                  \
    X("KF0104", UNKNOWN_SETTING, ERROR, "unknown setting",                                         \
      "The kind of rule has no such setting.", "segment \"x\" { whoo = event \"A\" }",             \
      "Take the suggested name.")                                                                  \
    X("KF0105", UNKNOWN_RULE, ERROR, "unknown rule",                                               \
      "A condition asks for a rule that no file defines.", "segment \"vips\"",                     \
      "Correct the name or define the rule.")                                                      \
    X("KF0106", UNKNOWN_LIST, ERROR, "unknown list",                                               \
      "in_list names a list that kinfold.yaml does not have.", "in_list \"ofice_networks\"",       \
      "Correct the name or declare the list under `lists`.")                                       \
    X("KF0107", UNKNOWN_NAMESPACE, ERROR, "unknown identifier",                                    \
      "The namespace is not declared by `identifiers`.", "identifier \"emial\"",                   \
      "Correct the name or declare it.")                                                           \
    X("KF0108", UNKNOWN_CHANNEL, ERROR, "unknown channel", "No `channel` rule has that name.",     \
      "blocks = { \"emial\" }", "Correct the name or define the channel.")                         \
    X("KF0109", UNKNOWN_PURPOSE, NOTE, "purpose without a rule",                                   \
      "No `consent` rule has that name; its statements are read from consent events alone.",       \
      "requires_consent = \"marketting\"", "Define consent \"...\" or correct the name.")          \
    X("KF0110", UNKNOWN_FIELD, ERROR, "unknown field of a touch",                                  \
      "A touch has a fixed set of fields.", "touch { medum = \"cpc\" }",                           \
      "Take the suggested name.")                                                                  \
    X("KF0111", UNKNOWN_SOURCE, ERROR, "unknown source",                                           \
      "kinfold.yaml has no source of that name.", ":from_source \"cmr\"", "Correct the name.")     \
    X("KF0112", UNDECLARED_TRAIT, NOTE, "trait that nobody declares",                              \
      "It is read as traits.NAME, newest.", "trait \"nickname\"",                                  \
      "Declare it to say which source is believed.")                                               \
    X("KF0113", UNKNOWN_DESTINATION, ERROR, "unknown destination",                                 \
      "kinfold.yaml has no destination of that name.", "to = \"crm_fiel\"", "Correct the name.")   \
    X("KF0114", UNKNOWN_CHOICE, ERROR, "not one of the possible words",                            \
      "The setting takes one of a few words.", "merge = \"newst\"", "Take one of those listed.")   \
    X("KF0115", UNKNOWN_BAND, ERROR, "unknown band", "The score has no band of that name.",        \
      "score \"churn_risk\":band \"hihg\"", "Take one of the score's bands.")                      \
    X("KF0116", UNKNOWN_EVENT, WARNING, "event that no list of names has",                         \
      "An `expect` rule with check = \"names\" lists the agreed names, and a near one is among "   \
      "them.",                                                                                     \
      "event \"Order Complete\"", "Correct the name, or add it to the agreed ones.")               \
    X("KF0201", MISSING_SETTING, ERROR, "a setting is missing",                                    \
      "Every rule has title, owner and because, and what its kind requires.",                      \
      "segment \"x\" { title = \"X\" }", "Add the setting.")                                       \
    X("KF0202", SETTING_TWICE, ERROR, "a setting is given twice",                                  \
      "Lua keeps the last and forgets the first without a sound.", "{ a = 1, a = 2 }",             \
      "Keep one, or combine conditions with all or any.")                                          \
    X("KF0203", RULE_TWICE, ERROR, "a rule is defined twice", "Kind and name are unique.",         \
      "segment \"a\" { ... } segment \"a\" { ... }", "Rename or remove one.")                      \
    X("KF0204", RULE_INSIDE, ERROR, "a rule inside another",                                       \
      "A rule stands by itself; inside a condition it is asked by kind and name.",                 \
      "who = segment \"b\" { ... }", "Define it outside and write segment \"b\".")                 \
    X("KF0205", BAD_NAME, ERROR, "not a name",                                                     \
      "Names are small letters, digits and underscores, a letter first.", "segment \"My VIPs\"",   \
      "Write it like my_vips.")                                                                    \
    X("KF0206", UNUSED, ERROR, "a condition that no rule uses",                                    \
      "It is built and then lost; often `and`, `or` or `not` dropped one side.",                   \
      "who = event \"A\" and event \"B\"",                                                         \
      "Combine conditions with all { }, any { } or none { }.")                                     \
    X("KF0207", BOOLEAN, ERROR, "true or false where a condition is expected",                     \
      "`not`, `==` and `~=` make a boolean while the file loads.",                                 \
      "all { trait \"plan\" == \"pro\" }", "Write :is(...), :is_not(...) or none { }.")            \
    X("KF0208", HOLE, ERROR, "a list with a hole", "An element is nil.",                           \
      "all { event \"A\", nil }", "Remove it; a misspelt local is nil.")                           \
    X("KF0209", EMPTY, ERROR, "an empty list of conditions", "There is nothing to combine.",       \
      "all {}", "Name at least one condition.")                                                    \
    X("KF0210", OPERATOR, ERROR, "a Lua operator on a condition",                                  \
      "Conditions are trees, not values: Lua cannot compare or add them.", "score \"x\" > 3",      \
      "Use the word: at_least, more_than, is, total ...")                                          \
    X("KF0211", NO_TABLE, ERROR, "a rule without its settings",                                    \
      "A kind and a name alone ask; this kind cannot be asked.", "link \"login\"",                 \
      "Add the settings in { }.")                                                                  \
    X("KF0212", CIRCLE, ERROR, "rules ask each other in a circle",                                 \
      "Neither could be decided first.", "segment a asks segment b asks segment a",                \
      "Take one of the questions out.")                                                            \
    X("KF0213", STAGE, ERROR, "asks for what is decided later",                                    \
      "Flags and consent come first, then identity, then fraud, then all else.",                   \
      "link \"x\" { when = segment \"vip\" }", "Ask about the event itself.")                      \
    X("KF0214", LOOKS_AT_ONE, ERROR, "windows where one event is looked at",                       \
      "Such rules ask whether this one event is such.",                                            \
      "flag \"x\" { when = event \"A\":within(days(3)) }",                                         \
      "Use where, from_source, on; windows belong to segments and fraud.")                         \
    X("KF0215", GLOBAL, ERROR, "assignment to an undeclared name",                                 \
      "Rule files have no global variables.", "x = days(3)", "Write local x = ...")                \
    X("KF0216", OWNER, ERROR, "owner is no mail address", "Somebody must be asked about a rule.",  \
      "owner = \"marketing\"", "Write owner = \"team@example.com\".")                              \
    X("KF0217", FRAUD_ONLY, ERROR, "a word that only fraud may use",                               \
      "with_same and profiles look across people.",                                                \
      "segment \"x\" { who = ...:with_same \"ip\" }",                                              \
      "Move it to a fraud rule and ask fraud \"x\".")                                              \
    X("KF0218", COLON, ERROR, "a word called without its colon", "Methods take a colon.",          \
      "event \"A\".count()", "Write event \"A\":count().")                                         \
    X("KF0301", ARGUMENT, ERROR, "wrong argument",                                                 \
      "A word was given something it cannot take: a length of time is days(7), not 7.",            \
      "within(7)", "Give it what the message says that it takes.")                                 \
    X("KF0302", WRONG_TYPE, ERROR, "wrong type of a setting", "A setting takes something else.",   \
      "who = \"vip\"", "Write who = segment \"vip\".")                                             \
    X("KF0303", TEXT_ORDER, ERROR, "text has no order",                                            \
      "at_least and its like compare numbers, money, times and versions.", "at_least \"gold\"",    \
      "Use is_one_of { ... }, or version \"4.2\" or date \"...\" for those.")                      \
    X("KF0304", BARE_NUMBER, ERROR, "a bare number against money", "An amount has a currency.",    \
      "sum \"revenue\":at_least(300)", "Write money(300, \"EUR\").")                               \
    X("KF0305", DECIMALS, ERROR, "more decimals than the currency has", "Money is exact.",         \
      "money(1.999, \"EUR\")", "Round the amount yourself.")                                       \
    X("KF0306", CURRENCY, ERROR, "unknown currency", "ISO 4217 does not know it.",                 \
      "money(1, \"EURO\")", "Write three capitals: EUR, USD, CHF.")                                \
    X("KF0307", TIME, ERROR, "not a date or time", "Dates are YYYY-MM-DD.", "date \"1.3.2026\"",   \
      "Write date \"2026-03-01\" or instant \"2026-03-01T10:00:00Z\".")                            \
    X("KF0308", MONEY_TYPE, ERROR, "money against what is no amount",                              \
      "The property is not listed as money in kinfold.yaml, or the value counts.",                 \
      ":count():at_least(money(3, \"EUR\"))", "Compare with a number, or list the property.")      \
    X("KF0309", RANGE, ERROR, "out of range", "The number is too small or too large.",             \
      "percent(120)", "Take a number in the range named.")                                         \
    X("KF0310", TYPE_MISMATCH, ERROR, "a test that can never fit",                                 \
      "The declared type of what is tested and the test do not go together.",                      \
      "trait \"birthday\":at_least(3)", "Use a test for that type.")                               \
    X("KF0311", RETURNS, ERROR, "a custom rule asked as what it does not return",                  \
      "`returns` says condition or number.", "custom \"n\" where n returns a number",              \
      "Add a test, or ask without one.")                                                           \
    X("KF0401", NEVER, WARNING, "a condition that never holds",                                    \
      "No value passes its tests, whatever the data is: it is proved, not guessed.",               \
      "all { trait \"age\":at_least(65), trait \"age\":less_than(18) }",                           \
      "Look at the bounds and at `all` and `any`: one of them is not what was meant.")             \
    X("KF0402", ALWAYS, WARNING, "a condition that always holds",                                  \
      "It is false for nobody, so that it says nothing.", "event \"A\":count():at_least(0)",       \
      "Take it out, or look at the bound: at_least(1) is the first that asks for something.")      \
    X("KF0403", CONTRADICTION, WARNING, "two conditions that exclude each other",                  \
      "Whoever passes the one fails the other, so that nobody passes both.",                       \
      "all { trait \"plan\":is(\"pro\"), trait \"plan\":is(\"free\") }",                           \
      "Take one out, or write any { } where either is enough.")                                    \
    X("KF0404", REDUNDANT, NOTE, "a condition that says nothing new",                              \
      "Whoever passes another condition beside it passes this one, too.",                          \
      "all { trait \"age\":at_least(18), trait \"age\":at_least(16) }", "Take it out.")            \
    X("KF0405", NO_EVENT, WARNING, "events that cannot exist",                                     \
      "No event passes all filters of the selection.",                                             \
      "event \"A\":within(days(7)):between_ago(days(30), days(60))",                               \
      "One of the filters belongs to another selection: take it out.")                             \
    X("KF0501", SAME_RULE, WARNING, "two rules that are the same",                                 \
      "They have the same conditions under two names, and will drift apart.",                      \
      "segment \"a\" { who = event \"X\" } segment \"b\" { who = event \"X\" }",                   \
      "Keep one and ask for it by name.")                                                          \
    X("KF0502", SUBSUMED, NOTE, "a segment inside another",                                        \
      "Every member of the one is one of the other, for the same purpose, and neither asks for "   \
      "it.",                                                                                       \
      "who = orders:within(days(30)) beside who = orders:within(days(90))",                        \
      "Fine if it is meant; else narrow one, or let it ask: segment \"other\".")                   \
    X("KF0503", BAND_GAP, WARNING, "points below the first band",                                  \
      "The score can be lower than its first band begins; such profiles have no band.",            \
      "start = 0 with points of -10, bands = { { \"low\", 0 }, ... }",                             \
      "Begin the first band lower, or cut the score off: range = { 0, 100 }.")                     \
    X("KF0504", BAND_UNREACHED, WARNING, "a band that no score reaches",                           \
      "All points together stay below where the band begins, or all above where it ends.",         \
      "points of 30 in all, bands = { { \"low\", 0 }, { \"high\", 70 } }",                         \
      "Lower the band, or look whether points are missing.")                                       \
    X("KF0505", RETENTION, WARNING, "a window longer than data is kept",                           \
      "kinfold.yaml keeps events for `retention`; older ones are gone when the rule looks.",       \
      "retention: 365 days with event \"A\":within(days(730))",                                    \
      "Shorten the window, or keep data longer if that is allowed.")                               \
    X("KF0506", CAP_IDLE, WARNING, "a cap that never bites",                                       \
      "A longer stretch allows no more than a shorter one.",                                       \
      "at_most = { { 3, days(1) }, { 2, days(7) } }",                                              \
      "Take the shorter out, or allow more in the longer.")                                        \
    X("KF0507", UNUSED_RULE, NOTE, "a rule that nothing uses",                                     \
      "No rule asks for it, no export takes it along, and no scenario speaks of it.",              \
      "trait \"shoe_size\" that is asked nowhere",                                                 \
      "Take it out: what is not needed should not be kept. If reports read it, say so in a "       \
      "scenario.")                                                                                 \
    X("KF0508", LINK_APART, WARNING, "a link against a never_link",                                \
      "On the same event one rule ties two identifiers and another keeps them apart.",             \
      "link { when = event \"A\", connect = { \"a\", \"b\" } } and never_link of a and b on "      \
      "\"A\"",                                                                                     \
      "Narrow one of the two: what is kept apart wins, and the links are refused one by one.")     \
    X("KF0509", EXPORT_UNBLOCKED, WARNING, "an export that no suppression can stop",               \
      "No suppress rule blocks the channel of the export.",                                        \
      "export { channel = \"ads\" } while all suppressions block \"email\" only",                  \
      "Write a suppress rule for the channel; erasure and objections should block everything.")    \
    X("KF0510", EXPORT_WITHOUT_CONSENT, WARNING, "an export without consent",                      \
      "Neither the export, its channel nor its segment asks for a consent, and no other legal "    \
      "basis is named.",                                                                           \
      "export without requires_consent to a channel without it",                                   \
      "Add requires_consent to the channel, or name the legal_basis that it stands on.")           \
    X("KF0511", PURPOSE_WITHOUT_BASIS, WARNING, "a purpose without a basis",                       \
      "The rule names a purpose, but neither a consent that it asks for nor another legal basis.", \
      "segment { purpose = \"marketing\", who = ... }",                                            \
      "Add requires_consent = \"...\", or legal_basis = \"contract\" and the like.")               \
    X("KF0512", GROUP_SHADOWED, WARNING, "a channel that an earlier one takes",                    \
      "The first group that holds names the channel; whatever fits this one fits an earlier one.", \
      "{ name = \"Paid\", when = touch { medium = exists() } } before { name = \"Email\", ... }",  \
      "Move it up, before the wider one.")                                                         \
    X("KF0513", VERDICT_SHADOWED, WARNING, "a verdict that is never reached",                      \
      "allow, reject and suspicious are asked in this order, and an earlier one takes every "      \
      "case; or all points together do not reach the limit.",                                      \
      "reject = all { event \"A\", x }, allow = event \"A\"",                                      \
      "Narrow the earlier condition, or lower flag_at or reject_at.")                              \
    X("KF0514", BASIS_CONSENT, WARNING, "consent as a basis, but none is asked for",               \
      "legal_basis = \"consent\" says on what it stands; requires_consent is what makes it so.",   \
      "legal_basis = \"consent\" without requires_consent", "Add requires_consent = \"...\".")     \
    X("KF0515", EMPTIED, WARNING, "a segment that is emptied by its own exception",                \
      "Whoever passes `who` passes `except`, too.",                                                \
      "who = event \"A\":within(days(7)), except = event \"A\"",                                   \
      "Narrow the exception: nobody is left.")                                                     \
    X("KF0601", EVENT_NEVER_SEEN, WARNING, "event that the data has never shown",                  \
      "No event of that name has been read so far.", "event \"Order Complete\"",                   \
      "Take the suggested name. If it is yet to come, add it to the agreed names of an expect "    \
      "rule.")                                                                                     \
    X("KF0602", PROPERTY_NEVER_SEEN, WARNING, "property that the data has never shown",            \
      "No event that was read has it: such tests see only missing values.", "sum \"revenu\"",      \
      "Take the suggested name, or ask who should send it.")                                       \
    X("KF0603", TRAIT_NEVER_SEEN, WARNING, "trait whose sources the data has never shown",         \
      "None of the paths in `from` has been seen, so that it is missing for everybody.",           \
      "trait \"birthday\" { from = \"traits.birthdy\" }",                                          \
      "Take the suggested name, or ask who should send it.")                                       \
    X("KF0604", CONSENT_NEVER_SEEN, WARNING, "consent that nobody has ever given or refused",      \
      "No statement about the purpose has been read so far; nobody passes it.",                    \
      "requires_consent = \"marketting\"",                                                         \
      "Take the suggested name, or look at `from` of the purpose.")                                \
    X("KF0605", COMMON_IDENTIFIER, WARNING, "a link through an identifier too common to identify", \
      "The data shows that its values are used by several people, more often than a person's "     \
      "would be.",                                                                                 \
      "link { connect = { \"user_id\", \"ip_hash\" } }",                                           \
      "Leave the namespace out of `connect`, or say what is to happen: when_shared, "              \
      "shared_above.")                                                                             \
    X("KF0606", NO_LONGER, NOTE, "a rule that is no longer in force",                              \
      "Its `ends` is past at the last run: it holds for nobody.", "ends = date \"2025-01-01\"",    \
      "Take it out, or move `ends`.")                                                              \
    X("KF0701", BEYOND_LISTS, NOTE, "code where a list would do",                                  \
      "A loop, a branch or a function outside of `custom`: allowed, but whoever reviews rules "    \
      "has to run it in the head.",                                                                \
      "for _, c in ipairs(countries) do segment(...) end",                                         \
      "Write the rules out, or ask with is_one_of.")                                               \
    X("KF0901", CONFIG, ERROR, "kinfold.yaml does not load",                                       \
      "A key, value or file of the configuration is wrong.", "curency: EUR",                       \
      "Mend the place named; core/config/KEYS.md has every key and its default.")                  \
    X("KF0902", CONNECTOR, ERROR, "a connector is not ready",                                      \
      "The plugin of a source or destination is not found, is of the other kind, or an option of " \
      "it is wrong.",                                                                              \
      "plugin: source_csvv",                                                                       \
      "`kinfold plugin list` shows what is there, `kinfold plugin show NAME` its options.")

enum kf_rule_code {
#define KF_CODE_ENUM(code, name, severity, title, cause, example, cure) KF_CODE_##name,
    KF_CODES(KF_CODE_ENUM)
#undef KF_CODE_ENUM
        KF_CODE_COUNT
};

/* The table as data, in its order. */
struct kf_code_info {
    const char *code, *title, *cause, *example, *cure;
    uint8_t severity; /* enum kf_severity */
};
extern const struct kf_code_info kf_codes[KF_CODE_COUNT];
/* "KF0102", "kf0102", "0102" or "102"; NULL: no such code. */
const struct kf_code_info *kf_code_find(const char *code);

#endif
