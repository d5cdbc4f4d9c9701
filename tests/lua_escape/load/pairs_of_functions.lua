-- stopped at 2: pairs walks only
for k in pairs({ [event] = 1 }) do end
