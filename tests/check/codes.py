"""Rules that raise each code, and rules beside them that must not: code -> (bad, good). A text is a rule file; a dict has "rules", "yaml",
"files", "data" (the workspace has run) or "raw" (bytes)."""

HEAD = 'title = "T", owner = "a@example.com", because = "B",'
IDS = 'identifiers { user_id = { rank = 1, per_profile = 1 }, email = { rank = 2 }, device = { rank = 3 } }\n'


def rule(kind, name, body):
    return '%s "%s" { %s %s }\n' % (kind, name, HEAD, body)


def segment(who, more="", name="s"):
    return rule("segment", name, "who = %s, %s" % (who, more))


TRAITS = rule("trait", "age", 'from = "traits.age", type = "number"') + rule("trait", "plan", 'from = "traits.plan"')
SOURCES = ('sources:\n  - name: crm\n    plugin: source_csv\n    path: data/crm.csv\n'
           '    options: { type: track, event: "Order Completed", fields: { at: { to: time }, user: { to: user_id, as: identifier } } }\n')
DESTINATIONS = 'destinations:\n  - name: crm_file\n    plugin: destination_csv\n    options: { path: out.csv }\n'
CHANNEL = rule("channel", "email", 'contact = "email", requires_consent = "marketing",')
STOP = rule("suppress", "stop", 'who = event "Erasure Requested", blocks = everything,')
EXPORT = rule("export", "x", 'segment = "s", channel = "email", to = "crm_file", identifiers = { "email" },')
BASE = "zone: UTC\ncurrency: EUR\nrules: rules\n"


def data(rules, **more):
    return dict({"rules": IDS + rules, "data": True}, **more)


