-- stopped at 3: instruction budget
::again::
goto again
