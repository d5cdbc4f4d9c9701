---@meta kinfold

-- The words of rule files, for editors that speak LuaCATS (lua-language-server): completion, hover
-- and warnings while you type. Kinfold itself never loads this file. `kinfold check` knows more than
-- an editor can. The names of your own rules, lists and events stand in workspace.lua beside this file
-- (`kinfold init --editor` writes it anew).

-- Values ----------------------------------------------------------------------------------------

---A length of time. "Within" a length is always less than it.
---@class kf.length
---A calendar day of the workspace's zone.
---@class kf.date
---A point in time.
---@class kf.instant
---An exact amount with its currency.
---@class kf.money
---@class kf.version

---A condition over a profile or an event: true, false or undecided. Immutable.
---@class kf.condition

---A value that is asked for; ends in a test.
---@class kf.value
---@field is fun(self, v: any): kf.condition Equal to.
---@field is_not fun(self, v: any): kf.condition Not equal to, or missing.
---@field is_one_of fun(self, values: any[]): kf.condition
---@field is_none_of fun(self, values: any[]): kf.condition None of these, or missing.
---@field at_least fun(self, v: any): kf.condition
---@field at_most fun(self, v: any): kf.condition
---@field more_than fun(self, v: any): kf.condition
---@field less_than fun(self, v: any): kf.condition
---@field between fun(self, from: any, to: any): kf.condition Both ends included.
---@field exists fun(self): kf.condition
---@field missing fun(self): kf.condition Absent, null or empty.
---@field contains fun(self, v: any): kf.text_condition A part of a text, or an element of a list.
---@field starts_with fun(self, v: string): kf.text_condition
---@field ends_with fun(self, v: string): kf.text_condition
---@field matches fun(self, glob: string): kf.text_condition The whole text; `*` and `?`.
---@field in_list fun(self, name: kf.name.list|string): kf.condition A list of kinfold.yaml.
---@field before fun(self, t: kf.date|kf.instant|kf.value): kf.condition
---@field after fun(self, t: kf.date|kf.instant|kf.value): kf.condition
---@field since fun(self, t: kf.date|kf.instant|kf.value): kf.condition
---@field within fun(self, length: kf.length): kf.condition Less than this long ago.
---@field older_than fun(self, length: kf.length): kf.condition This long ago or longer.
---@field within_next fun(self, length: kf.length): kf.condition
---@field on_weekday fun(self, days: string[]): kf.condition
---@field in_month fun(self, month: "this"|"next"|integer): kf.condition
---@field at_hours fun(self, from: string, to: string): kf.condition Clock times; may pass midnight.
---@field anniversary fun(self, length: kf.length): kf.condition Its day comes round within the length.

---@class kf.text_condition: kf.condition
---@field ignoring_case fun(self): kf.condition

---@class kf.trait_value: kf.value
---@field last_changed fun(self): kf.value When it took its present value.
---@field previous fun(self): kf.value The value before.

---@class kf.consent_value: kf.value
---@field for_contact fun(self, namespace: string): kf.value

---@class kf.identifier_value: kf.value
---@field count fun(self): kf.value

---@class kf.score_value: kf.value
---@field band fun(self, names: string|string[]): kf.condition

---Events that pass. Alone it asks whether there is one.
---@class kf.events: kf.condition
---@field where fun(self, tests: table<string, any>): kf.events Only events whose properties all pass.
---@field within fun(self, length: kf.length): kf.events Younger than the length.
---@field between_ago fun(self, from: kf.length, to: kf.length): kf.events
---@field since fun(self, t: kf.date|kf.instant|kf.value, length?: kf.length): kf.events
---@field between fun(self, from: kf.date, to: kf.date): kf.events
---@field this fun(self, unit: "day"|"week"|"month"|"quarter"|"year"): kf.events
---@field previous fun(self, unit: "day"|"week"|"month"|"quarter"|"year"): kf.events
---@field from_source fun(self, names: kf.name.source|string|string[]): kf.events A source of kinfold.yaml.
---@field on fun(self, platforms: kf.platform|kf.platform[]): kf.events
---@field once_per fun(self, property: string|kf.value): kf.events The first of those with one value.
---@field newest fun(self, n: integer): kf.events
---@field oldest fun(self, n: integer): kf.events
---@field each fun(self, list: string): kf.events From here on elements of that list, not events.
---@field followed_by fun(self, other: kf.events, length: kf.length, same?: kf.same): kf.events
---@field not_followed_by fun(self, other: kf.events, length?: kf.length|kf.same, same?: kf.same): kf.events
---@field per fun(self, property: string|kf.value): kf.events Each value apart; one must pass.
---@field in_any fun(self, length: kf.length): kf.events In some window of that length.
---@field with_same fun(self, keys: string|kf.value|(string|kf.value)[]): kf.events Of anybody; only in `fraud`.
---@field count fun(self): kf.value
---@field days fun(self): kf.value Different days.
---@field profiles fun(self): kf.value Different profiles; only in `fraud`.
---@field distinct fun(self, property: string|kf.value): kf.value
---@field sum fun(self, property: string): kf.value
---@field average fun(self, property: string): kf.value
---@field min fun(self, property: string): kf.value
---@field max fun(self, property: string): kf.value
---@field most_frequent fun(self, property: string): kf.value
---@field first fun(self, property: string): kf.value
---@field last fun(self, property: string): kf.value
---@field first_time fun(self): kf.value
---@field last_time fun(self): kf.value

