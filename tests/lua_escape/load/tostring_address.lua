-- stopped at 2: '%s' is not
assert(tostring({}):match("0x"), "'%s' is not there")