CODES = {
    "KF0001": ('segment "a" { title = "A" owner = "a@example.com" }', segment('event "A"')),
    "KF0002": ("local n = nil + 1", "local n = 1 + 1"),
    "KF0003": ("while true do end", "local n = 1"),
    "KF0004": ({"raw": b"local a = '\xff\xfe'\n"}, segment('event "A"')),
    "KF0005": ('use "lib/missing"', segment('event "A"')),
    "KF0006": ('local a = event "A"\nfor i = 1, 15 do a = all { a, a } end\n' + segment("a"), segment('event "A"')),
    "KF0101": (segment('evnt "A"'), segment('event "A"')),
    "KF0102": (TRAITS + segment('trait "agee":at_least(3)'), TRAITS + segment('trait "age":at_least(3)')),
    "KF0103": (segment('event "A":withn(days(3))'), segment('event "A":within(days(3))')),
    "KF0104": (segment('event "A"', "whoo = 3,"), segment('event "A"')),
    "KF0105": (segment('segment "vips"'), segment('segment "vips"') + segment('event "A"', name="vips")),
    "KF0106": (segment('property "p":in_list "ofice"'), segment('event "A"')),
    "KF0107": (IDS + segment('identifier "emial":exists()'), IDS + segment('identifier "email":exists()')),
    "KF0108": (IDS + CHANNEL + rule("suppress", "x", 'who = event "A", blocks = { "emial" },'),
               IDS + CHANNEL + rule("suppress", "x", 'who = event "A", blocks = { "email" },')),
    "KF0109": (rule("consent", "marketing", 'from = "gpc",') + segment('event "A"', 'requires_consent = "marketting",'),
               rule("consent", "marketing", 'from = "gpc",') + segment('event "A"', 'requires_consent = "marketing",')),
    "KF0110": (segment('touch { medum = "cpc" }'), segment('touch { medium = "cpc" }')),
    "KF0111": ({"rules": segment('event "A":from_source "cmr"'), "yaml": SOURCES, "files": {"data/crm.csv": "at,user\n"}},
               {"rules": segment('event "A":from_source "crm"'), "yaml": SOURCES, "files": {"data/crm.csv": "at,user\n"}}),
    "KF0112": (segment('trait "nickname":exists()'), TRAITS + segment('trait "plan":exists()')),
    "KF0113": ({"rules": IDS + CHANNEL + STOP + segment('event "A"') + EXPORT.replace("crm_file", "crm_fiel"), "yaml": DESTINATIONS},
               {"rules": IDS + CHANNEL + STOP + segment('event "A"') + EXPORT, "yaml": DESTINATIONS}),
    "KF0114": (rule("consent", "m", 'from = "gpc", merge = "newst",'), rule("consent", "m", 'from = "gpc", merge = "newest",')),
    "KF0115": (rule("score", "c", 'add = { { points = 1, when = event "A", label = "a" } }, bands = { { "low", 0 }, { "high", 1 } },')
               + segment('score "c":band "hihg"'),
               rule("score", "c", 'add = { { points = 1, when = event "A", label = "a" } }, bands = { { "low", 0 }, { "high", 1 } },')
               + segment('score "c":band "high"')),
    "KF0116": (rule("expect", "n", 'check = "names", names = { "Order Completed", "Cart *" },') + segment('event "Order Complete"'),
               rule("expect", "n", 'check = "names", names = { "Order Completed", "Cart *" },') + segment('event "Cart Emptied"')),
    "KF0201": ('segment "x" { title = "X" }', segment('event "A"')),
    "KF0202": (segment('event "A"', 'who = event "B",'), segment('event "A"')),
    "KF0203": (segment('event "A"') + segment('event "B"'), segment('event "A"') + segment('event "B"', name="t")),
    "KF0204": (segment('segment "b" { %s who = event "A" }' % HEAD), segment('event "A"')),
    "KF0205": (segment('event "A"', name="My VIPs"), segment('event "A"', name="my_vips")),
    "KF0206": (segment('event "A" and event "B"'), segment('all { event "A", event "B" }')),
    "KF0207": (segment('all { trait "plan" == "pro", event "A" }'), TRAITS + segment('trait "plan":is("pro")')),
    "KF0208": (segment('all { event "A", nil, event "B" }'), segment('all { event "A", event "B" }')),
    "KF0209": (segment("all {}"), segment('all { event "A" }')),
    "KF0210": (segment('trait "age" > 3'), TRAITS + segment('trait "age":more_than(3)')),
    "KF0211": ('link "login"\n', segment('event "A"')),
    "KF0212": (segment('segment "b"', name="a") + segment('segment "a"', name="b"), segment('event "A"', name="a")),
    "KF0213": (IDS + segment('event "A"', name="vip")
               + rule("link", "l", 'when = segment "vip", connect = { "user_id", "email" }, strength = "observed",'),
               IDS + rule("link", "l", 'when = event "A", connect = { "user_id", "email" }, strength = "observed",')),
    "KF0214": (rule("flag", "f", 'when = event "A":within(days(3)), leave_out = true,'), rule("flag", "f", 'when = event "A", leave_out = true,')),
    "KF0215": ("x = days(3)", "local x = days(3)"),
    "KF0216": ('segment "s" { title = "T", owner = "marketing", because = "B", who = event "A" }', segment('event "A"')),
    "KF0217": (segment('event "A":with_same "ip":count():at_least(2)'), segment('event "A":count():at_least(2)')),
    "KF0218": (segment('event "A".count():at_least(2)'), segment('event "A":count():at_least(2)')),
    "KF0301": (segment('event "A":within(7)'), segment('event "A":within(days(7))')),
    "KF0302": ('segment "s" { %s who = "vip" }' % HEAD, segment('event "A"')),
    "KF0303": (TRAITS + segment('trait "plan":at_least("gold")'), TRAITS + segment('trait "plan":is("gold")')),
    "KF0304": (segment('event "A":sum "revenue":at_least(300)'), segment('event "A":sum "revenue":at_least(money(300, "EUR"))')),
    "KF0305": (segment('event "A":sum "revenue":at_least(money(1.999, "EUR"))'), segment('event "A"')),
    "KF0306": (segment('event "A":sum "revenue":at_least(money(1, "EURO"))'), segment('event "A"')),
    "KF0307": (segment('event "A":since(date "1.3.2026")'), segment('event "A":since(date "2026-03-01")')),
    "KF0308": (segment('event "A":count():at_least(money(3, "EUR"))'), segment('event "A":count():at_least(3)')),
    "KF0309": (segment('holdout(percent(120), "x")'), segment('holdout(percent(20), "x")')),
    "KF0310": (TRAITS + segment('trait "age":starts_with("3")'), TRAITS + segment('trait "age":is(3)')),
    "KF0311": (rule("custom", "n", 'reads = { event "A" }, returns = "number", check = function(c) return 1 end,') + segment('custom "n"'),
               rule("custom", "n", 'reads = { event "A" }, returns = "number", check = function(c) return 1 end,')
               + segment('custom "n":at_least(1)')),
    "KF0401": (TRAITS + segment('trait "age":between(10, 5)'), TRAITS + segment('trait "age":between(5, 5)')),
    "KF0402": (segment('event "A":count():at_least(0)'), segment('event "A":count():at_least(1)')),
    "KF0403": (TRAITS + segment('all { trait "plan":is("pro"), trait "plan":is("free") }'),
               rule("trait", "topics", 'from = "traits.topics", type = "list"') + segment('all { trait "topics":is("pro"), trait "topics":is("free") }')),
    "KF0404": (TRAITS + segment('all { trait "age":at_least(18), trait "age":at_least(16) }'),
               TRAITS + segment('all { trait "age":at_least(18), trait "age":less_than(65) }')),
    "KF0405": (segment('event "A":within(days(7)):between_ago(days(30), days(60))'), segment('event "A":within(days(40)):between_ago(days(30), days(60))')),
    "KF0501": (segment('all { event "A", event "B" }') + segment('all { event "B", event "A" }', name="t"),
               segment('all { event "A", event "B" }') + segment('any { event "B", event "A" }', name="t")),
    "KF0502": (segment('event "A":within(days(30))') + segment('event "A":within(days(90))', name="t"),
               segment('event "A":within(days(30))', 'purpose = "ads", legal_basis = "contract",') + segment('event "A":within(days(90))', name="t")),
    "KF0503": (rule("score", "c", 'add = { { points = -5, when = event "A", label = "a" } }, bands = { { "low", 0 } },'),
               rule("score", "c", 'add = { { points = -5, when = event "A", label = "a" } }, range = { 0, 9 }, bands = { { "low", 0 } },')),
    "KF0504": (rule("score", "c", 'add = { { points = 5, when = event "A", label = "a" } }, bands = { { "low", 0 }, { "high", 6 } },'),
               rule("score", "c", 'add = { { points = 5, when = event "A", label = "a" } }, bands = { { "low", 0 }, { "high", 5 } },')),
    "KF0505": ({"rules": segment('event "A":within(days(731))'), "yaml": "retention: 730d\n"},
               {"rules": segment('event "A":within(days(730))'), "yaml": "retention: 730d\n"}),
    "KF0506": (IDS + rule("channel", "email", 'contact = "email", sent = event "Sent", at_most = { { 3, days(1) }, { 2, days(7) } },'),
               IDS + rule("channel", "email", 'contact = "email", sent = event "Sent", at_most = { { 1, days(1) }, { 2, days(7) } },')),
    "KF0507": (rule("trait", "shoe_size", 'from = "traits.shoe_size", type = "number",'),
               rule("trait", "shoe_size", 'from = "traits.shoe_size", type = "number",') + segment('trait "shoe_size":at_least(44)')),
    "KF0508": (IDS + rule("link", "l", 'when = event "A", connect = { "user_id", "email" }, strength = "observed",')
               + rule("never_link", "n", 'when = event { "A", "B" }, separate = { "user_id", "email" },'),
               IDS + rule("link", "l", 'when = event "A", connect = { "user_id", "email" }, strength = "observed",')
               + rule("never_link", "n", 'when = event "B", separate = { "user_id", "email" },')),
    "KF0509": (IDS + CHANNEL + segment('event "A"') + EXPORT, IDS + CHANNEL + STOP + segment('event "A"') + EXPORT),
    "KF0510": (IDS + rule("channel", "email", 'contact = "email",') + STOP + segment('event "A"') + EXPORT,
               IDS + rule("channel", "email", 'contact = "email",') + STOP + segment('event "A"', 'legal_basis = "contract",') + EXPORT),
    "KF0511": (segment('event "A"', 'purpose = "marketing",'), segment('event "A"', 'purpose = "marketing", requires_consent = "marketing",')),
    "KF0512": (rule("channel_group", "g", '{ name = "Paid", when = touch { medium = exists() } }, { name = "Email", when = touch { medium = "email" } },'),
               rule("channel_group", "g", '{ name = "Email", when = touch { medium = "email" } }, { name = "Paid", when = touch { medium = exists() } },')),
    "KF0513": (rule("fraud", "f", 'look_at = event "A", allow = event "A", reject = property "v":is(1), action = "mark",'),
               rule("fraud", "f", 'look_at = event "A", allow = property "v":is(2), reject = property "v":is(1), action = "mark",')),
    "KF0514": (segment('event "A"', 'legal_basis = "consent",'), segment('event "A"', 'legal_basis = "consent", requires_consent = "m",')),
    "KF0515": (segment('event "A":within(days(7))', 'except = event "A",'), segment('event "A"', 'except = event "A":within(days(7)),')),
    "KF0601": (data(segment('event "Order Complete"')), data(segment('event "Order Completed"'))),
    "KF0602": (data(segment('event "Order Completed":sum "revenu":at_least(3)')), data(segment('event "Order Completed":count():at_least(3)'))),
    "KF0603": (data(rule("trait", "kind", 'from = "properties.revenu",') + segment('trait "kind":exists()')),
               data(rule("trait", "kind", 'from = "properties.revenue",') + segment('trait "kind":exists()'))),
    "KF0604": (data(segment('event "Order Completed"', 'requires_consent = "marketing",')), data(segment('event "Order Completed"'))),
    "KF0605": (data(rule("link", "l", 'when = event "Order Completed", connect = { "user_id", "device" }, strength = "observed",')),
               data(rule("link", "l", 'when = event "Order Completed", connect = { "user_id", "email" }, strength = "observed",'))),
    "KF0606": (data(segment('event "Order Completed"', 'ends = date "2025-01-01",')), data(segment('event "Order Completed"', 'ends = date "2035-01-01",'))),
    "KF0701": ('for i = 1, 2 do ' + segment('event "A"', name='s" .. i .. "').replace("\n", "") + " end\n", segment('event "A"')),
    "KF0901": ({"rules": segment('event "A"'), "yaml": "curency: EUR\n"}, segment('event "A"')),
    "KF0902": ({"rules": segment('event "A"'), "yaml": "sources:\n  - { name: a, plugin: source_none, path: a.csv }\n"}, segment('event "A"')),
}