---@alias kf.platform "web"|"ios"|"android"|"server"|"app"
---@alias kf.same { same: string|kf.value|(string|kf.value)[] }
---@alias kf.basis "consent"|"contract"|"legal_obligation"|"vital_interest"|"public_task"|"legitimate_interest"
---@alias kf.conditions (kf.condition)[]

-- Lengths, times and numbers --------------------------------------------------------------------

---@param n number
---@return kf.length
function seconds(n) end
---@param n number
---@return kf.length
function minutes(n) end
---@param n number
---@return kf.length
function hours(n) end
---@param n number
---@return kf.length
function days(n) end
---@param n number
---@return kf.length
function weeks(n) end
---Calendar months: the same day and clock time.
---@param n integer
---@return kf.length
function months(n) end
---@param n integer
---@return kf.length
function years(n) end
---@param text string "2026-03-01"
---@return kf.date
function date(text) end
---@param text string "2026-03-01T10:00:00Z"
---@return kf.instant
function instant(text) end
---`percent(5)` is 0.05.
---@param n number
---@return number
function percent(n) end
---@param amount number|string
---@param currency string ISO 4217
---@return kf.money
function money(amount, currency) end
---@param text string "4.10"
---@return kf.version
function version(text) end

-- Tests inside `where` --------------------------------------------------------------------------

---@param v any
---@return kf.condition
function is(v) end
---@param v any
---@return kf.condition
function is_not(v) end
---@param values any[]
---@return kf.condition
function is_one_of(values) end
---@param values any[]
---@return kf.condition
function is_none_of(values) end
---@param v any
---@return kf.condition
function at_least(v) end
---@param v any
---@return kf.condition
function at_most(v) end
---@param v any
---@return kf.condition
function more_than(v) end
---@param v any
---@return kf.condition
function less_than(v) end
---@param from any
---@param to any
---@return kf.condition
function between(from, to) end
---@return kf.condition
function exists() end
---@return kf.condition
function missing() end
---@param v any
---@return kf.text_condition
function contains(v) end
---@param v string
---@return kf.text_condition
function starts_with(v) end
---@param v string
---@return kf.text_condition
function ends_with(v) end
---@param glob string
---@return kf.text_condition
function matches(glob) end
---@param name kf.name.list|string
---@return kf.condition
function in_list(name) end
---@param t kf.date|kf.instant|kf.value
---@return kf.condition
function before(t) end
---@param t kf.date|kf.instant|kf.value
---@return kf.condition
function after(t) end
---@param t kf.date|kf.instant|kf.value
---@return kf.condition
function since(t) end
---@param length kf.length
---@return kf.condition
function within(length) end
---@param length kf.length
---@return kf.condition
function older_than(length) end
---@param length kf.length
---@return kf.condition
function within_next(length) end
---@param days string[]
---@return kf.condition
function on_weekday(days) end
---@param month "this"|"next"|integer
---@return kf.condition
function in_month(month) end
---@param from string "22:00", included
---@param to string "06:00", excluded
---@return kf.condition
function at_hours(from, to) end
---@param length kf.length
---@return kf.condition
function anniversary(length) end

-- What can be asked -----------------------------------------------------------------------------

