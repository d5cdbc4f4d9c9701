-- One rule a word: `says(name, who)` is a segment, `worth(name, value)` a computed trait.
local owner = "words@example.com"

local function says(name, who, except)
  segment(name) {
    title = "Whoever passes " .. name,
    owner = owner,
    because = "A word of the rules is shown at work.",
    who = who,
    except = except,
  }
end

local function worth(name, value, unit)
  computed(name) {
    title = "What " .. name .. " comes to",
    owner = owner,
    because = "A word of the rules is shown at work.",
    is = value,
    unit = unit,
  }
end

return { says = says, worth = worth }
