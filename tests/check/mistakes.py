"""Mistakes that people make in rule files: what each is called, and the rules. `run.py KINFOLD mistakes` holds what is said of them
against mistakes.text, which is there to be read aloud."""

HEAD = '  title = "T", owner = "a@example.com", because = "B.",\n'
PLAN = 'trait "plan" {\n' + HEAD + '  from = "traits.plan",\n}\n'


def segment(who, name="s"):
    return 'segment "%s" {\n%s  who = %s,\n}\n' % (name, HEAD, who)


MISTAKES = [
    ('any of texts in where', segment('event "Order Completed":where { platform = any { "web" } }')),
    ('texts for conditions', segment('any { "web", "app" }')),
    ('a window without a unit', segment('event "Order Completed":within(30)')),
    ('a window as a text', segment('event "Order Completed":within("30 days")')),
    ('a unit in the singular', segment('event "Order Completed":within(month(3))')),
    ('a number in quotes', segment('event "Order Completed":count():at_least("3")')),
    ('an amount without a currency', segment('event "Order Completed":sum "revenue":at_least(100)')),
    ('an amount in quotes', segment('event "Order Completed":sum "revenue":at_least("100 EUR")')),
    ('money of one argument', segment('event "Order Completed":sum "revenue":at_least(money(100))')),
    ('a sign for a currency', segment('event "Order Completed":sum "revenue":at_least(money(100, "€"))')),
    ('= before the settings', 'segment "s" = {\n' + HEAD + '  who = event "A",\n}\n'),
    ('a forgotten comma', 'segment "s" {\n  title = "T"\n  owner = "a@x", because = "B.",\n  who = event "A",\n}\n'),
    ('a forgotten comma between conditions', segment('all {\n    event "A"\n    event "B",\n  }')),
    ('round brackets for a list', segment('all(event "A", event "B")')),
    ('a list without all or any', segment('{ event "A", event "B" }')),
    ('days for a window', segment('event "A":days(7)')),
    ('a misspelt word', segment('event "A":withn(days(3))')),
    ('a segment that asks itself', 'segment "s" {\n' + HEAD + '  who = any { event "A", segment "s" },\n}\n'),
    ('a circle', 'segment "a" {\n' + HEAD + '  who = segment "b",\n}\nsegment "b" {\n' + HEAD + '  who = segment "a",\n}\n'),
    ('a circle of values', 'computed "x" {\n' + HEAD + '  is = trait "y",\n}\ncomputed "y" {\n' + HEAD + '  is = trait "x",\n}\n'),
    ('a misspelt segment', 'segment "customers" {\n' + HEAD + '  who = event "A",\n}\nsegment "t" {\n' + HEAD + '  who = segment "custommers",\n}\n'),
    ('a brace that stays open', segment('all { event "A"')),
    ('a quote that is missing', 'segment "s" {\n  title = "T, owner = "a@x",\n}\n'),
    ('two equals signs', segment('event "A":where { plan == "pro" }')),
    ('unequal in Lua', segment('trait "plan" ~= "pro"')),
    ('greater in Lua', segment('event "A":count() > 3')),
    ('and in Lua', segment('event "A" and event "B"')),
    ('not in Lua', segment('not event "A"')),
    ('a name without quotes', segment('event Order_Completed')),
    ('the quotes of a word processor', 'segment “s” {\n}\n'),
    ('a dot for a colon', segment('event "A".within(days(3))')),
    ('a setting that is missing', 'segment "s" {\n  owner = "a@x", because = "B.", who = event "A",\n}\n'),
    ('a setting of another rule', 'segment "s" {\n' + HEAD + '  when = event "A",\n}\n'),
    ('a misspelt kind', 'segmnet "s" {\n' + HEAD + '  who = event "A",\n}\n'),
    ('a length in words', segment('event "A":within(7 days)')),
    ('several values for is', segment('trait "plan":is("a", "b")')),
    ('a list for is', segment('trait "plan":is { "a", "b" }')),
    ('no braces around several values', segment('trait "plan":is_one_of("a", "b")')),
    ('where with two texts', segment('event "A":where("plan", "pro")')),
    ('where with a text', segment('event "A":where "plan"')),
    ('a question about the person in where', segment('event "A":where { trait "plan":is("pro") }')),
    ('a number in quotes in where', segment('event "A":where { total = at_least("3") }')),
    ('a rule without a name', 'segment {\n' + HEAD + '  who = event "A",\n}\n'),
    ('a name given twice', 'segment "s" {\n' + HEAD + '  who = event "A",\n}\nsegment "s" {\n' + HEAD + '  who = event "B",\n}\n'),
    ('an event among names', segment('event { "A", event "B" }')),
    ('a value for a condition', segment('trait "plan"')),
    ('a count for a condition', segment('event "A":count()')),
    ('a test of events', segment('event "A":at_least(3)')),
    ('a text in a window', segment('trait "plan":within(days(3))')),
    ('a forgotten comma after a semicolon', 'segment "s" {\n' + HEAD + '  who = event "A";\n  except = event "B"\n  purpose = "ads"\n}\n'),
    ('a value among tests', segment('event "A":where { total = any { at_least(3), 0 } }')),
    ('a currency as a word', segment('event "A":sum "revenue":at_least(eur(100))')),
    ('a date as a text', segment('event "A":since("1.3.2026")')),
    ('True of another language', segment('trait "plan":is(True)')),
    ('a list over several lines without all or any', segment('{\n    event "A",\n    event "B",\n  }')),
    ('minutes as a word', segment('event "A":within(30 minutes)')),
]
