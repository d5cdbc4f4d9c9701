-- stopped at 2: is not declared
x = 1
