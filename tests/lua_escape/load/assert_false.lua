-- stopped at 2: assertion failed
assert(false)