---Every one holds.
---@param list kf.conditions
---@return kf.condition
function all(list) end
---One of them holds.
---@param list kf.conditions
---@return kf.condition
function any(list) end
---None of them holds.
---@param list kf.conditions
---@return kf.condition
function none(list) end
---@param n integer
---@param list kf.conditions
---@return kf.condition
function at_least_of(n, list) end
---Events by name (globs too) or type.
---@param names kf.name.event|string|(kf.name.event|string)[]
---@return kf.events
function event(names) end
---Everything a person did: each track, page and screen.
---@return kf.events
function any_event() end
---B after A, each step within the length of the one before.
---@param steps table
---@return kf.condition
function sequence(steps) end
---Campaign contacts: clicks, impressions, starts of sessions.
---@param fields table<string, any>
---@return kf.events
function touch(fields) end
---@param fields table<string, any>
---@return kf.condition
function first_touch(fields) end
---@param fields table<string, any>
---@return kf.condition
function last_touch(fields) end
---A property of the event looked at, or of the same event in `where`.
---@param path string
---@return kf.value
function property(path) end
---@param namespace kf.name.identifier|string
---@return kf.identifier_value
function identifier(namespace) end
---@param groups table<string, any>
---@return kf.condition
function member(groups) end
---@param name string
---@return kf.value
function account_trait(name) end
---@param what { of: string, who: kf.condition }
---@return kf.value
function members(what) end
---@param a kf.value
---@param b kf.value
---@return kf.value
function ratio(a, b) end
---@param a kf.value
---@param b kf.value
---@return kf.value
function difference(a, b) end
---@param ... kf.value
---@return kf.value
function total(...) end
---Whole days.
---@param t kf.value
---@return kf.value
function days_since(t) end
---Ascending: `{ { "low", 0 }, { "high", 10 } }`; below the first it is missing.
---@param v kf.value
---@param steps table[]
---@return kf.value
function bucket(v, steps) end
---@param a kf.events
---@param b kf.events
---@return kf.value
function time_between(a, b) end
---Kilometres an hour between two successive ones.
---@param events kf.events
---@param options { within: kf.length, from_km: number }
---@return kf.value
function travel_speed(events, options) end
---A stable share of profiles, by keyed hash.
---@param share number
---@param salt string
---@return kf.condition
function holdout(share, salt) end
---Networks of that prefix, in `look_at` of fraud.
---@param bits integer
function network(bits) end
---Believes sources in this order, in `keep` of traits.
---@param sources string[]
function by_source(sources) end
---Steps fitted on all profiles, in `bands` of scores.
---@param steps table[]
function percentiles(steps) end
---Blocks all channels and exports.
everything = {}
---Loads `rules/lib/x.lua` once and returns what it returns.
---@param path string "lib/x"
---@return any
function use(path) end

-- Models of scores (fitted by `kinfold train`) --------------------------------------------------

---@param settings table
function bgnbd(settings) end
---@param settings table
function logistic(settings) end
---@param settings table
function momentum(settings) end
---@param settings table
function rfm(settings) end
---@param path string
function file(path) end

-- Kinds of rules --------------------------------------------------------------------------------
-- A kind, a name and a table define: `segment "vip" { … }`. A kind and a name alone ask.

---@class kf.rule
---@field title string One sentence that anybody understands.
---@field owner string Mail address of who answers for it.
---@field because string Why it may exist.
---@field tags? string[]
---@field ticket? string
---@field purpose? string
---@field legal_basis? kf.basis
---@field starts? kf.date|kf.instant Included.
---@field ends? kf.date|kf.instant Excluded.

---@class kf.namespace
---@field rank integer 1 is the strongest.
---@field per_profile? integer|table Most values in one profile; `{ n, within = days(30) }` in any such stretch.
---@field normalise? "email"|"phone"|"lower"|"trim"|"uuid"|"idfa"|"gaid"|"sha256"|"cookie"
---@field region? string Country whose way of writing telephone numbers counts ("DE"): they become +49…; needs `normalise = "phone"`.
---@field domains? table What a mail provider ignores: `["gmail.com"] = { ignore = { "dots", "plus_tags" } }`.
---@field hashed? "sha256" The identifier is the hash of the value; a value that is a hash already stays.
---@field when_shared? "last_login"|"first_login"|"ambiguous"|"split_by_login"|"reset_on_logout"
---@field shared_above? integer Isolated as a whole above that many values of a stronger one.
---@field history? "none"|"all"|kf.length How far back what it did before its first link is brought along.
---@field expires_after? kf.length
---@field logout? string Name of the sign-out event.
---@field matches? string

