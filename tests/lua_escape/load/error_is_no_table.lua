-- stopped at 2: table
error({})
