-- stopped at 2: there is no file
local x = use "../../etc/passwd"
return x