---@param namespaces table<string, kf.namespace>
function identifiers(namespaces) end
---@param values table<string, string[]> Globs; never identifiers of anybody.
function ignore_values(values) end
---@param limits { max_identifiers: integer }
function limits(limits) end

---@class kf.link: kf.rule
---@field when kf.condition
---@field connect string[]
---@field strength "observed"|"verified"|"declared"
---@field requires_consent? string
---@param name string
---@return fun(settings: kf.link)
function link(name) end

---@class kf.never_link: kf.rule
---@field when kf.condition
---@field separate table
---@param name string
---@return fun(settings: kf.never_link)
function never_link(name) end

---@class kf.transfer: kf.rule
---@field when kf.condition
---@field identifier string
---@field to? string|table
---@param name string
---@return fun(settings: kf.transfer)
function transfer(name) end

---@class kf.consent: kf.rule
---@field from? string|string[] "segment:Marketing", "google:ad_user_data", "tcf:1+4", "gpp:…", "gpc"
---@field granted? kf.condition
---@field denied? kf.condition
---@field merge? "most_restrictive"|"newest"
---@field expires_after? kf.length
---@field contact? string Kept for each value of this identifier.
---@param name kf.name.consent|string
---@return kf.consent_value|fun(settings: kf.consent)
function consent(name) end

---@class kf.flag: kf.rule
---@field when kf.condition
---@field leave_out? boolean Such events count in nothing but identity and fraud.
---@param name kf.name.flag|string
---@return kf.condition|fun(settings: kf.flag)
function flag(name) end

---@class kf.trait: kf.rule
---@field from string|table Paths, or `{ event "A", "path" }`; the first that is not missing.
---@field keep? "newest"|"oldest"|"first_non_empty"|"min"|"max"|"sum"|"set"|"most_frequent"|table
---@field type? "text"|"number"|"boolean"|"date"|"time"|"money"|"list"|"version"
---@field unit? string
---@field personal? string
---@field normalise? "email"|"phone"|"lower"|"trim" One way of writing what means the same.
---@field forget_after? kf.length
---@param name kf.name.trait|string
---@return kf.trait_value|fun(settings: kf.trait)
function trait(name) end

---@class kf.computed: kf.rule
---@field is kf.value
---@field unit? string
---@field personal? string
---@param name kf.name.trait|string
---@return kf.trait_value|fun(settings: kf.computed)
function computed(name) end

---@class kf.segment: kf.rule
---@field who kf.condition
---@field except? kf.condition
---@field requires_consent? string|string[]
---@field entry_wait? kf.length
---@field exit_wait? kf.length
---@field max_size? integer Above it nothing is exported.
---@param name kf.name.segment|string
---@return kf.condition|fun(settings: kf.segment)
function segment(name) end

---@class kf.suppress: kf.rule
---@field who? kf.condition
---@field list? string A list of kinfold.yaml.
---@field blocks string[]|table Channels, or `everything`.
---@field reason? "erased"|"legal_hold"|"global_opt_out"|"bounce"|"channel_opt_out"|"purpose"|"jurisdiction"|"test"|"fraud_hold"
---@field per_contact? string
---@field cannot_be_overridden? boolean
---@param name kf.name.suppress|string
---@return kf.condition|fun(settings: kf.suppress)
function suppress(name) end

---@class kf.channel: kf.rule
---@field contact string|string[]
---@field requires_consent? string|string[]
---@field eligible? kf.condition
---@field sent? kf.events
---@field at_most? table `{ n, length }`, or several of them.
---@field quiet_hours? { from: string, to: string, zone?: "person"|"workspace", whole_days?: string[] }
---@field overrides? string[]
---@param name kf.name.channel|string
---@return kf.condition|fun(settings: kf.channel)
function channel(name) end

---@class kf.points
---@field points number
---@field when kf.condition
---@field label string

---@class kf.fraud: kf.rule
---@field look_at kf.events|kf.value|any Events, an identifier, a property or `network(24)`.
---@field allow? kf.condition
---@field reject? kf.condition
---@field suspicious? kf.condition
---@field signals? kf.points[]
---@field flag_at? number
---@field reject_at? number
---@field action? "mark"|"no_credit"|"leave_out"|"hold"

---@class kf.fraud_verdict: kf.condition
---@field is fun(self, verdict: "suspicious"|"reject"): kf.condition
---@param name kf.name.fraud|string
---@return kf.fraud_verdict|fun(settings: kf.fraud)
function fraud(name) end

---@class kf.score: kf.rule
---@field start? number
---@field add? kf.points[]
---@field range? number[]
---@field model? any
---@field bands? table
---@field valid_for? kf.length
---@param name kf.name.score|string
---@return kf.score_value|fun(settings: kf.score)
function score(name) end

---@class kf.attribution: kf.rule
---@field outcome kf.events
---@field value? string
---@field once_per? string
---@field touches? kf.events
---@field look_back? kf.length
---@field model? "last"|"first"|"last_non_direct"|"linear"|"position"|"time_decay"|"markov"|"shapley"|"path_counterfactual"
---@field half_life? kf.length
---@field credit? { first: number, middle: number, last: number }
---@field channels? string
---@field ignore? kf.condition
---@field same_touch_within? kf.length
---@field refunds? table
---@param name string
---@return fun(settings: kf.attribution)
function attribution(name) end

---@param name string
---@return fun(settings: table)
function channel_group(name) end

---@class kf.expect: kf.rule
---@field check "names"|"properties"|"time"|"money"|"test_traffic"|"activation"|"duplicates"
---@field on? kf.events
---@field names? string[]
---@field needs? string[]
---@field properties? table<string, kf.condition>
---@field others? "allowed"|"forbidden"
---@field future? kf.length
---@field stale? kf.length
---@field skew? kf.length
---@field amounts? string[]
---@field currencies? string[]
---@field adds_up? table<string, string[]>
---@field flag? string
---@field looks_like? kf.condition
---@field channels? string[]
---@field key? string|string[]
---@field severity? "warn"|"error"
---@field allow? number
---@field gate? ("run"|"publish"|"export")[]
---@param name string
---@return fun(settings: kf.expect)
function expect(name) end

---@class kf.export: kf.rule
---@field segment string
---@field channel string
---@field to string A destination of kinfold.yaml.
---@field identifiers string[]
---@field fields? string[]
---@field mode? "full"|"delta"
---@field holdout? kf.condition
---@field requires_consent? string|string[]
---@field top? table `{ n, by = trait "x" }`
---@param name string
---@return fun(settings: kf.export)
function export(name) end

---What a custom function sees; nothing of it can be changed.
---@class kf.view
---@field trait table<string, any>
---@field events fun(events: kf.events): fun(): table
---@field as_of kf.instant
---@field event? table
---@field random fun(): number

---@class kf.custom: kf.rule
---@field reads any[] Enforced: what is not named here cannot be read.
---@field returns "condition"|"number"
---@field check fun(c: kf.view): boolean|number|nil
---@param name kf.name.custom|string
---@return kf.value|kf.condition|fun(settings: kf.custom)
function custom(name) end

---@class kf.expectation
---@field profiles? integer
---@field exactly? string[][]
---@field together? string[][]
---@field apart? string[][]
---@field owner? table<integer, string>
---@field same_owner? integer[][]
---@field other_owner? integer[][]
---@field refused? table[]
---@field shared? string[]
---@field ignored? string[]
---@field contradictory? integer[]
---@field segments? table<string, string[]>
---@field suppressed? table<string, string[]>
---@field flags? table<string, integer[]>
---@field fraud? table<string, { reject: table?, suspicious: table? }>
---@field traits? table<string, table<string, any>>
---@field consent? table<string, table<string, "granted"|"denied"|"conflict"|"unknown">>
---@field scores? table<string, table<string, number>>
---@field bands? table<string, table<string, string>>
---@field custom? table<string, table<string, any>>
---@field eligible? table<string, table<string, string>>
---@field eligible_from? table<string, table<string, string>>
---@field channels? table<string, table<integer, string>>
---@field credit? table<string, table>
---@field quality? table<string, { bad: integer[], of: integer? }>
---@field exported? table<string, string[]>
---@field undecided? { segments: table<string, string[]>? }

---@class kf.case
---@field [1]? string Name of the case.
---@field given? string A line an event: `[DATE] TIME NAME key=value …`
---@field decisions? table[]
---@field as_of? string The newest event's time, if not given.
---@field zone? string
---@field rates? table<string, table<string, string>>
---@field todo? string Why it does not hold yet: it runs, and its failure does not count.
---@field expect? kf.expectation

---@class kf.scenario: kf.case
---@field cases? kf.case[] Each is run after the scenario's own `given`.
---@param name string
---@return fun(settings: kf.scenario)
function scenario(name) end
